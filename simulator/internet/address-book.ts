import { isIP, isIPv6 } from "node:net";
import type { Route } from "./internet";
import { plainName } from "./route";

/** Networks reserved for benchmarks (RFC 2544, RFC 5180): no real host has an address in them. */
const STAND_IN_IPV4 = "198.18.0.";
const STAND_IN_IPV6 = "2001:2::";

/**
 * The addresses of routed names that the host was told, so that a connection to such an address goes where one to the
 * name would. If the routes of two names with one address contradict each other, the later name gets a stand-in
 * address.
 */
export class AddressBook {
  readonly #routes: readonly Route[];
  readonly #names = new Map<string, Set<string>>();
  readonly #standIns = new Map<string, string>();
  #count = 0;

  constructor(routes: readonly Route[]) {
    this.#routes = routes;
  }

  /** The addresses to tell the host for a name with the `real` ones. */
  tell(host: string, real: readonly string[]): string[] {
    const name = plainName(host);
    if (isIP(name) !== 0 || this.#routesOf(name).length === 0) return [...real];
    const told = real.some((address) => this.#contradicts(name, address)) ? [this.#standIn(name, real)] : [...real];
    for (const address of told) this.#names.set(address, (this.#names.get(address) ?? new Set()).add(name));
    return told;
  }

  /** The name that an address stands in for. */
  nameOf(address: string): string | undefined {
    const [name] = this.#names.get(address) ?? [];
    return [...this.#standIns.values()].includes(address) ? name : undefined;
  }

  /**
   * Where a name or address and a port lead; undefined: no route. An exact port takes precedence over `*`, and an
   * address's own routes over those of its names.
   */
  target(host: string, port: number): { host: string; port: number } | undefined {
    const names = [host, ...(this.#names.get(host) ?? [])];
    const route = this.#best([host], port) ?? this.#best(names, port);
    if (route !== undefined) return { host: route.target.host, port: route.target.port ?? port };
    // Only this modem knows the stand-in address: without a route for the port, use the name.
    const name = this.nameOf(host);
    const usual = name === undefined ? undefined : this.#routesOf(name)[0];
    return usual === undefined ? undefined : { host: usual.target.host, port };
  }

  #best(names: readonly string[], port: number): Route | undefined {
    const candidates = names.flatMap((name) => this.#routesOf(name));
    return candidates.find((route) => route.port === port) ?? candidates.find((route) => route.port === undefined);
  }

  #routesOf(name: string): readonly Route[] {
    return this.#routes.filter((route) => route.name === name);
  }

  #contradicts(name: string, address: string): boolean {
    const others = [address, ...(this.#names.get(address) ?? [])].filter((other) => other !== name);
    return others.some((other) =>
      this.#routesOf(other).some((route) => this.#routesOf(name).some((own) => contradict(own, route))),
    );
  }

  #standIn(name: string, real: readonly string[]): string {
    const known = this.#standIns.get(name);
    if (known !== undefined) return known;
    this.#count += 1;
    const net = real.every((address) => isIPv6(address)) ? STAND_IN_IPV6 : STAND_IN_IPV4;
    const address = `${net}${this.#count}`;
    this.#standIns.set(name, address);
    return address;
  }
}

/** Both apply to one port and lead to different targets. */
function contradict(left: Route, right: Route): boolean {
  const overlap = left.port === right.port || left.port === undefined || right.port === undefined;
  const same = left.target.host === right.target.host && left.target.port === right.target.port;
  return overlap && !same;
}
