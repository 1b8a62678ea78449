import { ModemError } from "../errors";
import type { Transport } from "../transport/transport";
import type { Channel, Dialect, UrcWaiter, WaitOptions } from "./channel-types";
import { now, Pause } from "./clock";
import type { Command, Response } from "./command";
import { ConfidentialLines } from "./confidential";
import type { DataLink, DataLinkEvents } from "./data-link";
import { Exchange, type Interrupted } from "./exchange";
import { isPrefixed } from "./expectation";
import { RecentSecrets } from "./fragments";
import type { Line } from "./line";
import { inBytes, type Mask } from "./mask";
import { Parser } from "./parser";
import { Job, JobQueue } from "./queue";
import { Resync } from "./resync";
import type { Token } from "./tokens";
import { UrcRouter } from "./urc-router";

/** What the channel tells its owner. Secrets are masked in all of it. */
export interface ChannelHooks {
  onTrace?(entry: { direction: "sent" | "received" | "note"; text: string }): void;
  /** The modem has booted; what was in flight, queued and awaited has failed with `MODEM_RESTARTED`. */
  onBoot?(line: string): void;
  /** After a timeout the modem could not be brought to answer `AT`. What is queued has failed with `MODEM_TIMEOUT`. */
  onUnresponsive?(): void;
  /** After a timeout the modem answers in step again; it may have rebooted without a word. */
  onResynchronised?(): void;
  /** Bytes that belong to nothing. */
  onNoise?(bytes: Uint8Array): void;
}

/** 27.007 knows no such waits; these are the longest that any supported model asks for. */
const UNKNOWN_MODEM: Dialect = {
  gap: 20,
  promptDelay: { "@": 50, ">": 50, CONNECT: 0 },
  counted: [],
  urcs: [],
  errorTexts: new Map(),
};

const UNDISTURBED: Interrupted = { startedAt: 0, opened: false, size: 0, missing: 0 };

/** A line on which URCs never cease gets its next command after so many gaps all the same. */
const GAPS_AT_MOST = 5;
/** How often a download whose end only silence shows is looked at, in ms. */
const SILENCE_INTERVAL = 500;

/** The line to one modem, over a transport that is open. Ends with `close`; a reopened port gets a new channel. */
export class AtChannel implements Channel {
  private readonly parser = new Parser();
  private readonly queue = new JobQueue();
  private readonly gap = new Pause();
  private readonly router = new UrcRouter((error) => this.note(`A URC listener failed: ${String(error)}`));
  private dialect = UNKNOWN_MODEM;
  private confidential = ConfidentialLines.ofUrcs(UNKNOWN_MODEM.urcs);
  private exchange: Exchange | undefined;
  private resync: Resync | undefined;
  private closed: ModemError | undefined;
  private mask: Mask | undefined;
  /** Whether an answer of an older command may still come. */
  private suspect = false;
  private hasAnswered = false;
  private interrupted: Interrupted = UNDISTURBED;
  private lastByteAt = Number.NEGATIVE_INFINITY;
  /** Bytes of a download since the last trace. */
  private untraced = 0;
  private readonly inbox: Buffer[] = [];
  private parsing = false;
  private silence: NodeJS.Timeout | undefined;
  private readonly onToken = (token: Token): void => this.take(token);

  /** @param recent secrets of the channels before this one: a modem that rebooted may repeat them to the next */
  constructor(
    private readonly transport: Transport,
    private readonly hooks: ChannelHooks = {},
    private readonly recent = new RecentSecrets(),
  ) {
    transport.onData((bytes) => this.receive(bytes));
  }

  get bytesPerSecond(): number | undefined {
    return this.transport.bytesPerSecond;
  }

  useDialect(dialect: Dialect): void {
    this.dialect = dialect;
    this.confidential = ConfidentialLines.ofUrcs(dialect.urcs);
    this.parser.useGrammar(dialect.counted, dialect.urcs);
  }

