import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { TLS_FIXTURES } from "./paths";

/** `openssl s_server` with DTLS 1.2 on a port of loopback; one client at a time. */
export interface DtlsServer {
  readonly port: number;
  /** All that clients sent. */
  readonly received: Buffer[];
  /** Calls back for what comes. */
  onData: (bytes: Buffer) => void;
  send(bytes: Buffer): void;
  /** Says goodbye to the client, and ends. */
  close(): Promise<void>;
}

export const fixture = (name: string) => join(TLS_FIXTURES, `${name}.pem`);

/** With the certificate of server.example. */
export const CERTIFICATE = ["-cert", fixture("server.cert"), "-key", fixture("server.key")];

export async function openDtlsServer(args: readonly string[] = CERTIFICATE): Promise<DtlsServer> {
  const port = await freePort();
  const all = ["s_server", "-dtls1_2", "-quiet", "-accept", `127.0.0.1:${port}`, ...args];
  const child = spawn("openssl", all);
  const ended = once(child, "close");
  child.stderr.resume();
  child.stdin.on("error", () => undefined);
  while (await isFree(port)) if (child.exitCode !== null) throw new Error("openssl s_server ended");
  const server = serverOf(child, port, ended);
  return server;
}

function serverOf(child: ChildProcessWithoutNullStreams, port: number, ended: Promise<unknown>): DtlsServer {
  const server: DtlsServer = {
    port,
    received: [],
    onData: () => undefined,
    send: (bytes) => void child.stdin.write(bytes),
    close: async () => {
      // A capital Q would end it, too, but -quiet takes it for data.
      child.kill("SIGTERM");
      await ended;
    },
  };
  child.stdout.on("data", (bytes: Buffer) => {
    server.received.push(bytes);
    server.onData(bytes);
  });
  return server;
}

/** The same, ended with the test. */
export async function dtlsServer(args?: readonly string[]): Promise<DtlsServer> {
  const server = await openDtlsServer(args);
  onTestFinished(() => server.close());
  return server;
}

async function freePort(): Promise<number> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return port;
}

async function isFree(port: number): Promise<boolean> {
  const socket = createSocket("udp4");
  const bound = new Promise<boolean>((resolve) => {
    socket.once("error", () => resolve(false));
    socket.bind({ port, address: "127.0.0.1", exclusive: true }, () => resolve(true));
  });
  const isFreeNow = await bound;
  socket.close();
  await new Promise((resolve) => setTimeout(resolve, 20));
  return isFreeNow;
}
