import { transferTime } from "../../at/clock";
import { type AnswerField, splitFields, toInteger } from "../../at/fields";
import { AutoResetEvent, delay } from "../../delay";
import { isModemError, ModemError } from "../../errors";
import type { Delivery } from "../../services/mqtt/mqtt";
import { unlessAborted } from "../../services/waiting/unless-aborted";
import { query } from "../commands";
import { SIMPLE_MS } from "../timeouts";
import type { BrokerClient } from "./client";

/** ms after which is asked without news: a URC may have been lost. */
const POLL_MS = 30_000;
/** Times that nothing may come of what was announced, and ms between them. */
const VAIN_READS = 3;
const VAIN_PAUSE_MS = 500;
/** Bytes of an answer beside topic and message. */
const FRAME = 64;
/** `<op>,1` reads one message. */
const ONE = 1;

export interface ReaderOwner<Topic> {
  readonly client: BrokerClient;
  /** For messages. */
  readonly operation: string;
  /** Fires when the session has ended. */
  readonly ended: AbortSignal;
  /** What stands behind the number of the operation; undefined where bytes were lost or added. */
  parse(fields: readonly AnswerField[]): Delivery<Topic> | undefined;
  /** Resolves when more may be read. Never fails. */
  deliver(message: Delivery<Topic>): void | Promise<void>;
  damaged(error: ModemError): void;
}

/**
 * Reads what the modem has got, one message at a time (guide 6.3, 7.4): in between the operations that wait get their
 * turn, and a flood of them does not hold it up, since it goes before all but one of them.
 */
export class MessageReader<Topic> {
  readonly #owner: ReaderOwner<Topic>;
  readonly #wake = new AutoResetEvent();
  #unread = 0;
  #running: Promise<void> | undefined;
  #isDelivering = false;

  constructor(owner: ReaderOwner<Topic>) {
    this.#owner = owner;
  }

  /** The modem has so many: when one arrives, and behind each read that leaves some. */
  announced(count: number): void {
    this.#unread = count;
    if (count > 0) this.#wake.set();
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Behind the end of the session: resolves when no message will come any more. @param drain reads what is left */
  async finish(drain: boolean): Promise<void> {
    await this.#running;
    if (!drain || this.#running === undefined || this.#isDelivering) return;
    const { disposed } = this.#owner.client;
    try {
      while (this.#unread > 0 && (await this.#step(disposed)) && !this.#isDelivering);
    } catch (error) {
      this.#note(error);
    }
  }

  async #run(): Promise<void> {
    const { ended } = this.#owner;
    try {
      for (;;) {
        for (let told = true; told && this.#unread === 0; ) told = await this.#wake.wait(POLL_MS, ended);
        await this.#readAll();
      }
    } catch (error) {
      if (!ended.aborted) this.#note(error);
    }
  }

  async #readAll(): Promise<void> {
    const { ended } = this.#owner;
    for (let vain = 0; vain < VAIN_READS; ) {
      const isExpected = this.#unread > 0;
      if (await this.#step(ended)) vain = 0;
      else if (isExpected) {
        vain += 1;
        await delay(VAIN_PAUSE_MS, ended);
      } else return;
    }
    this.#unread = 0;
  }

  /** Whether there was something to read. */
  async #step(signal: AbortSignal): Promise<boolean> {
    const read = await this.#read(signal);
    if (read === "nothing") return false;
    this.#unread = Math.max(0, this.#unread - 1);
    if (read instanceof ModemError) this.#owner.damaged(read);
    else await this.#deliver(read, signal);
    return true;
  }

  async #deliver(message: Delivery<Topic>, signal: AbortSignal): Promise<void> {
    const taken = this.#owner.deliver(message);
    if (taken === undefined) return;
    this.#isDelivering = true;
    await unlessAborted(taken, signal);
    this.#isDelivering = false;
  }

  /** An error where what came is lost. */
  async #read(signal: AbortSignal): Promise<Delivery<Topic> | ModemError | "nothing"> {
    const { client, operation, parse } = this.#owner;
    const { control, read } = client.protocol;
    const question = query(`${control}=`, [read, ONE], {
      expects: [{ prefix: `${control}:`, accepts: (line) => toInteger(splitFields(line)[0]) === read }],
      timeout: SIMPLE_MS + transferTime(this.#longest, client.channel.bytesPerSecond),
    });
    const waiting = { signal, owner: "reading a message", first: true };
    const response = await client
      .inTurn(() => client.channel.send(question), waiting)
      .catch((error: unknown) => {
        signal.throwIfAborted();
        // Some firmware refuses to read where nothing is left (AT facts 5.2).
        if (isModemError(error, "MODEM_REJECTED")) return undefined;
        if (isModemError(error, "MODEM_TIMEOUT")) return damaged(operation, question.label);
        throw error;
      });
    if (response === undefined || response instanceof ModemError) return response ?? "nothing";
    const { lines, strays } = response;
    if (lines.length === 0 && strays !== true) return "nothing";
    const [, ...fields] = lines[0] === undefined ? [] : splitFields(lines[0]);
    const message = lines.length === 1 && strays !== true ? parse(fields) : undefined;
    return message ?? damaged(operation, question.label);
  }

  get #longest(): number {
    const { mqttTopic, mqttPayload } = this.#owner.client.model.limits;
    return mqttTopic + mqttPayload + FRAME;
  }

  #note(error: unknown): void {
    this.#owner.client.channel.note(`${this.#owner.operation}: ${String(error)}`);
  }
}

/** What is counted, when it is whole: the count is right, and its end where that has it. */
export function countedBytes(content: AnswerField | undefined, count: AnswerField | undefined): Buffer | undefined {
  const { data, damaged } = content ?? {};
  return damaged === undefined && data?.length === toInteger(count) ? data : undefined;
}

function damaged(operation: string, command: string): ModemError {
  const text = "bytes were lost or added on the way";
  return new ModemError(
    "CONNECTION_CLOSED",
    `${operation}: a message was received, but ${text} from the modem, and it can't be read again. Check cable, baud ` +
      "rate and flow control.",
    { command, errorText: text },
  );
}
