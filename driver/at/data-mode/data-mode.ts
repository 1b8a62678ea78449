import { ModemError } from "../../errors";
import type { Transport } from "../../transport/transport";
import { MovableTimer, now } from "../clock";
import type { DataModeGrammar } from "../dialect";
import type { UrcDefinition } from "../line";
import { Mask } from "../trace/mask";
import type { Trace } from "../trace/trace";
import { type Cut, DataModeEndDetector } from "./end-detector";
import type { DataLink, DataLinkEnd, DataLinkEvents } from "./link";
import { MovableWait } from "./movable-wait";
import { type Gate, MAX_LATENCY_MS, notOpen, PacedWriter } from "./paced-writer";
import { ReceiveQueue } from "./receive-queue";

/** What data mode needs of the line. */
export interface DataModeLine {
  readonly grammar: DataModeGrammar;
  readonly urcs: readonly UrcDefinition[];
  readonly transport: Pick<Transport, "bytesPerSecond" | "write" | "drain" | "pause" | "resume">;
  readonly trace: Trace;
  /**
   * Data mode is over, for all that is known; `behind` are the lines after it.
   *
   * @param how unless the modem has said so, it has to be found out whether it takes commands
   */
  over(behind: Buffer, how: DataModeOver): void;
}

/**
 * What is known of the modem behind data mode. `answered`: it said that it was left · `ended`: it said that it left by
 * itself, and nothing answers `+++` · `commands`: it echoed `+++` but did not say that it had left · `nothing`: it is
 * silent.
 */
export type DataModeOver = "ended" | Outcome;

/** What a command has for a download that opens data mode. */
export const ALL_THAT_COMES = { length: Number.POSITIVE_INFINITY };
/** Behind data mode the modem may print payload: as an echo, when it had left by itself. */
export const DATA_MODE_MASK = new Mask({ line: "+++", label: "+++", confidential: true });

/** Silence behind a possible end, or behind what may be an answer to `+++`, after which it is looked into. */
const END_SILENCE_MS = 300;
/** Silence after which the beginning of a possible end is data: a payload often ends with a line end. */
const LINE_END_SILENCE_MS = 100;
const BEGINNING_SILENCE_MS = 1000;
/** Longest wait for the answer to `+++`, besides the guard time behind it. */
const ANSWER_LIMIT_MS = 2000;
/** Between two looks for the answer. */
const ANSWER_POLL_MS = 100;
/** Escape sequences in all, when none is answered. */
const MAX_ESCAPES = 3;
/** The same when a possible end has been seen: silence is what is expected then. */
const MAX_ESCAPES_AT_END = 2;

type Outcome = "answered" | "commands" | "nothing";

/** Data mode of the line, from `CONNECT` on. */
export class DataMode implements DataLink {
  readonly #line: DataModeLine;
  readonly #events: DataLinkEvents;
  readonly #end: DataModeEndDetector;
  readonly #delivery: ReceiveQueue;
  readonly #look = new MovableTimer();
  readonly #writer: PacedWriter;
  readonly #answerTime = new MovableWait();
  #receivedAt = now();
  /** When the modem said, at the earliest, what came last; and since when what it says may have waited here. */
  #heardAt = now();
  #heldSince: number | undefined;
  /** Whether bytes may have been on their way when the modem left. */
  #isCut = false;
  #lastEndAt = -1;
  /** Whether nothing was heard of the modem since the last byte was written. */
  #isUnheard = false;
  #leaving: Promise<void> | undefined;
  #isLeft: () => void = () => undefined;
  /** Whether the escape sequence is under way, and whether it has been sent. */
  #escaping = false;
  #asked = false;
  /** Whether the bytes are no more its own. */
  #over = false;
  #outcome: DataLinkEnd | undefined;
  readonly #told = new Set<boolean>();

