import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FINAL_RESULT, route } from "../../modem-host";
import * as quectel from "../../quectel/sockets/sockets-host";
import { LaraHost } from "../../ublox/lara-host";
import { AT, BLANK, exchange, NAMES, PROMPTS, SENT, tcpBg96, tcpLara } from "./prompts";

const ENDINGS: readonly (readonly [string, (line: string) => readonly string[]])[] = [
  ["CR", (line) => [`${line}\r`]],
  ["CR LF", (line) => [`${line}\r\n`]],
  ["LF CR", (line) => [`${line}\n\r`]],
];

describe.each(ENDINGS)("F43 a line that ends with %s", (_ending, writes) => {
  it.each(NAMES)("opens %s, and the data are the host's", async (name) => {
    const payload = PROMPTS[name]?.payload ?? "ping";
    expect(await exchange(name, writes, payload)).toBe(payload);
  });

  const free = NAMES.filter((name) => PROMPTS[name]?.payload === undefined);

  it.each(free)("F43 neighbour: opens %s for data that begin with LF", async (name) => {
    expect(await exchange(name, writes, "\npin\n")).toBe("\npin\n");
  });

  it.each(free)("F43 neighbour: opens %s for data that begin with CR LF", async (name) => {
    expect(await exchange(name, writes, "\r\n\r\nOK")).toBe("\r\n\r\nOK");
  });
});

describe("F43 neighbour: one line feed is one byte of data", () => {
  it.each(["LARA-R6 +USOWR", "BG96 +QISEND", "BG96 +QFUPL"])("%s", async (name) => {
    expect(await exchange(name, (line) => [`${line}\r`], "\n")).toBe("\n");
    expect(await exchange(name, (line) => [`${line}\r\n`], "\n")).toBe("\n");
  });
});

it("F43 neighbour: a second line feed is data", async () => {
  const { host, peer } = await tcpLara();
  host.write("AT+USOWR=0,2\r\n\nx");
  expect(await host.until(FINAL_RESULT)).toContain("+USOWR: 0,2\r\n\r\nOK");
  await peer.has(2);
  expect(peer.received().toString()).toBe("\nx");
});

it("F43 neighbour: only the prompt that the line opened drops it", async () => {
  const { host, peer } = await tcpLara();
  host.write("AT+USOWR=0,2;+USOWR=0,2\r\n");
  await host.until(AT);
  host.write("ab");
  await host.until(AT);
  host.write("\nc");
  await host.until(FINAL_RESULT);
  await peer.has(4);
  expect(peer.received().toString()).toBe("ab\nc");
});

it("F43 neighbour: a prompt that comes late drops it too", async () => {
  expect(await exchange("BG96 +QHTTPPOST", (line) => [`${line}\r\n`], "ping", "slow-connect=50")).toBe("ping");
});

it.each(["baud=921600", "baud=115200", "baud=9600"])("F43 neighbour: on a line with %s", async (option) => {
  const peer = await quectel.peer();
  const host = await LaraHost.open([route("peer.test", 7, peer.port), option]);
  await host.command("AT+USOCR=6");
  await host.command('AT+USOCO=0,"peer.test",7');
  for (const [index, data] of ["ping", "\npin"].entries()) {
    host.write("AT+USOWR=0,4\r\n");
    await host.until(AT);
    host.write(data);
    await host.until(FINAL_RESULT);
    await peer.has(4 * (index + 1));
  }
  expect(peer.received().toString()).toBe("ping\npin");
});

describe("F43 neighbour: any bytes behind any ending", () => {
  const payload = fc
    .array(fc.constantFrom("\n", "\r", "a", "@", ">", '"', "+", "\x00", "\xff"), { minLength: 1, maxLength: 8 })
    .map((parts) => parts.join(""));
  const ending = fc.constantFrom("\r", "\r\n", "\n\r", "\n\r\n");

  it("reach the peer of a LARA-R6", async () => {
    const { host, peer } = await tcpLara();
    let sent = "";
    await fc.assert(
      fc.asyncProperty(payload, ending, async (data, end) => {
        host.write(`AT+USOWR=0,${data.length}${end}`);
        await host.until(AT);
        host.write(data);
        await host.until(FINAL_RESULT);
        sent += data;
        await peer.has(sent.length);
        expect(peer.received().toString("latin1")).toBe(sent);
      }),
    );
  });

  it("reach the peer of a BG96", async () => {
    const { host, peer } = await tcpBg96();
    let sent = "";
    await fc.assert(
      fc.asyncProperty(payload, ending, async (data, end) => {
        host.write(`AT+QISEND=0,${data.length}${end}`);
        await host.until(BLANK);
        host.write(data);
        await host.until(SENT);
        sent += data;
        await peer.has(sent.length);
        expect(peer.received().toString("latin1")).toBe(sent);
      }),
    );
  });
});
