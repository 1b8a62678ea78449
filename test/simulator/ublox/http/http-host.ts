import type { RequestListener } from "node:http";
import { expect } from "vitest";
import { route } from "../../modem-host";
import { LaraHost } from "../lara-host";

export const hello: RequestListener = (_, response) => void response.end("hello");

/** A modem whose profile 0 points at `web.test`, which is the server on that port. */
export async function hostFor(port: number, ...options: string[]): Promise<LaraHost> {
  const host = await LaraHost.open([route("web.test", 80, port), ...options]);
  expect(await host.command('AT+UHTTP=0,1,"web.test"')).toEqual(["OK"]);
  return host;
}

/** Runs a request to its URC and gives back the URC. */
export async function request(host: LaraHost, line: string): Promise<string> {
  expect(await host.command(line)).toEqual(["OK"]);
  return host.urc(/\+UUHTTPCR: /);
}
