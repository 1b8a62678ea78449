import { ByteQueue } from "../../internet/tcp-udp/bytes";
import type { Triggers } from "./direct-link-triggers";

/** Bytes at which TCP data go out, whatever the triggers say. */
const MOST_IN_TCP = 2048;

/** Collects the host's data in direct link until a trigger sends them. */
export class PacketBuilder {
  readonly #triggers: Triggers;
  readonly #isTcp: boolean;
  readonly #later: (ms: number, work: () => void) => () => void;
  readonly #emit: (packet: Buffer) => void;
  readonly #held = new ByteQueue();
  #cancelTimer: () => void = () => undefined;
  readonly #most: number;

  constructor(
    triggers: Triggers,
    isTcp: boolean,
    later: (ms: number, work: () => void) => () => void,
    emit: (packet: Buffer) => void,
  ) {
    this.#triggers = triggers;
    this.#isTcp = isTcp;
    this.#later = later;
    this.#emit = emit;
    const most = isTcp ? MOST_IN_TCP : triggers.packet;
    this.#most = triggers.length > 0 ? Math.min(triggers.length, most) : most;
  }

  push(bytes: Buffer): void {
    this.#cancelTimer();
    for (const piece of this.#cutAtCharacter(bytes)) {
      this.#held.push(piece.bytes);
      while (this.#held.length >= this.#most) this.#emit(this.#held.take(this.#most));
      if (piece.complete) this.flush();
    }
    const { timer } = this.#triggers;
    if (this.#held.length === 0) return;
    if (this.#waitsForNothing) this.flush();
    else if (timer > 0) this.#cancelTimer = this.#later(timer, () => this.flush());
  }

  /** Sends everything. */
  flush(): void {
    this.#cancelTimer();
    if (this.#held.length > 0) this.#emit(this.#held.take(this.#held.length));
  }

  /** A stream does not wait for packets unless a trigger is set. */
  get #waitsForNothing(): boolean {
    const { timer, length, character } = this.#triggers;
    return this.#isTcp && timer === 0 && length === 0 && character < 0;
  }

  *#cutAtCharacter(bytes: Buffer): Generator<{ bytes: Buffer; complete: boolean }> {
    const { character } = this.#triggers;
    let rest = bytes;
    for (let at = rest.indexOf(character); character >= 0 && at >= 0; at = rest.indexOf(character)) {
      yield { bytes: rest.subarray(0, at + 1), complete: true };
      rest = rest.subarray(at + 1);
    }
    yield { bytes: rest, complete: false };
  }
}
