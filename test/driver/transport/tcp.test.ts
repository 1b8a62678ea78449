import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { parseTcpAddress, TcpTransport } from "../../../driver/transport/tcp";
import { listen } from "../../support/listen";

const transports: TcpTransport[] = [];

async function deviceServer(host?: string): Promise<{ server: Server; port: number; accepted: Promise<Socket> }> {
  const server = createServer({ allowHalfOpen: true });
  const accepted = once(server, "connection").then(([socket]) => socket as Socket);
  return { server, port: await listen(server, host === undefined ? {} : { host }), accepted };
}

function transport(port: number, host = "127.0.0.1"): TcpTransport {
  const made = new TcpTransport(`tcp://${host}:${port}`, 11_520);
  transports.push(made);
  return made;
}

afterEach(async () => {
  await Promise.all(transports.splice(0).map((made) => made.close()));
});

describe("TcpTransport", () => {
  it("carries bytes both ways as they are", async () => {
    const { port, accepted } = await deviceServer();
    const line = transport(port);
    const received = new Promise<Buffer>((resolve) => line.onData(resolve));
    await line.open();
    const peer = await accepted;
    const bytes = Buffer.from([0, 0xff, 13, 10, 0x1a, 0x2b]);
    peer.write(bytes);
    expect(await received).toEqual(bytes);
    const sent = once(peer, "data");
    await line.write(bytes);
    expect(await sent).toEqual([bytes]);
    peer.destroy();
  });

  it("reads nothing while it is paused, and loses nothing", async () => {
    const { port, accepted } = await deviceServer();
    const line = transport(port);
    let received = 0;
    const size = 16 * 1024 * 1024;
    const all = new Promise<void>((resolve) => {
      line.onData((bytes) => {
        received += bytes.length;
        if (received === size) resolve();
      });
    });
    await line.open();
    const peer = await accepted;
    line.pause();
    peer.write(Buffer.alloc(size));
    const asked = once(peer, "data");
    await line.write(Buffer.from("AT\r"));
    await asked;
    expect(received).toBe(0);
    line.resume();
    await all;
    peer.destroy();
  });

  it("tells once that the other end closed, and fails the writes after it", async () => {
    const { port, accepted } = await deviceServer();
    const line = transport(port);
    const losses: string[] = [];
    const lost = new Promise<void>((resolve) =>
      line.onLost(({ reason }) => {
        losses.push(reason);
        resolve();
      }),
    );
    await line.open();
    (await accepted).destroy();
    await lost;
    await expect(line.write(Buffer.from("AT\r"))).rejects.toMatchObject({ code: "MODEM_OFFLINE" });
    await line.close();
    expect(losses).toHaveLength(1);
  });

  it("opens again after a loss", async () => {
    const { server, port, accepted } = await deviceServer();
    const line = transport(port);
    const lost = new Promise<void>((resolve) => line.onLost(() => resolve()));
    await line.open();
    (await accepted).destroy();
    await lost;
    const again = once(server, "connection");
    await line.open();
    const [peer] = (await again) as [Socket];
    const received = new Promise<Buffer>((resolve) => line.onData(resolve));
    peer.write("OK");
    expect((await received).toString()).toBe("OK");
    peer.destroy();
  });

  it("does not call a close by its owner a loss", async () => {
    const { port, accepted } = await deviceServer();
    const line = transport(port);
    line.onLost(() => expect.unreachable("lost"));
    await line.open();
    const peer = await accepted;
    peer.resume();
    const ended = once(peer, "end");
    await line.write(Buffer.from("AT\r"));
    const closed = line.close();
    await ended;
    peer.end();
    await closed;
  });

  it("closes although the other end never does", async () => {
    const { port, accepted } = await deviceServer();
    const line = transport(port);
    await line.open();
    const peer = await accepted;
    peer.on("error", () => {});
    await line.close();
    peer.destroy();
  });

  it("says MODEM_OFFLINE with the remedy when nobody listens", async () => {
    const { server, port } = await deviceServer();
    server.close();
    await expect(transport(port).open()).rejects.toMatchObject({
      code: "MODEM_OFFLINE",
      message: expect.stringMatching(/127\.0\.0\.1.*ECONNREFUSED.*device server runs/),
    });
  });

  it("ends an opening in progress when it is closed", async () => {
    const line = transport(9, "192.0.2.1");
    const opening = expect(line.open()).rejects.toMatchObject({ code: "MODEM_OFFLINE" });
    await line.close();
    await opening;
  });
});

describe("parseTcpAddress", () => {
  it.each([
    ["tcp://gateway.local:4001", { host: "gateway.local", port: 4001 }],
    ["TCP://10.0.0.7:23/", { host: "10.0.0.7", port: 23 }],
    ["tcp://[2001:db8::1]:4001", { host: "2001:db8::1", port: 4001 }],
    ["tcp://[fe80::1%eth0]:4001", { host: "fe80::1%eth0", port: 4001 }],
  ])("reads %s", (text, address) => expect(parseTcpAddress(text)).toEqual(address));

  it.each([
    "tcp://",
    "tcp://host",
    "tcp://host:0",
    "tcp://host:65536",
    "tcp://a b:1",
    "tcp://u@h:1",
    "tcp://::1:1",
    "tcp://h:1/x",
  ])("refuses %s, naming the field", (text) =>
    expect(() => parseTcpAddress(text)).toThrow(
      expect.objectContaining({ code: "INVALID_INPUT", message: expect.stringContaining("port") }),
    ),
  );
});
