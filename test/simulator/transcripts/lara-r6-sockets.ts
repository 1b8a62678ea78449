import { expect, vi } from "vitest";
import { closedPort } from "../internet/servers";
import { openBench } from "./bench";
import { RemoteHost } from "./remote-host";
import { type Bench, command, type Setting } from "./replay";
import type { Step } from "./scenario";

/** The address in the print, and the names that lead there. */
const ADDRESS = "195.34.89.241";
const PORT = 7;
const NAMES = ["route=ftp.u-blox.com:*=127.0.0.1:*", "route=echo.u-blox.com:*=127.0.0.1:*"];
const LISTENING_PORT = 1099;
const UDP_PORT = 12_000;
/** Bytes of the upload queue, in the largest portions that +USOWR takes. */
const PORTIONS_OF_QUEUE = 8;
const PORTION = 1024;
/** For what has gone out to be there, on a busy machine too; many scenarios are played at once. */
const WAIT = { timeout: 20_000, interval: 10 };

interface SocketBench extends Bench {
  readonly remote: RemoteHost;
  /** Where the modem's own ports are on this machine. */
  readonly own: number;
}

/** The printed address is a host of this test, and the modem's own ports are free ones. */
async function socketBench(echo = false): Promise<SocketBench> {
  const remote = await RemoteHost.start(echo);
  const own = await closedPort();
  const opened = await openBench("LARA-R6", [
    ...NAMES,
    `route=${ADDRESS}:${PORT}=127.0.0.1:${remote.port}`,
    `route=0.0.0.0:${LISTENING_PORT}=127.0.0.1:${own}`,
    `route=0.0.0.0:${UDP_PORT}=127.0.0.1:${own}`,
  ]);
  const stop = async () => {
    await opened.stop();
    await remote.stop();
  };
  return { ...opened, remote, own, stop };
}

const remoteOf = (bench: Bench) => (bench as SocketBench).remote;
const received = (bench: Bench) => Buffer.concat(remoteOf(bench).received).toString("latin1");

/** Does what the remote host does in the print; what is not printed of its data is filled up. */
export async function playPeer({ event, bytes = 0, data = "" }: Step, bench: Bench): Promise<void> {
  const remote = remoteOf(bench);
  if (event === "connect") await remote.call((bench as SocketBench).own);
  else if (event === "close") remote.connection?.end();
  else await remote.send(Buffer.from(data.padEnd(bytes, "."), "latin1"));
}

async function created(bench: Bench): Promise<void> {
  await command(bench, "AT+CGACT=1,1");
  await command(bench, "AT+USOCR=6");
}

/** Sockets with lower numbers are there too. */
async function connected(bench: Bench, id = 0): Promise<void> {
  for (let count = 0; count < id; count += 1) await command(bench, "AT+USOCR=17");
  await created(bench);
  await command(bench, `AT+USOCO=${id},"${ADDRESS}",${PORT}`);
  await vi.waitUntil(() => remoteOf(bench).connection, WAIT);
}

async function queueFull(bench: Bench): Promise<void> {
  bench.fault("congestion");
  for (let count = 0; count < PORTIONS_OF_QUEUE; count += 1) {
    await command(bench, `AT+USOWR=0,${PORTION},"${"x".repeat(PORTION)}"`);
  }
}

/** The print has no unacknowledged bytes any more when it asks. */
async function queueEmpty(bench: Bench): Promise<void> {
  bench.fault("congestion@0s:1ms");
  await vi.waitUntil(() => received(bench).length === PORTIONS_OF_QUEUE * PORTION, WAIT);
}

async function closing(bench: Bench): Promise<void> {
  await connected(bench);
  await remoteOf(bench).send(Buffer.from("."));
  remoteOf(bench).connection?.end();
  await bench.client.expect(/^\r\n\+UUSORD: 0,1\r\n/);
}

async function resetByPeer(bench: Bench): Promise<void> {
  await connected(bench);
  remoteOf(bench).connection?.resetAndDestroy();
  await bench.client.expect(/^\r\n\+UUSOCL: 0\r\n/);
}

/** The remote host knows the modem once it got something. */
async function introduced(bench: Bench): Promise<void> {
  await command(bench, "AT+CGACT=1,1");
  await command(bench, "AT+USOCR=17");
  await command(bench, `AT+USOST=0,"${ADDRESS}",${PORT},1,"."`);
  await vi.waitUntil(() => remoteOf(bench).modemPort, WAIT);
}

/** What the scenarios of section 5 take for granted. */
export const socketNeeds: Readonly<Record<string, (bench: Bench) => Promise<void>>> = {
  "no socket open": async () => undefined,
  "TCP socket 0 created, not connected": created,
  "peer unreachable": async (bench) => void (await remoteOf(bench).refuse()),
  "TCP socket 0 connected": connected,
  "TCP socket 0 connected, receive buffer empty": connected,
  "TCP socket 1 connected, receive buffer empty": (bench) => connected(bench, 1),
  "socket 0 transmit queue full (8 kB; 1 kB if secure)": queueFull,
  "TCP socket 0 closing": closing,
  "a socket operation failed with error 104": resetByPeer,
  "UDP socket 0 created, receive buffer empty": introduced,
};

const sent = (text: string) => async (bench: Bench) => {
  await vi.waitUntil(() => received(bench) === text, WAIT);
};

const usual: Setting = { bench: () => socketBench() };

/** Section 5 of the application guide. */
export const socketSettings: Readonly<Record<string, Setting>> = {
  "5.1-connect": {
    ...usual,
    after: async (bench) => void (await vi.waitUntil(() => remoteOf(bench).connection, WAIT)),
  },
  "5.1-connect-failure": usual,
  "5.2-listen": {
    ...usual,
    after: async (bench) => {
      expect(await command(bench, "AT+USORD=1,18")).toContain('+USORD: 1,18,"..................');
    },
  },
  "5.3.1-write-prompt": { ...usual, after: sent("12") },
  "5.3.2-write-base": { ...usual, after: sent("12") },
  "5.3.3-queue-full": { ...usual, beforeStep: { 2: queueEmpty } },
  "5.4-keep-alive": {
    ...usual,
    after: async (bench) => {
      expect(await command(bench, "AT+USOGO=0,65535,8")).toContain("+USOGO: 1\r\n");
      expect(await command(bench, "AT+USOGO=0,6,2")).toContain("+USOGO: 30000\r\n");
    },
  },
  "5.5-read-first-scenario": usual,
  "5.5-read-second-scenario": usual,
  "5.5-read-third-scenario": usual,
  "5.5-read-fourth-scenario": { ...usual, after: sent("") },
  "5.6-udp-write": { ...usual, after: sent("12") },
  "5.6-udp-local-port": {
    ...usual,
    after: async (bench) => {
      await command(bench, `AT+USOST=0,"${ADDRESS}",${PORT},1,"."`);
      await vi.waitUntil(() => remoteOf(bench).modemPort === (bench as SocketBench).own, WAIT);
    },
  },
  "5.7-udp-read": usual,
  "5.8-state": usual,
  "5.8-state-closing": usual,
  "5.8-last-error": usual,
  "5.9-close-remote": usual,
  "5.9-close-local": {
    ...usual,
    after: async (bench) => void (await vi.waitUntil(() => remoteOf(bench).ended, WAIT)),
  },
  "5.10-udp-echo": { bench: () => socketBench(true), after: sent("Hello") },
};
