import type { Channel } from "../at/channel-types";
import type { Line } from "../at/line";

type LossListener = (cid: number, reason: string) => void;

/** +CGEV events that end every context (27.007 section 10.1.19). */
const DETACHED = /^(?:NW|ME) DETACH\b/;
/** …and one: `NW PDN DEACT 1`, `ME PDN DEACT 1,0`, `NW DEACT "IP","10.0.0.1",1`. */
const DEACTIVATED = /^(?:NW|ME) (?:PDN DEACT|DEACT "[^"]*", *"[^"]*",) *(\d+)/;

/** Notices when the network or the module takes an active context away. */
export class ContextLossWatch {
  readonly #listeners = new Set<LossListener>();
  readonly #active = new Set<number>();
  readonly #isActive: (cid: number) => Promise<boolean>;
  readonly #leave: (() => void)[];

  /** `isActive` asks the module: +UUPSDD names a profile of its own, not the context. */
  constructor(channel: Channel, isActive: (cid: number) => Promise<boolean>) {
    this.#isActive = isActive;
    this.#leave = [
      channel.onUrc("+CGEV:", (line) => this.#onEvent(line)),
      channel.onUrc("+UUPSDD:", (line) => void this.#onProfileLost(line)),
    ];
  }

  /** From now on the loss of `cid` is news. */
  add(cid: number): void {
    this.#active.add(cid);
  }

  /** `cid` is being closed by order. */
  delete(cid: number): void {
    this.#active.delete(cid);
  }

  subscribe(listener: LossListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  dispose(): void {
    for (const leave of this.#leave) leave();
    this.#listeners.clear();
  }

  #onEvent(line: Line): void {
    const event = line.text.slice(line.text.indexOf(":") + 1).trim();
    if (DETACHED.test(event)) {
      for (const cid of [...this.#active]) this.#lose(cid, event);
      return;
    }
    const cid = DEACTIVATED.exec(event)?.[1];
    if (cid !== undefined) this.#lose(Number(cid), event);
  }

  async #onProfileLost(line: Line): Promise<void> {
    for (const cid of [...this.#active]) {
      // A modem that can't be asked has lost more than a context, which others report.
      const active = await this.#isActive(cid).catch(() => true);
      if (!active) this.#lose(cid, line.text);
    }
  }

  #lose(cid: number, reason: string): void {
    if (!this.#active.delete(cid)) return;
    for (const listener of [...this.#listeners]) listener(cid, reason);
  }
}
