import { createHash } from "node:crypto";
import type { Socket } from "node:net";
import { describe, expect, it, vi } from "vitest";
import { settled, useEventLoopClock } from "../../../support/clock";
import { tlsServer } from "../../internet/tls-servers";
import { route } from "../../modem-host";
import { randomBytes, sha256 } from "../../quectel/sockets/sockets-host";
import { LaraHost } from "../lara-host";
import { run, SERVER } from "../security/secure-host";
import { enter, LEFT, leave } from "./direct-link-host";
import { connected } from "./socket-host";

// No guard time or pause is waited for in real time.
vi.mock("../../../../simulator/clock", () => vi.importActual("../../../support/simulator-clock"));
useEventLoopClock();

/** More than this machine's own buffers between two sockets take. */
const MUCH = 24 * 1024 * 1024;
const PATIENCE = { timeout: 20_000, interval: 50 };

/** Random bytes, over and over in a period that no buffer's size divides. */
const pattern = (length: number, seed: number) => Buffer.alloc(length, randomBytes(65_537, seed));

/** What a peer got, hashed as it comes. */
function hashing(peer: Socket): { readonly count: () => number; readonly digest: () => string } {
  const hash = createHash("sha256");
  let count = 0;
  peer.on("data", (bytes: Buffer) => {
    count += bytes.length;
    hash.update(bytes);
  });
  return { count: () => count, digest: () => hash.copy().digest("hex") };
}

describe("direct link", () => {
  it("carries 5 MB each way at once", async () => {
    const [up, down] = [pattern(5_000_000, 1), pattern(5_000_000, 2)];
    const { host, peer } = await connected();
    const got = hashing(peer);
    await enter(host);
    peer.write(down);
    host.write(up);
    expect(sha256(await host.take(down.length, PATIENCE.timeout))).toBe(sha256(down));
    await expect.poll(got.count, PATIENCE).toBe(up.length);
    expect(got.digest()).toBe(sha256(up));
    expect(await leave(host)).toBe(LEFT);
  }, 30_000);

  it("carries 8 MB to a peer that reads slowly", async () => {
    const data = pattern(8_000_000, 3);
    const { host, peer } = await connected();
    const got = hashing(peer);
    peer.on("data", () => {
      peer.pause();
      setImmediate(() => peer.resume());
    });
    await enter(host);
    host.write(data);
    await expect.poll(got.count, PATIENCE).toBe(data.length);
    expect(got.digest()).toBe(sha256(data));
    expect(await leave(host)).toBe(LEFT);
  }, 30_000);

  it("holds the host off while the peer does not read, and loses nothing", async () => {
    const data = pattern(MUCH, 4);
    const { host, peer } = await connected();
    await enter(host);
    for (let at = 0; at < data.length; at += 65_536) host.write(data.subarray(at, at + 65_536));
    await settled(() => host.unsent);
    const got = hashing(peer);
    await expect.poll(got.count, PATIENCE).toBe(data.length);
    expect(got.digest()).toBe(sha256(data));
    expect(host.unsent).toBe(0);
  }, 30_000);

  it("holds the peer off while the host does not read, and loses nothing", async () => {
    const data = pattern(MUCH, 5);
    const { host, peer } = await connected();
    await enter(host);
    host.reads(false);
    peer.write(data);
    await settled(() => peer.writableLength);
    host.reads(true);
    expect(sha256(await host.take(data.length, PATIENCE.timeout))).toBe(sha256(data));
  }, 30_000);

  it("queues 8 kB, and takes no more from the host", async () => {
    const { host, peer } = await connected();
    const got = hashing(peer);
    const data = randomBytes(200_000, 6);
    await enter(host);
    host.fault("congestion");
    for (let at = 0; at < data.length; at += 1000) host.write(data.subarray(at, at + 1000));
    // What the modem has not taken waits with the host, but for what a serial port's own buffers hold.
    expect(await settled(() => host.unsent)).toBeGreaterThan(data.length - 30_000);
    expect(got.count()).toBe(0);
    host.fault("congestion@0s:1ms");
    await expect.poll(got.count, PATIENCE).toBe(data.length);
    expect(got.digest()).toBe(sha256(data));
  });

  it("holds 12 kB of a peer's data, and little more on the way to a slow line", async () => {
    const { host, peer } = await connected(["baud=115200"]);
    peer.write(pattern(100_000, 7));
    await enter(host);
    const got = await leave(host);
    // What the line carried in the guard times, and what a serial port's own buffers hold.
    expect(got.length).toBeLessThan(10_000);
    expect(await host.urc(/\+UUSORD: /)).toMatch(/^\+UUSORD: 0,\d+$/);
    await expect.poll(() => host.command("AT+USORD=0,0")).toEqual(["+USORD: 0,12288", "OK"]);
  });

  it("queues 1 kB of a secured connection", async () => {
    const server = await tlsServer({}, (socket) => void socket.resume());
    const host = await LaraHost.open([route(SERVER, 443, server.port)]);
    await host.command("AT+USOCR=6");
    await run(host, "AT+USOSEC=0,1,1", `AT+USOCO=0,"${SERVER}",443`, "AT+UDCONF=8,0,1000");
    await enter(host);
    host.fault("congestion");
    host.write(Buffer.alloc(3000));
    expect(await host.until(/OK\r\n/)).toBe(LEFT);
    expect(await host.command("AT+USOCTL=0,11")).toEqual(["+USOCTL: 0,11,1024", "OK"]);
  });
});
