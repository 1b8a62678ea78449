import { isIP } from "node:net";
import { now } from "../../at/clock";

/** How long an address stands for a name: the modems don't tell how long DNS allows. */
const LIFETIME_MS = 60_000;

/** Finds the address of a name. @throws {ModemError} `DNS_FAILED`, … */
export type Resolve<S> = (host: string, signal: S) => Promise<string>;

/** Remembers the addresses of names: datagrams mostly go to one server, and asking the modem may take a minute. */
export class NameCache<S extends AbortSignal | undefined> {
  readonly #resolve: Resolve<S>;
  readonly #most: number;
  readonly #known = new Map<string, { readonly address: string; readonly until: number }>();

  /** @param most names that are remembered; the one that was asked for longest ago goes first */
  constructor(resolve: Resolve<S>, most: number) {
    this.#resolve = resolve;
    this.#most = most;
  }

  /** @throws what `resolve` does */
  async resolve(host: string, signal: S): Promise<string> {
    if (isIP(host) !== 0) return host;
    const known = this.#known.get(host);
    if (known !== undefined && known.until > now()) return known.address;
    const address = await this.#resolve(host, signal);
    this.#known.delete(host);
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size >= this.#most) this.#known.delete(oldest);
    this.#known.set(host, { address, until: now() + LIFETIME_MS });
    return address;
  }
}
