import { ModemError } from "../../errors";
import type { Transport } from "../../transport/transport";
import type { Channel, ChannelHooks, UrcWaiter, WaitOptions } from "../channel-types";
import { MovableTimer, now } from "../clock";
import { type Command, checkLine, Priority, type Response } from "../command";
import { ALL_THAT_COMES, DATA_MODE_MASK, DataMode, type DataModeOver } from "../data-mode/data-mode";
import { sendEscape } from "../data-mode/escape";
import type { DataLink, DataLinkEvents } from "../data-mode/link";
import type { Dialect } from "../dialect";
import { NO_CONNECT, rejection } from "../errors";
import type { Line } from "../line";
import { Parser } from "../parser/parser";
import type { Token } from "../parser/tokens";
import { RecentSecrets } from "../trace/fragments";
import { Trace } from "../trace/trace";
import { ANY_DATA_MODE, UNKNOWN_MODEM } from "./defaults";
import { Exchange, IN_DATA_MODE, type Interrupted, UNDISTURBED } from "./exchange";
import { waitForIdleLine } from "./idle-line";
import { Job, JobQueue } from "./queue";
import { Resync } from "./resync";
import { SilenceWatch } from "./silence-watch";
import { UrcRouter } from "./urc-router";

export type { ChannelHooks };

/** A line on which URCs never cease gets its next command after so many gaps all the same. */
const GAPS_AT_MOST = 5;

/** The line to one modem, over a transport that is open. Ends with `close`; a reopened port gets a new channel. */
export class AtChannel implements Channel {
  readonly #transport: Transport;
  readonly #hooks: ChannelHooks;
  readonly #recent: RecentSecrets;
  readonly #parser = new Parser();
  readonly #queue = new JobQueue();
  readonly #gap = new MovableTimer();
  readonly #router = new UrcRouter((error) => this.note(`A URC listener failed: ${String(error)}`));
  #dialect = UNKNOWN_MODEM;
  #dataMode = ANY_DATA_MODE;
  #exchange: Exchange | undefined;
  #resync: Resync | undefined;
  #data: DataMode | undefined;
  /** Whether the modem has said that it left data mode, so that nothing needs to be made of its answering again. */
  #saidItLeft = false;
  #freeAt = Number.NEGATIVE_INFINITY;
  #closed: ModemError | undefined;
  /** Whether an answer of an older command may still come. */
  #suspect = false;
  #hasAnswered = false;
  #interrupted: Interrupted = UNDISTURBED;
  #lastByteAt = Number.NEGATIVE_INFINITY;
  readonly #inbox: Buffer[] = [];
  #parsing = false;
  readonly #silence = new SilenceWatch(() => this.#lookForSilence());
  /** Whether nothing may be sent, as it would break the silence around `+++`. */
  #isHushed = false;
  readonly #trace: Trace;
  readonly #onToken = (token: Token): void => this.#take(token);

