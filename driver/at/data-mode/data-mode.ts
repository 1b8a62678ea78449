import { ModemError } from "../../errors";
import type { Transport } from "../../transport/transport";
import { lineTime, MovableTimer, now } from "../clock";
import type { DataModeGrammar } from "../dialect";
import type { UrcDefinition } from "../line";
import { Mask } from "../trace/mask";
import type { Trace } from "../trace/trace";
import { type Cut, DataModeEndDetector } from "./end-detector";
import { ESCAPE } from "./escape";
import type { DataLink, DataLinkEnd, DataLinkEvents } from "./link";
import { MovableWait } from "./movable-wait";
import { ReceiveQueue } from "./receive-queue";

/** What data mode needs of the line. */
export interface DataModeLine {
  readonly bytesPerSecond: number | undefined;
  readonly grammar: DataModeGrammar;
  readonly urcs: readonly UrcDefinition[];
  readonly transport: Pick<Transport, "write" | "drain" | "pause" | "resume">;
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

/** Silence behind a possible end after which it is looked into, in ms. */
const SETTLE = 300;
/** Silence after which the beginning of a possible end is data, in ms: a payload often ends with a line end. */
const BARE_LINE_END = 100;
const BEGINNING = 1000;
/** ms for the answer to `+++`, besides the guard time behind it. */
const ANSWER_LIMIT = 2000;
/** Escape sequences in all, when none is answered. */
const TRIES = 3;
/** The same when a possible end has been seen: silence is what is expected then. */
const TRIES_AT_END = 2;
/** ms between two looks for the answer. */
const LOOK = 100;
/** What was written may run ahead of the line by so many ms. */
const AHEAD = 500;
/** ms in which a port says that it has nothing left. */
const AT_ONCE = 20;
/** Bytes that a serial port may hold when it has taken a write; Linux has a page for them. */
const PORT_BUFFER = 4096;
/** ms in which a byte written, or received, may still be between the host and the modem, besides the line's time. */
const LATENCY = 300;
/** Longest wait for a line whose flow is stopped, in ms: as long as TCP retransmits on a bad network. */
const WRITE_PATIENCE = 120_000;

type Outcome = "answered" | "commands" | "nothing";

/** Data mode of the line, from `CONNECT` on. */
export class DataMode implements DataLink {
  readonly #line: DataModeLine;
  readonly #events: DataLinkEvents;
  readonly #end: DataModeEndDetector;
  readonly #delivery: ReceiveQueue;
  readonly #look = new MovableTimer();
  /** What leaving, and writes ahead of the line, wait for. */
  readonly #escapeTime = new MovableWait();
  readonly #pace = new MovableWait();
  #receivedAt = now();
  /** When the modem said, at the earliest, what came last; and since when what it says may have waited here. */
  #heardAt = now();
  #heldSince: number | undefined;
  #sentAt = now();
  /** When the last byte written has left the line. */
  #clearAt = Number.NEGATIVE_INFINITY;
  /** Writes that were accepted and have not ended, and those of them that the transport has. */
  #accepted = 0;
  #writing = 0;
  #order: Promise<unknown> = Promise.resolve();
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
  readonly #gates = new Set<() => void>();

