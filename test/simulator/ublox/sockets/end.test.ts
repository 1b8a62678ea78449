import { describe, expect, it } from "vitest";
import { ALL_BYTES, tcpServer } from "../../internet/servers";
import { route } from "../../modem-host";
import { LaraHost } from "../lara-host";
import { connect, connected, PEER, PORT, readCounted, writeBinary } from "./socket-host";

describe("a peer", () => {
  it("that closes is told at once when there is nothing to read", async () => {
    const { host, peer } = await connected();
    peer.end();
    expect(await host.urc(/\+UUSO/)).toBe("+UUSOCL: 0");
    expect(await host.command("AT+USORD=0,0")).toEqual(["+CME ERROR: operation not allowed"]);
  });

  it("that closes with data unread is told after the last byte, and takes nothing meanwhile", async () => {
    const { host, peer } = await connected();
    peer.end("abcd");
    expect(await host.urc(/\+UUSO/)).toBe("+UUSORD: 0,4");
    await expect.poll(() => host.command("AT+USOCTL=0,10")).toEqual(["+USOCTL: 0,10,7", "OK"]);
    expect(await host.command('AT+USOWR=0,2,"xy"')).toEqual(["+USOWR: 0,0", "OK"]);
    expect(await host.command("AT+USORD=0,3")).toEqual(['+USORD: 0,3,"abc"', "OK"]);
    expect(await host.urc(/\+UUSO/)).toBe("+UUSORD: 0,1");
    expect(await host.command("AT+USORD=0,3")).toEqual(['+USORD: 0,1,"d"', "OK"]);
    expect(await host.urc(/\+UUSO/)).toBe("+UUSOCL: 0");
  });

  it("that resets leaves 104", async () => {
    const { host, peer } = await connected();
    peer.resetAndDestroy();
    expect(await host.urc(/\+UUSO/)).toBe("+UUSOCL: 0");
    expect(await host.command("AT+USOER")).toEqual(["+USOER: 104", "OK"]);
  });

  it("that closes while data is typed at the prompt: 0 bytes, then the URC", async () => {
    const { host, peer } = await connected();
    host.write("AT+USOWR=0,2\r");
    await host.until(/\r\n@/);
    const closed = new Promise((resolve) => peer.once("close", resolve));
    peer.end();
    await closed;
    host.write("ab");
    expect(await host.until(/UUSOCL: 0\r\n/)).toBe("\r\n+USOWR: 0,0\r\n\r\nOK\r\n\r\n+UUSOCL: 0\r\n");
  });

  it("sees what was written before the module closes, and no URC follows", async () => {
    const { host, peer } = await connected(["latency=20"]);
    const received: Buffer[] = [];
    peer.on("data", (bytes: Buffer) => received.push(bytes));
    const ended = new Promise((resolve) => peer.once("end", resolve));
    await host.command('AT+USOWR=0,3,"abc"');
    expect(await host.command("AT+USOCL=0")).toEqual(["OK"]);
    await ended;
    expect(Buffer.concat(received).toString()).toBe("abc");
    expect(await host.command("AT")).toEqual(["OK"]);
    expect(host.unread).toBe("");
  });

  it("is closed behind the result with the flag, and then a URC tells it", async () => {
    const { host } = await connected(["latency=20"]);
    expect(await host.command("AT+USOCL=0,1")).toEqual(["OK"]);
    expect(await host.urc(/\+UUSO/)).toBe("+UUSOCL: 0");
  });

  it("keeps its number from others until that URC", async () => {
    const { host } = await connected();
    host.fault("congestion");
    await host.command('AT+USOWR=0,3,"abc"');
    expect(await host.command("AT+USOCL=0,1")).toEqual(["OK"]);
    expect(await host.command("AT+USOCTL=0,10")).toEqual(["+CME ERROR: operation not allowed"]);
    for (let id = 1; id < 7; id += 1) expect(await host.command("AT+USOCR=6")).toEqual([`+USOCR: ${id}`, "OK"]);
    expect(await host.command("AT+USOCR=6")).toEqual(["+CME ERROR: operation not allowed"]);
    host.fault("congestion@0s:1ms");
    expect(await host.urc(/\+UUSO/)).toBe("+UUSOCL: 0");
    expect(await host.command("AT+USOCR=6")).toEqual(["+USOCR: 0", "OK"]);
  });
});