  /** @param recent secrets of the channels before this one: a modem that rebooted may repeat them to the next */
  constructor(transport: Transport, hooks: ChannelHooks = {}, recent = new RecentSecrets()) {
    this.#transport = transport;
    this.#hooks = hooks;
    this.#recent = recent;
    this.#trace = new Trace(hooks, recent);
    transport.onData((bytes) => this.#receive(bytes));
  }

  get bytesPerSecond(): number | undefined {
    return this.#transport.bytesPerSecond;
  }

  useDialect(dialect: Dialect): void {
    this.#dialect = dialect;
    this.#dataMode = dialect.dataMode ?? ANY_DATA_MODE;
    this.#trace.useDialect(dialect);
    this.#parser.useGrammar(dialect.counted, dialect.urcs);
  }

  send(command: Command): Promise<Response> {
    return this.#carryOut(new Job(command));
  }

  async openData(command: Command, events: DataLinkEvents): Promise<DataLink> {
    const { label, signal, priority } = command;
    if (priority === Priority.Background) await waitForIdleLine(() => this.#freeSince, signal);
    const job = new Job({ ...command, download: ALL_THAT_COMES }, events);
    await this.#carryOut(job);
    if (job.link === undefined) throw rejection(label, NO_CONNECT, this.#dialect.errorTexts);
    if (signal?.aborted !== true) return job.link;
    void job.link.leave();
    throw signal.reason;
  }

  /** By `now()`; undefined while somebody uses the line. */
  get #freeSince(): number | undefined {
    return this.#isInUse || !this.#queue.isEmpty ? undefined : this.#freeAt;
  }

  get #isInUse(): boolean {
    return this.#exchange !== undefined || this.#resync !== undefined || this.#data !== undefined || this.#isHushed;
  }

  async #carryOut(job: Job): Promise<Response> {
    const { command } = job;
    if (this.#closed !== undefined) throw this.#closed;
    command.signal?.throwIfAborted();
    checkLine(command);
    const onAbort = (): void => {
      this.#queue.remove(job);
      job.reject(command.signal?.reason);
    };
    command.signal?.addEventListener("abort", onAbort, { once: true });
    this.#queue.add(job);
    this.#data?.wanted(command.priority === Priority.Background);
    this.#next();
    try {
      return await job.promise;
    } finally {
      command.signal?.removeEventListener("abort", onAbort);
    }
  }

  /**
   * Sends `+++` between two silences of `guard` ms, on a line without a command in flight: for a modem that may have
   * been left in data mode, and would answer nothing else. To one that takes commands it means nothing.
   */
  async escape(guard: number, signal: AbortSignal): Promise<void> {
    this.#isHushed = true;
    this.#gap.stop();
    this.#trace.mask = DATA_MODE_MASK;
    try {
      await sendEscape(this.#transport, this.#trace, guard, signal);
    } finally {
      this.#isHushed = false;
      this.#next();
    }
  }

  waitForUrc<T>(match: (line: Line) => T | undefined, options: WaitOptions): UrcWaiter<T> {
    const waiter = this.#router.waitFor(match, options);
    if (this.#closed !== undefined) this.#router.failWaiting(this.#closed);
    return waiter;
  }

  onUrc(prefix: string, listener: (line: Line) => void): () => void {
    return this.#router.on(prefix, listener);
  }

  note(text: string): void {
    this.#trace.note(text);
  }

  /** Lets go of the transport, which stays open; everything queued, in flight and awaited rejects with `error`. */
  close(error: ModemError): void {
    if (this.#closed !== undefined) return;
    this.#closed = error;
    this.#failAll(error);
  }

  #receive(bytes: Buffer): void {
    this.#lastByteAt = now();
    this.#parse(bytes);
    this.#silence.restart(this.#parser.awaitsSilence && this.#closed === undefined);
    this.#next();
  }

  #parse(bytes: Buffer): void {
    this.#inbox.push(bytes);
    // A transport may deliver the answer from within write(); tokens are taken one after the other all the same.
    if (this.#parsing) return;
    this.#parsing = true;
    try {
      for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) {
        if (this.#closed === undefined) this.#parser.push(next, this.#onToken);
      }
    } finally {
      this.#parsing = false;
    }
  }

  #take(token: Token): void {
    if (this.#closed !== undefined) return;
    this.#trace.received(token);
    if (token.type === "urc") this.#unsolicited(token.line, token.boot);
    else if (token.type === "data" && this.#data !== undefined) this.#data.receive(token.bytes);
    else if (token.type === "prompt" && this.#exchange?.job.events !== undefined) this.#connected(this.#exchange);
    else if (this.#resync !== undefined) this.#resync.token(token);
    else if (this.#exchange?.token(token) === true) this.#finished();
  }

  #unsolicited(line: Line, boot: boolean): void {
    this.#exchange?.interrupt(line);
    this.#router.route(line);
    if (!boot || this.#closed !== undefined) return;
    const words = `The modem restarted during the operation (it printed ${line.text})`;
    this.#failAll(new ModemError("MODEM_RESTARTED", words));
    this.#suspect = false;
    this.#hooks.onBoot?.(line.text);
  }

  /** `CONNECT` has come: from the next byte on the line is in data mode. */
  #connected({ job }: Exchange, events = job.events): void {
    if (events === undefined) return;
    this.#exchange?.connected();
    this.#finished();
    this.#trace.mask = DATA_MODE_MASK;
    const transport = this.#transport;
    const trace = this.#trace;
    const dialect = this.#dialect;
    const data = new DataMode(
      {
        grammar: this.#dataMode,
        urcs: dialect.urcs,
        transport,
        trace,
        over: (behind, how) => this.#leftDataMode(behind, how),
      },
      events,
    );
    this.#data = data;
    job.link = data;
    if (job.command.signal?.aborted === true) void data.leave();
    for (const isPatient of [false, true]) if (this.#queue.waits(isPatient)) data.wanted(isPatient);
  }

  #leftDataMode(behind: Buffer, how: DataModeOver): void {
    this.#trace.tellPayload();
    this.#freeAt = now();
    this.#parser.abandon(this.#onToken);
    if (how === "answered") this.#data = undefined;
    this.#parse(behind);
    if (this.#data !== undefined) {
      this.#interrupted = { ...(how === "nothing" ? IN_DATA_MODE : UNDISTURBED), startedAt: now() };
      this.#saidItLeft = how === "ended";
      this.#resynchronise();
    }
    this.#next();
  }

  #finished(): void {
    this.#exchange = undefined;
    this.#freeAt = now();
    this.#hasAnswered = true;
  }

  /** Sends what is next, as soon as the line may take it. */
  #next(): void {
    if (this.#parsing || this.#isInUse || this.#closed !== undefined || this.#gap.running || this.#queue.isEmpty)
      return;
    if (this.#suspect && this.#hasAnswered) {
      // What was sent to a modem that took no notice of it is not answered later.
      this.#interrupted = { ...this.#interrupted, startedAt: now() };
      this.#resynchronise();
      return;
    }
    const latest = now() + this.#dialect.gap * GAPS_AT_MOST;
    const end = (): number => Math.min(this.#lastByteAt + this.#dialect.gap, latest);
    this.#gap.start(end, () => this.#dispatch());
  }

  #dispatch(): void {
    const job = this.#queue.take();
    if (job === undefined) return;
    const { line, expects = [], upload, download } = job.command;
    this.#parser.begin({ line, expects, prompt: upload?.prompt, download });
    const exchange = new Exchange(
      job,
      {
        bytesPerSecond: this.bytesPerSecond,
        dialect: this.#dialect,
        recent: this.#recent,
        write: (bytes) => this.#transport.write(bytes),
        traceSent: (text) => this.#trace.sent(text),
      },
      () => this.#interrupt(exchange),
    );
    this.#trace.mask = exchange.mask;
    this.#exchange = exchange;
    exchange.start();
  }

  /** The exchange has failed and its job is rejected; the modem may still answer. */
  #interrupt(exchange: Exchange): void {
    this.#exchange = undefined;
    this.#interrupted = exchange.interrupted;
    this.#suspect = true;
    this.#parser.abandon(this.#onToken);
    // A modem that has never answered may be off or booting: it is its owner who tries again, with commands of his own.
    if (this.#hasAnswered) this.#resynchronise();
    else this.#next();
  }

  #resynchronise(): void {
    this.#gap.stop();
    const resync = new Resync(
      {
        bytesPerSecond: this.bytesPerSecond,
        guard: this.#dataMode.guard,
        lastByteAt: () => this.#lastByteAt,
        write: (bytes) => this.#transport.write(bytes),
        expect: (command) => this.#parser.begin(command),
      },
      this.#interrupted,
    );
    this.#resync = resync;
    this.note(`Resynchronising ${this.#data === undefined ? "after a missing answer" : "behind data mode"}`);
    void resync.run().then((inStep) => {
      if (this.#resync === resync) this.#resynchronised(inStep);
    });
  }

  #resynchronised(inStep: boolean): void {
    const data = this.#data;
    const saidItLeft = this.#saidItLeft;
    this.#resync = undefined;
    this.#data = undefined;
    this.#saidItLeft = false;
    this.#freeAt = now();
    this.#suspect = !inStep;
    if (inStep) this.#interrupted = UNDISTURBED;
    this.#parser.abandon(this.#onToken);
    data?.resynchronised(inStep);
    if (!inStep) {
      this.#queue.rejectAll(new ModemError("MODEM_TIMEOUT", "The modem has stopped answering"));
      this.#hooks.onUnresponsive?.();
    } else if (!saidItLeft) this.#hooks.onResynchronised?.();
    this.#next();
  }

  #failAll(error: ModemError): void {
    const exchange = this.#exchange;
    const data = this.#data;
    this.#exchange = undefined;
    this.#data = undefined;
    this.#saidItLeft = false;
    this.#resync?.cancel();
    this.#resync = undefined;
    this.#gap.stop();
    this.#silence.stop();
    this.#parser.abandon(() => undefined);
    exchange?.end(error);
    data?.fail(error);
    this.#queue.rejectAll(error);
    this.#router.failWaiting(error);
  }

  /** Returns whether the end of a download still depends on silence. */
  #lookForSilence(): boolean {
    this.#parsing = true;
    this.#parser.silence(now() - this.#lastByteAt, this.#onToken);
    this.#parsing = false;
    const goesOn = this.#parser.awaitsSilence && this.#closed === undefined;
    if (!goesOn) this.#next();
    return goesOn;
  }
}
