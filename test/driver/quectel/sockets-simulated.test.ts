import { createHash, randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { afterEach, describe, expect, it, vi } from "vitest";
import { AtChannel } from "../../../driver/at/channel";
import { BG96 } from "../../../driver/quectel/bg96";
import type { ModelDriver } from "../../../driver/services/model";
import type { ConnectOptions, ModemSocket, SocketEvents } from "../../../driver/services/sockets";
import { createTransport } from "../../../driver/transport/open";
import { failure, HOSTILE, Owner } from "./socket-session";
import { pem, profile } from "./tls-profile";

const MEGABYTE = 1024 * 1024;
const hash = (data: Buffer): string => createHash("sha256").update(data).digest("hex");

let ends: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
});

/** A driver on a simulated BG96 whose network leads `server.test` to a port here. */
async function start(port: number, options = ""): Promise<ModelDriver> {
  const transport = createTransport({
    port: `sim:BG96?route=server.test:*=127.0.0.1:${port}${options}`,
    baudRate: 115_200,
    flowControl: false,
    dataBits: 8,
    parity: "none",
    stopBits: 1,
  });
  const channel = new AtChannel(transport);
  await transport.open();
  channel.useDialect(BG96.dialect);
  const driver = BG96.create(channel);
  ends.push(
    () => transport.close(),
    () => driver.dispose(new Error("closed")),
  );
  await driver.initialise();
  await driver.services.packetData.define({ cid: 1, apn: "a.test", pdpType: "IPV4V6", authType: "none" });
  await driver.services.packetData.activate(1);
  return driver;
}

