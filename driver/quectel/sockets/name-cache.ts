import { isIP } from "node:net";

/** ms for which an address is used without asking again; DNS has its own times, which +QIDNSGIP doesn't tell for all. */
const LIFETIME = 60_000;

type Resolve = (host: string, signal: AbortSignal | undefined) => Promise<{ address: string }>;

/** Remembers the address of the last name: datagrams mostly go to one server, and asking takes up to 60 s. */
export class NameCache {
  readonly #resolve: Resolve;
  #last: { readonly host: string; readonly address: string; readonly until: number } | undefined;

  constructor(resolve: Resolve) {
    this.#resolve = resolve;
  }

  /** @throws {ModemError} `DNS_FAILED`, … */
  async resolve(host: string, signal: AbortSignal | undefined): Promise<string> {
    if (isIP(host) !== 0) return host;
    const last = this.#last;
    if (last?.host === host && performance.now() < last.until) return last.address;
    const { address } = await this.#resolve(host, signal);
    this.#last = { host, address, until: performance.now() + LIFETIME };
    return address;
  }
}
