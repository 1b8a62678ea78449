import { stopWait, wait } from "../../clock";
import { deferred } from "../../deferred";
import type { PromptOptions } from "../command";

const CTRL_Z = 0x1a;
const ESC = 0x1b;

/** Collects the bytes that a prompt asked for. */
export class Upload {
  readonly #timeout: number | undefined;
  readonly #options: PromptOptions;
  readonly #outcome = deferred<Buffer>();
  readonly done = this.#outcome.promise;
  readonly #parts: Buffer[] = [];
  #missing: number;
  /** Bytes that a typed text may still have; it ends with Ctrl-Z. */
  #room: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    length: number,
    /** ms */
    timeout: number | undefined,
    options: PromptOptions = {},
  ) {
    this.#timeout = timeout;
    this.#options = options;
    this.#missing = length;
    this.#room = length;
    if (length === 0) this.end();
    else this.#watch();
  }

  /** Bytes. */
  get missing(): number {
    return this.#missing;
  }

  get complete(): boolean {
    return this.#missing === 0;
  }

  /** Takes its own bytes and returns the rest. */
  feed(bytes: Buffer): Buffer {
    return this.#options.typed === undefined ? this.#count(bytes) : this.#type(bytes, this.#options.typed.cancelled);
  }

  #count(bytes: Buffer): Buffer {
    const own = bytes.subarray(0, this.#missing);
    this.#parts.push(own);
    this.#missing -= own.length;
    this.#options.received?.(own.length);
    if (this.#options.idleTimeout === true) this.#watch();
    if (this.complete) this.end();
    return bytes.subarray(own.length);
  }

  #type(bytes: Buffer, cancelled: Error): Buffer {
    const end = bytes.findIndex((byte) => byte === CTRL_Z || byte === ESC);
    const own = bytes.subarray(0, end < 0 ? bytes.length : end);
    this.#parts.push(own.subarray(0, this.#room));
    this.#room -= Math.min(this.#room, own.length);
    if (end < 0) return Buffer.alloc(0);
    if (bytes[end] === CTRL_Z) this.end();
    else this.abandon(cancelled);
    return bytes.subarray(end + 1);
  }

  /** Ends with the bytes so far, except the last `without` ones, which turned out not to be data. */
  end(without = 0): void {
    stopWait(this.#timer);
    this.#missing = 0;
    const bytes = Buffer.concat(this.#parts);
    this.#outcome.resolve(bytes.subarray(0, bytes.length - without));
  }

  /** The host is gone: bytes that were counted end here, a text that has no end is not meant. */
  hangUp(): void {
    if (this.#options.typed === undefined) this.end();
    else this.abandon(this.#options.typed.cancelled);
  }

  abandon(reason: Error): void {
    stopWait(this.#timer);
    this.#missing = 0;
    this.#outcome.reject(reason);
  }

  #watch(): void {
    if (this.#timeout === undefined) return;
    stopWait(this.#timer);
    this.#timer = wait(() => this.end(), this.#timeout);
  }
}
