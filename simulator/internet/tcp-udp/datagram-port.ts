import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import { ownAddresses, ownInternet, shortest } from "../own-internet";
import type { OwnDatagrams } from "../own-traffic";
import type { Endpoint } from "./tcp-udp";

/** Ports that nobody has to ask for (RFC 6335 6). */
const DYNAMIC_PORTS = { first: 49_152, count: 16_384 };
let lastPort = Math.floor(Math.random() * DYNAMIC_PORTS.count);

/** Where a socket of this machine is bound, unless its port was asked for elsewhere. */
const LOOPBACK = { udp4: "127.0.0.1", udp6: "::1" };
type Family = keyof typeof LOOPBACK;
type Reach = "loopback" | "beyond";
/** Peers on other machines that have a port of their own here; the first in line goes when there are more. */
const MOST_PEERS = 64;

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
  readonly #peers = new Map<string, Promise<Socket>>();
  #broadcast = false;
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
      await Promise.all(families.map((family) => result.#socket(family, "loopback", LOOPBACK[family])));
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
    const beyond = isLoopback(to.address) ? undefined : this.#sockets.get(`${family} beyond`);
    const isPeer = beyond === undefined && !isLoopback(to.address);
    const socket = await (isPeer ? this.#peer(family, to) : (beyond ?? this.#socket(family, "loopback")));
    if (this.#closed) return;
    if (isPeer) socket.send(bytes);
    else socket.send(bytes, to.port, to.address);
  }

  close(): void {
    this.#closed = true;
    this.#own?.close();
    for (const socket of this.#all) void socket.then((open) => open.close()).catch(() => undefined);
  }

  get #all(): readonly Promise<Socket>[] {
    return [...this.#sockets.values(), ...this.#peers.values()];
  }

  setBroadcast(on: boolean): void {
    this.#broadcast = on;
    this.#set("broadcast", (socket) => socket.setBroadcast(on));
  }

  setTtl(hops: number): void {
    this.#set("ttl", (socket) => socket.setTTL(hops));
  }

  /** An option is for a socket of this machine: it takes one, if there is none yet. */
  #set(name: string, apply: (socket: Socket) => void): void {
    this.#settings.set(name, apply);
    if (this.#sockets.size === 0 && this.#own === undefined) void this.#socket("udp4", "loopback");
    for (const socket of this.#all) void socket.then(apply).catch(() => undefined);
  }

  /** A port that hears one peer on another machine only: nobody else out there reaches the modem. */
  #peer(family: Family, to: Endpoint): Promise<Socket> {
    const key = `${to.address} ${to.port}`;
    const known = this.#peers.get(key);
    if (known !== undefined) return known;
    const opening = connect(family, to, this.#broadcast).then((socket) => this.#admit(socket));
    this.#peers.set(key, opening);
    opening.catch(() => this.#peers.delete(key));
    const [oldest] = this.#peers;
    if (this.#peers.size > MOST_PEERS && oldest !== undefined) {
      this.#peers.delete(oldest[0]);
      void oldest[1].then((socket) => socket.close()).catch(() => undefined);
    }
    return opening;
  }

  #admit(socket: Socket): Socket {
    socket.on("message", (bytes, { address, port }) => this.#receive(bytes, { address, port }));
    for (const apply of this.#settings.values()) apply(socket);
    if (this.#closed) socket.close();
    return socket;
  }

  /** @param asked the modem's host asked for the port: it is this one, at that address */
  #socket(family: Family, reach: Reach, asked?: string): Promise<Socket> {
    const key = `${family} ${reach}`;
    const known = this.#sockets.get(key);
    if (known !== undefined) return known;
    const address = asked ?? LOOPBACK[family];
    const opening = bind(family, { address, port: this.port })
      .catch((error: unknown) => (asked === undefined ? bind(family, { address, port: 0 }) : Promise.reject(error)))
      .then((socket) => this.#admit(socket));
    this.#sockets.set(key, opening);
    return opening;
  }
}

function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}

function bind(family: Family, end: Endpoint): Promise<Socket> {
  return opened(createSocket(family), (socket, done) => socket.bind({ ...end, exclusive: true }, done));
}

/** @param broadcast the system refuses broadcast addresses to a socket that was not bound and allowed to before */
async function connect(family: Family, { address, port }: Endpoint, broadcast: boolean): Promise<Socket> {
  const socket = createSocket(family);
  if (broadcast) {
    await opened(socket, (unbound, done) => unbound.bind({ port: 0, exclusive: true }, done));
    socket.setBroadcast(true);
  }
  return opened(socket, (unconnected, done) => unconnected.connect(port, address, done));
}

/** Errors close it; those about earlier datagrams, once it is open, don't matter. */
function opened(socket: Socket, open: (socket: Socket, done: () => void) => void): Promise<Socket> {
  return new Promise((resolve, reject) => {
    socket.once("error", (error) => {
      socket.close();
      reject(error);
    });
    open(socket, () => {
      socket.removeAllListeners("error");
      socket.on("error", () => undefined);
      resolve(socket);
    });
  });
}
