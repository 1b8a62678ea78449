import type { Endpoint } from "./tcp-udp";

export interface Datagram {
  readonly from: Endpoint;
  readonly bytes: Buffer;
}

/** Datagrams that wait to be read, as many bytes as there is room for. */
export class DatagramQueue {
  readonly #room: number;
  readonly #waiting: Datagram[] = [];
  #unread = 0;
  #received = 0;

  /** @param room bytes */
  constructor(room: number) {
    this.#room = room;
  }

  /** Bytes of all datagrams that wait. */
  get unread(): number {
    return this.#unread;
  }

  /** Bytes that were ever stored. */
  get received(): number {
    return this.#received;
  }

  /** The oldest one, or what is left of it. */
  get first(): Datagram | undefined {
    return this.#waiting[0];
  }

  /** @returns false if there is no room: it is lost */
  push(datagram: Datagram): boolean {
    const { length } = datagram.bytes;
    if (this.#unread + length > this.#room) return false;
    this.#waiting.push(datagram);
    this.#unread += length;
    this.#received += length;
    return true;
  }

  /** At most `most` bytes of the oldest datagram; the rest of it stays. */
  read(most: number): Datagram | undefined {
    const head = this.#waiting.shift();
    if (head === undefined) return undefined;
    const bytes = head.bytes.subarray(0, most);
    if (bytes.length < head.bytes.length) this.#waiting.unshift({ ...head, bytes: head.bytes.subarray(most) });
    this.#unread -= bytes.length;
    return { from: head.from, bytes };
  }
}
