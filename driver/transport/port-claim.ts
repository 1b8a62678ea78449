import type { LookupAddress } from "node:dns";
import { lookup } from "node:dns/promises";
import { realpath, stat } from "node:fs/promises";
import { isIP } from "node:net";
import { NotReadyError, shortened, shortPort } from "../errors";
import { kindOfPort, tcpAddress } from "./port-text";

/** ms for the address of a device server; its name alone tells most of it. */
const LOOKUP_LIMIT_MS = 1000;

/** Holders by what identifies a port; a port has several such texts, and any of them in common is the same port. */
const holders = new Map<string, PortClaim>();

/**
 * A modem's right to a port, from its first opening until it is closed for good: two that open one port in turn throw
 * each other off without end, since a device server serves the newest, and a tty gives each a part of the bytes.
 */
export class PortClaim {
  readonly #port: string;
  readonly #holder: string;

  /** @param holder how sentences call the modem */
  constructor(port: string, holder: string) {
    this.#port = port;
    this.#holder = holder;
  }

  /** To be called before each opening: behind a path may be another device than before. @throws {ModemError} `MODEM_OFFLINE` */
  async take(): Promise<void> {
    const keys = await identities(this.#port);
    const other = keys.map((key) => holders.get(key)).find((holder) => holder !== undefined && holder !== this);
    if (other !== undefined) throw other.#isTaken(this.#port);
    this.release();
    for (const key of keys) holders.set(key, this);
  }

  release(): void {
    for (const [key, holder] of holders) if (holder === this) holders.delete(key);
  }

  #isTaken(wanted: string): NotReadyError {
    const link = wanted === this.#port ? "" : ` as ${shortPort(this.#port)}`;
    const words = `in use${link} by modem ${shortened(this.#holder)}`;
    const remedy = "Choose that modem in the nodes, or give this one a port of its own.";
    return new NotReadyError(
      "MODEM_OFFLINE",
      `Port ${shortPort(wanted)} is ${words}. ${remedy}`,
      `whose port is ${words}. ${remedy}`,
    );
  }
}

/** The text, and what it leads to: an address, or a device however many links lead there. */
async function identities(port: string): Promise<string[]> {
  switch (kindOfPort(port)) {
    case "simulated":
      return [port];
    case "tcp":
      return tcpIdentities(port);
    case "serial":
      return [port, ...(await deviceIdentities(port))];
  }
}

async function tcpIdentities(text: string): Promise<string[]> {
  const { host = text, port } = tcpAddress(text) ?? {};
  const found = await addressOf(host);
  const hosts = new Set([host.toLowerCase(), ...(found === undefined ? [] : [found.address])]);
  if (found?.address === "::1") hosts.add("127.0.0.1");
  return [...hosts].map((name) => `tcp ${name} ${port}`);
}

/** Undefined for a name that nobody knows in time. */
async function addressOf(host: string): Promise<LookupAddress | undefined> {
  if (isIP(host) !== 0) return { address: host, family: isIP(host) };
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, LOOKUP_LIMIT_MS, undefined);
    lookup(host)
      .catch(() => undefined)
      .then((found) => {
        clearTimeout(timer);
        resolve(found);
      });
  });
}

async function deviceIdentities(path: string): Promise<string[]> {
  const target = await realpath(path).catch(() => undefined);
  const { rdev = 0 } = (await stat(path).catch(() => undefined)) ?? {};
  return [...(target === undefined ? [] : [target]), ...(rdev === 0 ? [] : [`device ${rdev}`])];
}
