import type { Transport } from "../../transport/transport";
import type { ChannelHooks } from "../channel-types";
import { now } from "../clock";
import type { DataModeGrammar, Dialect } from "../dialect";
import { type InFlight, TRIAL } from "../parser/line-classifier";
import { Parser } from "../parser/parser";
import type { Token } from "../parser/tokens";
import type { RecentSecrets } from "../trace/fragments";
import { Trace } from "../trace/trace";
import { ANY_DATA_MODE, UNKNOWN_MODEM } from "./defaults";
import { SilenceWatch } from "./silence-watch";

/** What the line tells the channel. */
export interface ModemLineEvents {
  onToken(token: Token): void;
  /** After the tokens of what has arrived. */
  onRead(): void;
}

/**
 * The line below the channel, in the modem's dialect: writes bytes, and makes tokens of those that arrive, one after the
 * other. Who uses it is the channel's business.
 */
export class ModemLine {
  readonly transport: Transport;
  readonly trace: Trace;
  readonly recent: RecentSecrets;
  readonly #events: ModemLineEvents;
  readonly #parser = new Parser();
  readonly #inbox: Buffer[] = [];
  readonly #silence = new SilenceWatch(() => this.#lookForSilence());
  readonly #onToken = (token: Token): void => this.#events.onToken(token);
  #dialect = UNKNOWN_MODEM;
  #isParsing = false;
  #isClosed = false;
  #lastByteAt = Number.NEGATIVE_INFINITY;

  constructor(transport: Transport, hooks: ChannelHooks, recent: RecentSecrets, events: ModemLineEvents) {
    this.transport = transport;
    this.trace = new Trace(hooks, recent);
    this.recent = recent;
    this.#events = events;
    transport.onData((bytes) => this.#receive(bytes));
  }

  get bytesPerSecond(): number | undefined {
    return this.transport.bytesPerSecond;
  }

  get dialect(): Dialect {
    return this.#dialect;
  }

  get dataMode(): DataModeGrammar {
    return this.#dialect.dataMode ?? ANY_DATA_MODE;
  }

  /** Whether tokens are being taken: a command that was sent now would meet the rest of them. */
  get isParsing(): boolean {
    return this.#isParsing;
  }

  /** When the last byte came, by `now()`. */
  get lastByteAt(): number {
    return this.#lastByteAt;
  }

  useDialect(dialect: Dialect): void {
    this.#dialect = dialect;
    this.trace.useDialect(dialect);
    this.#parser.useGrammar(dialect.counted, dialect.urcs);
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.transport.write(bytes);
  }

  /** Makes a command the one in flight, for the parser. */
  expect(command: InFlight): void {
    this.#parser.begin(command);
  }

  /** Sends `AT` while a command is in flight: it is answered when the modem is done with that. */
  tryOut(): Promise<void> {
    this.#parser.expectTrial();
    this.trace.sent(TRIAL);
    return this.write(Buffer.from(`${TRIAL}\r`, "latin1"));
  }

  /** Gives up the command in flight; what of its answer is held becomes tokens. */
  abandon(): void {
    this.#parser.abandon(this.#onToken);
  }

  /** The same without tokens: the command has failed already. */
  drop(): void {
    this.#silence.stop();
    this.#parser.abandon(() => undefined);
  }

  /** From here on nothing is read; the transport stays open. */
  close(): void {
    this.#isClosed = true;
  }

  /** Makes tokens of bytes; of those that were read as data, too, when they are lines after all. */
  parse(bytes: Buffer): void {
    this.#inbox.push(bytes);
    // A transport may deliver the answer from within write(); tokens are still taken one after the other.
    if (this.#isParsing) return;
    this.#isParsing = true;
    try {
      for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) {
        if (!this.#isClosed) this.#parser.push(next, this.#onToken);
      }
    } finally {
      this.#isParsing = false;
    }
  }

  #receive(bytes: Buffer): void {
    this.#lastByteAt = now();
    this.parse(bytes);
    this.#silence.restart(this.#parser.awaitsSilence && !this.#isClosed);
    this.#events.onRead();
  }

  /** Returns whether the end of a download still depends on silence. */
  #lookForSilence(): boolean {
    this.#isParsing = true;
    this.#parser.silence(now() - this.#lastByteAt, this.#onToken);
    this.#isParsing = false;
    const goesOn = this.#parser.awaitsSilence && !this.#isClosed;
    if (!goesOn) this.#events.onRead();
    return goesOn;
  }
}
