import type { Troubles } from "./troubles";

export { InternetError, type InternetFailure } from "./internet-error";

/** `--route NAME:PORT=HOST:PORT`; port undefined means `*`. */
export interface Route {
  readonly name: string;
  readonly port: number | undefined;
  readonly target: { readonly host: string; readonly port: number | undefined };
}

/**
 * The internet for the modem's own clients, redirected by routes and delayed by latency: the hosts that this process
 * plays (`own-internet.ts`), and real sockets of this machine for all others.
 */
export interface Internet {
  /** What to connect to for the name or address and port that a client asked for. */
  target(host: string, port: number): { host: string; port: number };
  /** Addresses of a name (own hosts, then a route's target, then DNS), to connect to. @throws {InternetError} `dns` */
  lookup(host: string): Promise<string[]>;
  /** The same for the modem's host; if it later uses one of the addresses, `target` applies the name's routes. */
  resolve(host: string): Promise<string[]>;
  /** Name of an address (a route's name first, then DNS). @throws {InternetError} `dns` */
  reverse(address: string): Promise<string>;
  /** Waits the added latency. */
  delay(signal?: AbortSignal): Promise<void>;
  /** What goes wrong on demand; nothing if left out. */
  readonly troubles?: Troubles;
}
