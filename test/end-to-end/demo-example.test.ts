import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { Services } from "../../driver/services/model";
import type { ConnectOptions, ModemSocket, SocketEvents } from "../../driver/services/sockets/sockets";
import { CA, DEVICE, PUBLIC_DEVICE_KEY } from "../../simulator/internet/demo-example/certificates";
import { AtClient } from "../support/at-client";
import { openPorts } from "../support/open-ports";
import { SimCommand } from "../support/sim-command";
import { type Driven, drive, MODELS, securityProfile } from "./tls/bench";

const OTHER_CA = path.join(__dirname, "..", "fixtures", "tls", "other-ca.cert.pem");
const CHECKED = securityProfile({ id: "demo", name: "demo", ca: Buffer.from(CA) });
const MUTUAL = securityProfile({
  id: "device",
  name: "device",
  ca: Buffer.from(CA),
  cert: Buffer.from(DEVICE),
  key: Buffer.from(PUBLIC_DEVICE_KEY),
});

/** Everything that a socket received, as text. */
class Heard implements SocketEvents {
  text = "";
  closed = false;
  readonly onData = (data: Buffer): void => {
    this.text += data.toString("latin1");
  };
  readonly onClosed = (): void => {
    this.closed = true;
  };
}

describe.each(MODELS)("F41: a %s and demo.example", (model) => {
  let driven: Driven;
  let services: Services;
  let before: string[] | undefined;

  beforeAll(async () => {
    before = openPorts(process.pid);
    driven = await drive(`sim:${model}?name=demo-${process.pid}`);
    services = driven.services;
  });
  afterAll(() => driven.close());

  const connect = async (options: Partial<ConnectOptions> = {}): Promise<{ socket: ModemSocket; heard: Heard }> => {
    const heard = new Heard();
    const target = { host: "demo.example", port: 7, mode: "command", timeout: 20_000 } as const;
    const socket = await services.sockets.connect({ ...target, ...options }, heard);
    onTestFinished(() => socket.close());
    return { socket, heard };
  };

  it("F41: fetches a page, by HTTP and by HTTPS", async () => {
    for (const [url, security] of [["http://demo.example/hello"], ["https://demo.example/hello", CHECKED]] as const) {
      const { statusCode, body } = await driven.get(url, security);
      expect([statusCode, body.toString()]).toEqual([200, "Hello from the other side of the modem.\n"]);
    }
  });

  it("F41: is greeted by its certificate's name", async () => {
    expect((await driven.get("https://demo.example/device", MUTUAL)).body.toString()).toBe("Hello, Demo device.\n");
    expect((await driven.get("https://demo.example/device", CHECKED)).statusCode).toBe(403);
  });

  it("F41: trusts no other CA for it", async () => {
    const other = securityProfile({ id: "other", name: "other", ca: readFileSync(OTHER_CA) });
    await expect(driven.get("https://demo.example/hello", other)).rejects.toMatchObject({ code: "TLS_FAILED" });
  });

  it("F41 neighbour: reads what has no length, and several megabytes", async () => {
    expect((await driven.get("http://demo.example/chunked")).body.toString()).toMatch(/line 5 of 5\n$/);
    const { body } = await driven.get("http://demo.example/files/firmware.bin?bytes=3000000");
    expect(body.length).toBe(3_000_000);
    expect(body.every((byte, index) => byte === (index % 251) ** 2 % 251)).toBe(true);
  });

  it("F41: finds its address and its name, and reaches it", async () => {
    const { diagnostics } = services;
    expect(await diagnostics.resolve("demo.example")).toMatchObject({ address: "192.0.2.80" });
    expect(await diagnostics.ping("demo.example", { count: 1 })).toMatchObject({ sent: 1, received: 1 });
    await expect(diagnostics.resolve("nowhere.invalid")).rejects.toMatchObject({ code: "DNS_FAILED" });
  });

  it.each([
    ["by a TCP socket", { port: 7 }],
    ["by its address", { host: "192.0.2.80" }],
    ["over TLS", { port: 4433, security: CHECKED }],
    ["in direct mode", { mode: "direct" as const }],
  ])("F41: gets back what it sends, %s", async (_, options) => {
    const { socket, heard } = await connect(options);
    await socket.send(Buffer.from("there and back"));
    await expect.poll(() => heard.text).toBe("there and back");
    await socket.close();
  });

  it("F41: gets a datagram back", async () => {
    const heard = new Heard();
    const socket = await services.sockets.openUdp({ timeout: 20_000 }, heard);
    onTestFinished(() => socket.close());
    await socket.send(Buffer.from("hello"), { to: { host: "demo.example", port: 7 } });
    await expect.poll(() => heard.text).toBe("hello");
  });

  it("F41 neighbour: is told that nobody is at another port", async () => {
    await expect(connect({ port: 9 })).rejects.toMatchObject({ code: "CONNECT_FAILED" });
    await expect(driven.get("http://demo.example:9/")).rejects.toMatchObject({ code: "CONNECT_FAILED" });
  });

  it("F41: did all that without a port of this machine", () => {
    expect(openPorts(process.pid)).toEqual(before);
  });
});

describe("F41: the simulator's command", () => {
  it.each([
    ["LARA-R6", 'AT+UDNSRN=0,"demo.example"', '+UDNSRN: "192.0.2.80"'],
    ["BG96", 'AT+QIDNSGIP=1,"demo.example"', ""],
  ])("F41: has demo.example as %s too, and no port but its face", async (model, command, line) => {
    const simulator = await SimCommand.start(["--model", model, "--tcp", "0"]);
    onTestFinished(async () => void (await simulator.stop()));
    const client = await AtClient.tcp(simulator.tcpPort);
    onTestFinished(() => void client.stream.destroy());
    await client.send("AT+CFUN=1");
    if (model === "LARA-R6") {
      expect((await client.send(command)).lines).toContain(line);
      await client.send('AT+UHTTP=0,1,"demo.example"');
      await client.send('AT+UHTTPC=0,1,"/hello","answer"', /\+UUHTTPCR: 0,1,1/);
      expect((await client.send('AT+URDFILE="answer"')).lines.join("\n")).toContain("Hello from the other side");
    } else {
      await client.send("AT+QIACT=1");
      await client.send(command, /\+QIURC: "dnsgip","192\.0\.2\.80"/);
      await client.send('AT+QNTP=1,"demo.example"', /\+QNTP: 0,/);
    }
    const ports = openPorts(simulator.process.pid ?? 0);
    expect(ports ?? [`tcp ${simulator.tcpPort}`]).toEqual([`tcp ${simulator.tcpPort}`]);
  });
});
