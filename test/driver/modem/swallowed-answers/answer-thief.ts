import { vi } from "vitest";
import { SimulatedTransport } from "../../../../driver/transport/simulated";

/** What ends an answer: a final result, or a prompt. */
const END =
  /\r\n(?:OK|ERROR|\+CM[ES] ERROR: [^\r]*|SEND (?:OK|FAIL)|CONNECT[^\r]*|DISCONNECT|NO CARRIER)\r\n|\r\n(?:> ?|@)/;

/** How much of the answer goes: `result` leaves echo and lines, and takes its end. */
export type Loot = "all" | "result";

/**
 * Stands at byte level between driver and simulated modem: counts what the driver writes, and takes away the answer to
 * the n-th of it, once.
 */
export class AnswerThief {
  /** What was written since `count`, a line each; of other bytes how many. */
  readonly written: string[] = [];
  #wanted: { readonly index: number; readonly loot: Loot } | undefined;
  #isCounting = false;
  #isStealing = false;
  #held = "";

  constructor() {
    const thief = this;
    const { write, onData } = SimulatedTransport.prototype;
    vi.spyOn(SimulatedTransport.prototype, "write").mockImplementation(function (this: SimulatedTransport, bytes) {
      thief.#wrote(bytes);
      return write.call(this, bytes);
    });
    vi.spyOn(SimulatedTransport.prototype, "onData").mockImplementation(function (this: SimulatedTransport, listener) {
      onData.call(this, (bytes) => {
        const left = thief.#filter(bytes);
        if (left.length > 0) listener(left);
      });
    });
  }

  /** Counts from here on, and takes the answer to the write of this index. */
  count(wanted?: { readonly index: number; readonly loot: Loot }): void {
    this.written.length = 0;
    this.#wanted = wanted;
    this.#isCounting = true;
    this.#isStealing = false;
  }

  /** An answer that is being taken away still goes. */
  stop(): void {
    this.#isCounting = false;
  }

  #wrote(bytes: Uint8Array): void {
    if (!this.#isCounting) return;
    const text = Buffer.from(bytes).toString("latin1");
    this.written.push(/^AT.*\r$/.test(text) ? text.slice(0, -1) : `<${bytes.length} bytes>`);
    if (this.written.length - 1 !== this.#wanted?.index) return;
    this.#isStealing = true;
    this.#held = "";
  }

  #filter(bytes: Buffer): Buffer {
    if (!this.#isStealing) return bytes;
    this.#held += bytes.toString("latin1");
    const end = END.exec(this.#held);
    if (end === null) return Buffer.alloc(0);
    this.#isStealing = false;
    const before = this.#wanted?.loot === "result" ? this.#held.slice(0, end.index) : "";
    return Buffer.from(before + this.#held.slice(end.index + end[0].length), "latin1");
  }
}
