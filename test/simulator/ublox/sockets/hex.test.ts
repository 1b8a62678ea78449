import { describe, expect, it } from "vitest";
import { ALL_BYTES } from "../../internet/servers";
import { route } from "../../modem-host";
import { LaraHost } from "../lara-host";
import { connected, PEER, PORT, udpPeer, writeBinary } from "./socket-host";

/** 512 bytes, all that a command takes in hexadecimal digits. */
const MOST = Buffer.concat([ALL_BYTES, ALL_BYTES]);
const DIGITS = MOST.toString("hex");

async function inHexMode() {
  const bench = await connected();
  expect(await bench.host.command("AT+UDCONF=1,1")).toEqual(["OK"]);
  return bench;
}

async function udpInHexMode() {
  const peer = await udpPeer();
  const host = await LaraHost.open([route(PEER, PORT, peer.port)]);
  for (const line of ["AT+USOCR=17", "AT+UDCONF=1,1"]) await host.command(line);
  return { host, peer };
}

describe("hex mode", () => {
  it("takes two digits for a byte, large or small, and counts bytes", async () => {
    const { host, peer } = await inHexMode();
    expect(await host.command('AT+USOWR=0,3,"00fFa0"')).toEqual(["+USOWR: 0,3", "OK"]);
    expect(await host.command(`AT+USOWR=0,512,"${DIGITS}"`)).toEqual(["+USOWR: 0,512", "OK"]);
    await expect.poll(() => peer.bytesRead).toBe(515);
    expect(peer.read()).toEqual(Buffer.concat([Buffer.from([0, 0xff, 0xa0]), MOST]));
  });

  it("gives large digits, and counts bytes", async () => {
    const { host, peer } = await inHexMode();
    peer.write(Buffer.concat([Buffer.from([0xde, 0xad]), MOST]));
    expect(await host.urc(/\+UUSORD: /)).toBe("+UUSORD: 0,514");
    expect(await host.command("AT+USORD=0,2")).toEqual(['+USORD: 0,2,"DEAD"', "OK"]);
    expect(await host.urc(/\+UUSORD: /)).toBe("+UUSORD: 0,512");
    expect(await host.command("AT+USORD=0,0")).toEqual(["+USORD: 0,512", "OK"]);
    expect(await host.command("AT+USORD=0,512")).toEqual([`+USORD: 0,512,"${DIGITS.toUpperCase()}"`, "OK"]);
    expect(await host.command("AT+USORD=0,512")).toEqual(["+USORD: 0,0", "OK"]);
  });

  it("has the same form for datagrams", async () => {
    const { host, peer } = await udpInHexMode();
    expect(await host.command(`AT+USOST=0,"${PEER}",${PORT},2,"00ff"`)).toEqual(["+USOST: 0,2", "OK"]);
    expect(await host.command(`AT+USOST=0,"${PEER}",${PORT},512,"${DIGITS}"`)).toEqual(["+USOST: 0,512", "OK"]);
    await expect.poll(() => peer.seen.map(({ bytes }) => bytes)).toEqual([Buffer.from([0, 0xff]), MOST]);
    await peer.send(Buffer.from([1, 0xab, 3]), peer.seen[0]?.from.port ?? 0);
    expect(await host.urc(/\+UUSORD: /)).toBe("+UUSORD: 0,3");
    expect(await host.command("AT+USORF=0,2")).toEqual([`+USORF: 0,"127.0.0.1",${PORT},2,"01AB"`, "OK"]);
    expect(await host.urc(/\+UUSORD: /)).toBe("+UUSORD: 0,1");
    expect(await host.command("AT+USORF=0,512")).toEqual([`+USORF: 0,"127.0.0.1",${PORT},1,"03"`, "OK"]);
  });

  it("lists its own ranges", async () => {
    const { host } = await inHexMode();
    expect(await host.command("AT+USOWR=?")).toEqual(['+USOWR: (0-6),(0-512),"HEX data"', "OK"]);
    expect(await host.command("AT+USORD=?")).toEqual(["+USORD: (0-6),(0-512)", "OK"]);
    await host.command("AT+UDCONF=1,0");
    expect(await host.command("AT+USOWR=?")).toEqual(['+USOWR: (0-6),(0-1024),"data"', "OK"]);
    expect(await host.command("AT+USORD=?")).toEqual(["+USORD: (0-6),(0-1024)", "OK"]);
  });

  it("leaves the prompt, and direct link, as they are", async () => {
    const { host, peer } = await inHexMode();
    const bytes = Buffer.alloc(1024, ALL_BYTES);
    expect(await writeBinary(host, "AT+USOWR=0,1024", bytes)).toBe("+USOWR: 0,1024\r\n\r\nOK");
    await expect.poll(() => peer.bytesRead).toBe(1024);
    expect(peer.read()).toEqual(bytes);
    host.write("AT+USODL=0\r");
    await host.until(/\r\nCONNECT\r\n/);
    host.write("00ff");
    await expect.poll(() => peer.bytesRead).toBe(1028);
    expect(String(peer.read())).toBe("00ff");
    peer.write("z");
    expect(await host.take(1)).toBe("z");
  });

  it.each([
    ["an odd digit", 'AT+USOWR=0,1,"000"'],
    ["half a byte", 'AT+USOWR=0,1,"0"'],
    ["what is no digit", 'AT+USOWR=0,1,"0g"'],
    ["a blank", 'AT+USOWR=0,2,"00 1"'],
    ["fewer bytes than the count", 'AT+USOWR=0,3,"0011"'],
    ["more bytes than the count", 'AT+USOWR=0,1,"0011"'],
    ["a count of digits", 'AT+USOWR=0,4,"0011"'],
    ["nothing", 'AT+USOWR=0,0,""'],
    ["digits without quotation marks", "AT+USOWR=0,1,00"],
    ["more than 512 bytes", `AT+USOWR=0,513,"${DIGITS}00"`],
    ["a read of more than 512 bytes", "AT+USORD=0,513"],
  ])("refuses %s", async (_, line) => {
    const { host, peer } = await inHexMode();
    expect(await host.command(line)).toEqual(["+CME ERROR: incorrect parameters"]);
    expect(await host.command("AT+USOCTL=0,2")).toEqual(["+USOCTL: 0,2,0", "OK"]);
    expect(peer.bytesRead).toBe(0);
  });

  it.each([
    ["a wrong count", `AT+USOST=0,"${PEER}",${PORT},2,"00"`],
    ["more than 512 bytes", `AT+USOST=0,"${PEER}",${PORT},513,"${DIGITS}00"`],
    ["a read of more than 512 bytes", "AT+USORF=0,513"],
  ])("refuses %s of a datagram", async (_, line) => {
    const { host } = await udpInHexMode();
    expect(await host.command(line)).toEqual(["+CME ERROR: incorrect parameters"]);
  });

  it("is off at first and after a reboot: digits are text then, and their count is theirs", async () => {
    const { host, peer } = await connected();
    expect(await host.command("AT+UDCONF=1")).toEqual(["+UDCONF: 1,0", "OK"]);
    expect(await host.command(`AT+USOWR=0,512,"${DIGITS}"`)).toEqual(["+CME ERROR: incorrect parameters"]);
    expect(await host.command(`AT+USOWR=0,1024,"${DIGITS}"`)).toEqual(["+USOWR: 0,1024", "OK"]);
    await expect.poll(() => peer.bytesRead).toBe(1024);
    expect(String(peer.read())).toBe(DIGITS);
    await host.command("AT+UDCONF=1,1");
    expect(await host.command("AT+UDCONF=1")).toEqual(["+UDCONF: 1,1", "OK"]);
    await host.reboot();
    expect(await host.command("AT+UDCONF=1")).toEqual(["+UDCONF: 1,0", "OK"]);
  });
});
