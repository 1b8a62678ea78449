import { describe, expect, it, vi } from "vitest";
import { settled, useEventLoopClock } from "../../../support/clock";
import { ALL_BYTES, closedPort } from "../../internet/servers";
import { udpPeer } from "../../ublox/sockets/socket-host";
import { onlineHost, open, peer, randomBytes, readAll, send, sha256 } from "./sockets-host";
import { leave, pause, transparent } from "./transparent-host";

// No guard time or pause is waited for in real time.
vi.mock("../../../../simulator/clock", () => vi.importActual("../../../support/simulator-clock"));
useEventLoopClock();

/** ms for some megabytes on a busy machine. */
const PATIENCE = 20_000;

/** Random bytes, over and over in a period that no buffer's size divides. */
const pattern = (length: number, seed: number) => Buffer.alloc(length, randomBytes(65_537, seed));

describe("transparent mode", () => {
  it("carries both directions until +++, keeps what comes meanwhile, and goes on with ATO", async () => {
    const { port, connected, has, received } = await peer();
    const host = await onlineHost(port);
    await transparent(host);
    host.write(ALL_BYTES);
    (await connected).write(ALL_BYTES);
    expect(await host.take(256)).toBe(ALL_BYTES.toString("latin1"));
    await has(256);
    expect(await leave(host)).toBe("\r\nOK\r\n");
    (await connected).write("meanwhile");
    expect((await host.command("AT+QISTATE"))[0]).toContain(',2,1,0,2,"uart1"');
    expect(await send(host, 0, "x")).toBe("ERROR");
    expect(await host.command('AT+QISENDEX=0,"00"')).toEqual(["ERROR"]);
    expect(await host.command("AT+QIRD=0")).toEqual(["ERROR"]);
    expect((await host.command("AT+QIGETERROR"))[0]).toBe('+QIGETERROR: 572,"Operation not allowed"');
    host.write("ATO\r");
    await host.until(/\r\nCONNECT\r\n/);
    expect(await host.take(9)).toBe("meanwhile");
    await leave(host);
    expect(received()).toEqual(ALL_BYTES);
    expect(await host.command("AT+QICLOSE=0")).toEqual(["OK"]);
    expect(await host.command("ATO")).toEqual(["ERROR"]);
  });

  it("carries 5 MB each way at once", async () => {
    const [up, down] = [pattern(5_000_000, 1), pattern(5_000_000, 2)];
    const { port, has, received } = await peer((socket) => socket.write(down));
    const host = await onlineHost(port);
    await transparent(host);
    host.write(up);
    const got = await host.take(down.length, PATIENCE);
    await has(up.length);
    expect(sha256(got)).toBe(sha256(down));
    expect(sha256(received())).toBe(sha256(up));
    expect(await leave(host)).toBe("\r\nOK\r\n");
  }, 30_000);

  it("holds the host off while the peer does not read, and the peer while the host does not, and loses nothing", async () => {
    const data = pattern(24 * 1024 * 1024, 3);
    const { port, connected, has, received } = await peer((socket) => socket.pause());
    const host = await onlineHost(port);
    await transparent(host);
    const socket = await connected;
    host.reads(false);
    socket.write(data);
    for (let at = 0; at < data.length; at += 65_536) host.write(data.subarray(at, at + 65_536));
    expect(await settled(() => host.unsent)).toBeGreaterThan(0);
    expect(await settled(() => socket.writableLength)).toBeGreaterThan(0);
    host.reads(true);
    socket.resume();
    expect(sha256(await host.take(data.length, PATIENCE))).toBe(sha256(data));
    await has(data.length);
    expect(sha256(received())).toBe(sha256(data));
  }, 30_000);

  it("sends after a pause, or as soon as a packet is full", async () => {
    const { port, has, received } = await peer();
    const host = await onlineHost(port);
    await host.command('AT+QICFG="transpktsize",10');
    await host.command('AT+QICFG="transwaittm",20');
    await transparent(host);
    host.write("0123456789abc");
    await has(10);
    await pause(30);
    expect(received().toString()).toBe("0123456789");
    host.write("+++");
    await host.until(/\r\nOK\r\n/);
    await has(13);
    await host.command('AT+QICFG="transwaittm",0');
    host.write("ATO\r");
    await host.until(/CONNECT\r\n/);
    host.write("d");
    await has(14);
    expect(received().toString()).toBe("0123456789abcd");
  });

  it("ends with NO CARRIER when the peer closes, behind its data", async () => {
    const { port, connected } = await peer();
    const host = await onlineHost(port);
    await transparent(host);
    (await connected).end("last words");
    expect(await host.until(/NO CARRIER\r\n/)).toBe("last words\r\nNO CARRIER\r\n");
    expect(host.unread).toBe("");
    expect(await host.command("AT+QICLOSE=0")).toEqual(["OK"]);
  });

  it("ends with NO CARRIER when the context is lost", async () => {
    const { port } = await peer();
    const host = await onlineHost(port);
    await transparent(host);
    host.fault("lost-context=1");
    expect(await host.until(/pdpdeact",1\r\n/)).toBe('\r\nNO CARRIER\r\n\r\n+QIURC: "pdpdeact",1\r\n');
  });

  it("says closed when the peer closes while the host is in command mode", async () => {
    const { port, connected } = await peer();
    const host = await onlineHost(port);
    await transparent(host);
    await leave(host);
    (await connected).end();
    expect(await host.urc(/\+QIURC: /)).toBe('+QIURC: "closed",0');
    expect(await host.command("ATO")).toEqual(["ERROR"]);
  });

  it("hands out what a peer sent before it closed, though the host had left: by ATO", async () => {
    const { port, connected } = await peer();
    const host = await onlineHost(port);
    await transparent(host);
    await leave(host);
    (await connected).end("last words");
    expect(await host.urc(/\+QIURC: /)).toBe('+QIURC: "closed",0');
    host.write("ATO\r");
    expect(await host.until(/NO CARRIER\r\n/)).toBe("\r\nCONNECT\r\nlast words\r\nNO CARRIER\r\n");
    expect(await host.command("ATO")).toEqual(["ERROR"]);
  });

  it("hands out what a peer sent before it closed, though the host had left: in another mode", async () => {
    const { port, connected } = await peer();
    const host = await onlineHost(port);
    await transparent(host);
    await leave(host);
    (await connected).end("last words");
    await host.urc(/\+QIURC: "closed",0/);
    expect(await host.command("AT+QISWTMD=0,0")).toEqual(["OK"]);
    await host.urc(/\+QIURC: "recv",0/);
    expect(await readAll(host)).toBe("last words");
    expect(await host.command("AT+QISWTMD=0,1")).toEqual(["ERROR"]);
  });

  it("says closed to a host that leaves while the last data are still printed", async () => {
    const data = randomBytes(30_000, 4);
    const { port } = await peer((socket) => socket.end(data));
    const host = await onlineHost(port, "baud=460800");
    await transparent(host);
    await pause(100);
    host.write("+++");
    const [got = "", after] = (await host.until(/\+QIURC: "closed",0\r\n/)).split("\r\nOK\r\n");
    expect(after).toBe('\r\n+QIURC: "closed",0\r\n');
    expect(got.length).toBeLessThan(data.length);
    host.write("ATO\r");
    await host.until(/\r\nCONNECT\r\n/);
    const rest = await host.until(/\r\nNO CARRIER\r\n/);
    expect(sha256(got + rest.slice(0, -"\r\nNO CARRIER\r\n".length))).toBe(sha256(data));
  });

  it("ends with NO CARRIER when the peer resets", async () => {
    const { port, connected } = await peer();
    const host = await onlineHost(port);
    await transparent(host);
    (await connected).resetAndDestroy();
    expect(await host.until(/NO CARRIER\r\n/)).toBe("\r\nNO CARRIER\r\n");
    expect((await host.command("AT+QISTATE=1,0"))[0]).toContain(',4,1,0,2,"uart1"');
  });

  it("ends with the power", async () => {
    const { port, connected } = await peer();
    const host = await onlineHost(port);
    await transparent(host);
    const closed = new Promise((resolve) => void connected.then((socket) => socket.once("close", resolve)));
    host.fault("reboot");
    await closed;
    await host.until(/APP RDY\r\n/);
    await host.quiet();
    expect(await host.command("ATO")).toEqual(["ERROR"]);
  });

  it("holds back what other sockets tell until it is left", async () => {
    const { port, connected } = await peer();
    const host = await onlineHost(port);
    await open(host, 1);
    await transparent(host);
    (await connected).write("xy");
    await pause(20);
    expect(host.unread).toBe("");
    expect(await leave(host)).toBe("\r\nOK\r\n");
    expect(await host.urc(/\+QIURC: /)).toBe('+QIURC: "recv",1');
  });

  it("outlasts a host that goes away, for the next one to leave", async () => {
    const { port, connected, has, received } = await peer();
    const host = await onlineHost(port);
    await transparent(host);
    await host.reopen();
    await pause(30);
    host.write("AT\r");
    await has(3);
    expect(received().toString()).toBe("AT\r");
    (await connected).write("still here");
    expect(await host.take(10)).toBe("still here");
    expect(await leave(host)).toBe("\r\nOK\r\n");
    expect(await host.command("AT")).toEqual(["OK"]);
  });

  it("is left when a host goes away that has set &D1, with the connection standing", async () => {
    const { port, connected } = await peer();
    const host = await onlineHost(port);
    await host.command("AT&D1");
    await transparent(host);
    await host.reopen();
    expect(await host.command("AT")).toEqual(["OK"]);
    (await connected).write("later");
    host.write("ATO\r");
    await host.until(/\r\nCONNECT\r\n/);
    expect(await host.take(5)).toBe("later");
  });

  it("carries datagrams, and ends with NO CARRIER when the context is lost under one", async () => {
    const udp = await udpPeer();
    const host = await onlineHost(udp.port, "latency=60");
    await host.command("ATS12=1");
    await host.command('AT+QICFG="transwaittm",0');
    host.write('AT+QIOPEN=1,0,"UDP","peer.test",7,0,2\r');
    await host.until(/\r\nCONNECT\r\n/);
    host.write("one");
    await expect.poll(() => udp.seen.map(({ bytes }) => bytes.toString())).toEqual(["one"]);
    await udp.send("two", udp.seen[0]?.from.port ?? 0);
    expect(await host.take(3)).toBe("two");
    host.write("three");
    await pause(10);
    host.fault("lost-context=1");
    expect(await host.until(/pdpdeact",1\r\n/)).toBe('\r\nNO CARRIER\r\n\r\n+QIURC: "pdpdeact",1\r\n');
    await pause(80);
    expect(udp.seen).toHaveLength(1);
  });

  it("lets the host leave while the peer does not read", async () => {
    const { port, connected } = await peer((socket) => socket.pause());
    const host = await onlineHost(port);
    await host.command('AT+QICFG="transpktsize",1460');
    await transparent(host);
    await connected;
    // Less than a packet: it is on its way out when the host leaves.
    host.write(Buffer.alloc(1000));
    expect(await leave(host)).toBe("\r\nOK\r\n");
    expect(await host.command("AT+QICLOSE=0,0")).toEqual(["OK"]);
  });

  it("is ERROR when nobody listens, and for a second socket", async () => {
    const nowhere = await onlineHost(await closedPort());
    expect(await nowhere.command('AT+QIOPEN=1,0,"TCP","peer.test",7,0,2')).toEqual(["ERROR"]);
    expect((await nowhere.command("AT+QIGETERROR"))[0]).toBe('+QIGETERROR: 566,"Socket connect failed"');
    const host = await onlineHost((await peer()).port);
    await transparent(host);
    await leave(host);
    expect(await host.command('AT+QIOPEN=1,1,"TCP","peer.test",7,0,2')).toEqual(["ERROR"]);
    expect((await host.command("AT+QIGETERROR"))[0]).toBe('+QIGETERROR: 572,"Operation not allowed"');
    await open(host, 1);
  });
});
