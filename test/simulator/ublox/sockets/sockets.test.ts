import { describe, expect, it } from "vitest";
import { ALL_BYTES, closedPort } from "../../internet/servers";
import { route } from "../../modem-host";
import { LaraHost } from "../lara-host";
import { connected, PEER, PORT, readCounted, tcpBench, writeBinary } from "./socket-host";

const text = (peer: { read(): Buffer | null }) => peer.read()?.toString("latin1") ?? "";

describe("+USOCR", () => {
  it("gives the first number that is free, and seven at most", async () => {
    const host = await LaraHost.open();
    for (let id = 0; id < 7; id += 1) expect(await host.command("AT+USOCR=6")).toEqual([`+USOCR: ${id}`, "OK"]);
    expect(await host.command("AT+USOCR=17")).toEqual(["+CME ERROR: operation not allowed"]);
    expect(await host.command("AT+USOCL=3")).toEqual(["OK"]);
    expect(await host.command("AT+USOCR=17")).toEqual(["+USOCR: 3", "OK"]);
  });

  it("takes an IP type and a context behind a local port that is left out", async () => {
    const host = await LaraHost.open();
    await host.command('AT+CGDCONT=2,"IP","two"');
    await host.command("AT+CGACT=1,2");
    expect(await host.command("AT+USOCR=6,,0,2")).toEqual(["+USOCR: 0", "OK"]);
    expect(await host.command("AT+USOCR=17,,,2")).toEqual(["+USOCR: 1", "OK"]);
    await host.command("AT+USOCR=6");
    host.fault("lost-context=2");
    expect(await host.urc(/\+UUSOCL: /)).toBe("+UUSOCL: 0");
    expect(await host.urc(/\+UUSOCL: /)).toBe("+UUSOCL: 1");
    expect(await host.command("AT+USOCTL=2,0")).toEqual(["+USOCTL: 2,0,6", "OK"]);
  });

  it.each([
    ["AT+USOCR=5", "incorrect parameters"],
    ["AT+USOCR=6,65536", "incorrect parameters"],
    ["AT+USOCR=6,0,2", "incorrect parameters"],
    ["AT+USOCR=6,,,9", "incorrect parameters"],
    ["AT+USOCR=6,,,2", "operation not allowed"],
    ['AT+USOCO=0,"a",1', "operation not allowed"],
    ["AT+USOCL=7", "incorrect parameters"],
  ])("%s is refused: %s", async (line, words) => {
    const host = await LaraHost.open();
    expect(await host.command(line)).toEqual([`+CME ERROR: ${words}`]);
  });

  it("needs a context that is up", async () => {
    const host = await LaraHost.open();
    await host.command("AT+CGACT=0,1");
    expect(await host.command("AT+USOCR=6")).toEqual(["+CME ERROR: operation not allowed"]);
  });
});

