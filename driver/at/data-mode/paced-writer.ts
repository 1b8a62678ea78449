import { ModemError } from "../../errors";
import type { Transport } from "../../transport/transport";
import { lineTime, now } from "../clock";
import { ESCAPE } from "./escape";
import { MovableWait } from "./movable-wait";

/** Whether bytes may be written: `shut` is for a time, `over` is for good. */
export type Gate = "open" | "shut" | "over";

/** What the writer needs of data mode. */
export interface PacedWriterParts {
  readonly transport: Pick<Transport, "bytesPerSecond" | "write" | "drain">;
  gate(): Gate;
  /** A write finds the gate shut, and waits. */
  onHeld(): void;
  /** So many bytes go to the transport. */
  onWrite(length: number): void;
}

/** Longest time in which a byte written, or received, may be between the host and the modem, besides the line's own. */
export const MAX_LATENCY_MS = 300;
/** How far what was written may run ahead of the line. */
const MAX_AHEAD_MS = 500;
/** A port that has nothing left says so within this time. */
const DRAINED_AT_ONCE_MS = 20;
/** What a serial port may hold when it has taken a write; Linux has a page for it. */
const PORT_BUFFER_BYTES = 4096;
/** Longest wait for a line whose flow is stopped: as long as TCP retransmits on a bad network. */
const MAX_FLOW_STOP_MS = 120_000;

/**
 * Writes the bytes of data mode in the order of the calls, little ahead of the line, so that it is known when the last
 * one has left: from then on the silence before `+++` counts.
 */
export class PacedWriter {
  readonly #parts: PacedWriterParts;
  /** What `quiet`, and a write ahead of the line, wait for. */
  readonly #silence = new MovableWait();
  readonly #pace = new MovableWait();
  #sentAt = now();
  /** When the last byte written has left the line. */
  #clearAt = Number.NEGATIVE_INFINITY;
  /** Writes that were accepted and have not ended, and those of them that the transport has. */
  #accepted = 0;
  #writing = 0;
  #order: Promise<unknown> = Promise.resolve();
  readonly #held = new Set<() => void>();

  constructor(parts: PacedWriterParts) {
    this.#parts = parts;
  }

  /** Whether a write was accepted that has not ended. */
  get isBusy(): boolean {
    return this.#accepted > 0;
  }

  /** When the last byte went out, by `now()`. */
  get sentAt(): number {
    return this.#sentAt;
  }

  /** Whether bytes may have been on their way to the modem when it sent what was received at `heardAt`. */
  isInFlight(heardAt: number): boolean {
    return this.#writing > 0 || heardAt < this.#clearAt + MAX_LATENCY_MS;
  }

  /** Whether bytes have left the line after `heardAt`, or have still to. */
  hasWrittenSince(heardAt: number): boolean {
    return this.#clearAt > heardAt;
  }

  /**
   * Resolves when the line is nearly there. Waits while the gate is shut.
   *
   * @throws {ModemError} `CONNECTION_CLOSED` when the gate is `over`; what the transport throws
   */
  write(bytes: Uint8Array): Promise<void> {
    this.#accepted += 1;
    const turn = this.#order.then(() => this.#write(bytes));
    this.#order = turn
      .catch(() => undefined)
      .then(() => {
        this.#accepted -= 1;
        this.#silence.recheck();
      });
    return turn;
  }

  /** Sends `+++`, past the gate and the order. */
  writeEscape(): void {
    // A line that takes no bytes gives no answer either.
    this.#parts.transport.write(ESCAPE).catch(() => undefined);
    this.#sentAt = now();
  }

  /** Waits until the modem has heard nothing from here for `guard` ms, or the gate is `over`. */
  async quiet(guard: number): Promise<void> {
    const limit = now() + MAX_FLOW_STOP_MS;
    const isSending = (): boolean => this.#accepted > this.#held.size;
    do {
      await this.#until(() => (isSending() ? limit : 0));
      await this.#drained(limit);
      await this.#until(() => this.#sentAt + guard);
    } while (isSending() && now() < limit && !this.#isOver);
  }

  /** Lets the writes that wait go on, unless the gate is still shut. */
  recheckGate(): void {
    if (this.#parts.gate() === "shut") return;
    for (const goOn of this.#held) goOn();
    this.#held.clear();
  }

  /** Ends what waits for time to pass, once the gate is `over`. */
  stop(): void {
    this.#silence.recheck();
    this.#pace.recheck();
  }

  get #isOver(): boolean {
    return this.#parts.gate() === "over";
  }

  async #write(bytes: Uint8Array): Promise<void> {
    const { transport, gate } = this.#parts;
    if (gate() === "shut") this.#parts.onHeld();
    while (gate() === "shut") {
      await new Promise<void>((resolve) => {
        this.#held.add(resolve);
        this.#silence.recheck();
      });
    }
    if (gate() === "over") throw notOpen();
    this.#writing += 1;
    this.#parts.onWrite(bytes.length);
    const { bytesPerSecond } = transport;
    // What can be drained is near the line, whose true rate may be another: a modem on USB is faster than it says.
    const isNear = transport.drain !== undefined;
    if (!isNear) this.#clearAt = Math.max(this.#clearAt, now()) + lineTime(bytes.length, bytesPerSecond);
    try {
      await transport.write(bytes);
      const rest = isNear ? lineTime(Math.min(bytes.length, PORT_BUFFER_BYTES), bytesPerSecond) : 0;
      this.#clearAt = Math.max(isNear ? 0 : this.#clearAt, now() + rest);
      if (!isNear) await this.#pace.wait(() => (this.#isOver ? 0 : this.#clearAt - MAX_AHEAD_MS));
    } finally {
      this.#writing -= 1;
      this.#sentAt = now();
    }
  }

  /** Waits until what was written has left the line. */
  async #drained(limit: number): Promise<void> {
    const draining = this.#parts.transport.drain?.();
    if (draining === undefined) {
      await this.#until(() => Math.min(this.#clearAt, limit));
      this.#sentAt = Math.max(this.#sentAt, Math.min(this.#clearAt, now()));
      return;
    }
    const since = now();
    let isDrained = false;
    void draining.then(() => {
      isDrained = true;
      this.#silence.recheck();
    });
    await this.#until(() => (isDrained ? 0 : limit));
    // Otherwise nothing was left to be drained, and the silence has lasted since the last write.
    if (now() - since > DRAINED_AT_ONCE_MS) this.#sentAt = now();
  }

  #until(moment: () => number): Promise<void> {
    return this.#silence.wait(() => (this.#isOver ? 0 : moment()));
  }
}

export function notOpen(): ModemError {
  return new ModemError("CONNECTION_CLOSED", "Data mode has ended");
}
