import type { ServerOptions } from "node:https";
import { expect, onTestFinished } from "vitest";
import { type SecureServer, type SecureServerManner, startSecureServer } from "../../internet/secure-server";
import { route } from "../../modem-host";
import { request } from "../http/http-host";
import { LaraHost } from "../lara-host";

/** The name in the certificates of the tests' server. */
export const SERVER = "server.example";

/** A server that ends with the test. */
export async function secureServer(options: ServerOptions, manner?: SecureServerManner): Promise<SecureServer> {
  const server = await startSecureServer(options, manner);
  onTestFinished(() => server.stop());
  return server;
}

/** A modem whose HTTP profile 0 asks for HTTPS of `server.example`, which is on that port, by security profile 1. */
export async function secureHost(port: number, ...options: string[]): Promise<LaraHost> {
  const host = await LaraHost.open([route(SERVER, 443, port), ...options]);
  await useSecurity(host);
  return host;
}

export async function useSecurity(host: LaraHost): Promise<void> {
  await run(host, `AT+UHTTP=0,1,"${SERVER}"`, "AT+UHTTP=0,6,1,1");
}

/** Runs commands that must succeed. */
export async function run(host: LaraHost, ...lines: string[]): Promise<void> {
  for (const line of lines) expect([line, ...(await host.command(line))]).toEqual([line, "OK"]);
}

/** `0,1` sets op 0 of profile 1 to 1. */
export async function secure(host: LaraHost, ...settings: string[]): Promise<void> {
  await run(host, ...settings.map((setting) => `AT+USECPRF=1,${setting}`));
}

/** Imports at the prompt; gives back the information line and the final result. */
export function importInto(host: LaraHost, type: number, name: string, content: Buffer, password?: string) {
  const end = password === undefined ? "" : `,"${password}"`;
  return host.upload(`AT+USECMNG=0,${type},"${name}",${content.length}${end}`, content);
}

/** Asks for a page; gives back what +UHTTPER says of it, class and code. */
export async function outcome(host: LaraHost, path = "/"): Promise<string> {
  const urc = await request(host, `AT+UHTTPC=0,1,"${path}","r"`);
  const [line = ""] = await host.command("AT+UHTTPER=0");
  expect(urc).toBe(`+UUHTTPCR: 0,1,${line.endsWith(",0,0") ? 1 : 0}`);
  return line.replace("+UHTTPER: 0,", "");
}

export const SUCCESS = "0,0";
export const TLS_FAILURE = "3,73";
