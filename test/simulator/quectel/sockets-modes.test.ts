import { describe, expect, it } from "vitest";
import { ALL_BYTES, closedPort } from "../network/servers";
import { udpPeer } from "../ublox/socket-host";
import type { Bg96Host } from "./bg96-host";
import { onlineHost, open, peer, randomBytes, read, readAll, send, sha256 } from "./sockets-host";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Into transparent mode, with a guard time of a fiftieth of a second instead of fifty. */
async function transparent(host: Bg96Host, id = 0): Promise<void> {
  await host.command("ATS12=1");
  host.write(`AT+QIOPEN=1,${id},"TCP","peer.test",7,0,2\r`);
  expect(await host.until(/\r\n[^\r]*\r\n/)).toBe("\r\nCONNECT\r\n");
}

async function leave(host: Bg96Host): Promise<string> {
  await pause(40);
  host.write("+++");
  return host.until(/\r\nOK\r\n/);
}

describe("direct push", () => {
  it("prints data as they come, with their length, and closed behind them", async () => {
    const { port, connected } = await peer();
    const host = await onlineHost(port);
    await open(host, 2, 1);
    (await connected).end(ALL_BYTES);
    const header = await host.until(/\r\n\+QIURC: "recv",2,256\r\n/);
    expect(header).toBe('\r\n+QIURC: "recv",2,256\r\n');
    expect(await host.take(256)).toBe(ALL_BYTES.toString("latin1"));
    expect(await host.until(/closed",2\r\n/)).toBe('\r\n\r\n+QIURC: "closed",2\r\n');
    expect(await host.command("AT+QIRD=2")).toEqual(["ERROR"]);
  });

  it("loses nothing of a megabyte, though commands come in between", async () => {
    const data = randomBytes(1_000_000, 9);
    const { port } = await peer((socket) => socket.end(data));
    const host = await onlineHost(port);
    await open(host, 0, 1);
    const parts: string[] = [];
    for (let length = 0; length < data.length; ) {
      const count = Number(/,(\d+)\r\n$/.exec(await host.until(/\+QIURC: "recv",0,\d+\r\n/))?.[1]);
      const part = await host.take(count);
      parts.push(part);
      length += part.length;
    }
    expect(sha256(parts.join(""))).toBe(sha256(data));
    await host.urc(/\+QIURC: "closed",0/);
  });

  it("waits while a command is typed", async () => {
    const { port, connected } = await peer();
    const host = await onlineHost(port);
    await open(host, 0, 1);
    host.write("AT+QISEND=0,3\r");
    await host.until(/\r\n> /);
    (await connected).write("abc");
    await pause(20);
    expect(host.unread).toBe("");
    host.write("def");
    expect(await host.until(/abc\r\n$/)).toBe('\r\nSEND OK\r\n\r\n+QIURC: "recv",0,3\r\nabc\r\n');
  });
});

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
    host.write("ATO\r");
    await host.until(/\r\nCONNECT\r\n/);
    expect(await host.take(9)).toBe("meanwhile");
    await leave(host);
    expect(received()).toEqual(ALL_BYTES);
    expect(await host.command("AT+QICLOSE=0")).toEqual(["OK"]);
    expect(await host.command("ATO")).toEqual(["ERROR"]);
  });

  it("carries a megabyte each way at once", async () => {
    const [up, down] = [randomBytes(1_000_000, 1), randomBytes(1_000_000, 2)];
    const { port, has, received } = await peer((socket) => socket.write(down));
    const host = await onlineHost(port);
    await transparent(host);
    for (let offset = 0; offset < up.length; offset += 4096) host.write(up.subarray(offset, offset + 4096));
    const got = await host.take(down.length);
    await has(up.length);
    expect(sha256(got)).toBe(sha256(down));
    expect(sha256(received())).toBe(sha256(up));
    expect(await leave(host)).toBe("\r\nOK\r\n");
  });

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