async function serve(onConnection: (socket: Socket) => void, server: Server = createServer()): Promise<number> {
  const open = new Set<Socket>();
  server.on("tlsClientError", () => undefined);
  server.on(server.listenerCount("secureConnection") > 0 ? "secureConnection" : "connection", onConnection);
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.on("error", () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ends.push(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A port on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function dial({ services }: ModelDriver, owner: SocketEvents, more: Partial<ConnectOptions> = {}) {
  const target = { host: "server.test", port: 7, timeout: 30_000, mode: "command" } as const;
  return services.sockets.connect({ ...target, ...more }, owner);
}

describe("sockets by the simulated BG96", () => {
  it("carry a megabyte up, and tell the server its end", { timeout: 120_000 }, async () => {
    const got: Buffer[] = [];
    let ended = false;
    const port = await serve((socket) => {
      socket.on("data", (part) => got.push(part));
      socket.on("end", () => {
        ended = true;
      });
    });
    const socket = await dial(await start(port), new Owner());
    const data = randomBytes(MEGABYTE);
    for (let at = 0; at < data.length; at += 50_000) await socket.send(data.subarray(at, at + 50_000));
    await socket.close();
    await vi.waitFor(() => expect(ended).toBe(true));
    expect(hash(Buffer.concat(got))).toBe(hash(data));
  });

  it("carry a megabyte down, up to the server's end", { timeout: 120_000 }, async () => {
    const data = Buffer.concat([HOSTILE, randomBytes(MEGABYTE), HOSTILE]);
    const port = await serve((socket) => socket.end(data));
    const owner = new Owner();
    await dial(await start(port), owner);
    await vi.waitFor(() => expect(owner.ends).toEqual([undefined]), { timeout: 100_000, interval: 50 });
    expect(hash(owner.data)).toBe(hash(data));
  });

  it("carry both ways at once on several, with other commands between", { timeout: 60_000 }, async () => {
    const driver = await start(await serve((socket) => socket.pipe(socket)));
    const data = Buffer.concat([HOSTILE, randomBytes(50_000)]);
    const owners = [new Owner(), new Owner(), new Owner()];
    const sockets = await Promise.all(owners.map((owner) => dial(driver, owner)));
    const sending = Promise.all(sockets.map((socket) => socket.send(data)));
    expect(await driver.services.packetData.status(1)).toMatchObject({ active: true });
    await sending;
    await vi.waitFor(() => expect(owners.every(({ data: { length } }) => length === data.length)).toBe(true), {
      timeout: 30_000,
    });
    for (const owner of owners) expect(hash(owner.data)).toBe(hash(data));
    expect(await sockets[0]?.status()).toMatchObject({ state: "established", unread: 0, unacknowledged: 0 });
    await Promise.all(sockets.map((socket) => socket.close()));
  });

  it("keep the borders of datagrams both ways", { timeout: 30_000 }, async () => {
    const echo = createSocket("udp4");
    echo.on("message", (message, from) => echo.send(message, from.port, from.address));
    echo.bind(0, "127.0.0.1");
    await once(echo, "listening");
    ends.push(() => echo.close());
    const { port } = echo.address();
    const driver = await start(port);
    const owner = new Owner();
    const socket = await driver.services.sockets.openUdp({ timeout: 10_000 }, owner);
    const sent = Array.from({ length: 40 }, (_value, index) => randomBytes(1 + index * 37));
    for (const [index, datagram] of [HOSTILE, ...sent].entries()) {
      await socket.send(datagram, { to: { host: "server.test", port } });
      await vi.waitFor(() => expect(owner.parts).toHaveLength(index + 1), { timeout: 5_000, interval: 5 });
    }
    expect(owner.parts.map(hash)).toEqual([HOSTILE, ...sent].map(hash));
    await socket.close();
  });

  it("carry TLS both ways, and tell a failed handshake", { timeout: 60_000 }, async () => {
    const server = createTlsServer({ cert: pem("server.cert"), key: pem("server.key") });
    server.on("secureConnection", (socket) => {
      socket.on("error", () => undefined);
      socket.pipe(socket);
    });
    const port = await serve(() => undefined, server);
    const driver = await start(port);
    const owner = new Owner();
    const socket = await dial(driver, owner, { security: profile() });
    const data = Buffer.concat([HOSTILE, randomBytes(20_000)]);
    await socket.send(data);
    await vi.waitFor(() => expect(owner.data.length).toBe(data.length), { timeout: 20_000 });
    expect(hash(owner.data)).toBe(hash(data));
    await socket.close();
    const wrong = dial(driver, new Owner(), { security: profile({ ca: pem("other-ca.cert") }) });
    expect(await failure(wrong)).toMatchObject({ code: "TLS_FAILED" });
  });

  it("listen, answer who connects, and close", { timeout: 30_000 }, async () => {
    const localPort = await closedPort();
    const driver = await start(localPort);
    const owner = new Owner();
    const accepted: ModemSocket[] = [];
    const accept = (socket: ModemSocket): SocketEvents => {
      accepted.push(socket);
      return owner;
    };
    const listener = await driver.services.sockets.listen({ localPort, timeout: 10_000 }, accept, () => undefined);
    const client = connect(localPort, "127.0.0.1");
    const got: Buffer[] = [];
    client.on("data", (part) => got.push(part));
    client.write(HOSTILE);
    await vi.waitFor(() => expect(owner.data.equals(HOSTILE)).toBe(true), { timeout: 10_000 });
    await accepted[0]?.send(HOSTILE);
    await vi.waitFor(() => expect(Buffer.concat(got).equals(HOSTILE)).toBe(true), { timeout: 10_000 });
    client.end();
    await vi.waitFor(() => expect(owner.ends).toEqual([undefined]), { timeout: 10_000 });
    await listener.close();
    const refused = connect(localPort, "127.0.0.1");
    await expect(once(refused, "connect")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("end when the modem restarts", { timeout: 60_000 }, async () => {
    const driver = await start(await serve((socket) => socket.pipe(socket)), "&boot=50");
    const owner = new Owner();
    await dial(driver, owner);
    await driver.reboot();
    await vi.waitFor(() => expect(owner.ends).toEqual(["MODEM_RESTARTED"]), { timeout: 20_000 });
  });

  it("tell a refused connection and a name that nobody has", { timeout: 60_000 }, async () => {
    const driver = await start(await closedPort());
    expect(await failure(dial(driver, new Owner(), { host: "nobody.test" }))).toMatchObject({ code: "DNS_FAILED" });
    expect(await failure(dial(driver, new Owner()))).toMatchObject({ code: "CONNECT_FAILED" });
  });
});