describe("a peer that never reads", () => {
  it("fills the queue in the end, and gets everything once it does", async () => {
    const { host, peer } = await connected();
    const block = Buffer.alloc(1024, ALL_BYTES);
    let written = 0;
    for (;;) {
      const answer = await writeBinary(host, "AT+USOWR=0,1024", block);
      if (answer === "ERROR") break;
      written += 1024;
    }
    const [line = ""] = await host.command("AT+USOCTL=0,11");
    const waiting = Number(line.split(",").at(-1));
    expect(waiting).toBeGreaterThan(7 * 1024);
    expect(waiting).toBeLessThanOrEqual(8 * 1024);
    let count = 0;
    peer.on("data", (bytes: Buffer) => {
      count += bytes.length;
    });
    await expect.poll(() => count).toBe(written);
    expect(await host.command("AT+USOCTL=0,11")).toEqual(["+USOCTL: 0,11,0", "OK"]);
  });
});

describe("sockets that ended", () => {
  it("leave nothing behind", async () => {
    const { host, peer, peers } = await connected();
    const handles = () => process.getActiveResourcesInfo().filter((name) => /^(TCP|UDP)/.test(name)).length;
    const before = handles();
    await connect(host, 1);
    await expect.poll(() => peers.length).toBe(2);
    for (const line of ["AT+USOCR=17", "AT+USOCR=17,0", "AT+USOCR=17"]) await host.command(line);
    expect(handles()).toBeGreaterThan(before);
    peers[1]?.end();
    await host.urc(/\+UUSOCL: 1/);
    for (const id of [2, 3]) expect(await host.command(`AT+USOCL=${id}`)).toEqual(["OK"]);
    await expect.poll(handles).toBe(before);
    peer.end();
    await host.urc(/\+UUSOCL: 0/);
    await expect.poll(handles).toBe(before - 2);
  });
});

describe("a socket whose context goes", () => {
  it("goes too, with a URC, and its connection ends", async () => {
    const { host, peer } = await connected();
    await host.command("AT+USOCR=17");
    const closed = new Promise((resolve) => peer.once("close", resolve));
    peer.resume();
    host.fault("lost-context=1");
    expect(await host.urc(/\+UUSO/)).toBe("+UUSOCL: 0");
    expect(await host.urc(/\+UUSO/)).toBe("+UUSOCL: 1");
    await closed;
  });

  it("ends with the power, and its number is free again", async () => {
    const { host, peer } = await connected();
    const closed = new Promise((resolve) => peer.once("close", resolve));
    peer.resume();
    await host.reboot();
    await closed;
    await host.command("AT+CGACT=1,1");
    await connect(host, 0);
    expect(host.unread).not.toContain("UUSOCL");
  });
});

describe("latency", () => {
  it("keeps the order of what is sent and received", async () => {
    const port = await tcpServer((socket) => void socket.pipe(socket));
    const host = await LaraHost.open([route(PEER, PORT, port), "latency=10"]);
    await connect(host, 0);
    for (let part = 0; part < 20; part += 1) await host.command(`AT+USOWR=0,2,"${String(part).padStart(2, "0")}"`);
    await expect.poll(() => host.command("AT+USORD=0,0").then((lines) => lines.at(-2))).toBe("+USORD: 0,40");
    const { data } = await readCounted(host, "AT+USORD=0,40");
    expect(data.toString()).toBe(Array.from({ length: 20 }, (_, part) => String(part).padStart(2, "0")).join(""));
  });
});