describe("+QISWTMD", () => {
  it("switches between the modes, and hands over what waits", async () => {
    const { port, connected } = await peer();
    const host = await onlineHost(port);
    await open(host);
    const socket = await connected;
    socket.write("one");
    await host.urc(/\+QIURC: "recv",0/);
    expect(await host.command("AT+QISWTMD=0,1")).toEqual(["OK"]);
    expect(await host.until(/one\r\n/)).toBe('\r\n+QIURC: "recv",0,3\r\none\r\n');
    expect(await host.command("AT+QISWTMD=0,0")).toEqual(["OK"]);
    socket.write("two");
    await host.urc(/\+QIURC: "recv",0/);
    expect(await read(host)).toBe("two");
    await host.command("ATS12=1");
    host.write("AT+QISWTMD=0,2\r");
    await host.until(/\r\nCONNECT\r\n/);
    socket.write("three");
    expect(await host.take(5)).toBe("three");
    await leave(host);
    socket.write("four");
    await pause(20);
    expect(await host.command("AT+QISWTMD=0,0")).toEqual(["OK"]);
    await host.urc(/\+QIURC: "recv",0/);
    expect(await readAll(host)).toBe("four");
  });

  it("refuses what is not open or no mode", async () => {
    const host = await onlineHost((await peer()).port);
    for (const wrong of ["0,1", "12,1", "0,3", "0"]) {
      expect(await host.command(`AT+QISWTMD=${wrong}`)).toEqual(["ERROR"]);
    }
  });
});

describe("+QICFG", () => {
  it.each([
    ["transpktsize", "1024", "1460"],
    ["transwaittm", "2", "0"],
    ["dataformat", "0,0", "1,0"],
    ["viewmode", "0", "1"],
    ["tcp/retranscfg", "8,600", "20,5"],
  ])("keeps %s until the next boot", async (name, factory, other) => {
    const host = await onlineHost(1);
    expect(await host.command(`AT+QICFG="${name}"`)).toEqual([`+QICFG: "${name}",${factory}`, "OK"]);
    expect(await host.command(`AT+QICFG="${name}",${other}`)).toEqual(["OK"]);
    expect((await host.command(`AT+QICFG="${name}"`))[0]).toBe(`+QICFG: "${name}",${other}`);
    host.fault("reboot");
    await host.until(/APP RDY\r\n/);
    await host.quiet();
    expect((await host.command(`AT+QICFG="${name}"`))[0]).toBe(`+QICFG: "${name}",${factory}`);
  });

  it.each([
    '"transpktsize",0',
    '"transpktsize",1461',
    '"transwaittm",21',
    '"dataformat",1',
    '"dataformat",1,2',
    '"viewmode",2',
    '"viewmode",1,1',
    '"tcp/retranscfg",2,600',
    '"tcp/retranscfg",8,1001',
    '"constructor"',
    "viewmode",
  ])("refuses %s", async (parameters) => {
    const host = await onlineHost(1);
    expect(await host.command(`AT+QICFG=${parameters}`)).toEqual(["ERROR"]);
  });

  it("lists what there is", async () => {
    const host = await onlineHost(1);
    expect(await host.command("AT+QICFG=?")).toContain('+QICFG: "tcp/retranscfg",(3-20),(5-1000)');
  });

  it("sends and prints hexadecimal digits, and data in the line of their header", async () => {
    const { port, connected, has, received } = await peer();
    const host = await onlineHost(port);
    await host.command('AT+QICFG="dataformat",1,1');
    await host.command('AT+QICFG="viewmode",1');
    await open(host);
    expect(await send(host, 0, "00fF1a")).toBe("SEND OK");
    expect(await send(host, 0, "abc")).toBe("ERROR");
    await has(3);
    expect(received()).toEqual(Buffer.from([0, 0xff, 0x1a]));
    (await connected).write(Buffer.from([0, 0xab]));
    await host.urc(/\+QIURC: "recv",0/);
    expect(await host.command("AT+QIRD=0")).toEqual(["+QIRD: 2,00AB", "OK"]);
    await host.command("AT+QISWTMD=0,1");
    (await connected).write("z");
    expect(await host.urc(/\+QIURC: /)).toBe('+QIURC: "recv",0,1,7A');
  });
});
