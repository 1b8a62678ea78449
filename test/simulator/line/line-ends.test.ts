import { X509Certificate } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { httpServer } from "../internet/servers";
import { pem } from "../internet/tls-servers";
import { FINAL_RESULT, type ModemHost, route } from "../modem-host";
import { Bg96Host } from "../quectel/bg96-host";
import * as quectel from "../quectel/sockets/sockets-host";
import { LaraHost } from "../ublox/lara-host";

/** What a prompt took: what came to the peer, or into the modem. */
type Taken = () => Promise<string>;

/** One command that takes bytes from the line. */
interface Prompted {
  readonly open: (payload: string) => Promise<{ host: ModemHost; line: string; taken: Taken }>;
  readonly prompt: RegExp;
  readonly end: RegExp;
  /** Sent behind the payload. */
  readonly closing?: string;
  /** Whether the payload must be this one, since the command checks it. */
  readonly payload?: string;
}

const AT = /\r\n@/;
const ANGLE = /\r\n>/;
const BLANK = /\r\n> /;
const CONNECT = /\r\nCONNECT\r\n/;
const SENT = /\r\nSEND OK\r\n/;
const DER = new X509Certificate(pem("ca.cert")).raw.toString("latin1");

async function tcpLara() {
  const peer = await quectel.peer();
  const host = await LaraHost.open([route("peer.test", 7, peer.port)]);
  await host.command("AT+USOCR=6");
  await host.command('AT+USOCO=0,"peer.test",7');
  return { host, peer };
}

async function tcpBg96() {
  const peer = await quectel.peer();
  const host = await quectel.onlineHost(peer.port);
  await quectel.open(host);
  return { host, peer };
}

const arrived = (peer: quectel.Peer, length: number) => async () => {
  await peer.has(length);
  return peer.received().toString("latin1");
};

/** A server that takes what is posted to it. */
async function posting() {
  const { port, seen } = await httpServer((_, response) => void response.end());
  const host = await Bg96Host.online([route("web.test", 80, port)]);
  await host.setUrl("http://web.test/");
  const taken = (what: "body" | "line") => async () => {
    await expect.poll(() => seen.length).toBe(1);
    return seen[0]?.[what] ?? "";
  };
  return { host, taken };
}

const stored = (host: Bg96Host, length: number) => async () => {
  const answer = await host.dataOf('AT+QFDWL="f"');
  return answer.slice(0, length);
};

