import type { Channel } from "../../at/channel-types";
import type { Line } from "../../at/line";
import { type ContextLoss, onContextLoss } from "../../cellular/packet-events";

type LossListener = (cid: number, reason: string) => void;

/** Notices when the network or the modem takes an active context away. */
export class ContextLossWatch {
  readonly #listeners = new Set<LossListener>();
  readonly #active = new Set<number>();
  readonly #isActive: (cid: number) => Promise<boolean>;
  readonly #leave: (() => void)[];

  /** `isActive` asks the modem: +UUPSDD names a profile of its own, not the context. */
  constructor(channel: Channel, isActive: (cid: number) => Promise<boolean>) {
    this.#isActive = isActive;
    this.#leave = [
      onContextLoss(channel, (loss) => this.#onLoss(loss)),
      channel.onUrc("+UUPSDD:", (line) => {
        this.#onProfileLost(line).catch((error: unknown) => channel.note(`A listener failed: ${String(error)}`));
      }),
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

  /** Without a context it is all of them. */
  #onLoss({ cid, reason }: ContextLoss): void {
    for (const lost of cid === undefined ? [...this.#active] : [cid]) this.#lose(lost, reason);
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