describe("+USOCO", () => {
  it("connects, and tells the peer's address and port as they were asked for", async () => {
    const { host } = await connected();
    expect(await host.command("AT+USOCTL=0,4")).toEqual(['+USOCTL: 0,4,"127.0.0.1",7', "OK"]);
    expect(await host.command("AT+USOCTL=0,10")).toEqual(["+USOCTL: 0,10,4", "OK"]);
  });

  it("refused: ERROR, then the socket is gone, with 111", async () => {
    const host = await LaraHost.open([route(PEER, PORT, await closedPort())]);
    await host.command("AT+USOCR=6");
    expect(await host.command(`AT+USOCO=0,"${PEER}",${PORT}`)).toEqual(["ERROR"]);
    expect(await host.urc(/\+UUSOCL: /)).toBe("+UUSOCL: 0");
    expect(await host.command("AT+USOER")).toEqual(["+USOER: 111", "OK"]);
    expect(await host.command("AT+USOCTL=0,0")).toEqual(["+CME ERROR: operation not allowed"]);
    expect(await host.command("AT+USOCR=6")).toEqual(["+USOCR: 0", "OK"]);
  });

  it("to a name that nobody knows: ERROR, then the socket is gone", async () => {
    const host = await LaraHost.open();
    await host.command("AT+USOCR=6");
    expect(await host.command('AT+USOCO=0,"nobody.invalid",7')).toEqual(["ERROR"]);
    expect(await host.urc(/\+UUSOCL: /)).toBe("+UUSOCL: 0");
    expect(await host.command("AT+USOER")).toEqual(["+USOER: 11", "OK"]);
  });

  it("with the flag answers OK at once and tells the outcome later", async () => {
    const { host } = await tcpBench();
    await host.command("AT+USOCR=6");
    expect(await host.command(`AT+USOCO=0,"${PEER}",${PORT},1`)).toEqual(["OK"]);
    expect(await host.urc(/\+UUSOCO: /)).toBe("+UUSOCO: 0,0");
    expect(await host.command('AT+USOWR=0,2,"ab"')).toEqual(["+USOWR: 0,2", "OK"]);
  });

  it("with the flag tells why not, and that the socket is gone", async () => {
    const host = await LaraHost.open([route(PEER, PORT, await closedPort())]);
    await host.command("AT+USOCR=6");
    expect(await host.command(`AT+USOCO=0,"${PEER}",${PORT},1`)).toEqual(["OK"]);
    expect(await host.urc(/\+UUSOCO: /)).toBe("+UUSOCO: 0,111");
    expect(await host.urc(/\+UUSOCL: /)).toBe("+UUSOCL: 0");
  });

  it("lets no other socket connect meanwhile, and a second one for the same socket closes it", async () => {
    const { host } = await tcpBench(["latency=100"]);
    await host.command("AT+USOCR=6");
    await host.command("AT+USOCR=6");
    expect(await host.command(`AT+USOCO=0,"${PEER}",${PORT},1`)).toEqual(["OK"]);
    expect(await host.command("AT+USOCTL=0,10")).toEqual(["+USOCTL: 0,10,2", "OK"]);
    expect(await host.command(`AT+USOCO=1,"${PEER}",${PORT}`)).toEqual(["+CME ERROR: operation not allowed"]);
    expect(await host.command(`AT+USOCO=0,"${PEER}",${PORT}`)).toEqual(["+CME ERROR: operation not allowed"]);
    expect(await host.urc(/\+UUSO/)).toBe("+UUSOCL: 0");
    expect(await host.command(`AT+USOCO=1,"${PEER}",${PORT}`)).toEqual(["OK"]);
    expect(host.unread).toBe("");
  });

  it("refuses a socket that is connected", async () => {
    const { host } = await connected();
    expect(await host.command(`AT+USOCO=0,"${PEER}",${PORT}`)).toEqual(["+CME ERROR: operation not allowed"]);
    expect(await host.command("AT+USOCTL=0,1")).toEqual(["+USOCTL: 0,1,106", "OK"]);
  });
});

