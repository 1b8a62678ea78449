import { describe, expect, it } from "vitest";
import { ALL_BYTES, closedPort } from "../../internet/servers";
import { route } from "../../modem-host";
import { LaraHost } from "../lara-host";
import { type Datagrams, PEER, PORT, readCounted, udpPeer, writeBinary } from "./socket-host";

async function udpBench(...options: string[]): Promise<{ host: LaraHost; peer: Datagrams }> {
  const peer = await udpPeer();
  const host = await LaraHost.open([route(PEER, PORT, peer.port), ...options]);
  expect(await host.command("AT+USOCR=17")).toEqual(["+USOCR: 0", "OK"]);
  return { host, peer };
}

/** The peer knows the modem's port once it got something. */
async function introduced(...options: string[]): Promise<{ host: LaraHost; peer: Datagrams; modemPort: number }> {
  const { host, peer } = await udpBench(...options);
  expect(await host.command(`AT+USOST=0,"${PEER}",${PORT},1,"."`)).toEqual(["+USOST: 0,1", "OK"]);
  await expect.poll(() => peer.seen.length).toBe(1);
  return { host, peer, modemPort: peer.seen[0]?.from.port ?? 0 };
}

describe("+USOST", () => {
  it("sends one datagram, of every byte value", async () => {
    const { host, peer } = await udpBench();
    expect(await writeBinary(host, `AT+USOST=0,"${PEER}",${PORT},256`, ALL_BYTES)).toBe("+USOST: 0,256\r\n\r\nOK");
    await expect.poll(() => peer.seen.map(({ bytes }) => bytes)).toEqual([ALL_BYTES]);
  });

  it("takes text", async () => {
    const { host, peer } = await udpBench();
    expect(await host.command(`AT+USOST=0,"${PEER}",${PORT},2,"ab"`)).toEqual(["+USOST: 0,2", "OK"]);
    await expect.poll(() => peer.seen.map(({ bytes }) => bytes.toString())).toEqual(["ab"]);
  });

  it.each([
    ['AT+USOST=0,"nobody.invalid",7,1,"x"', "ERROR"],
    ['AT+USOST=0,"",7,1,"x"', "+CME ERROR: incorrect parameters"],
    ['AT+USOST=0,"a",0,1,"x"', "+CME ERROR: incorrect parameters"],
    ['AT+USOST=0,"a",7,2,"x"', "+CME ERROR: incorrect parameters"],
    ['AT+USOST=1,"a",7,1,"x"', "+CME ERROR: operation not allowed"],
    ['AT+USOWR=0,1,"x"', "+CME ERROR: operation not allowed"],
    ["AT+USORD=0,1", "+CME ERROR: operation not allowed"],
    ["AT+USOCTL=0,10", "+CME ERROR: operation not allowed"],
    ["AT+USOLI=0,1000", "+CME ERROR: operation not allowed"],
  ])("%s is refused: %s", async (line, result) => {
    const { host } = await udpBench();
    expect(await host.command(line)).toEqual([result]);
  });

  it("refuses what finds 8 kB waiting", async () => {
    const { host, peer } = await udpBench();
    host.fault("congestion");
    // A name is looked up in the network too, so the first of them waits there.
    host.write(`AT+USOST=0,"${PEER}",${PORT},1,"x"\r`);
    host.fault("congestion@20ms:1ms");
    await host.until(/OK\r\n/);
    await expect.poll(() => peer.seen.length).toBe(1);
    expect(await host.command(`AT+USOCO=0,"${PEER}",${PORT}`)).toEqual(["OK"]);
    host.fault("congestion");
    const full = `AT+USOWR=0,1024,"${"x".repeat(1024)}"`;
    for (let count = 0; count < 8; count += 1) expect((await host.command(full)).at(-1)).toBe("OK");
    expect(await host.command('AT+USOWR=0,1,"x"')).toEqual(["ERROR"]);
    expect(await host.command("AT+USOER")).toEqual(["+USOER: 11", "OK"]);
    host.fault("congestion@0s:1ms");
    await expect.poll(() => peer.seen.length).toBe(9);
  });

  it("comes from the local port that was asked for", async () => {
    const peer = await udpPeer();
    const own = await closedPort();
    const host = await LaraHost.open([route(PEER, PORT, peer.port), route("0.0.0.0", 12_000, own)]);
    expect(await host.command("AT+USOCR=17,12000")).toEqual(["+USOCR: 0,12000", "OK"]);
    await host.command(`AT+USOST=0,"${PEER}",${PORT},1,"x"`);
    await expect.poll(() => peer.seen[0]?.from.port).toBe(own);
    expect(await host.command("AT+USOCR=17,12000")).toEqual(["ERROR"]);
    expect(await host.command("AT+USOER")).toEqual(["+USOER: 98", "OK"]);
    expect(await host.command("AT+USOCR=17")).toEqual(["+USOCR: 1", "OK"]);
  });
});

