import { X509Certificate } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { expect, onTestFinished } from "vitest";
import { httpServer } from "../../internet/servers";
import { pem } from "../../internet/tls-servers";
import { FINAL_RESULT, type ModemHost, route } from "../../modem-host";
import { Bg96Host } from "../../quectel/bg96-host";
import * as quectel from "../../quectel/sockets/sockets-host";
import { LaraHost } from "../../ublox/lara-host";

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

export const AT = /\r\n@/;
const ANGLE = /\r\n>/;
export const BLANK = /\r\n> /;
const CONNECT = /\r\nCONNECT\r\n/;
export const SENT = /\r\nSEND OK\r\n/;
const DER = new X509Certificate(pem("ca.cert")).raw.toString("latin1");

export async function tcpLara() {
  const peer = await quectel.peer();
  const host = await LaraHost.open([route("peer.test", 7, peer.port)]);
  await host.command("AT+USOCR=6");
  await host.command('AT+USOCO=0,"peer.test",7');
  return { host, peer };
}

export async function tcpBg96() {
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

export const PROMPTS: Readonly<Record<string, Prompted>> = {
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

export const NAMES = Object.keys(PROMPTS);

/** Sends the line by its writes, then the payload at the prompt; what was taken, and whether the next command is heard. */
export async function exchange(
  name: string,
  writes: (line: string) => readonly string[],
  payload: string,
  options = "",
) {
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
