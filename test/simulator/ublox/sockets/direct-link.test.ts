import { describe, expect, it, vi } from "vitest";
import { useEventLoopClock } from "../../../support/clock";
import { ALL_BYTES } from "../../internet/servers";
import { route } from "../../modem-host";
import { randomBytes, sha256 } from "../../quectel/sockets/sockets-host";
import { LaraHost } from "../lara-host";
import { enter, LEFT, leave, silence } from "./direct-link-host";
import { connected, type Datagrams, PEER, PORT, udpPeer } from "./socket-host";

// No guard time or pause is waited for in real time.
vi.mock("../../../../simulator/clock", () => vi.importActual("../../../support/simulator-clock"));
useEventLoopClock();

describe("+USODL", () => {
  it("carries every byte both ways, until +++ between silences", async () => {
    const { host, peer } = await connected();
    const seen: Buffer[] = [];
    peer.on("data", (bytes: Buffer) => seen.push(bytes));
    await enter(host);
    const data = Buffer.concat([ALL_BYTES, Buffer.from("+++\r\nOK\r\nAT\r")]);
    host.write(data);
    peer.write(data);
    expect(await host.take(data.length)).toBe(data.toString("latin1"));
    await expect.poll(() => Buffer.concat(seen)).toEqual(data);
    expect(await leave(host)).toBe(LEFT);
    expect(await host.command("AT+USOCTL=0,10")).toEqual(["+USOCTL: 0,10,4", "OK"]);
    expect(Buffer.concat(seen)).toEqual(data);
  });

  it("starts with what waits, and tells afterwards what came meanwhile", async () => {
    const { host, peer } = await connected();
    peer.write("early");
    expect(await host.urc(/\+UUSORD: /)).toBe("+UUSORD: 0,5");
    await enter(host);
    expect(await host.take(5)).toBe("early");
    expect(await leave(host)).toBe(LEFT);
    peer.write("late");
    expect(await host.urc(/\+UUSORD: /)).toBe("+UUSORD: 0,4");
  });

  it("hands out each byte once and in order, however often it is left and entered again", async () => {
    const data = randomBytes(40_000, 3);
    const { host, peer } = await connected(["baud=921600"]);
    let got = "";
    peer.write(data);
    for (let times = 0; got.length < data.length; times += 1) {
      await enter(host);
      await silence();
      if (times < 3) {
        host.write("+++");
        got += (await host.until(/\r\nDISCONNECT\r\n\r\nOK\r\n/)).slice(0, -LEFT.length);
      } else got += await host.take(data.length - got.length);
    }
    expect(sha256(got)).toBe(sha256(data));
  });

  it("leaves what came meanwhile to be read by commands, until +UUSOCL", async () => {
    const { host, peer } = await connected();
    await enter(host);
    expect(await leave(host)).toBe(LEFT);
    peer.end("one");
    expect(await host.urc(/\+UUSORD: /)).toBe("+UUSORD: 0,3");
    expect(await host.command("AT+USORD=0,3")).toEqual(['+USORD: 0,3,"one"', "OK"]);
    expect(await host.urc(/\+UUSOCL: /)).toBe("+UUSOCL: 0");
  });

  it("can still be entered for what a peer sent before it closed", async () => {
    const { host, peer } = await connected();
    peer.end("last words");
    await host.urc(/\+UUSORD: /);
    await enter(host);
    expect(await host.until(/UUSOCL: 0\r\n/)).toBe(`last words${LEFT}\r\n+UUSOCL: 0\r\n`);
  });

  it("ends when the peer resets, with error 104", async () => {
    const { host, peer } = await connected();
    await enter(host);
    peer.resetAndDestroy();
    expect(await host.until(/UUSOCL: 0\r\n/)).toBe(`${LEFT}\r\n+UUSOCL: 0\r\n`);
    expect(await host.command("AT+USOER")).toEqual(["+USOER: 104", "OK"]);
  });

  it("outlasts a host that goes away, for the next one to leave", async () => {
    const { host, peer } = await connected();
    const seen: Buffer[] = [];
    peer.on("data", (bytes: Buffer) => seen.push(bytes));
    await enter(host);
    await host.reopen();
    await silence();
    host.write("AT\r");
    await expect.poll(() => Buffer.concat(seen).toString()).toBe("AT\r");
    peer.write("still here");
    expect(await host.take(10)).toBe("still here");
    expect(await leave(host)).toBe(LEFT);
    expect(await host.command("AT+USOCTL=0,10")).toEqual(["+USOCTL: 0,10,4", "OK"]);
  });

  it("is left when a host goes away that has set &D1, with the socket standing", async () => {
    const { host, peer } = await connected();
    await host.command("AT&D1");
    await enter(host);
    await host.reopen();
    expect(await host.command("AT+USOCTL=0,10")).toEqual(["+USOCTL: 0,10,4", "OK"]);
    peer.write("later");
    expect(await host.urc(/\+UUSORD: /)).toBe("+UUSORD: 0,5");
  });

  it("ends when the peer closes, after its last byte", async () => {
    const { host, peer } = await connected();
    await enter(host);
    peer.end("bye");
    expect(await host.until(/UUSOCL: 0\r\n/)).toBe(`bye${LEFT}\r\n+UUSOCL: 0\r\n`);
  });

  it("ends when the context goes", async () => {
    const { host } = await connected();
    await enter(host);
    host.fault("lost-context=1");
    expect(await host.until(/UUSOCL: 0\r\n/)).toContain(`${LEFT}\r\n+UUSOCL: 0\r\n`);
  });

  it("ends with the power", async () => {
    const { host, peer } = await connected();
    await enter(host);
    const closed = new Promise((resolve) => peer.resume().once("close", resolve));
    host.fault("reboot");
    await closed;
    await host.untilBooted();
    expect(await host.command("AT+USOCR=6")).toContain("OK");
  });

  it("holds back what other sockets tell", async () => {
    const { host, peers } = await connected();
    await host.command("AT+USOCR=6");
    await host.command(`AT+USOCO=1,"${PEER}",${PORT}`);
    await expect.poll(() => peers.length).toBe(2);
    await enter(host);
    const written = new Promise((resolve) => peers[1]?.write("xy", resolve));
    await written;
    expect(await leave(host)).toBe(LEFT);
    expect(await host.urc(/\+UUSORD: /)).toBe("+UUSORD: 1,2");
  });

  it("leaves by itself when nothing moves for the congestion time", async () => {
    const { host } = await connected();
    await host.command("AT+UDCONF=8,0,1000");
    await enter(host);
    host.fault("congestion");
    host.write(Buffer.alloc(9000));
    expect(await host.until(/OK\r\n/)).toBe(LEFT);
    expect(await host.command("AT+USOCTL=0,11")).toEqual(["+USOCTL: 0,11,8192", "OK"]);
  });

  it.each([
    ["AT+USODL=0", "operation not allowed"],
    ["AT+USODL=7", "incorrect parameters"],
    ["AT+USODL=1", "operation not allowed"],
  ])("%s is refused without a connection: %s", async (line, words) => {
    const host = await LaraHost.open();
    await host.command("AT+USOCR=6");
    expect(await host.command(line)).toEqual([`+CME ERROR: ${words}`]);
  });
});

