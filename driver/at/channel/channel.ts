import { inSeconds, ModemError } from "../../errors";
import type { Transport } from "../../transport/transport";
import type { Channel, ChannelHooks, UrcWaiter, WaitOptions } from "../channel-types";
import { ExtendableTimeout, MovableTimer, now } from "../clock";
import { type Command, checkLine, Priority, type Response } from "../command";
import { ALL_THAT_COMES, DATA_MODE_MASK, DataMode, type DataModeOver } from "../data-mode/data-mode";
import { sendEscape } from "../data-mode/escape";
import { type DataLink, type DataLinkEvents, NO_USE } from "../data-mode/link";
import type { Dialect } from "../dialect";
import { NO_CONNECT, rejection } from "../errors";
import type { Line } from "../line";
import type { Token } from "../parser/tokens";
import { RecentSecrets } from "../trace/fragments";
import { Exchange } from "./exchange";
import { waitForIdleLine } from "./idle-line";
import { IN_DATA_MODE, type Interrupted, UNDISTURBED } from "./interrupted";
import { FREE, failUse, type LeftDataMode, type LineUse, whatHolds } from "./line-use";
import { ModemLine } from "./modem-line";
import { Job, JobQueue } from "./queue";
import { Resync } from "./resync";
import { UrcRouter } from "./urc-router";

export type { ChannelHooks };

/** Gaps after which the next command goes in any case: on some lines URCs never cease. */
const MAX_GAPS = 5;

/** The line to one modem, over a transport that is open. Ends with `close`; a reopened port gets a new channel. */
export class AtChannel implements Channel {
  readonly #line: ModemLine;
  readonly #hooks: ChannelHooks;
  readonly #queue = new JobQueue();
  readonly #gap = new MovableTimer();
  readonly #router = new UrcRouter((error) => this.note(`A URC listener failed: ${String(error)}`));
  #use: LineUse = FREE;
  #freeAt = Number.NEGATIVE_INFINITY;
  /** Nothing may be sent, which would break the silence around `+++`. A resync may still be using the line. */
  #isHushed = false;
  /** Whether an answer of an older command may still come. */
  #suspect = false;
  #hasAnswered = false;
  /** Whether the next command will be echoed: the modem was just heard to do so, and may owe a result from before. */
  #isEchoed = false;
  #isSilent = false;
  #interrupted: Interrupted = UNDISTURBED;

  /** @param recent secrets of the channels before this one: a modem that rebooted may repeat them to the next */
  constructor(transport: Transport, hooks: ChannelHooks = {}, recent = new RecentSecrets()) {
    this.#hooks = hooks;
    const onToken = (token: Token): void => this.#take(token);
    this.#line = new ModemLine(transport, hooks, recent, { onToken, onRead: () => this.#next() });
  }

  get bytesPerSecond(): number | undefined {
    return this.#line.bytesPerSecond;
  }

  /** Whether the modem owes a URC, and could be asked meanwhile whether it is still there. */
  get awaitsUrc(): boolean {
    return this.#router.isAwaited && this.#use.kind === "free";
  }

  useDialect(dialect: Dialect): void {
    this.#line.useDialect(dialect);
  }

  send(command: Command): Promise<Response> {
    return this.#carryOut(new Job(command));
  }

  /**
   * As `send`, for a command that may open data mode although its sender has no use for it: it is left again, and what
   * came in it is dropped. Resolves with undefined then.
   */
  async sendUnlessData(command: Command): Promise<Response | undefined> {
    const job = new Job({ ...command, download: ALL_THAT_COMES }, NO_USE);
    const { lines } = await this.#carryOut(job);
    await job.link?.leave();
    return job.link === undefined ? { lines } : undefined;
  }

  async openData(command: Command, events: DataLinkEvents): Promise<DataLink> {
    const { label, signal, priority } = command;
    if (priority === Priority.Background) await waitForIdleLine(() => this.#freeSince, signal);
    const job = new Job({ ...command, download: ALL_THAT_COMES }, events);
    await this.#carryOut(job);
    if (job.link === undefined) throw rejection(label, NO_CONNECT, this.#line.dialect.errorTexts);
    if (signal?.aborted !== true) return job.link;
    void job.link.leave();
    throw signal.reason;
  }

  /** By `now()`; undefined while the line is in use. */
  get #freeSince(): number | undefined {
    return this.#isInUse || !this.#queue.isEmpty ? undefined : this.#freeAt;
  }

  get #isClosed(): boolean {
    return this.#use.kind === "closed";
  }

