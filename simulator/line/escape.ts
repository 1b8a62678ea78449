import { now, stopWait, wait } from "../clock";

/** S12 counts fiftieths of a second. */
const GUARD_UNIT = 20;

/**
 * Finds `+++` with silence before and after it (V.250's S2 and S12; BG96 HTTP guide 1.3: 1 s, `+++` within 1 s, 1 s).
 * Until the silence after is over the three characters are data like any others.
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
    } else {
      this.seen = 0;
    }
    this.quietSince = at;
    if (this.seen === 3) this.timer = wait(this.escaped, this.guard * GUARD_UNIT);
  }

  stop(): void {
    stopWait(this.timer);
  }
}
