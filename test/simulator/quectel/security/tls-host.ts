import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { createServer, type ServerOptions } from "node:https";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { expect } from "vitest";
import { listen } from "../../../support/listen";
import { TLS_FIXTURES } from "../../../support/paths";
import { route } from "../../modem-host";
import { Bg96Host } from "../bg96-host";

export const pem = (name: string): Buffer => readFileSync(join(TLS_FIXTURES, `${name}.pem`));

/** Certificate and key of a server. */
export const identity = (name: string) => ({ cert: pem(`${name}.cert`), key: pem(`${name}.key`) });

/** Whatever TLS 1.0 and 1.1 need is switched off in a server of these days. */
export const OLD = { ciphers: "DEFAULT:@SECLEVEL=0" } as const;

/** A connection in the words of the server. */
export interface SecuredBy {
  readonly protocol: string | null;
  readonly suite: string;
  /** false: the modem sent none. */
  readonly serverName: string | false;
  /** The common name of the certificate that the modem showed. */
  readonly client: unknown;
}

export interface SecureServer {
  readonly port: number;
  readonly seen: readonly SecuredBy[];
  /** Bytes of answers that the server has not got rid of. */
  waiting(): number;
}

/** An HTTPS server on loopback that says hello, or `body`, and ends with the test. */
export async function secureServer(options: ServerOptions, body = Buffer.from("hello")): Promise<SecureServer> {
  const seen: SecuredBy[] = [];
  const answers: ServerResponse[] = [];
  const server = createServer(options, (_, response) => {
    answers.push(response);
    response.setHeader("Content-Length", body.length);
    response.end(body);
  });
  server.on("secureConnection", (socket: TLSSocket) => {
    seen.push({
      protocol: socket.getProtocol(),
      suite: socket.getCipher().standardName,
      serverName: (socket as TLSSocket & { servername: string | false }).servername,
      client: socket.getPeerCertificate().subject?.CN,
    });
  });
  const port = await listen(server);
  const waiting = () => answers.reduce((sum, { writableLength }) => sum + writableLength, 0);
  return { port, seen, waiting };
}

/** Settings of a security context: numbers and suites as they are, names of files in quotes. */
export type Context = Readonly<Record<string, number | string>>;

const FILES = ["cacert", "clientcert", "clientkey"];

export async function secure(host: Bg96Host, context: Context, id = 1): Promise<void> {
  for (const [name, value] of Object.entries(context)) {
    const printed = FILES.includes(name) ? `"${value}"` : value;
    expect(await host.command(`AT+QSSLCFG="${name}",${id},${printed}`)).toEqual(["OK"]);
  }
}

export async function upload(host: Bg96Host, name: string, content: Buffer): Promise<void> {
  expect((await host.enter(`AT+QFUPL="${name}",${content.length}`, content)).at(-1)).toBe("OK");
}

/** A modem that has `ca.pem`, `client.pem` and `client.key`, and whose URL leads to a server of that port. */
export async function secureHost(port: number, name = "server.example", ...options: string[]): Promise<Bg96Host> {
  const host = await Bg96Host.online([route(name, 443, port), ...options]);
  await upload(host, "ca.pem", pem("ca.cert"));
  await upload(host, "client.pem", pem("client.cert"));
  await upload(host, "client.key", pem("client.key"));
  expect(await host.setUrl(`https://${name}/`)).toEqual(["OK"]);
  return host;
}

export const SERVER_CHECKED: Context = { seclevel: 1, cacert: "ca.pem" };
export const BOTH_CHECKED: Context = {
  seclevel: 2,
  cacert: "ca.pem",
  clientcert: "client.pem",
  clientkey: "client.key",
};
