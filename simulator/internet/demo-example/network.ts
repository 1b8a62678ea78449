import { isIPv6 } from "node:net";
import { setImmediate } from "node:timers";
import type { OwnDatagrams, OwnInternet, StreamOptions, StreamSocket } from "../own-traffic";
import type { Endpoint } from "../tcp-udp/tcp-udp";
import { failure, WireEnd } from "./wire";

/** Ports that nobody has to ask for (RFC 6335 6). */
const DYNAMIC_PORTS = { first: 49_152, count: 16_384 };

type Accept = (socket: StreamSocket) => void;
type Receive = (bytes: Buffer, from: Endpoint) => void;

/** Who listens where in this process, and the connections and datagrams between them. No port of the machine is open. */
export class Network implements OwnInternet {
  readonly #listeners = new Map<string, Accept>();
  readonly #receivers = new Map<string, Receive>();
  readonly #modems: readonly string[];
  #last = 0;

  /** @param modems the addresses from which all modems come */
  constructor(modems: readonly string[]) {
    this.#modems = modems;
  }

  connect({ address, port, localPort = this.#dynamicPort(), allowHalfOpen = false }: StreamOptions): StreamSocket {
    const there = { address, port };
    return new WireEnd({ allowHalfOpen }, (end, done) => {
      const accept = this.#listeners.get(keyOf(there));
      if (accept === undefined) return done(failure("ECONNREFUSED", "connect", there));
      const served = new WireEnd({ allowHalfOpen: true });
      WireEnd.link(end, { address: this.#modemAddress(isIPv6(address)), port: localPort }, served, there);
      done();
      end.emit("connect");
      accept(served);
    });
  }

  listen(at: Endpoint, accept: Accept): () => void {
    return occupy(this.#listeners, at, accept, "listen");
  }

  bind(at: Endpoint | number, receive: Receive): OwnDatagrams {
    const from =
      typeof at === "number" ? { address: this.#modemAddress(false), port: at === 0 ? this.#dynamicPort() : at } : at;
    const close = occupy(this.#receivers, from, receive, "bind");
    const send = (bytes: Buffer, to: Endpoint): void => {
      // The sender may use its buffer again.
      const copy = Buffer.from(bytes);
      setImmediate(() => this.#receivers.get(keyOf(to))?.(copy, from));
    };
    return { send, close };
  }

  #modemAddress(ipv6: boolean): string {
    return this.#modems.find((address) => isIPv6(address) === ipv6) ?? "";
  }

  #dynamicPort(): number {
    this.#last = (this.#last + 1) % DYNAMIC_PORTS.count;
    return DYNAMIC_PORTS.first + this.#last;
  }
}

function occupy<T>(places: Map<string, T>, at: Endpoint, holder: T, action: string): () => void {
  const key = keyOf(at);
  if (places.has(key)) throw failure("EADDRINUSE", action, at);
  places.set(key, holder);
  return () => {
    if (places.get(key) === holder) places.delete(key);
  };
}

function keyOf({ address, port }: Endpoint): string {
  return `${address} ${port}`;
}
