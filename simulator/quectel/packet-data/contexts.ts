import { setMaxListeners } from "node:events";
import { isIP } from "node:net";
import { reachableFrom } from "../../cellular/addresses";
import type { Context, ContextDefinition } from "../../cellular/radio";
import { InternetError } from "../../internet/internet";
import type { Modem } from "../../modem";
import { TcpIpError, TcpIpFailure } from "../tcpip-errors";

/** HTTP manual 4.2: no more contexts than this can be active. */
const MOST_ACTIVE = 3;
const NO_SERVER = "0.0.0.0";

/** The contexts that +QIACT opened for the modem's own stack, in addition to the radio's state. */
export class Contexts {
  readonly #modem: Modem;
  readonly #opened = new Map<number, AbortController>();
  /** Dropped by the network: +QIDEACT has to come before the next +QIACT (TCP/IP manual, "pdpdeact"). */
  readonly #dropped = new Set<number>();
  readonly #configuredDns = new Map<number, readonly string[]>();
  /** Contexts that +QICSGP changed while active (context 1 is activated by the attach). */
  readonly #redefined = new Set<number>();

  readonly #closers: ((cid: number) => void)[] = [];

  constructor(modem: Modem) {
    this.#modem = modem;
    modem.radio.onDeactivated((cid, byNetwork) => this.#onDeactivated(cid, byNetwork));
  }

  define(context: ContextDefinition): void {
    this.#modem.radio.define(context);
    this.#redefined.add(context.cid);
  }

  /** @throws {TcpIpFailure} when it is undefined, active, dropped and not yet closed, one too many, or refused */
  async activate(cid: number): Promise<void> {
    const context = this.#modem.radio.contexts.get(cid);
    if (context === undefined) throw new TcpIpFailure(TcpIpError.apnNotConfigured);
    if (this.#opened.has(cid) || this.#dropped.has(cid)) throw new TcpIpFailure(TcpIpError.notAllowed);
    if (this.#opened.size >= MOST_ACTIVE) throw new TcpIpFailure(TcpIpError.openContext);
    if (this.#redefined.delete(cid)) this.#modem.radio.deactivate(cid);
    try {
      await this.#modem.radio.activate(cid);
    } catch {
      throw new TcpIpFailure(TcpIpError.openContext);
    }
    const lifetime = new AbortController();
    // Room for twelve sockets of each kind and other users of the context.
    setMaxListeners(0, lifetime.signal);
    this.#opened.set(cid, lifetime);
  }

  /** Calls back for each context that the host closes, open or not. */
  onClosed(listener: (cid: number) => void): void {
    this.#closers.push(listener);
  }

  /** Closing a context that is not open is not an error: the host must do so after a loss. */
  deactivate(cid: number): void {
    for (const tell of this.#closers) tell(cid);
    this.#dropped.delete(cid);
    this.#configuredDns.delete(cid);
    const opened = this.#opened.get(cid);
    if (opened === undefined) return;
    this.#opened.delete(cid);
    opened.abort();
    this.#modem.radio.deactivate(cid);
  }

  active(): Context[] {
    const all = [...this.#opened.keys()].map((cid) => this.#modem.radio.contexts.get(cid));
    return all.filter((context) => context !== undefined).sort((left, right) => left.cid - right.cid);
  }

  /** Fires when the context ends; undefined while it is not active. */
  signal(cid: number): AbortSignal | undefined {
    return this.#opened.get(cid)?.signal;
  }

  /** Primary and secondary: the host's, else the network's, else 0.0.0.0. */
  dnsServers(cid: number): [string, string] {
    const configured = this.#configuredDns.get(cid);
    const assigned = this.#opened.has(cid) ? this.#modem.radio.contexts.get(cid)?.dns : undefined;
    const [primary = NO_SERVER, secondary = NO_SERVER] = configured ?? assigned ?? [];
    return [primary, secondary];
  }

  /** Valid until the context is closed: activation restores the network's servers (HTTP manual 4.3). */
  setDnsServers(cid: number, servers: readonly string[]): void {
    this.#configuredDns.set(cid, servers);
  }

  /** Whether names can be resolved: the context is active and has a name server (HTTP manual 4.3). */
  canResolve(cid: number): boolean {
    return this.#opened.has(cid) && this.dnsServers(cid).some((server) => server !== NO_SERVER && server !== "::");
  }

  /**
   * The addresses of a host to connect to, reachable ones first. An address resolves to itself.
   * @throws {InternetError} `dns`, `connect` for addresses of the other family only
   */
  async lookup(cid: number, host: string): Promise<string[]> {
    this.#needServer(cid, host);
    const found = (await this.#modem.internet.lookup(host)).filter((address) => this.reaches(cid, address));
    if (found.length === 0) throw new InternetError("connect", `${host} is not of the context's IP type`);
    return this.#inOrder(cid, found);
  }

  /** Whether the context leads to an address of that family. */
  reaches(cid: number, address: string): boolean {
    return reachableFrom(this.#modem.radio.contexts.get(cid)?.addresses ?? [])(address);
  }

  /** The same to tell the modem's host. @throws {InternetError} `dns` */
  async resolve(cid: number, host: string): Promise<string[]> {
    this.#needServer(cid, host);
    return this.#inOrder(cid, await this.#modem.internet.resolve(host));
  }

  #needServer(cid: number, host: string): void {
    if (isIP(host) === 0 && !this.canResolve(cid)) throw new InternetError("dns", `no name server on context ${cid}`);
  }

  #inOrder(cid: number, found: readonly string[]): string[] {
    const preferred = this.#modem.radio.contexts.get(cid)?.type === "IPV6" ? 6 : 4;
    return [...found].sort((left, right) => Number(isIP(right) === preferred) - Number(isIP(left) === preferred));
  }

  #onDeactivated(cid: number, byNetwork: boolean): void {
    const opened = this.#opened.get(cid);
    if (opened === undefined) return;
    this.#opened.delete(cid);
    opened.abort();
    if (!byNetwork) return;
    this.#dropped.add(cid);
    this.#modem.urc(`+QIURC: "pdpdeact",${cid}`);
  }
}

export function contexts(modem: Modem): Contexts {
  return modem.service("quectel/contexts", (owner) => new Contexts(owner));
}