describe("+USOWR", () => {
  it("takes all byte values at the prompt, and no more than were announced", async () => {
    const { host, peer } = await connected();
    expect(await writeBinary(host, "AT+USOWR=0,256", ALL_BYTES)).toBe("+USOWR: 0,256\r\n\r\nOK");
    expect(await writeBinary(host, "AT+USOWR=0,2", Buffer.from("xy"))).toBe("+USOWR: 0,2\r\n\r\nOK");
    await expect.poll(() => peer.bytesRead).toBe(258);
    expect(text(peer)).toBe(`${ALL_BYTES.toString("latin1")}xy`);
  });

  it("takes printable text in the command", async () => {
    const { host, peer } = await connected();
    expect(await host.command('AT+USOWR=0,9,"a,b; c=~!"')).toEqual(["+USOWR: 0,9", "OK"]);
    await expect.poll(() => peer.bytesRead).toBe(9);
    expect(text(peer)).toBe("a,b; c=~!");
  });

  it.each([
    ['AT+USOWR=0,3,"ab"', "incorrect parameters"],
    ['AT+USOWR=0,1,"\xe4"', "incorrect parameters"],
    ["AT+USOWR=0,2,ab", "incorrect parameters"],
    ["AT+USOWR=0,1025", "incorrect parameters"],
    ["AT+USOWR=0,0", "incorrect parameters"],
    ["AT+USOWR=1,2", "operation not allowed"],
  ])("%s is refused: %s", async (line, words) => {
    const { host } = await connected();
    expect(await host.command(line)).toEqual([`+CME ERROR: ${words}`]);
  });

  it("is refused before there is a connection", async () => {
    const host = await LaraHost.open();
    await host.command("AT+USOCR=6");
    expect(await host.command('AT+USOWR=0,2,"ab"')).toEqual(["+CME ERROR: operation not allowed"]);
    expect(await host.command("AT+USOER")).toEqual(["+USOER: 107", "OK"]);
  });

  it("drops what finds 8 kB waiting, with ERROR and 11, and goes on when the network does", async () => {
    const { host, peer } = await connected();
    const block = Buffer.alloc(1024, ALL_BYTES);
    host.fault("congestion");
    for (let count = 0; count < 8; count += 1) {
      expect(await writeBinary(host, "AT+USOWR=0,1024", block)).toBe("+USOWR: 0,1024\r\n\r\nOK");
    }
    expect(await writeBinary(host, "AT+USOWR=0,1", Buffer.from("x"))).toBe("ERROR");
    expect(await host.command("AT+USOCTL=0,1")).toEqual(["+USOCTL: 0,1,11", "OK"]);
    expect(await host.command("AT+USOCTL=0,10")).toEqual(["+USOCTL: 0,10,4", "OK"]);
    expect(await host.command("AT+USOCTL=0,11")).toEqual(["+USOCTL: 0,11,8192", "OK"]);
    host.fault("congestion@0s:1ms");
    await expect.poll(() => host.command("AT+USOCTL=0,11")).toEqual(["+USOCTL: 0,11,0", "OK"]);
    expect(await host.command('AT+USOWR=0,1,"y"')).toEqual(["+USOWR: 0,1", "OK"]);
    await expect.poll(() => peer.bytesRead).toBe(8193);
    expect(await host.command("AT+USOCTL=0,2")).toEqual(["+USOCTL: 0,2,8193", "OK"]);
  });
});

describe("+USORD", () => {
  it("reads every byte value", async () => {
    const { host, peer } = await connected();
    peer.write(ALL_BYTES);
    expect(await host.urc(/\+UUSORD: /)).toBe("+UUSORD: 0,256");
    expect(await readCounted(host, "AT+USORD=0,1024")).toEqual({ head: '+USORD: 0,256,"', data: ALL_BYTES });
    expect(await host.command("AT+USORD=0,0")).toEqual(["+USORD: 0,0", "OK"]);
    expect(await host.command("AT+USORD=0,10")).toEqual(["+USORD: 0,0", "OK"]);
    expect(await host.command("AT+USOCTL=0,3")).toEqual(["+USOCTL: 0,3,256", "OK"]);
  });

  it("tells of data once, until the buffer was read empty", async () => {
    const { host, peer } = await connected();
    peer.write("abc");
    expect(await host.urc(/\+UUSORD: /)).toBe("+UUSORD: 0,3");
    peer.write("de");
    await expect.poll(() => host.command("AT+USORD=0,0")).toEqual(["+USORD: 0,5", "OK"]);
    expect(host.unread).toBe("");
    expect(await host.command("AT+USORD=0,5")).toEqual(['+USORD: 0,5,"abcde"', "OK"]);
    peer.write("f");
    expect(await host.urc(/\+UUSORD: /)).toBe("+UUSORD: 0,1");
  });

  it("stops a peer at 12 kB, and loses nothing", async () => {
    const { host, peer } = await connected();
    const sent = Buffer.alloc(300_000, ALL_BYTES);
    peer.end(sent);
    await expect.poll(() => host.command("AT+USORD=0,0")).toEqual(["+USORD: 0,12288", "OK"]);
    const parts: Buffer[] = [];
    for (let length = 0; length < sent.length; ) {
      const { data } = await readCounted(host, "AT+USORD=0,1024");
      parts.push(data);
      length += data.length;
    }
    expect(Buffer.concat(parts).equals(sent)).toBe(true);
    expect(await host.urc(/\+UUSOCL: /)).toBe("+UUSOCL: 0");
  });
});
