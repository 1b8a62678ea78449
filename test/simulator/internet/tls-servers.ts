import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createServer, type SecureVersion, type TLSSocket, type TlsOptions } from "node:tls";
import { openTls } from "../../../simulator/internet/tls/tls";
import type { TlsConnection, TlsSettings } from "../../../simulator/internet/tls/types";
import { listen } from "../../support/listen";
import { TLS_FIXTURES } from "../../support/paths";

export function pem(name: string): Buffer {
  return readFileSync(join(TLS_FIXTURES, `${name}.pem`));
}

/** A certificate of the fixtures in DER. */
export function der(name: string): Buffer {
  return new X509Certificate(pem(`${name}.cert`)).raw;
}

/** What a server is told to be `name`. */
export function identity(name: string): TlsOptions {
  return { cert: pem(`${name}.cert`), key: pem(`${name}.key`) };
}

/** A server that asks for a certificate of the test authority. */
export const ASKING: TlsOptions = { requestCert: true, rejectUnauthorized: true, ca: [pem("ca.cert")] };

export function only(version: SecureVersion): TlsOptions {
  return { minVersion: version, maxVersion: version, ciphers: "ALL:TLS_AES_128_GCM_SHA256:@SECLEVEL=0" };
}

/** How a server saw a handshake that came to its end. */
export interface SeenHandshake {
  readonly reused: boolean;
  readonly version: string | null;
  readonly suite: string;
  readonly servername: string | false | undefined;
  readonly clientName: string | undefined;
}

export interface TlsServer {
  readonly port: number;
  readonly seen: SeenHandshake[];
  /** Sessions that the server keeps by their id, as TLS 1.2 has it without tickets. */
  readonly sessions: Map<string, Buffer>;
}

/** A server on loopback that answers whatever comes, keeps sessions, and ends with the test. */
export async function tlsServer(options: TlsOptions = {}, onData = greet): Promise<TlsServer> {
  const seen: SeenHandshake[] = [];
  const sessions = new Map<string, Buffer>();
  const server = createServer({ ...identity("server"), ...options }, (socket) => {
    seen.push(describeHandshake(socket));
    socket.on("error", () => socket.destroy());
    socket.once("data", () => onData(socket));
  });
  server.on("newSession", (id: Buffer, data: Buffer, done: () => void) => {
    sessions.set(id.toString("hex"), data);
    done();
  });
  server.on("resumeSession", (id: Buffer, done: (error: null, data: Buffer | null) => void) => {
    done(null, sessions.get(id.toString("hex")) ?? null);
  });
  return { port: await listen(server), seen, sessions };
}

function describeHandshake(socket: TLSSocket): SeenHandshake {
  const shown: { subject?: { CN?: string | string[] } } = socket.getPeerCertificate();
  return {
    reused: socket.isSessionReused(),
    version: socket.getProtocol(),
    suite: socket.getCipher().name,
    servername: (socket as { servername?: string | false }).servername,
    clientName: shown.subject?.CN?.toString(),
  };
}

function greet(socket: TLSSocket): void {
  socket.end("HTTP/1.1 200 OK\r\n\r\nhello");
}

/** Everything checked, any version and suite. */
export const CHECKED: TlsSettings = {
  versions: { min: "TLSv1", max: "TLSv1.3" },
  verify: { chain: true, dates: true, host: "server.example" },
  trusted: [der("ca")],
  sni: "server.example",
};

export const UNCHECKED: TlsSettings = { ...CHECKED, verify: { chain: false, dates: false }, trusted: [] };

export function open(
  port: number,
  settings: Partial<TlsSettings> = {},
  wait: { timeout?: number; signal?: AbortSignal } = {},
): Promise<TlsConnection> {
  const target = { host: "server.example", address: "127.0.0.1", port };
  const full = { timeout: 5000, signal: new AbortController().signal, ...wait };
  return openTls({ ...CHECKED, ...settings }, target, full);
}

/** Sends something and reads to the end: by then a server of TLS 1.3 has given what it has to give. */
export function talk(connection: TlsConnection): Promise<string> {
  const { socket } = connection;
  return new Promise((resolve, reject) => {
    let text = "";
    socket.on("data", (bytes: Buffer) => {
      text += bytes.toString("latin1");
    });
    socket.once("error", reject);
    socket.once("close", () => resolve(text));
    socket.write("?");
  });
}

/** Opens, talks, closes. */
export async function visit(port: number, settings: Partial<TlsSettings> = {}): Promise<TlsConnection> {
  const connection = await open(port, settings);
  await talk(connection);
  return connection;
}