  async send(command: Command): Promise<Response> {
    if (this.closed !== undefined) throw this.closed;
    command.signal?.throwIfAborted();
    checkLine(command);
    const job = new Job(command);
    const onAbort = (): void => {
      this.queue.remove(job);
      job.reject(command.signal?.reason);
    };
    command.signal?.addEventListener("abort", onAbort, { once: true });
    this.queue.add(job);
    this.next();
    try {
      return await job.promise;
    } finally {
      command.signal?.removeEventListener("abort", onAbort);
    }
  }

  async openData(command: Command, _events: DataLinkEvents): Promise<DataLink> {
    throw new ModemError("NOT_SUPPORTED", `${command.label}: data mode is not supported yet`);
  }

  waitForUrc<T>(match: (line: Line) => T | undefined, options: WaitOptions): UrcWaiter<T> {
    const waiter = this.router.waitFor(match, options);
    if (this.closed !== undefined) this.router.failWaiting(this.closed);
    return waiter;
  }

  onUrc(prefix: string, listener: (line: Line) => void): () => void {
    return this.router.on(prefix, listener);
  }

  note(text: string): void {
    this.hooks.onTrace?.({ direction: "note", text });
  }

  /** Lets go of the transport, which stays open; everything queued, in flight and awaited rejects with `error`. */
  close(error: ModemError): void {
    if (this.closed !== undefined) return;
    this.closed = error;
    this.failAll(error);
  }

  private receive(bytes: Buffer): void {
    this.lastByteAt = now();
    this.inbox.push(bytes);
    // A transport may deliver the answer from within write(); tokens are taken one after the other all the same.
    if (this.parsing) return;
    this.parsing = true;
    try {
      for (let next = this.inbox.shift(); next !== undefined; next = this.inbox.shift()) {
        if (this.closed === undefined) this.parser.push(next, this.onToken);
      }
    } finally {
      this.parsing = false;
    }
    this.watchSilence();
    this.next();
  }

  private take(token: Token): void {
    if (this.closed !== undefined) return;
    this.traceReceived(token);
    if (token.type === "urc") this.unsolicited(token.line, token.boot);
    else if (this.resync !== undefined) this.resync.token(token);
    else if (this.exchange?.token(token) === true) this.finished();
  }

  private unsolicited(line: Line, boot: boolean): void {
    this.exchange?.interrupt(line);
    this.router.route(line);
    if (!boot || this.closed !== undefined) return;
    const words = `The modem restarted during the operation (it printed ${line.text})`;
    this.failAll(new ModemError("MODEM_RESTARTED", words));
    this.suspect = false;
    this.hooks.onBoot?.(line.text);
  }

  private finished(): void {
    this.exchange = undefined;
    this.hasAnswered = true;
  }

  /** Sends what is next, as soon as the line may take it. */
  private next(): void {
    const busy = this.parsing || this.exchange !== undefined || this.resync !== undefined;
    if (busy || this.closed !== undefined || this.gap.running || this.queue.isEmpty) return;
    if (this.suspect && this.hasAnswered) {
      // What was sent to a modem that took no notice of it is not answered later.
      this.interrupted = { ...this.interrupted, startedAt: now() };
      this.resynchronise();
      return;
    }
    const latest = now() + this.dialect.gap * GAPS_AT_MOST;
    const end = (): number => Math.min(this.lastByteAt + this.dialect.gap, latest);
    this.gap.start(end, () => this.dispatch());
  }

  private dispatch(): void {
    const job = this.queue.take();
    if (job === undefined) return;
    const { line, expects = [], upload, download } = job.command;
    this.parser.begin({ line, expects, prompt: upload?.prompt, download });
    const exchange = new Exchange(
      job,
      {
        bytesPerSecond: this.bytesPerSecond,
        dialect: this.dialect,
        recent: this.recent,
        write: (bytes) => this.transport.write(bytes),
        traceSent: (text) => this.hooks.onTrace?.({ direction: "sent", text }),
      },
      () => this.interrupt(exchange),
    );
    this.mask = exchange.mask;
    this.exchange = exchange;
    exchange.start();
  }

  /** The exchange has failed and its job is rejected; the modem may still answer. */
  private interrupt(exchange: Exchange): void {
    this.exchange = undefined;
    this.interrupted = exchange.interrupted;
    this.suspect = true;
    this.parser.abandon(this.onToken);
    // A modem that has never answered may be off or booting: it is its owner who tries again, with commands of his own.
    if (this.hasAnswered) this.resynchronise();
    else this.next();
  }

