import { describe, expect, it, onTestFinished, vi } from "vitest";
import { AtChannel } from "../../driver/at/channel/channel";
import { MODELS } from "../../driver/models";
import { guessModem } from "../../driver/transport/discovery";
import { Peer } from "../driver/peer";
import { FakeSockets } from "../driver/ublox/sockets/fake-sockets";
import { failure } from "../support/failure";
import { SARA_R5 } from "./sister/sara-r5";

const SERVER = { host: "195.34.89.241", port: 7, timeout: 5000 };
const BINARY = Buffer.alloc(1500, Buffer.from([0, 255, 34]));

async function sister() {
  const peer = new Peer();
  const module = new FakeSockets(peer);
  const channel = new AtChannel(peer);
  channel.useDialect({ ...SARA_R5.dialect, gap: 0, promptDelay: { "@": 0, ">": 0, CONNECT: 0 } });
  const sent = (name: string) => peer.commands.filter((line) => line.startsWith(`AT${name}=`));
  const driver = await SARA_R5.create(channel);
  onTestFinished(() => driver.dispose(new Error("the test is over")));
  return { peer, module, channel, sent, ...driver.services };
}

describe("a sister of a known model, by one file", () => {
  it("is recognised by its own answers and USB ids", () => {
    expect(SARA_R5.matches("SARA-R510S-00B")).toBe(true);
    expect(SARA_R5.matches("LARA-R6001-00B")).toBe(false);
    expect(guessModem([...MODELS, SARA_R5], "1546", "4001")).toBe("SARA-R5");
  });

  it("has its streams written in pieces of its own size", async () => {
    const { module, sockets, sent } = await sister();
    module.hasHex = false;
    const socket = await sockets.connect({ ...SERVER, mode: "command" }, { onData: vi.fn(), onClosed: vi.fn() });
    await socket.send(BINARY);
    expect(module.sent(0)).toEqual(BINARY);
    expect(sent("+USOWR")).toEqual(["AT+USOWR=0,600", "AT+USOWR=0,600", "AT+USOWR=0,300"]);
  });

  it("is read by its own size, and has datagrams of no more than it takes", async () => {
    const { sockets, sent } = await sister();
    const socket = await sockets.openUdp({ timeout: 5000 }, { onData: vi.fn(), onClosed: vi.fn() });
    await vi.waitUntil(() => sent("+USORF").length > 0);
    expect(sent("+USORF")).toEqual(["AT+USORF=0,700"]);
    const { host, port } = SERVER;
    expect(await failure(socket.send(BINARY.subarray(0, 601), { to: { host, port } }))).toMatchObject({
      code: "INVALID_INPUT",
      message: "payload: a datagram of this modem has 1 to 600 bytes, not 601",
    });
  });

  it("is waited for as long as it may take itself", async () => {
    const { peer, channel, diagnostics } = await sister();
    peer.on(/^AT\+UDNSRN=0,"server.example",1$/, () => {
      setImmediate(() => peer.urc('+UUDNSRN: 0,"192.0.2.7"'));
      return ["OK"];
    });
    const send = vi.spyOn(channel, "send");
    expect(await diagnostics.resolve("server.example")).toMatchObject({ address: "192.0.2.7" });
    expect(send.mock.calls.map(([{ timeout }]) => timeout)).toEqual([70_000]);
  });
});
