import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import { ownAddresses, ownInternet, shortest } from "../own-internet";
import type { OwnDatagrams } from "../own-traffic";
import type { Endpoint } from "./tcp-udp";

/** Ports that nobody has to ask for (RFC 6335 6). */
const DYNAMIC_PORTS = { first: 49_152, count: 16_384 };
let lastPort = Math.floor(Math.random() * DYNAMIC_PORTS.count);

/** Where a socket of this machine is bound: only what goes beyond the machine needs more than loopback. */
const BOUND_TO = { udp4: { loopback: "127.0.0.1", beyond: "0.0.0.0" }, udp6: { loopback: "::1", beyond: "::" } };
type Family = keyof typeof BOUND_TO;
type Reach = keyof (typeof BOUND_TO)[Family];

export interface DatagramPortOptions {
  /** Where its own port is, an address or one of the own hosts; any free port if left out. */
  readonly at?: Endpoint;
  readonly ipv6: boolean;
  readonly receive: (bytes: Buffer, from: Endpoint) => void;
}

/**
 * Where the datagrams of a UDP socket go out and come in. A port of this machine is open only if the modem's host asked
 * for one, or from the first datagram that leaves this process.
 */
export class DatagramPort {
  /** The port of this end. */
  readonly port: number;
  readonly #receive: DatagramPortOptions["receive"];
  readonly #sockets = new Map<string, Promise<Socket>>();
  readonly #settings = new Map<string, (socket: Socket) => void>();
  #own: OwnDatagrams | undefined;
  #closed = false;

  private constructor(port: number, receive: DatagramPortOptions["receive"]) {
    this.port = port;
    this.#receive = receive;
  }

  /** @throws errors of Node's sockets, such as `EADDRINUSE` */
  static async open({ at, ipv6, receive }: DatagramPortOptions): Promise<DatagramPort> {
    if (at === undefined) {
      lastPort = (lastPort + 1) % DYNAMIC_PORTS.count;
      return new DatagramPort(DYNAMIC_PORTS.first + lastPort, receive);
    }
    const [address = at.address] = ownAddresses(at.address) ?? [];
    const own = await ownInternet(address);
    const result = new DatagramPort(at.port, receive);
    if (own !== undefined) result.#own = own.bind({ address, port: at.port }, receive);
    else if (!isLoopback(address)) await result.#socket(isIPv6(address) ? "udp6" : "udp4", "beyond", address);
    else {
      const families: readonly Family[] = ipv6 ? ["udp4", "udp6"] : ["udp4"];
      await Promise.all(families.map((family) => result.#socket(family, "loopback", BOUND_TO[family].loopback)));
    }
    return result;
  }

  /** Whether it arrives is unknown. */
  async send(bytes: Buffer, to: Endpoint): Promise<void> {
    const own = await ownInternet(to.address);
    if (this.#closed) return;
    if (own !== undefined) {
      this.#own ??= own.bind(this.port, this.#receive);
      this.#own.send(bytes, { ...to, address: shortest(to.address) });
      return;
    }
    const family = isIPv6(to.address) ? "udp6" : "udp4";
    const socket = await this.#socket(family, isLoopback(to.address) ? "loopback" : "beyond");
    if (!this.#closed) socket.send(bytes, to.port, to.address);
  }

  close(): void {
    this.#closed = true;
    this.#own?.close();
    for (const socket of this.#sockets.values()) void socket.then((open) => open.close()).catch(() => undefined);
  }

  setBroadcast(on: boolean): void {
    this.#set("broadcast", (socket) => socket.setBroadcast(on));
  }

  setTtl(hops: number): void {
    this.#set("ttl", (socket) => socket.setTTL(hops));
  }

  /** An option is for a socket of this machine: it takes one, if there is none yet. */
  #set(name: string, apply: (socket: Socket) => void): void {
    this.#settings.set(name, apply);
    if (this.#sockets.size === 0 && this.#own === undefined) void this.#socket("udp4", "loopback");
    for (const socket of this.#sockets.values()) void socket.then(apply).catch(() => undefined);
  }

  /** @param asked the modem's host asked for the port: it is this one, at that address */
  #socket(family: Family, reach: Reach, asked?: string): Promise<Socket> {
    const key = `${family} ${reach}`;
    const known = this.#sockets.get(key);
    if (known !== undefined) return known;
    const address = asked ?? BOUND_TO[family][reach];
    const opening = bind(family, { address, port: this.port })
      .catch((error: unknown) => (asked === undefined ? bind(family, { address, port: 0 }) : Promise.reject(error)))
      .then((socket) => {
        socket.on("message", (bytes, { address, port }) => this.#receive(bytes, { address, port }));
        for (const apply of this.#settings.values()) apply(socket);
        if (this.#closed) socket.close();
        return socket;
      });
    this.#sockets.set(key, opening);
    return opening;
  }
}

function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}

function bind(family: Family, { address, port }: Endpoint): Promise<Socket> {
  const socket = createSocket(family);
  return new Promise((resolve, reject) => {
    socket.once("error", (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address, port }, () => {
      socket.removeAllListeners("error");
      // Errors about earlier datagrams don't matter: the socket is not connected.
      socket.on("error", () => undefined);
      resolve(socket);
    });
  });
}
