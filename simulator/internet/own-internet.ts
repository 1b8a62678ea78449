import { connect, isIPv6 } from "node:net";
import type { OwnInternet, StreamOptions, StreamSocket } from "./own-traffic";
import { plainName } from "./route";

/**
 * The hosts that this process plays itself, so that a modem has somebody to talk to where there is no network. Their
 * names and addresses are those for documentation (RFC 2606 3, RFC 5737, RFC 3849): no real host has them.
 */
export const OWN_HOSTS: Readonly<Record<string, readonly string[]>> = {
  // Its services are in `demo-example/`.
  "demo.example": ["192.0.2.80", "2001:db8::80"],
  // Has none of its own: a modem that listens can stand there.
  "meter.example": ["192.0.2.70", "2001:db8::70"],
  // All modems are behind it, as behind the address translation of a mobile network.
  "modems.example": ["192.0.2.200", "2001:db8::200"],
};

/** The addresses of one of the own hosts, by its name. */
export function ownAddresses(host: string): readonly string[] | undefined {
  const name = plainName(host);
  return Object.hasOwn(OWN_HOSTS, name) ? OWN_HOSTS[name] : undefined;
}

/** The name of one of the own hosts, by its address. */
export function ownName(address: string): string | undefined {
  const plain = shortest(plainName(address));
  return Object.keys(OWN_HOSTS).find((name) => OWN_HOSTS[name]?.includes(plain));
}

/** Undefined where `address` is that of a real host. Loaded when it is first needed: most gateways never do. */
export async function ownInternet(address: string): Promise<OwnInternet | undefined> {
  if (ownName(address) === undefined) return undefined;
  loading ??= import("./demo-example/demo-example.js").then(({ createDemoInternet }) => createDemoInternet(OWN_HOSTS));
  return await loading;
}

/** One for all modems of this process, so that they can reach each other. */
let loading: Promise<OwnInternet> | undefined;

/** Connects within this process where there is such an internet, else by a socket of this machine. */
export function openStream(to: StreamOptions, own: OwnInternet | undefined): StreamSocket {
  if (own !== undefined) return own.connect({ ...to, address: shortest(to.address) });
  const { address: host, ...options } = to;
  return connect({ ...options, host });
}

/** IPv6 has many ways to write an address; the URL standard has one (RFC 5952). */
export function shortest(address: string): string {
  return isIPv6(address) && !address.includes("%") ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}