  get #isInUse(): boolean {
    return this.#isHushed || (this.#use.kind !== "free" && this.#use.kind !== "closed");
  }

  async #carryOut(job: Job): Promise<Response> {
    const { command } = job;
    if (this.#use.kind === "closed") throw this.#use.error;
    command.signal?.throwIfAborted();
    checkLine(command);
    const onAbort = (): void => this.#giveUp(job, command.signal?.reason);
    command.signal?.addEventListener("abort", onAbort, { once: true });
    const limit = new ExtendableTimeout(() => this.#giveUp(job, this.#tooLate(job)));
    if (command.within !== undefined) limit.start(command.within);
    this.#queue.add(job);
    if (this.#use.kind === "data") this.#use.data.wanted(command.priority === Priority.Background);
    this.#next();
    try {
      return await job.promise;
    } finally {
      limit.stop();
      command.signal?.removeEventListener("abort", onAbort);
    }
  }

  /** The caller of a job leaves: its command is not sent any more, or nobody waits for the answer. */
  #giveUp(job: Job, reason: unknown): void {
    this.#queue.remove(job);
    job.abandon(reason);
    if (this.#use.kind === "exchange" && this.#use.exchange.job === job) this.#use.exchange.abandon();
  }

  #tooLate(job: Job): ModemError {
    const { label, within = 0 } = job.command;
    const isSent = this.#use.kind === "exchange" && this.#use.exchange.job === job;
    const text = isSent ? `No answer to ${label}` : `${label} was not sent: ${whatHolds(this.#use)}`;
    return new ModemError("MODEM_TIMEOUT", `${text} within ${inSeconds(within)}`, { command: label });
  }

  /**
   * Sends `+++` between two silences of `guard` ms, on a line without a command in flight: for a modem that may have
   * been left in data mode, and would answer nothing else. To one that takes commands it means nothing.
   */
  async escape(guard: number, signal: AbortSignal): Promise<void> {
    this.#isHushed = true;
    this.#gap.stop();
    this.#line.trace.mask = DATA_MODE_MASK;
    try {
      await sendEscape(this.#line.transport, this.#line.trace, guard, signal);
    } finally {
      this.#isHushed = false;
      this.#next();
    }
  }

  waitForUrc<T>(match: (line: Line) => T | undefined, options: WaitOptions): UrcWaiter<T> {
    const waiter = this.#router.waitFor(match, options);
    if (this.#use.kind === "closed") this.#router.failWaiting(this.#use.error);
    return waiter;
  }

  onUrc(prefix: string, listener: (line: Line) => void): () => void {
    return this.#router.on(prefix, listener);
  }

  note(text: string): void {
    this.#line.trace.note(text);
  }

  /** Lets go of the transport, which stays open; everything queued, in flight and awaited rejects with `error`. */
  close(error: ModemError): void {
    if (this.#use.kind === "closed") return;
    this.#line.close();
    this.#failAll(error, { kind: "closed", error });
  }

  #take(token: Token): void {
    if (this.#isClosed) return;
    this.#line.trace.received(token);
    if (token.type === "urc") {
      this.#unsolicited(token.line, token.boot, token.stray === true);
      return;
    }
    const use = this.#use;
    switch (use.kind) {
      case "exchange":
        if (token.type === "prompt" && use.exchange.job.events !== undefined) this.#connected(use.exchange);
        else use.exchange.token(token);
        return;
      case "data":
        if (token.type === "data") use.data.receive(token.bytes);
        return;
      case "resync":
        use.resync.token(token);
        return;
      case "free":
      case "closed":
        return;
    }
  }

  #unsolicited(line: Line, boot: boolean, isStray: boolean): void {
    if (this.#use.kind === "exchange") this.#use.exchange.interrupt(line, isStray);
    this.#router.route(line);
    if (!boot || this.#use.kind === "closed") return;
    const words = `The modem restarted during the operation (it printed ${line.text})`;
    this.#failAll(new ModemError("MODEM_RESTARTED", words), FREE);
    this.#suspect = false;
    this.#hooks.onBoot?.(line.text);
  }

  /** `CONNECT` has come: from the next byte on the line is in data mode. */
  #connected(exchange: Exchange): void {
    const { job } = exchange;
    if (job.events === undefined) return;
    exchange.connected();
    this.#finished([]);
    const { trace, transport, dialect, dataMode: grammar } = this.#line;
    trace.mask = DATA_MODE_MASK;
    const over = (behind: Buffer, how: DataModeOver): void => this.#leftDataMode(behind, how);
    const data = new DataMode({ grammar, urcs: dialect.urcs, transport, trace, over }, job.events);
    this.#use = { kind: "data", data };
    job.link = data;
    if (job.isAbandoned) void data.leave();
    for (const isPatient of [false, true]) if (this.#queue.waits(isPatient)) data.wanted(isPatient);
  }

  #leftDataMode(behind: Buffer, how: DataModeOver): void {
    this.#line.trace.tellPayload();
    this.#freeAt = now();
    this.#line.abandon();
    // A receiver or listener may have closed the channel, and the lines behind data mode may tell of a reboot.
    if (how === "answered" && this.#use.kind === "data") this.#use = FREE;
    this.#line.parse(behind);
    if (this.#use.kind === "data") {
      const { data } = this.#use;
      this.#interrupted = { ...(how === "nothing" ? IN_DATA_MODE : UNDISTURBED), startedAt: now() };
      this.#resynchronise({ data, isAnnounced: how === "ended" });
    }
    this.#next();
  }

  /** @param tried when `AT` was sent while the command was in flight, as far as the answers may still come */
  #finished(tried: readonly number[]): void {
    this.#use = FREE;
    this.#freeAt = now();
    this.#hasAnswered = true;
    if (tried.length > 0) {
      this.#interrupted = { ...UNDISTURBED, isAnswered: true, tried };
      this.#resynchronise();
    } else this.#next();
  }

  /** Sends what is next, as soon as the line may take it. */
  #next(): void {
    if (this.#line.isParsing || this.#isInUse || this.#use.kind === "closed") return;
    if (this.#gap.running || this.#queue.isEmpty) return;
    if (this.#suspect && this.#hasAnswered) {
      // What was sent to a modem that took no notice of it is not answered later.
      this.#interrupted = { ...this.#interrupted, startedAt: now() };
      this.#resynchronise();
      return;
    }
    const latest = now() + this.#line.dialect.gap * MAX_GAPS;
    const end = (): number => Math.min(this.#line.lastByteAt + this.#line.dialect.gap, latest);
    this.#gap.start(end, () => this.#dispatch());
  }

  #dispatch(): void {
    const job = this.#queue.take();
    if (job === undefined) return;
    const { line, expects = [], upload, download } = job.command;
    this.#line.expect({ line, expects, prompt: upload?.prompt, download, isCommand: true, isEchoed: this.#isEchoed });
    this.#isEchoed = false;
    const exchange: Exchange = new Exchange(job, this.#line, {
      onFinished: (owed) => this.#finished(owed),
      onInterrupted: () => this.#interrupt(exchange),
      onBrokenOff: () => {
        this.#queue.putBack(job);
        this.#interrupt(exchange);
      },
      onSilence: (isSilent) => this.#tellSilence(isSilent),
    });
    this.#line.trace.mask = exchange.mask;
    this.#use = { kind: "exchange", exchange };
    exchange.start();
  }

  /** The exchange has failed and its job is rejected; the modem may still answer. */
  #interrupt(exchange: Exchange): void {
    this.#use = FREE;
    this.#interrupted = exchange.interrupted;
    this.#suspect = true;
    this.#line.abandon();
    // A listener of what was held may have closed the channel, or be the next to use it.
    if (this.#use.kind !== "free") return;
    // A modem that has never answered may be off or booting: it is its owner who tries again, with commands of his own.
    if (this.#hasAnswered) this.#resynchronise();
    else this.#next();
  }

  /** @param behind data mode that is over, if that is why */
  #resynchronise(behind?: LeftDataMode): void {
    this.#gap.stop();
    const isAnswered = this.#interrupted.isAnswered === true;
    const resync = new Resync(this.#line, this.#interrupted, (isSilent) => this.#tellSilence(isSilent));
    this.#use = { kind: "resync", resync, ...(behind === undefined ? {} : { behind }) };
    const why = behind === undefined ? `after a ${isAnswered ? "late" : "missing"} answer` : "behind data mode";
    this.note(`Resynchronising ${why}`);
    // What has answered after all, late as it may be, has not rebooted.
    const isAnnounced = behind === undefined ? isAnswered : behind.isAnnounced;
    void resync.run().then((inStep) => {
      if (this.#use.kind !== "resync" || this.#use.resync !== resync) return;
      this.#isEchoed = inStep && resync.isEchoed;
      this.#resynchronised(inStep, behind?.data, isAnnounced);
    });
  }

  #resynchronised(inStep: boolean, behind: DataMode | undefined, isAnnounced: boolean): void {
    this.#use = FREE;
    this.#freeAt = now();
    this.#suspect = !inStep;
    if (inStep) this.#interrupted = UNDISTURBED;
    this.#line.abandon();
    behind?.resynchronised(inStep);
    if (!inStep) {
      this.#queue.rejectAll(new ModemError("MODEM_TIMEOUT", "The modem has stopped answering"));
      this.#hooks.onUnresponsive?.();
    } else if (!isAnnounced) this.#hooks.onResynchronised?.();
    this.#next();
  }

  #tellSilence(isSilent: boolean): void {
    if (this.#isSilent === isSilent || !this.#hasAnswered) return;
    this.#isSilent = isSilent;
    this.#hooks.onSilence?.(isSilent);
  }

  #failAll(error: ModemError, next: LineUse): void {
    const use = this.#use;
    this.#use = next;
    this.#gap.stop();
    this.#line.drop();
    failUse(use, error);
    this.#queue.rejectAll(error);
    this.#router.failWaiting(error);
  }
}
