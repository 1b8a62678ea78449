import type { Channel } from "../../at/channel-types";
import { MovableTimer, now } from "../../at/clock";
import { type Command, Priority } from "../../at/command";
import type { DataLink, DataLinkEnd, DataLinkEvents } from "../../at/data-mode/link";
import { pieceSize } from "../../at/pieces";
import { delay } from "../../delay";
import { isModemError, ModemError } from "../../errors";
import { EscapeGuard } from "./escape-guard";
import { SendQueue } from "./send-queue";

/** ms without a byte after which the stream steps out for others: about what the guard time costs. */
const QUIET = 1000;
/** Longest wait of others, in ms, while the stream is never quiet: of commands somebody waits for, and of the background. */
const LONGEST_WAIT = { normal: 5000, background: 300_000 } as const;
/** ms between two times that the stream steps out for the background. */
const BACKGROUND_INTERVAL = 10_000;
/** Times that entering may be refused while the connection stands, and ms between them. */
const REFUSALS = 5;
const REFUSED_PAUSE = 1000;

/** A vendor's part of a socket in direct mode. */
export interface DirectStreamParts {
  readonly channel: Channel;
  /** For messages: `TCP to example.com:7`. */
  readonly operation: string;
  /**
   * The command, answered by `CONNECT`, that enters data mode of a socket that stands; made anew for every time. Its
   * priority (`Priority.Background`) and its signal are the stream's.
   */
  enter(): Command;
  /**
   * Called in command mode, after the modem left data mode by itself or refused to enter it. Reads by commands what the
   * modem still holds of a connection that stands no more, and resolves to whether it stands (then nothing needs to be
   * read: it comes in data mode). `deliver` passes on to `onData`; it is awaited before more is read. What it rejects
   * with ends the stream: nothing of it reaches `settle` again.
   */
  settle(deliver: (data: Buffer) => Promise<void>): Promise<boolean>;
  /** What has arrived, in order, cut anywhere. While it is pending only sends that wait for data mode let more be read. */
  onData(data: Buffer): void | Promise<void>;
  /**
   * Once, after the last `onData`, when the stream has ended otherwise than by `close` or `end`. Without an error the
   * peer has closed. The line takes commands then; the socket's number is still the stream owner's to close.
   */
  onEnded(error?: ModemError): void;
}

/**
 * One socket in data mode.
 *
 * Steps out of it for commands of others, when the stream is quiet or they have waited long, and enters again behind
 * them; enters again, too, after the modem left by itself while the connection stands.
 */
export class DirectStream {
  readonly #parts: DirectStreamParts;
  readonly #sends = new SendQueue();
  readonly #care = new EscapeGuard();
  readonly #timer = new MovableTimer();
  readonly #hold = new MovableTimer();
  #link: DataLink | undefined;
  #isSteppingOut = false;
  #isPumping = false;
  /** When others began to wait: commands somebody waits for, and those of the background. */
  #normalSince: number | undefined;
  #backgroundSince: number | undefined;
  /** Whether the last time out was for the background, and until when there is none for it. */
  #wasForBackground = false;
  #noBackgroundBefore = Number.NEGATIVE_INFINITY;
  /** Of the entering under way. */
  #entering = new AbortController();
  #isDoubted = false;
  #closing: Promise<void> | undefined;
  /** Until the receiver has had everything that has arrived. */
  #taking: Promise<void> | undefined;
  /** Lets those go on who wait for the receiver. */
  readonly #held = new Set<() => void>();
  /** Why it ends as soon as the receiver has had everything. */
  #ending: ModemError | undefined;
  /** Whether nothing is passed on any more, and why. */
  #over: { readonly error: ModemError } | undefined;

  constructor(parts: DirectStreamParts) {
    this.#parts = parts;
  }

  /**
   * Enters data mode for the first time, by a command that may connect as well. `onData` may be called before this
   * resolves. When it rejects, neither `onData` nor `onEnded` is called any more.
   *
   * @throws {ModemError} as `Channel.openData`; the abort reason of `first.signal`
   */
  async open(first: Command): Promise<void> {
    try {
      await this.#enter(first);
    } catch (error) {
      this.#over = { error: this.#closed() };
      throw error;
    }
  }