describe("a trigger", () => {
  async function udpLink(...settings: string[]): Promise<{ host: LaraHost; peer: Datagrams }> {
    const peer = await udpPeer();
    const host = await LaraHost.open([route(PEER, PORT, peer.port)]);
    await host.command("AT+USOCR=17");
    await host.command(`AT+USOCO=0,"${PEER}",${PORT}`);
    for (const setting of settings) expect(await host.command(`AT+UDCONF=${setting}`)).toEqual(["OK"]);
    await enter(host);
    return { host, peer };
  }

  const packets = ({ seen }: Datagrams) => seen.map(({ bytes }) => bytes.toString());

  it("of length lets packets of that length go", async () => {
    const { host, peer } = await udpLink("5,0,0", "6,0,3");
    host.write("abcdefgh");
    await expect.poll(() => packets(peer)).toEqual(["abc", "def"]);
    await leave(host);
    await expect.poll(() => packets(peer)).toEqual(["abc", "def", "gh"]);
  });

  it("of a character lets go what ends with it", async () => {
    const { host, peer } = await udpLink("5,0,0", "7,0,13");
    host.write("one\rtwo\rthr");
    await expect.poll(() => packets(peer)).toEqual(["one\r", "two\r"]);
    host.write("ee\r");
    await expect.poll(() => packets(peer)).toEqual(["one\r", "two\r", "three\r"]);
  });

  it("of time lets go what nothing followed", async () => {
    const { host, peer } = await udpLink("5,0,100");
    host.write("ab");
    host.write("cd");
    await expect.poll(() => packets(peer)).toEqual(["abcd"]);
  });

  it("of the packet size bounds datagrams", async () => {
    const { host, peer } = await udpLink("5,0,0", "2,0,100");
    host.write("x".repeat(250));
    await expect.poll(() => packets(peer).map(({ length }) => length)).toEqual([100, 100]);
    expect(await leave(host)).toBe(LEFT);
    await expect.poll(() => packets(peer).map(({ length }) => length)).toEqual([100, 100, 50]);
  });

  it("of length or character holds a stream back too, until it is left", async () => {
    const { host, peer } = await connected();
    let seen = "";
    peer.on("data", (bytes: Buffer) => {
      seen += bytes.toString();
    });
    await host.command("AT+UDCONF=6,0,5");
    await host.command("AT+UDCONF=7,0,59");
    await enter(host);
    host.write("abcdefg");
    await expect.poll(() => seen).toBe("abcde");
    host.write("h;ij");
    await expect.poll(() => seen).toBe("abcdefgh;");
    expect(await leave(host)).toBe(LEFT);
    await expect.poll(() => seen).toBe("abcdefgh;ij");
  });

  it("of time holds 2048 bytes of a stream at most", async () => {
    const { host, peer } = await connected();
    peer.resume();
    await host.command("AT+UDCONF=5,0,120000");
    await enter(host);
    host.write("x".repeat(5000));
    await expect.poll(() => peer.bytesRead).toBe(4096);
    expect(await leave(host)).toBe(LEFT);
    await expect.poll(() => peer.bytesRead).toBe(5000);
  });

  it("carries datagrams back as they come", async () => {
    const { host, peer } = await udpLink("5,0,0", "6,0,3");
    host.write("abc");
    await expect.poll(() => peer.seen.length).toBe(1);
    await peer.send("back", peer.seen[0]?.from.port ?? 0);
    expect(await host.take(4)).toBe("back");
  });

  it.each([
    ["2,0", "1472", "100"],
    ["5,0", "500", "120000"],
    ["6,0", "0", "2048"],
    ["7,0", "-1", "255"],
    ["8,0", "60000", "720000"],
  ])("+UDCONF=%s is %s at first and can be %s", async (which, initial, other) => {
    const host = await LaraHost.open();
    await host.command("AT+USOCR=17");
    expect(await host.command(`AT+UDCONF=${which}`)).toEqual([`+UDCONF: ${which},${initial}`, "OK"]);
    expect(await host.command(`AT+UDCONF=${which},${other}`)).toEqual(["OK"]);
    expect(await host.command(`AT+UDCONF=${which}`)).toEqual([`+UDCONF: ${which},${other}`, "OK"]);
  });

  it.each([
    ["2,0,99", "incorrect parameters"],
    ["5,0,99", "incorrect parameters"],
    ["6,0,2", "incorrect parameters"],
    ["7,0,256", "incorrect parameters"],
    ["8,0,999", "incorrect parameters"],
    ["5,1", "operation not allowed"],
  ])("+UDCONF=%s is refused: %s", async (line, words) => {
    const host = await LaraHost.open();
    await host.command("AT+USOCR=17");
    expect(await host.command(`AT+UDCONF=${line}`)).toEqual([`+CME ERROR: ${words}`]);
  });
});
