import { promises as dns } from "node:dns";
import { isIP } from "node:net";
import { InternetError, type Route } from "./internet";
import { ownAddresses, ownName } from "./own-internet";
import { plainName } from "./route";

/**
 * Addresses of a name: an address is its own answer, the hosts of this process have theirs, a routed name has the
 * address of its target, any other goes to this machine's resolver.
 * @throws {InternetError} `dns`
 */
export async function forwardLookup(host: string, routes: readonly Route[]): Promise<string[]> {
  const name = plainName(host);
  const own = ownAddresses(name);
  if (own !== undefined) return [...own];
  const routed = routes.find((route) => route.name === name)?.target.host ?? name;
  if (isIP(routed) !== 0) return [routed];
  if (routed === "") throw new InternetError("dns", "empty host name");
  // There is no such name anywhere (RFC 6761 6.4): a resolver without a network may take long to say so.
  if (/(^|\.)invalid$/.test(routed)) throw new InternetError("dns", `${name}: ENOTFOUND`);
  try {
    const found = await dns.lookup(routed, { all: true });
    // IPv4 first: the modems' clients prefer it by default.
    return found.sort((a, b) => a.family - b.family).map((entry) => entry.address);
  } catch (error) {
    throw new InternetError("dns", `${name}: ${reason(error)}`);
  }
}

/**
 * Name of an address: that of a host of this process, or of the first route that leads there, otherwise from this
 * machine's resolver.
 * @throws {InternetError} `dns`
 */
export async function reverseLookup(address: string, routes: readonly Route[]): Promise<string> {
  const plain = plainName(address);
  const own = ownName(plain);
  if (own !== undefined) return own;
  const route = routes.find((entry) => entry.target.host === plain && isIP(entry.name) === 0);
  if (route !== undefined) return route.name;
  try {
    const { hostname } = await dns.lookupService(plain, 0);
    if (hostname !== plain) return hostname;
  } catch (error) {
    throw new InternetError("dns", `${plain}: ${reason(error)}`);
  }
  throw new InternetError("dns", `${plain}: no name known`);
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