  /**
   * Resolves when the line has taken all of it; calls are carried out in their order. Waits while the stream has
   * stepped out. `signal` ends it between two writes, when a part may have been sent.
   *
   * @throws {ModemError} `CONNECTION_CLOSED`, or what ended the stream; the abort reason
   */
  async send(data: Uint8Array, signal?: AbortSignal): Promise<void> {
    const end = this.#over?.error ?? this.#ending;
    if (end !== undefined) throw end;
    if (this.#closing !== undefined) throw this.#closed();
    signal?.throwIfAborted();
    const sent = this.#sends.add(data, signal);
    this.#letGo();
    void this.#pump();
    await sent;
  }

  /**
   * After what is being sent: leaves data mode for good, so that the socket can be closed by a command. `onData` may be
   * called until it resolves, `onEnded` is not. Never rejects; does nothing a second time.
   */
  close(): Promise<void> {
    this.#closing ??= this.#sends.emptied().then(() => this.#stop(this.#closed()));
    return this.#closing;
  }

  /**
   * Ends it at once from outside, as when the session is over: what is being sent rejects with `error`
   * (`CONNECTION_CLOSED` without one), and neither `onData` nor `onEnded` is called any more. Data mode is left if the
   * line is still in it. Resolves when the line takes commands again; never rejects.
   */
  end(error?: ModemError): Promise<void> {
    return this.#stop(error ?? this.#closed());
  }

  /**
   * To be called when a URC, or the answer to somebody's command, lets it be doubted that the connection stands: where
   * the stream has stepped out, `settle` is asked before it enters again.
   */
  doubt(): void {
    this.#isDoubted = true;
    this.#entering.abort(this.#closed());
  }

  async #enter(command: Command): Promise<void> {
    let isOver = false;
    let isGivenUp = false;
    const events: DataLinkEvents = {
      onData: (data) => {
        const taken = this.#pass(data);
        if (!isGivenUp) return taken;
        // What is read by commands comes behind it, and must find it here.
        taken?.catch(() => undefined);
      },
      onWanted: (isPatient) => this.#wanted(isPatient),
      onEnd: (end) => {
        isOver = true;
        if (!isGivenUp || typeof end !== "string") this.#left(end);
      },
    };
    const link = await this.#parts.channel.openData(command, events).catch((error: unknown) => {
      isGivenUp = true;
      throw error;
    });
    if (isOver) return;
    this.#care.reset();
    this.#link = link;
    if (this.#over !== undefined) return link.leave();
    if (this.#wasForBackground) this.#noBackgroundBefore = now() + BACKGROUND_INTERVAL;
    this.#wasForBackground = false;
    this.#plan();
    void this.#pump();
  }

  #wanted(isPatient: boolean): void {
    if (isPatient) this.#backgroundSince = now();
    else this.#normalSince = now();
    this.#plan();
  }

  /** Steps out when it is time to. */
  #plan(): void {
    const link = this.#link;
    const isWanted = this.#normalSince !== undefined || this.#backgroundSince !== undefined;
    if (link === undefined || this.#isSteppingOut || !isWanted) return;
    this.#timer.start(
      () => this.#stepOutAt(link),
      () => {
        this.#wasForBackground = this.#backgroundSince !== undefined;
        this.#isSteppingOut = true;
        this.#letGo();
        void link.leave();
      },
    );
  }

  #stepOutAt(link: DataLink): number {
    const quiet = now() - link.idle + QUIET;
    const never = Number.POSITIVE_INFINITY;
    const { normal, background } = LONGEST_WAIT;
    const forNormal = this.#normalSince === undefined ? never : Math.min(this.#normalSince + normal, quiet);
    const forBackground =
      this.#backgroundSince === undefined ? never : Math.min(this.#backgroundSince + background, quiet);
    return Math.min(forNormal, Math.max(forBackground, this.#noBackgroundBefore));
  }

  /** Sends what waits, as long as the stream is in data mode. */
  async #pump(): Promise<void> {
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      const size = pieceSize(this.#parts.channel.bytesPerSecond);
      for (;;) {
        const link = this.#link;
        const { head } = this.#sends;
        if (link === undefined || this.#isSteppingOut || head === undefined) return;
        const allowed = this.#care.allowed(head.subarray(0, size));
        if (allowed > 0 || head.length === 0) {
          await this.#sends.next(allowed, (piece) => this.#care.write(piece, (bytes) => link.write(bytes)));
        } else {
          await new Promise<void>((resolve) => this.#hold.start(() => this.#care.laterAt, resolve));
        }
      }
    } catch (error) {
      if (!isModemError(error, "CONNECTION_CLOSED")) return this.#fail(error);
      // Data mode is over, and nothing of the piece was written: it goes on when the stream has entered again.
      this.#link = undefined;
      this.#letGo();
    } finally {
      this.#isPumping = false;
    }
  }

  /** Data mode is over. */
  #left(end: DataLinkEnd): void {
    this.#link = undefined;
    this.#isSteppingOut = false;
    this.#timer.stop();
    this.#normalSince = undefined;
    this.#backgroundSince = undefined;
    if (this.#isEnding) return;
    if (typeof end !== "string") this.#fail(end);
    else void this.#goOn(end).catch((error: unknown) => this.#fail(error));
  }

  async #goOn(end: "left" | "ended" | "cut"): Promise<void> {
    if (end !== "left" && !(await this.#stands())) return;
    if (end === "cut") throw this.#uncertain();
    for (let refusals = 0; !this.#isEnding; ) {
      this.#entering = new AbortController();
      const { signal } = this.#entering;
      try {
        if (this.#isDoubted && !(await this.#stands())) return;
        return await this.#enter({ ...this.#parts.enter(), priority: Priority.Background, signal });
      } catch (error) {
        if (this.#isEnding || !(await this.#mayRetry(error, signal))) return;
        if (!signal.aborted) refusals += 1;
        if (refusals >= REFUSALS) throw error;
      }
    }
  }

  /** Whether entering may be tried again after it failed. */
  async #mayRetry(error: unknown, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return true;
    // Behind an answer that came too late, data mode was open and what arrived in it is lost.
    if (!isModemError(error, "MODEM_REJECTED")) throw error;
    if (!(await this.#stands())) return false;
    await delay(REFUSED_PAUSE, signal).catch(() => undefined);
    return true;
  }

  async #stands(): Promise<boolean> {
    this.#isDoubted = false;
    const stands = await this.#parts.settle(async (data) => {
      if (this.#over !== undefined) throw this.#over.error;
      await this.#pass(data);
    });
    if (!stands) await this.#finish(undefined);
    return !this.#isEnding;
  }

  #fail(error: unknown): void {
    const { operation } = this.#parts;
    void this.#finish(
      isModemError(error) ? error : new ModemError("CONNECTION_CLOSED", `${operation}: ${String(error)}`),
    );
  }

  get #isEnding(): boolean {
    return this.#over !== undefined || this.#ending !== undefined;
  }

  /** It has ended by itself: what has arrived is still passed on. */
  async #finish(error: ModemError | undefined): Promise<void> {
    if (this.#isEnding) return;
    this.#ending = error ?? this.#closed();
    this.#sends.failAll(this.#ending);
    while (this.#taking !== undefined) await this.#taking;
    if (this.#over !== undefined) return;
    void this.#stop(this.#ending);
    if (this.#closing === undefined) this.#parts.onEnded(error);
  }

  /** Passes on behind what came before: of another time in data mode, or read by commands. */
  #pass(data: Buffer): void | Promise<void> {
    const taken = this.#taking === undefined ? this.#hand(data) : this.#taking.then(() => this.#hand(data));
    if (taken === undefined) return;
    const done = (): void => {
      if (this.#taking === taking) this.#taking = undefined;
    };
    const taking: Promise<void> = taken.then(done, done);
    this.#taking = taking;
    return new Promise((resolve, reject) => {
      this.#held.add(resolve);
      void taken.then(resolve, reject).finally(() => this.#held.delete(resolve));
      this.#letGo();
    });
  }

  #hand(data: Buffer): void | Promise<void> {
    return this.#over === undefined ? this.#parts.onData(data) : undefined;
  }

  /** A receiver may wait for a send, which waits for data mode: then that must not wait for the receiver. */
  #letGo(): void {
    if (this.#sends.isEmpty || (this.#link !== undefined && !this.#isSteppingOut)) return;
    for (const goOn of this.#held) goOn();
    this.#held.clear();
  }

  async #stop(error: ModemError): Promise<void> {
    this.#over ??= { error };
    this.#sends.failAll(this.#over.error);
    this.#timer.stop();
    this.#hold.stop();
    this.#entering.abort(error);
    await this.#link?.leave();
  }

  #closed(): ModemError {
    return new ModemError("CONNECTION_CLOSED", `${this.#parts.operation}: the connection is closed`);
  }

  #uncertain(): ModemError {
    const { operation } = this.#parts;
    const text = "the modem left the direct mode while bytes were on their way to it; how many it took is not known";
    return new ModemError(
      "CONNECTION_CLOSED",
      `${operation}: ${text}, and nothing can follow without a gap or a repetition`,
    );
  }
}
