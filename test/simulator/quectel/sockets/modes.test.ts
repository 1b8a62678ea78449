import { describe, expect, it, vi } from "vitest";
import { useEventLoopClock } from "../../../support/clock";
import { ALL_BYTES } from "../../internet/servers";
import { onlineHost, open, peer, randomBytes, read, readAll, send, sha256 } from "./sockets-host";
import { leave, pause } from "./transparent-host";

// No guard time or pause is waited for in real time.
vi.mock("../../../../simulator/clock", () => vi.importActual("../../../support/simulator-clock"));
useEventLoopClock();

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
    // Those of other models.
    '"tcp/keepalive",1,60,25,3',
    '"send/auto",0',
    '"recvind",1',
    '"close/mode",1',
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
