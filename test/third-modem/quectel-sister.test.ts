import { createServer } from "node:net";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { AtChannel } from "../../driver/at/channel/channel";
import { PinMemory } from "../../driver/cellular/pin-memory";
import { MODELS } from "../../driver/models";
import { Modem } from "../../driver/modem";
import type { SocketEvents } from "../../driver/services/sockets/sockets";
import { guessModem } from "../../driver/transport/discovery";
import { SETTINGS } from "../driver/life/start-life";
import { Peer } from "../driver/peer";
import { addFiles } from "../driver/quectel/files/fake-files";
import { addSsl } from "../driver/quectel/security/fake-ssl";
import { profile } from "../driver/quectel/security/tls-profile";
import { addContexts } from "../driver/quectel/session";
import { FakeSockets } from "../driver/quectel/sockets/fake-sockets";
import { failure } from "../support/failure";
import { listen } from "../support/listen";
import { BG95 } from "./sister/bg95";

const SOON = { timeout: 10_000 };
const SERVER = { host: "203.0.113.5", port: 7, timeout: 5000, mode: "command" } as const;
const DATA = Buffer.alloc(1500, "sister");

/** A BG95 by script behind a TCP port, registered, and the modem on it. */
async function sister() {
  const peer = new Peer();
  addContexts(peer, new Set());
  addFiles(peer, new Map());
  peer
    .on(/^AT(E1|\+CMEE=\d|\+QISDE=0|\+C(E|G)?REG=2|\+COPS=3,\d|\+QSCLK=0|\+QFOPEN\?)$/, ["OK"])
    .on(/^ATI$/, ["Quectel", "BG95-M3", "Revision: BG95M3LAR02A03", "OK"])
    .on(/^AT\+CGMI$/, ["Quectel", "OK"])
    .on(/^AT\+CGMM$/, ["BG95-M3", "OK"])
    .on(/^AT\+CGMR$/, ["BG95M3LAR02A03", "OK"])
    .on(/^AT\+CGSN$/, ["351234567890123", "OK"])
    .on(/^AT\+CFUN\?$/, ["+CFUN: 1", "OK"])
    .on(/^AT\+CREG\?$/, ["+CREG: 2,1", "OK"])
    .on(/^AT\+CSQ$/, ["+CSQ: 17,99", "OK"])
    .on(/^AT\+COPS\?$/, ['+COPS: 0,0,"Test Net",8', "OK"]);
  addSsl(peer);
  // Behind it, since it has sockets of its own.
  const sockets = new FakeSockets(peer);
  const server = createServer((socket) => {
    peer.onData((bytes) => socket.write(bytes));
    socket.on("data", (bytes) => void peer.write(bytes));
  });
  const port = `tcp://127.0.0.1:${await listen(server)}`;
  const modem = new Modem({ ...SETTINGS, port }, { models: [...MODELS, BG95], pins: new PinMemory() });
  onTestFinished(() => modem.close());
  modem.open();
  const sent = (name: string) => peer.commands.filter((line) => line.startsWith(`AT${name}=`));
  return { modem, services: await modem.ready(SOON), sockets, sent };
}

const nobody = (): SocketEvents => ({ onData: vi.fn(), onClosed: vi.fn() });

describe("a sister of BG96, by one file", () => {
  it("is recognised by its own answers and USB ids", () => {
    expect(BG95.matches("Quectel\nBG95-M3\nRevision: BG95M3LAR02A03")).toBe(true);
    expect(BG95.matches("Quectel\nBG96\nRevision: BG96MAR02A07M1G")).toBe(false);
    expect(guessModem([...MODELS, BG95], "2c7c", "0700")).toBe("BG95");
  });

  it("gets ready, and carries a connection in pieces of its own sizes", async () => {
    const { modem, services, sockets, sent } = await sister();
    expect(modem.identity).toMatchObject({ manufacturer: "Quectel", model: "BG95-M3" });
    const got: Buffer[] = [];
    const events = { ...nobody(), onData: (data: Buffer) => void got.push(data) };
    const socket = await services.sockets.connect(SERVER, events);
    await socket.send(DATA);
    expect(sent("+QISEND").filter((line) => !line.endsWith(",0"))).toEqual(["AT+QISEND=0,1000", "AT+QISEND=0,500"]);
    sockets.deliver(0, DATA);
    await expect.poll(() => Buffer.concat(got).length).toBe(DATA.length);
    expect(Buffer.concat(got)).toEqual(DATA);
    expect(new Set(sent("+QIRD").filter((line) => !line.endsWith(",0")))).toEqual(new Set(["AT+QIRD=0,900"]));
  });

  it("has its own contexts and cipher suites", async () => {
    const { services, sent } = await sister();
    expect(await failure(services.packetData.activate(16))).toMatchObject({ message: /1 to 15/ });
    const own = profile({ ciphers: ["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"] });
    await services.sockets.connect({ ...SERVER, security: own }, nobody());
    expect(sent("+QSSLCFG")).toContain('AT+QSSLCFG="ciphersuite",1,0XC030');
    const foreign = profile({ ciphers: ["TLS_AES_128_GCM_SHA256"] });
    expect(await failure(services.sockets.connect({ ...SERVER, security: foreign }, nobody()))).toMatchObject({
      code: "NOT_SUPPORTED",
      message: /^ciphers: BG95 does not have TLS_AES_128_GCM_SHA256; it has .*AES_256_GCM_SHA384$/,
    });
  });

  it("is waited for as long as it may take itself", async () => {
    const peer = new Peer();
    addFiles(peer, new Map());
    const channel = new AtChannel(peer);
    channel.useDialect({ ...BG95.dialect, gap: 0 });
    const driver = await BG95.create(channel);
    onTestFinished(() => driver.dispose(new Error("the test is over")));
    const send = vi.spyOn(channel, "send");
    await driver.services.files.list();
    expect(new Set(send.mock.calls.map(([{ timeout }]) => timeout))).toEqual(new Set([7_000]));
  });
});