describe("+USORF", () => {
  it("reads every byte value, with where it came from as the host knows it", async () => {
    const { host, peer, modemPort } = await introduced();
    await peer.send(ALL_BYTES, modemPort);
    expect(await host.urc(/\+UUSORD: /)).toBe("+UUSORD: 0,256");
    const { head, data } = await readCounted(host, "AT+USORF=0,1024");
    expect(head).toBe('+USORF: 0,"127.0.0.1",7,256,"');
    expect(data).toEqual(ALL_BYTES);
    expect(await host.command("AT+USORF=0,10")).toEqual(["+USORF: 0,0", "OK"]);
    expect(await host.command("AT+USOCTL=0,3")).toEqual(["+USOCTL: 0,3,256", "OK"]);
    expect(await host.command("AT+USOCTL=0,2")).toEqual(["+USOCTL: 0,2,1", "OK"]);
  });

  it("never joins datagrams, and tells the rest of one before all that wait", async () => {
    const { host, peer, modemPort } = await introduced();
    await peer.send("abcd", modemPort);
    expect(await host.urc(/\+UUSORD: /)).toBe("+UUSORD: 0,4");
    await peer.send("ef", modemPort);
    await peer.send("ghi", modemPort);
    await expect.poll(() => host.command("AT+USORF=0,0")).toEqual(["+USORF: 0,9", "OK"]);
    expect(await host.command("AT+USORF=0,3")).toEqual(['+USORF: 0,"127.0.0.1",7,3,"abc"', "OK"]);
    expect(await host.urc(/\+UUSORD: /)).toBe("+UUSORD: 0,1");
    expect(await host.command("AT+USORF=0,3")).toEqual(['+USORF: 0,"127.0.0.1",7,1,"d"', "OK"]);
    expect(await host.urc(/\+UUSORD: /)).toBe("+UUSORD: 0,5");
    expect(await host.command("AT+USORF=0,9")).toEqual(['+USORF: 0,"127.0.0.1",7,2,"ef"', "OK"]);
    expect(await host.urc(/\+UUSORD: /)).toBe("+UUSORD: 0,3");
    expect(await host.command("AT+USORF=0,9")).toEqual(['+USORF: 0,"127.0.0.1",7,3,"ghi"', "OK"]);
    expect(host.unread).toBe("");
  });

  it("loses whole datagrams when 12 kB wait", async () => {
    const { host, peer, modemPort } = await introduced();
    const kilobyte = Buffer.alloc(1024, "k");
    for (let count = 0; count < 13; count += 1) await peer.send(kilobyte, modemPort);
    await expect.poll(() => host.command("AT+USORF=0,0").then((lines) => lines.at(-2))).toBe("+USORF: 0,12288");
    await readCounted(host, "AT+USORF=0,1024");
    await peer.send("next", modemPort);
    await expect.poll(() => host.command("AT+USORF=0,0").then((lines) => lines.at(-2))).toBe("+USORF: 0,11268");
  });
});

describe("+USOCO of a UDP socket", () => {
  it("makes +USOWR and +USORD work, and others unheard", async () => {
    const { host, peer, modemPort } = await introduced();
    expect(await host.command(`AT+USOCO=0,"${PEER}",${PORT}`)).toEqual(["OK"]);
    const stranger = await udpPeer();
    await stranger.send("nobody asked", modemPort);
    expect(await host.command('AT+USOWR=0,2,"ab"')).toEqual(["+USOWR: 0,2", "OK"]);
    await expect.poll(() => peer.seen.at(-1)?.bytes.toString()).toBe("ab");
    await peer.send("cd", modemPort);
    expect(await host.urc(/\+UUSORD: /)).toBe("+UUSORD: 0,2");
    expect(await host.command("AT+USORD=0,9")).toEqual(['+USORD: 0,2,"cd"', "OK"]);
  });
});
