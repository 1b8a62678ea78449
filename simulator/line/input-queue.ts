import type { Arrival } from "./pacer";

/** Bytes from the host, and when they arrived. */
export interface Portion {
  readonly bytes: Buffer;
  readonly arrival: Arrival;
}

/** Bytes that a host may send ahead. */
const MAX_QUEUED_BYTES = 64 * 1024;

/** Unprocessed input; in strict mode without bytes that arrived too soon. */
export class InputQueue {
  readonly #strict: boolean;
  #portions: Portion[] = [];
  #size = 0;
  #deafUntil = Number.NEGATIVE_INFINITY;

  constructor(
    /** Whether characters that arrive too soon after a result or a prompt are lost. */
    strict: boolean,
  ) {
    this.#strict = strict;
  }

  push(bytes: Buffer, arrival: Arrival): void {
    const heard = this.#withoutTooSoon({ bytes, arrival });
    // A portion for an upload is taken at once, however long it is.
    if (heard.bytes.length === 0 || this.#size > MAX_QUEUED_BYTES) return;
    this.#size += heard.bytes.length;
    this.#portions.push(heard);
  }

  next(): Portion | undefined {
    const portion = this.#portions.shift();
    this.#size -= portion?.bytes.length ?? 0;
    return portion;
  }

  /** Puts back the unused part of the last portion. */
  putBack(rest: Buffer, { bytes, arrival }: Portion): void {
    if (rest.length === 0) return;
    this.#size += rest.length;
    this.#portions.unshift({ bytes: rest, arrival: later(arrival, bytes.length - rest.length) });
  }

  clear(): void {
    this.#portions = [];
    this.#size = 0;
  }

  /** After a final result: characters that arrive before `until` are lost. */
  ignoreUntil(until: number): void {
    if (this.#strict) this.#deafUntil = until;
  }

  /** After a prompt: also loses those that were sent before it. */
  ignoreAllUntil(until: number): void {
    this.ignoreUntil(until);
    if (this.#strict) this.clear();
  }

  #withoutTooSoon(portion: Portion): Portion {
    const { bytes, arrival } = portion;
    const early = this.#deafUntil - arrival.first;
    if (early <= 0) return portion;
    const lost = arrival.step === 0 ? bytes.length : Math.min(bytes.length, Math.ceil(early / arrival.step));
    return { bytes: bytes.subarray(lost), arrival: later(arrival, lost) };
  }
}

function later(arrival: Arrival, count: number): Arrival {
  return { first: arrival.first + count * arrival.step, step: arrival.step };
}
