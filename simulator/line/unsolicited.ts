/** Unasked lines that wait for the end of a command; the oldest is lost first. */
const DEFERRED_LINES = 1000;

interface Waiting {
  readonly text: Buffer;
  /** Hears when the line is out; such a line is never lost. */
  readonly printed?: () => void;
}

/** What the modem has to say unasked and can't say yet. */
export class Unsolicited {
  #waiting: Waiting[] = [];

  add(text: Buffer, printed?: () => void): void {
    this.#waiting.push(printed === undefined ? { text } : { text, printed });
    if (this.#waiting.length <= DEFERRED_LINES) return;
    const oldest = this.#waiting.findIndex((line) => line.printed === undefined);
    if (oldest >= 0) this.#waiting.splice(oldest, 1);
  }

  /** All lines, and what to call when they are out. */
  take(): { readonly lines: Buffer; readonly printed: () => void } {
    const taken = this.#waiting;
    this.#waiting = [];
    return {
      lines: Buffer.concat(taken.map(({ text }) => text)),
      printed: () => {
        for (const line of taken) line.printed?.();
      },
    };
  }
}