  constructor(line: DataModeLine, events: DataLinkEvents) {
    this.#line = line;
    this.#events = events;
    this.#end = new DataModeEndDetector(line.grammar, line.urcs);
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
    return this.#accepted > 0 || this.#delivery.paused ? 0 : now() - Math.max(this.#receivedAt, this.#sentAt);
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#over || this.#leaving !== undefined) return Promise.reject(notOpen());
    this.#accepted += 1;
    const turn = this.#order.then(() => this.#write(bytes));
    this.#order = turn
      .catch(() => undefined)
      .then(() => {
        this.#accepted -= 1;
        this.#escapeTime.recheck();
      });
    return turn;
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
    if (now() > this.#receivedAt + LATENCY) this.#heldSince = undefined;
    this.#receivedAt = now();
    this.#heardAt = this.#heldSince ?? now();
    const isInFlight = this.#writing > 0 || this.#heardAt < this.#clearAt + LATENCY;
    for (const data of this.#end.push(bytes, isInFlight)) this.#delivery.push(data);
    const { lastAt } = this.#end;
    if (lastAt > this.#lastEndAt) this.#isCut = isInFlight;
    this.#lastEndAt = lastAt;
    this.#openGates();
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

  async #write(bytes: Uint8Array): Promise<void> {
    // Whoever is to take data may wait for this write, and the end is made out by what is read.
    if (this.#isShut) this.#delivery.readOn();
    while (this.#isShut && !this.#over) {
      await new Promise<void>((resolve) => {
        this.#gates.add(resolve);
        this.#escapeTime.recheck();
      });
    }
    if (this.#over) throw notOpen();
    this.#writing += 1;
    this.#line.trace.payload("sent", bytes.length);
    const { transport, bytesPerSecond } = this.#line;
    // What can be drained is near the line, whose true rate may be another: a modem on USB is faster than it says.
    const isNear = transport.drain !== undefined;
    if (!isNear) this.#clearAt = Math.max(this.#clearAt, now()) + lineTime(bytes.length, bytesPerSecond);
    try {
      await transport.write(bytes);
      const rest = isNear ? lineTime(Math.min(bytes.length, PORT_BUFFER), bytesPerSecond) : 0;
      this.#clearAt = Math.max(isNear ? 0 : this.#clearAt, now() + rest);
      if (!isNear) await this.#pace.wait(() => (this.#over ? 0 : this.#clearAt - AHEAD));
    } finally {
      this.#writing -= 1;
      this.#sentAt = now();
    }
  }

  /** Looks at what is held when silence has lasted. */
  #watch(): void {
    this.#look.stop();
    const { possible, pending } = this.#end;
    if (this.#asked || (possible ? this.#escaping : pending === 0)) return;
    const silence = possible ? SETTLE : pending <= 2 ? BARE_LINE_END : BEGINNING;
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
    for (let tries = 1; outcome === "nothing" && tries <= (this.#end.possible ? TRIES_AT_END : TRIES); tries += 1) {
      await this.#quiet();
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

  /** Waits until the modem has heard nothing from here for the guard time. */
  async #quiet(): Promise<void> {
    const limit = now() + WRITE_PATIENCE;
    const isSending = (): boolean => this.#accepted > this.#gates.size;
    do {
      await this.#until(() => (isSending() ? limit : 0));
      await this.#drained(limit);
      await this.#until(() => this.#sentAt + this.#line.grammar.guard);
    } while (isSending() && now() < limit && !this.#over);
  }

  /** Waits until what was written has left the line. */
  async #drained(limit: number): Promise<void> {
    const draining = this.#line.transport.drain?.();
    if (draining === undefined) {
      await this.#until(() => Math.min(this.#clearAt, limit));
      this.#sentAt = Math.max(this.#sentAt, Math.min(this.#clearAt, now()));
      return;
    }
    const since = now();
    let isDrained = false;
    void draining.then(() => {
      isDrained = true;
      this.#escapeTime.recheck();
    });
    await this.#until(() => (isDrained ? 0 : limit));
    // Otherwise nothing was left to be drained, and the silence has lasted since the last write.
    if (now() - since > AT_ONCE) this.#sentAt = now();
  }

  #until(moment: () => number): Promise<void> {
    return this.#escapeTime.wait(() => (this.#over ? 0 : moment()));
  }

  async #ask(): Promise<Outcome> {
    if (!this.#asked) this.#isUnheard = this.#clearAt > this.#heardAt;
    this.#asked = true;
    this.#look.stop();
    this.#delivery.readOn();
    this.#delivery.push(this.#end.escape());
    this.#line.trace.tellPayload();
    this.#line.trace.sent("+++");
    // A line that takes no bytes gives no answer either.
    this.#line.transport.write(ESCAPE).catch(() => undefined);
    this.#sentAt = now();
    const earliest = this.#sentAt + this.#line.grammar.guard;
    const latest = earliest + ANSWER_LIMIT;
    for (;;) {
      const next = now() + LOOK;
      await this.#until(() => Math.max(earliest, next, Math.min(latest, this.#receivedAt + SETTLE)));
      if (this.#over) return "nothing";
      const isSilent = !this.#delivery.paused && now() >= this.#receivedAt + SETTLE;
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
    this.#openGates();
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
    this.#openGates();
    this.#escapeTime.recheck();
    this.#pace.recheck();
    this.#delivery.finish(() => this.#events.onEnd(outcome));
    this.#isLeft();
  }

  #openGates(): void {
    if (this.#isShut && !this.#over) return;
    for (const open of this.#gates) open();
    this.#gates.clear();
  }
}

function notOpen(): ModemError {
  return new ModemError("CONNECTION_CLOSED", "Data mode has ended");
}