const PROMPTS: Readonly<Record<string, Prompted>> = {
  "LARA-R6 +USOWR": {
    open: async ({ length }) => {
      const { host, peer } = await tcpLara();
      return { host, line: `AT+USOWR=0,${length}`, taken: arrived(peer, length) };
    },
    prompt: AT,
    end: FINAL_RESULT,
  },
  "LARA-R6 +USOST": {
    open: async ({ length }) => {
      const socket = createSocket("udp4").bind(0, "127.0.0.1");
      onTestFinished(() => void socket.close());
      await once(socket, "listening");
      const host = await LaraHost.open([route("peer.test", 7, socket.address().port)]);
      await host.command("AT+USOCR=17");
      const message = once(socket, "message");
      const taken = async () => String(((await message) as [Buffer])[0].toString("latin1"));
      return { host, line: `AT+USOST=0,"peer.test",7,${length}`, taken };
    },
    prompt: AT,
    end: FINAL_RESULT,
  },
  "LARA-R6 +UDWNFILE": {
    open: async ({ length }) => {
      const host = await LaraHost.open();
      const taken = async () => (await host.read('AT+URDFILE="f"')).toString("latin1");
      return { host, line: `AT+UDWNFILE="f",${length}`, taken };
    },
    prompt: ANGLE,
    end: FINAL_RESULT,
  },
  "LARA-R6 +USECMNG": {
    open: async ({ length }) => {
      const host = await LaraHost.open();
      const taken = async () => {
        expect((await host.command("AT+USECMNG=3"))[0]).toContain("ca");
        return DER;
      };
      return { host, line: `AT+USECMNG=0,0,"ca",${length}`, taken };
    },
    prompt: ANGLE,
    end: /\+USECMNG: .*\r\n\r\nOK\r\n/,
    payload: DER,
  },
  "LARA-R6 +USODL": {
    open: async ({ length }) => {
      const { host, peer } = await tcpLara();
      return { host, line: "AT+USODL=0", taken: arrived(peer, length) };
    },
    prompt: CONNECT,
    end: /^/,
  },
  "BG96 +QISEND": {
    open: async ({ length }) => {
      const { host, peer } = await tcpBg96();
      return { host, line: `AT+QISEND=0,${length}`, taken: arrived(peer, length) };
    },
    prompt: BLANK,
    end: SENT,
  },
  "BG96 +QISEND to Ctrl-Z": {
    open: async ({ length }) => {
      const { host, peer } = await tcpBg96();
      return { host, line: "AT+QISEND=0", taken: arrived(peer, length) };
    },
    prompt: BLANK,
    end: SENT,
    closing: "\x1a",
  },
  "BG96 +QFUPL": {
    open: async ({ length }) => {
      const host = await Bg96Host.open();
      return { host, line: `AT+QFUPL="f",${length}`, taken: stored(host, length) };
    },
    prompt: CONNECT,
    end: FINAL_RESULT,
  },
  "BG96 +QFWRITE": {
    open: async ({ length }) => {
      const host = await Bg96Host.open();
      const opened = await host.command('AT+QFOPEN="f"');
      const handle = opened[0]?.replace("+QFOPEN: ", "");
      const taken = async () => {
        await host.command(`AT+QFCLOSE=${handle}`);
        return stored(host, length)();
      };
      return { host, line: `AT+QFWRITE=${handle},${length}`, taken };
    },
    prompt: CONNECT,
    end: FINAL_RESULT,
  },
  "BG96 +QHTTPURL": {
    open: async ({ length }) => {
      const { host, taken } = await posting();
      const asked = async () => {
        await host.command("AT+QHTTPGET");
        return `http://web.test${(await taken("line")()).replace("GET ", "")}`;
      };
      return { host, line: `AT+QHTTPURL=${length}`, taken: asked };
    },
    prompt: CONNECT,
    end: FINAL_RESULT,
    payload: "http://web.test/other",
  },
  "BG96 +QHTTPPOST": {
    open: async ({ length }) => {
      const { host, taken } = await posting();
      return { host, line: `AT+QHTTPPOST=${length}`, taken: taken("body") };
    },
    prompt: CONNECT,
    end: FINAL_RESULT,
  },
  "BG96 transparent +QIOPEN": {
    open: async ({ length }) => {
      const peer = await quectel.peer();
      const host = await quectel.onlineHost(peer.port);
      return { host, line: 'AT+QIOPEN=1,0,"TCP","peer.test",7,0,2', taken: arrived(peer, length) };
    },
    prompt: CONNECT,
    end: /^/,
  },
};

const NAMES = Object.keys(PROMPTS);

/** Sends the line by its writes, then the payload at the prompt; what was taken, and whether the next command is heard. */
async function exchange(name: string, writes: (line: string) => readonly string[], payload: string, options = "") {
  const prompted = PROMPTS[name];
  if (prompted === undefined) throw new Error(name);
  const { host, line, taken } = await prompted.open(payload);
  if (options !== "") host.fault(options);
  for (const piece of writes(line)) host.write(piece);
  await host.until(prompted.prompt);
  host.write(`${payload}${prompted.closing ?? ""}`);
  await host.until(prompted.end);
  return taken();
}

const ENDINGS: readonly (readonly [string, (line: string) => readonly string[]])[] = [
  ["CR", (line) => [`${line}\r`]],
  ["CR LF", (line) => [`${line}\r\n`]],
  ["LF CR", (line) => [`${line}\n\r`]],
  ["CR and LF in two writes", (line) => [`${line}\r`, "\n"]],
  ["CR LF, byte by byte", (line) => [...`${line}\r\n`]],
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
