import { now, stopWait, wait } from "../../clock";
import type { Arrival } from "../pacer";

/** S12 counts fiftieths of a second. */
const GUARD_UNIT_MS = 20;
/** Characters of the sequence. */
const LENGTH = 3;

/**
 * Finds `+++` with silence before and after it (V.250's S2 and S12; BG96 HTTP guide 1.3: 1 s, `+++` within 1 s, 1 s).
 * Holds the characters back until it is clear whether they are ordinary data.
 */
export class EscapeSequence {
  readonly #character: number;
  readonly #guard: number;
  readonly #escaped: () => void;
  readonly #passed: (bytes: Buffer) => void;
  #quietSince = Number.NEGATIVE_INFINITY;
  #seen = 0;
  #firstSeen = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    character: number,
    guard: number,
    escaped: () => void,
    /** Hears everything else. */
    passed: (bytes: Buffer) => void,
  ) {
    this.#character = character;
    this.#guard = guard;
    this.#escaped = escaped;
    this.#passed = passed;
  }

  feed(bytes: Buffer, { first, step }: Arrival): void {
    const last = first + (bytes.length - 1) * step;
    const silence = this.#guard * GUARD_UNIT_MS;
    stopWait(this.#timer);
    const only = bytes.length <= LENGTH && bytes.every((byte) => byte === this.#character);
    const guarded = this.#seen > 0 || first - this.#quietSince >= silence;
    if (this.#seen === 0) this.#firstSeen = first;
    const inTime = last - this.#firstSeen <= silence;
    if (only && guarded && inTime && this.#seen + bytes.length <= LENGTH) {
      this.#seen += bytes.length;
      const left = Math.max(0, last + silence - now());
      this.#timer = wait(this.#seen === LENGTH ? this.#escaped : () => this.#release(), left);
    } else {
      this.#release();
      this.#passed(bytes);
    }
    this.#quietSince = last;
  }

  /** They were data after all. */
  #release(): void {
    const held = Buffer.alloc(this.#seen, this.#character);
    this.#seen = 0;
    if (held.length > 0) this.#passed(held);
  }

  stop(): void {
    stopWait(this.#timer);
  }
}
