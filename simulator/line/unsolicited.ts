/** Unsolicited lines that may wait for the end of a command; the oldest is lost first. */
const DEFERRED_LINES = 1000;

interface Waiting {
  readonly text: Buffer;
  /** Called once the line is printed; such a line is never lost. */
  readonly printed?: () => void;
}

/** Unsolicited lines that can't be printed yet. */
export class Unsolicited {
  #waiting: Waiting[] = [];

  add(text: Buffer, printed?: () => void): void {
    this.#waiting.push(printed === undefined ? { text } : { text, printed });
    if (this.#waiting.length <= DEFERRED_LINES) return;
    const oldest = this.#waiting.findIndex((line) => line.printed === undefined);
    if (oldest >= 0) this.#waiting.splice(oldest, 1);
  }

  /** All lines, and what to call once they are printed. */
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
