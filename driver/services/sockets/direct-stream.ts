import { MovableTimer } from "../../at/clock";
import { type Command, Priority } from "../../at/command";
import type { DataLink, DataLinkEnd, DataLinkEvents } from "../../at/data-mode/link";
import { pieceSize } from "../../at/pieces";
import { delay } from "../../delay";
import { isModemError, ModemError } from "../../errors";
import type { DirectStreamParts } from "./direct-stream-parts";
import { EscapeGuard } from "./escape-guard";
import { OrderedDelivery } from "./ordered-delivery";
import { SendQueue } from "./send-queue";
import { StepOutPlan } from "./step-out-plan";

/** Times that entering may be refused while the connection is open, and the pause between them. */
const MAX_REFUSALS = 5;
const REFUSAL_PAUSE_MS = 1000;

/**
 * One socket in data mode.
 *
 * Steps out of it for commands of others, when the stream is quiet or they have waited long, and enters again behind
 * them. It also enters again when the modem left by itself and the connection is still open.
 */
export class DirectStream {
  readonly #parts: DirectStreamParts;
  readonly #sends = new SendQueue();
  readonly #guard = new EscapeGuard();
  readonly #timer = new MovableTimer();
  readonly #hold = new MovableTimer();
  readonly #plan = new StepOutPlan();
  readonly #delivery: OrderedDelivery;
  #link: DataLink | undefined;
  #isSteppingOut = false;
  #isPumping = false;
  /** Of the entering under way. */
  #entering = new AbortController();
  #isDoubted = false;
  #closing: Promise<void> | undefined;
  /** Why it ends as soon as the receiver has had everything. */
  #ending: ModemError | undefined;
  /** Whether nothing is passed on any more, and why. */
  #over: { readonly error: ModemError } | undefined;

  constructor(parts: DirectStreamParts) {
    this.#parts = parts;
    this.#delivery = new OrderedDelivery(
      (data) => (this.#over === undefined ? parts.onData(data) : undefined),
      // A receiver may wait for a send, which waits for data mode: then that must not wait for the receiver.
      () => this.#sends.isEmpty || (this.#link !== undefined && !this.#isSteppingOut),
    );
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
    this.#delivery.recheck();
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
   * To be called when a URC, or the answer to another's command, makes it doubtful that the connection is open: where
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
        const taken = this.#delivery.pass(data);
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
    this.#guard.reset();
    this.#link = link;
    if (this.#over !== undefined) return link.leave();
    this.#plan.entered();
    this.#awaitStepOut();
    void this.#pump();
  }

  #wanted(isPatient: boolean): void {
    this.#plan.wanted(isPatient);
    this.#awaitStepOut();
  }

  /** Steps out when it is time to. */
  #awaitStepOut(): void {
    const link = this.#link;
    if (link === undefined || this.#isSteppingOut || !this.#plan.isWanted) return;
    this.#timer.start(
      () => this.#plan.dueAt(link.idle),
      () => {
        this.#plan.stepsOut();
        this.#isSteppingOut = true;
        this.#delivery.recheck();
        void link.leave();
      },
    );
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
        const allowed = this.#guard.allowed(head.subarray(0, size));
        if (allowed > 0 || head.length === 0) {
          await this.#sends.next(allowed, (piece) => this.#guard.write(piece, (bytes) => link.write(bytes)));
        } else {
          await new Promise<void>((resolve) => this.#hold.start(() => this.#guard.laterAt, resolve));
        }
      }
    } catch (error) {
      if (!isModemError(error, "CONNECTION_CLOSED")) return this.#fail(error);
      // Data mode is over, and nothing of the piece was written: it goes on when the stream has entered again.
      this.#link = undefined;
      this.#delivery.recheck();
    } finally {
      this.#isPumping = false;
    }
  }

  /** Data mode is over. */
  #left(end: DataLinkEnd): void {
    this.#link = undefined;
    this.#isSteppingOut = false;
    this.#timer.stop();
    this.#plan.left();
    if (this.#isEnding) return;
    if (typeof end !== "string") this.#fail(end);
    else void this.#goOn(end).catch((error: unknown) => this.#fail(error));
  }

  async #goOn(end: "left" | "ended" | "cut"): Promise<void> {
    if (end !== "left" && !(await this.#isStillOpen())) return;
    if (end === "cut") throw this.#uncertain();
    for (let refusals = 0; !this.#isEnding; ) {
      this.#entering = new AbortController();
      const { signal } = this.#entering;
      try {
        if (this.#isDoubted && !(await this.#isStillOpen())) return;
        return await this.#enter({ ...this.#parts.enter(), priority: Priority.Background, signal });
      } catch (error) {
        if (this.#isEnding || !(await this.#mayRetry(error, signal))) return;
        if (!signal.aborted) refusals += 1;
        if (refusals >= MAX_REFUSALS) throw error;
      }
    }
  }

  /** Whether entering may be tried again after it failed. */
  async #mayRetry(error: unknown, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return true;
    // Behind an answer that came too late, data mode was open and what arrived in it is lost.
    if (!isModemError(error, "MODEM_REJECTED")) throw error;
    if (!(await this.#isStillOpen())) return false;
    await delay(REFUSAL_PAUSE_MS, signal).catch(() => undefined);
    return true;
  }

  async #isStillOpen(): Promise<boolean> {
    this.#isDoubted = false;
    const isOpen = await this.#parts.settle(async (data) => {
      if (this.#over !== undefined) throw this.#over.error;
      await this.#delivery.pass(data);
    });
    if (!isOpen) await this.#finish(undefined);
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
    while (this.#delivery.taking !== undefined) await this.#delivery.taking;
    if (this.#over !== undefined) return;
    void this.#stop(this.#ending);
    if (this.#closing === undefined) this.#parts.onEnded(error);
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