  private resynchronise(): void {
    this.gap.stop();
    const resync = new Resync(
      {
        bytesPerSecond: this.bytesPerSecond,
        lastByteAt: () => this.lastByteAt,
        write: (bytes) => this.transport.write(bytes),
        expect: (command) => this.parser.begin(command),
      },
      this.interrupted,
    );
    this.resync = resync;
    this.note("Resynchronising after a missing answer");
    void resync.run().then((inStep) => {
      if (this.resync === resync) this.resynchronised(inStep);
    });
  }

  private resynchronised(inStep: boolean): void {
    this.resync = undefined;
    this.suspect = !inStep;
    if (inStep) this.interrupted = UNDISTURBED;
    this.parser.abandon(this.onToken);
    if (inStep) this.hooks.onResynchronised?.();
    else {
      this.queue.rejectAll(new ModemError("MODEM_TIMEOUT", "The modem has stopped answering"));
      this.hooks.onUnresponsive?.();
    }
    this.next();
  }

  private failAll(error: ModemError): void {
    const { exchange } = this;
    this.exchange = undefined;
    this.resync?.cancel();
    this.resync = undefined;
    this.gap.stop();
    clearInterval(this.silence);
    this.silence = undefined;
    this.parser.abandon(() => undefined);
    exchange?.end(error);
    this.queue.rejectAll(error);
    this.router.failWaiting(error);
  }

  /** Some downloads end where the modem falls silent. */
  private watchSilence(): void {
    clearInterval(this.silence);
    this.silence = undefined;
    if (!this.parser.awaitsSilence || this.closed !== undefined) return;
    this.silence = setInterval(() => {
      this.parsing = true;
      this.parser.silence(now() - this.lastByteAt, this.onToken);
      this.parsing = false;
      if (this.parser.awaitsSilence) return;
      clearInterval(this.silence);
      this.silence = undefined;
      this.next();
    }, SILENCE_INTERVAL);
  }

  private traceReceived(token: Token): void {
    if (token.type === "data") {
      this.untraced += token.bytes.length;
      return;
    }
    if (this.untraced > 0) this.hooks.onTrace?.({ direction: "received", text: `<${this.untraced} bytes>` });
    this.untraced = 0;
    if (this.hooks.onTrace === undefined && token.type !== "noise") return;
    const whole = shown(token);
    const text = this.confidential.hide(this.masked(token, whole));
    if (token.type === "noise") this.hooks.onNoise?.(Buffer.from(text, "latin1"));
    else this.hooks.onTrace?.({ direction: "received", text });
  }

  private masked(token: Token, whole: string): string {
    if (this.mask === undefined) return this.recent.areIn(whole) ? inBytes(whole) : whole;
    return this.isPiece(token) ? this.mask.piece(whole) : this.mask.line(whole);
  }

  /** Whether it may be content, or a part of a damaged or late answer: nothing shows that it is a line of its own. */
  private isPiece(token: Token): boolean {
    if (token.type !== "urc" && token.type !== "answer") return token.type === "noise";
    const { text } = token.line;
    return !isPrefixed(text) && !this.dialect.urcs.some(({ prefix }) => text.startsWith(prefix));
  }
}

function shown(token: Token): string {
  switch (token.type) {
    case "answer":
    case "urc":
      return [token.line.text, ...token.line.data.map(({ bytes }) => `<${bytes.length} bytes>`)].join(" ");
    case "final":
      return token.result.text;
    case "prompt":
      return token.prompt;
    case "damage":
      return "<bytes lost or added>";
    case "data":
      return `<${token.bytes.length} bytes>`;
    case "echo":
    case "noise":
      return token.text;
  }
}

/** The last guard of the line: nothing that is not one command line of ASCII gets past it. */
function checkLine({ line }: Command): void {
  if (!/[^\x20-\x7e]/.test(line)) return;
  const text = "A command line can't carry a control character or one outside ASCII";
  throw new ModemError("INVALID_INPUT", text);
}
