import { isIP } from "node:net";
import type { Internet } from "./internet";
import { openStream, ownAddresses, ownInternet } from "./own-internet";

/**
 * Routers between the simulated cell and any host. Node's sockets neither set nor show an ICMP TTL, so a request with a
 * TTL below this gets lost on the way, and a reply arrives with 64 minus this.
 */
export const HOPS = 12;
const TTL_OF_REPLIES = 64;

/** A host that drops packets to closed ports usually serves one of these; others refuse, which proves them too. */
const PROBED_PORTS = [80, 443, 7];

export interface PingOptions {
  /** ms to wait for the reply */
  readonly timeout: number;
  /** TTL of the request, 1-255 */
  readonly ttl: number;
  readonly signal: AbortSignal;
}

export type PingOutcome =
  | { readonly kind: "reply" /** ms, at least 1 */; readonly rtt: number /** of the reply */; readonly ttl: number }
  | { readonly kind: "timeout" }
  | { readonly kind: "ttl-exceeded" };

/**
 * Tells whether the host at `address` is alive. ICMP needs rights that a program rarely has, so this is a TCP probe:
 * both an accepted and a refused connection prove the host.
 */
export async function ping(internet: Internet, address: string, options: PingOptions): Promise<PingOutcome> {
  if (isIP(address) === 0) throw new TypeError(`ping takes an address, not "${address}"`);
  if (options.ttl < HOPS) {
    await internet.delay(options.signal);
    return { kind: "ttl-exceeded" };
  }
  const start = performance.now();
  await internet.delay(options.signal);
  const left = Math.max(1, options.timeout - (performance.now() - start));
  const probes = PROBED_PORTS.map((port) => probe(internet.target(address, port), left, options.signal));
  const alive = await Promise.any(probes).catch(() => false);
  const rtt = Math.max(1, Math.round(performance.now() - start));
  if (!alive || rtt > options.timeout) return { kind: "timeout" };
  return { kind: "reply", rtt, ttl: TTL_OF_REPLIES - HOPS };
}

/** Resolves if the host answered; rejects if it did not. */
async function probe(end: { host: string; port: number }, timeout: number, signal: AbortSignal): Promise<true> {
  const [address = end.host] = ownAddresses(end.host) ?? [];
  const own = await ownInternet(address);
  return new Promise((resolve, reject) => {
    const socket = openStream({ address, port: end.port }, own);
    const leave = (settle: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", giveUp);
      socket.destroy();
      settle();
    };
    const giveUp = () => leave(() => reject(new Error("no answer")));
    const timer = setTimeout(giveUp, timeout);
    signal.addEventListener("abort", giveUp, { once: true });
    socket.once("connect", () => leave(() => resolve(true)));
    socket.on("error", (error: NodeJS.ErrnoException) => {
      leave(() => (error.code === "ECONNREFUSED" ? resolve(true) : reject(error)));
    });
  });
}