  constructor(line: DataModeLine, events: DataLinkEvents) {
    this.#line = line;
    this.#events = events;
    this.#end = new DataModeEndDetector(line.grammar, line.urcs);
    this.#writer = new PacedWriter({
      transport: line.transport,
      gate: () => this.#gate,
      // Whoever is to take data may wait for this write, and the end is made out by what is read.
      onHeld: () => this.#delivery.readOn(),
      onWrite: (length) => line.trace.payload("sent", length),
    });
    const pause = (): void => {
      this.#heldSince ??= now();
      line.transport.pause();
    };
    const resume = (): void => {
      this.#receivedAt = now();
      line.transport.resume();
    };
    this.#delivery = new ReceiveQueue(
      (bytes) => this.#events.onData(bytes),
      { pause, resume },
      (error) => line.trace.note(`Data were not taken: ${String(error)}`),
    );
  }

  get idle(): number {
    if (this.#writer.isBusy || this.#delivery.paused) return 0;
    return now() - Math.max(this.#receivedAt, this.#writer.sentAt);
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#over || this.#leaving !== undefined) return Promise.reject(notOpen());
    return this.#writer.write(bytes);
  }

  leave(): Promise<void> {
    this.#leaving ??= new Promise((resolve) => {
      this.#isLeft = resolve;
      if (this.#outcome !== undefined) resolve();
      else void this.#escape();
    });
    return this.#leaving;
  }

  receive(bytes: Buffer): void {
    if (this.#over) return;
    // Behind a silence nothing comes that has waited.
    if (now() > this.#receivedAt + MAX_LATENCY_MS) this.#heldSince = undefined;
    this.#receivedAt = now();
    this.#heardAt = this.#heldSince ?? now();
    const isInFlight = this.#writer.isInFlight(this.#heardAt);
    for (const data of this.#end.push(bytes, isInFlight)) this.#delivery.push(data);
    const { lastAt } = this.#end;
    if (lastAt > this.#lastEndAt) this.#isCut = isInFlight;
    this.#lastEndAt = lastAt;
    this.#writer.recheckGate();
    this.#watch();
  }

  wanted(patient: boolean): void {
    if (this.#over || this.#leaving !== undefined || this.#told.has(patient)) return;
    this.#told.add(patient);
    this.#events.onWanted(patient);
  }

  /** Ends it with the line. */
  fail(error: ModemError): void {
    if (!this.#over && !this.#end.possible) this.#delivery.push(this.#end.pass());
    this.#finish(error);
  }

  /** Whether the modem takes commands, as was to be found out. */
  resynchronised(inStep: boolean): void {
    const error = new ModemError("MODEM_TIMEOUT", "The modem has stopped answering");
    this.#finish(inStep ? (this.#isCut ? "cut" : "ended") : error);
  }

  /** Whether nothing may be sent: to a modem that perhaps takes commands again, or behind `+++`. */
  get #isShut(): boolean {
    return this.#end.possible || this.#asked;
  }

  get #gate(): Gate {
    if (this.#over) return "over";
    return this.#isShut ? "shut" : "open";
  }

  /** Looks at what is held when silence has lasted. */
  #watch(): void {
    this.#look.stop();
    const { possible, pending } = this.#end;
    if (this.#asked || (possible ? this.#escaping : pending === 0)) return;
    const silence = possible ? END_SILENCE_MS : pending <= 2 ? LINE_END_SILENCE_MS : BEGINNING_SILENCE_MS;
    this.#look.start(
      () => (this.#delivery.paused ? now() : this.#receivedAt) + silence,
      () => {
        if (this.#end.possible) void this.#escape();
        else this.#delivery.push(this.#end.pass());
      },
    );
  }

  async #escape(): Promise<void> {
    if (this.#escaping || this.#over) return;
    this.#escaping = true;
    let outcome: Outcome = "nothing";
    const limit = (): number => (this.#end.possible ? MAX_ESCAPES_AT_END : MAX_ESCAPES);
    for (let count = 1; outcome === "nothing" && count <= limit(); count += 1) {
      await this.#writer.quiet(this.#line.grammar.guard);
      if (this.#over) return;
      if (this.#leaving === undefined && !this.#isShut) {
        this.#escaping = false;
        this.#watch();
        return;
      }
      outcome = await this.#ask();
      if (this.#over) break;
    }
    this.#conclude(outcome);
  }

  async #ask(): Promise<Outcome> {
    if (!this.#asked) this.#isUnheard = this.#writer.hasWrittenSince(this.#heardAt);
    this.#asked = true;
    this.#look.stop();
    this.#delivery.readOn();
    this.#delivery.push(this.#end.escape());
    this.#line.trace.tellPayload();
    this.#line.trace.sent("+++");
    this.#writer.writeEscape();
    const earliest = this.#writer.sentAt + this.#line.grammar.guard;
    const latest = earliest + ANSWER_LIMIT_MS;
    for (;;) {
      const next = now() + ANSWER_POLL_MS;
      const settledAt = (): number => this.#receivedAt + END_SILENCE_MS;
      await this.#answerTime.wait(() => (this.#over ? 0 : Math.max(earliest, next, Math.min(latest, settledAt()))));
      if (this.#over) return "nothing";
      const isSilent = !this.#delivery.paused && now() >= settledAt();
      const isLate = !this.#delivery.paused && now() >= latest;
      const cut = isSilent || isLate ? this.#end.answered(isLate) : undefined;
      if (cut !== undefined) {
        this.#cutOff(cut, "answered");
        return "answered";
      }
      if (isSilent && this.#end.echoed) return "commands";
      if (isLate) return "nothing";
    }
  }

  #conclude(outcome: Outcome): void {
    if (outcome === "answered") this.#finish("left");
    if (this.#over) return;
    const cut = this.#end.ended();
    if (cut.end === undefined) this.#isCut = this.#isUnheard;
    this.#cutOff(cut, cut.end === undefined ? outcome : "ended");
  }

  #cutOff({ data, behind, end }: Cut, how: DataModeOver): void {
    this.#over = true;
    this.#writer.recheckGate();
    this.#delivery.freeLine();
    this.#delivery.push(data);
    if (end !== undefined) this.#line.trace.left(end);
    this.#line.over(behind, how);
  }

  #finish(outcome: DataLinkEnd): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = outcome;
    this.#over = true;
    this.#look.stop();
    this.#writer.recheckGate();
    this.#answerTime.recheck();
    this.#writer.stop();
    this.#delivery.finish(() => this.#events.onEnd(outcome));
    this.#isLeft();
  }
}
