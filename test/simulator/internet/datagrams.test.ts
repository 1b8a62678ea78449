import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { networkInterfaces } from "node:os";
import { describe, expect, it, onTestFinished } from "vitest";
import { createInternet, parseRoute } from "../../../simulator/internet/real-internet";
import { UdpSocket } from "../../../simulator/internet/tcp-udp/datagrams";
import { Bg96Host } from "../quectel/bg96-host";
import { LaraHost } from "../ublox/lara-host";

/** An address of this machine that is not loopback; some machines have none. */
const OUTSIDE = Object.values(networkInterfaces())
  .flat()
  .find((entry) => entry?.family === "IPv4" && !entry.internal)?.address;

async function peer(address = "127.0.0.1"): Promise<{ socket: Socket; port: number; seen: string[] }> {
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4").bind(0, address);
  onTestFinished(() => void socket.close());
  await once(socket, "listening");
  const seen: string[] = [];
  socket.on("message", (bytes, from) => {
    seen.push(bytes.toString());
    socket.send(`${bytes} back`, from.port, from.address);
  });
  return { socket, port: socket.address().port, seen };
}

/** A port of that address that was free a moment ago. */
async function freePort(address: string): Promise<number> {
  const socket = createSocket("udp4").bind(0, address);
  await once(socket, "listening");
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

function open(options: { localPort?: number; ipv6?: boolean } = {}, routes: readonly string[] = []) {
  const end = new AbortController();
  onTestFinished(() => end.abort());
  const internet = createInternet({ routes: routes.map(parseRoute), latency: 0, random: () => 0.5 });
  return UdpSocket.open({ receive: 1000, ...options }, { internet, signal: end.signal });
}

const received = async (socket: UdpSocket) => {
  await expect.poll(() => socket.unread).toBeGreaterThan(0);
  return socket.read(100)?.bytes.toString();
};

describe("F39 a simulated UDP socket", () => {
  it.skipIf(OUTSIDE === undefined)("is on loopback, where no other machine reaches it", async () => {
    const own = await open({ localPort: 39 }, [`0.0.0.0:39=127.0.0.1:${await freePort("127.0.0.1")}`]);
    const stranger = await peer(OUTSIDE);
    stranger.socket.send("hello", own.localPort, OUTSIDE);
    const friend = await peer();
    friend.socket.send("hi", own.localPort, "127.0.0.1");
    expect(await received(own)).toBe("hi");
    expect(own.unread).toBe(0);
  });

  it.skipIf(OUTSIDE === undefined)("F39 neighbour: reaches a peer that is not on loopback, and hears it", async () => {
    const outside = await peer(OUTSIDE);
    const own = await open();
    await own.send(Buffer.from("ping"), { address: OUTSIDE ?? "", port: outside.port });
    expect(await received(own)).toBe("ping back");
    expect(outside.seen).toEqual(["ping"]);
  });

  it.skipIf(OUTSIDE === undefined)("F39 neighbour: hears nobody else at the port of such a peer", async () => {
    const outside = await peer(OUTSIDE);
    const own = await open();
    const source = once(outside.socket, "message");
    await own.send(Buffer.from("ping"), { address: OUTSIDE ?? "", port: outside.port });
    const [, from] = await source;
    const stranger = await peer(OUTSIDE);
    stranger.socket.send("me too", from.port, from.address);
    expect(await received(own)).toBe("ping back");
    await own.send(Buffer.from("again"), { address: OUTSIDE ?? "", port: outside.port });
    expect(await received(own)).toBe("again back");
  });

  it.skipIf(OUTSIDE === undefined)("F39 neighbour: is where a route for 0.0.0.0 puts it", async () => {
    const address = OUTSIDE ?? "";
    const own = await open({ localPort: 39 }, [`0.0.0.0:39=${address}:${await freePort(address)}`]);
    const stranger = await peer(OUTSIDE);
    stranger.socket.send("hello", own.localPort, OUTSIDE);
    expect(await received(own)).toBe("hello");
  });

  it("F39 neighbour: many peers leave no more than a few ports open", async () => {
    const own = await open();
    for (let host = 1; host <= 100; host += 1) await own.resolve({ address: `127.0.0.${host}`, port: 9 });
    expect(own.localPort).toBeGreaterThan(0);
  });
});

describe("F29 UDP to a peer of IPv6 on a context of both", () => {
  it("from a BG96", async () => {
    const { port, seen } = await peer("::1");
    const host = await Bg96Host.open([`route=v6.test:7=[::1]:${port}`]);
    for (const line of ["AT+QISDE=0", 'AT+QICSGP=1,3,"a"', "AT+QIACT=1"]) await host.command(line);
    await host.command('AT+QIOPEN=1,0,"UDP","v6.test",7');
    expect(await host.urc(/\+QIOPEN: /)).toBe("+QIOPEN: 0,0");
    host.write("AT+QISEND=0,4\r");
    await host.until(/> /);
    host.write("ping");
    await host.urc(/\+QIURC: "recv",0/);
    expect(await host.command("AT+QIRD=0")).toEqual(['+QIRD: 9,"::1",7', "ping back", "OK"]);
    expect(seen).toEqual(["ping"]);
  });

  it("F29 neighbour: from a BG96, to one of IPv4", async () => {
    const { port, seen } = await peer();
    const host = await Bg96Host.open([`route=v4.test:7=127.0.0.1:${port}`]);
    for (const line of ["AT+QISDE=0", 'AT+QICSGP=1,3,"a"', "AT+QIACT=1"]) await host.command(line);
    await host.command('AT+QIOPEN=1,0,"UDP","v4.test",7');
    host.write("AT+QISEND=0,4\r");
    await host.until(/> /);
    host.write("ping");
    await host.urc(/\+QIURC: "recv",0/);
    expect(seen).toEqual(["ping"]);
  });

  it("F29 neighbour: from a LARA-R6 that asks for IPv6", async () => {
    const { port, seen } = await peer("::1");
    const host = await LaraHost.open([`route=v6.test:7=[::1]:${port}`]);
    await host.command("AT+USOCR=17,,1");
    expect((await host.command('AT+USOST=0,"v6.test",7,4,"ping"')).at(-1)).toBe("OK");
    await host.urc(/\+UUSORD: 0,9/);
    expect(seen).toEqual(["ping"]);
  });
});
