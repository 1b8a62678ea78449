import { now, stopWait, wait } from "../clock";

/** S12 counts fiftieths of a second. */
const GUARD_UNIT = 20;

/**
 * Finds `+++` with silence before and after it (V.250's S2 and S12; BG96 HTTP guide 1.3: 1 s, `+++` within 1 s, 1 s).
 * The characters are held back until it is clear whether they are data like any others.
 */
export class EscapeSequence {
  private quietSince = Number.NEGATIVE_INFINITY;
  private seen = 0;
  private firstSeen = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly character: number,
    private readonly guard: number,
    private readonly escaped: () => void,
    /** Hears everything else. */
    private readonly passed: (bytes: Buffer) => void,
  ) {}

  feed(bytes: Buffer): void {
    const at = now();
    stopWait(this.timer);
    const only = bytes.every((byte) => byte === this.character);
    const guarded = this.seen > 0 || at - this.quietSince >= this.guard * GUARD_UNIT;
    const inTime = this.seen === 0 || at - this.firstSeen <= this.guard * GUARD_UNIT;
    if (only && guarded && inTime && this.seen + bytes.length <= 3) {
      if (this.seen === 0) this.firstSeen = at;
      this.seen += bytes.length;
      this.timer = wait(this.seen === 3 ? this.escaped : () => this.release(), this.guard * GUARD_UNIT);
    } else {
      this.release();
      this.passed(bytes);
    }
    this.quietSince = at;
  }

  /** They were data after all. */
  private release(): void {
    const held = Buffer.alloc(this.seen, this.character);
    this.seen = 0;
    if (held.length > 0) this.passed(held);
  }

  stop(): void {
    stopWait(this.timer);
  }
}
