import { Duplex, type DuplexOptions } from "node:stream";
import { clearTimeout, setImmediate, setTimeout } from "node:timers";
import type { StreamSocket } from "../own-traffic";
import type { Endpoint } from "../tcp-udp/tcp-udp";

/** Bytes of one portion: about what a socket gives at once. */
const PORTION = 16 * 1024;

/** An error as Node's sockets have it. */
export function failure(code: string, action: string, { address, port }: Endpoint): NodeJS.ErrnoException {
  return Object.assign(new Error(`${action} ${code} ${address}:${port}`), { code, syscall: action, address, port });
}

/**
 * One end of a connection within this process, with what users of a TCP socket expect: back pressure, half-open ends,
 * resets, silence that is noticed. Every portion takes a turn of the event loop, as on a network.
 */
export class WireEnd extends Duplex implements StreamSocket {
  remoteAddress: string | undefined;
  remotePort: number | undefined;
  localAddress: string | undefined;
  localPort: number | undefined;
  readonly #open: ((end: WireEnd, done: (error?: Error) => void) => void) | undefined;
  #peer: WireEnd | undefined;
  /** Goes on with what the peer sends once this end reads again. */
  #more: (() => void) | undefined;
  #reset = false;
  #silence = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param open links this end to a peer, or says why that can't be; left out for an end that is linked already */
  constructor(options: DuplexOptions, open?: (end: WireEnd, done: (error?: Error) => void) => void) {
    super(options);
    this.#open = open;
  }

  /** Makes two ends one connection. */
  static link(left: WireEnd, leftAt: Endpoint, right: WireEnd, rightAt: Endpoint): void {
    left.#join(right, leftAt, rightAt);
    right.#join(left, rightAt, leftAt);
  }

  override _construct(done: (error?: Error | null) => void): void {
    setImmediate(() => {
      const open = this.#open;
      if (this.destroyed || open === undefined) done();
      else open(this, done);
    });
  }

  override _read(): void {
    const more = this.#more;
    this.#more = undefined;
    more?.();
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#stir();
    const next = (rest: Buffer): void => {
      const peer = this.#peer;
      if (this.destroyed || peer === undefined || rest.length === 0) done();
      else if (peer.destroyed) done(this.#failure("EPIPE", "write"));
      else peer.#take(rest.subarray(0, PORTION), () => setImmediate(next, rest.subarray(PORTION)));
    };
    setImmediate(next, bytes);
  }

  override _final(done: () => void): void {
    const peer = this.#peer;
    if (peer !== undefined && !peer.destroyed) peer.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#timer);
    this._read();
    const peer = this.#peer;
    if (peer !== undefined && !peer.destroyed) setImmediate(() => peer.#left(this.#reset));
    done(error);
  }

  setTimeout(timeout: number, onTimeout?: () => void): this {
    if (onTimeout !== undefined) {
      if (timeout === 0) this.off("timeout", onTimeout);
      else this.once("timeout", onTimeout);
    }
    this.#silence = timeout;
    this.#stir();
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  /** The peer loses what it has not read yet. */
  resetAndDestroy(): this {
    this.#reset = true;
    return this.destroy();
  }

  /** After what was written. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy());
  }

  #join(peer: WireEnd, own: Endpoint, remote: Endpoint): void {
    this.#peer = peer;
    this.localAddress = own.address;
    this.localPort = own.port;
    this.remoteAddress = remote.address;
    this.remotePort = remote.port;
  }

  /** @param more called once this end has room again */
  #take(bytes: Buffer, more: () => void): void {
    this.#stir();
    if (this.readableEnded || this.push(bytes)) more();
    else this.#more = more;
  }

  /** The peer has gone. */
  #left(byReset: boolean): void {
    if (this.destroyed) return;
    if (byReset) this.destroy(this.#failure("ECONNRESET", "read"));
    else if (this.#peer?.writableFinished === false) this.push(null);
  }

  #failure(code: string, action: string): NodeJS.ErrnoException {
    return failure(code, action, { address: this.remoteAddress ?? "", port: this.remotePort ?? 0 });
  }

  /** Counts the silence anew. */
  #stir(): void {
    clearTimeout(this.#timer);
    if (this.#silence > 0 && !this.destroyed) {
      this.#timer = setTimeout(() => this.emit("timeout"), this.#silence);
      this.#timer.unref();
    }
  }
}
