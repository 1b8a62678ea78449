import { createSocket, type RemoteInfo } from "node:dgram";
import { once } from "node:events";
import type { SocketAddress } from "../driver/services/sockets/sockets";
import { RandomBytes } from "./random-bytes";
import type { Unpaced } from "./unpaced";

/** Bytes of the largest datagram of both models. */
const LARGEST = 1024;
/** Bytes under way at once: less than the 12 kB that LARA-R6 holds unread (guide 5.3.3), beyond which it drops datagrams. */
const WINDOW = 8 * 1024;

export interface Datagrams {
  readonly seed: number;
  readonly count: number;
}

export interface Exchanged {
  readonly datagrams: number;
  readonly bytes: number;
}

/** The datagrams of one direction: each is expected at the other end in its turn, whole and unchanged. */
class Sequence {
  readonly #random: RandomBytes;
  readonly #underWay: Buffer[] = [];
  #bytesUnderWay = 0;
  #wake: () => void = () => undefined;
  #fail: (error: Error) => void = () => undefined;
  arrived = 0;
  bytes = 0;

  constructor(
    readonly name: string,
    seed: number,
  ) {
    this.#random = new RandomBytes(seed);
  }

  take(): Buffer {
    const datagram = this.#random.next(1 + this.#random.below(LARGEST));
    this.#underWay.push(datagram);
    this.#bytesUnderWay += datagram.length;
    return datagram;
  }

  readonly arrive = (datagram: Uint8Array): void => {
    const expected = this.#underWay.shift();
    if (expected === undefined || !expected.equals(datagram)) {
      const wanted = expected === undefined ? "none" : `one of ${expected.length} bytes`;
      const text = `${this.name}: datagram ${this.arrived} has ${datagram.length} bytes and is not the one sent`;
      this.#fail(new Error(`${text} (${wanted} expected)`));
      return;
    }
    this.arrived += 1;
    this.bytes += expected.length;
    this.#bytesUnderWay -= expected.length;
    this.#wake();
  };

  /** Resolves when at most so many bytes are under way. */
  async settle(most: number): Promise<void> {
    while (this.#bytesUnderWay > most) {
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve;
        this.#fail = reject;
      });
    }
  }
}

/** A UDP socket of this machine. */
async function bind(onMessage: (data: Buffer, from: RemoteInfo) => void) {
  const socket = createSocket("udp4", onMessage);
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket;
}

/** Sends all, never more at once than what nobody on the way drops. */
async function sendAll(sequence: Sequence, count: number, send: (datagram: Buffer) => Promise<void>) {
  for (let sent = 0; sent < count; sent += 1) {
    await Promise.all([send(sequence.take()), sequence.settle(WINDOW - LARGEST)]);
  }
  await sequence.settle(0);
  return { datagrams: sequence.arrived, bytes: sequence.bytes };
}

/** Datagrams to a server that sends them back. */
export async function echo({ services }: Unpaced, { seed, count }: Datagrams): Promise<Exchanged> {
  const peer = await bind((data, { port, address }) => peer.send(data, port, address));
  const sequence = new Sequence("echo", seed);
  const events = { onData: sequence.arrive, onClosed: () => undefined };
  const socket = await services.sockets.openUdp({ timeout: 10_000 }, events);
  const to = { host: "127.0.0.1", port: peer.address().port };
  const result = await sendAll(sequence, count, (datagram) => socket.send(datagram, { to }));
  await socket.close();
  peer.close();
  return result;
}

/** Datagrams to a server that only listens. */
export async function up({ services }: Unpaced, { seed, count }: Datagrams): Promise<Exchanged> {
  const sequence = new Sequence("up", seed);
  const peer = await bind(sequence.arrive);
  const socket = await services.sockets.openUdp({ timeout: 10_000 }, silent());
  const to = { host: "127.0.0.1", port: peer.address().port };
  const result = await sendAll(sequence, count, (datagram) => socket.send(datagram, { to }));
  await socket.close();
  peer.close();
  return result;
}

/** Datagrams from a server, which a first one has told where to. */
export async function down({ services }: Unpaced, { seed, count }: Datagrams): Promise<Exchanged> {
  const sequence = new Sequence("down", seed);
  const peer = await bind(() => undefined);
  const events = { onData: sequence.arrive, onClosed: () => undefined };
  const socket = await services.sockets.openUdp({ timeout: 10_000 }, events);
  const greeted = once(peer, "message") as Promise<[Buffer, RemoteInfo]>;
  await socket.send(Buffer.from("here"), { to: { host: "127.0.0.1", port: peer.address().port } });
  const [, { port, address }] = await greeted;
  const send = (datagram: Buffer) =>
    new Promise<void>((resolve) => peer.send(datagram, port, address, () => resolve()));
  const result = await sendAll(sequence, count, send);
  await socket.close();
  peer.close();
  return result;
}

const silent = () => ({ onData: (_data: Buffer, _from: SocketAddress) => undefined, onClosed: () => undefined });
