import { InternetError } from "./internet-error";

type Direction = "from-modem" | "to-modem";

/** What goes wrong beyond the modem on demand. It belongs to the network, so it survives reboots. */
export class Troubles {
  #connecting = 0;
  #cut = 0;
  #cutsAll = false;
  readonly #lost: Record<Direction, number> = { "from-modem": 0, "to-modem": 0 };

  /** ms that every connection takes longer. */
  delayConnections(ms: number): void {
    this.#connecting = ms;
  }

  /** Bytes that the body of the next HTTP answer, or of each, lacks at its end; 0: none. */
  cutBodies(count: number, all: boolean): void {
    this.#cut = count;
    this.#cutsAll = all;
  }

  /** Before a connection is made. @throws {InternetError} `closed` if `signal` fires first */
  connecting(signal: AbortSignal): Promise<void> {
    if (this.#connecting === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer);
        reject(new InternetError("closed", "the modem was switched off"));
      };
      const timer = setTimeout(() => {
        signal.removeEventListener("abort", stop);
        resolve();
      }, this.#connecting);
      timer.unref();
      if (signal.aborted) stop();
      else signal.addEventListener("abort", stop, { once: true });
    });
  }

  /** How many of the next datagrams get lost on their way; 0: none. */
  loseDatagrams(count: number, direction: Direction): void {
    this.#lost[direction] = count;
  }

  /** Whether the network loses the datagram that goes out or comes in now. */
  loses(direction: Direction): boolean {
    if (this.#lost[direction] === 0) return false;
    this.#lost[direction] -= 1;
    return true;
  }

  /** For the answer that begins now. */
  takeCut(): number {
    const cut = this.#cut;
    if (!this.#cutsAll) this.#cut = 0;
    return cut;
  }
}
