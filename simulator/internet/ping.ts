import { connect, isIP } from "node:net";
import type { Network } from "./network";

/**
 * Routers between the simulated cell and any host. Node's sockets neither send nor show an ICMP TTL, so a request
 * with a TTL below this dies on the way, and a reply that left with 64 comes in with the rest.
 */
export const HOPS = 12;
const TTL_OF_REPLIES = 64;

/** Hosts that drop what they don't serve still answer on one of these; the others refuse, which is as good a proof. */
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
 * a connection that is accepted and one that is refused both prove the host.
 */
export async function ping(network: Network, address: string, options: PingOptions): Promise<PingOutcome> {
  if (isIP(address) === 0) throw new TypeError(`ping takes an address, not "${address}"`);
  if (options.ttl < HOPS) {
    await network.delay(options.signal);
    return { kind: "ttl-exceeded" };
  }
  const start = performance.now();
  await network.delay(options.signal);
  const left = Math.max(1, options.timeout - (performance.now() - start));
  const probes = PROBED_PORTS.map((port) => probe(network.target(address, port), left, options.signal));
  const alive = await Promise.any(probes).catch(() => false);
  const rtt = Math.max(1, Math.round(performance.now() - start));
  if (!alive || rtt > options.timeout) return { kind: "timeout" };
  return { kind: "reply", rtt, ttl: TTL_OF_REPLIES - HOPS };
}

/** Resolves when the host showed itself, rejects when it did not. */
function probe(end: { host: string; port: number }, timeout: number, signal: AbortSignal): Promise<true> {
  return new Promise((resolve, reject) => {
    const socket = connect(end);
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
