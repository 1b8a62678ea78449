import { delay } from "../../../driver/delay";
import { Backoff } from "../../../driver/services/waiting/backoff";
import { unlessAborted } from "../../../driver/services/waiting/unless-aborted";
import type { Entry, Outbox } from "./outbox";

/** Between two attempts to send the same message. */
const RETRY_MS = { min: 1000, max: 60_000 } as const;

/** What brings a message to where it is sent. */
export interface Carrier<Item, Result> {
  /** Resolves when something can be sent; without a limit of its own. @throws the abort reason */
  ready(signal: AbortSignal): Promise<void>;
  /** Resolves when it has arrived. */
  send(entry: Entry<Item>, signal: AbortSignal): Promise<Result>;
  /** The error to fail the message with; undefined keeps it for another attempt. */
  verdict(error: unknown, entry: Entry<Item>): Error | undefined;
}

export interface SenderOptions<Item, Result> {
  readonly outbox: Outbox<Item, Result>;
  readonly carrier: Carrier<Item, Result>;
  /** Messages a second at most; 0: as fast as it goes. */
  readonly rate?: number;
  /** For the backoff, between 0 and 1; tests give their own. */
  readonly random?: () => number;
  /** What `ready` or the outbox is rejected with, though it should not be. */
  readonly onError: (error: unknown) => void;
}

/** Sends what an outbox holds, one after the other: a later one never overtakes an earlier one. */
export class OutboxSender<Item, Result> {
  readonly #options: SenderOptions<Item, Result>;
  readonly #backoff: Backoff;
  readonly #stopped = new AbortController();
  readonly #running: Promise<void>;

  constructor(options: SenderOptions<Item, Result>) {
    this.#options = options;
    this.#backoff = new Backoff(RETRY_MS.min, RETRY_MS.max, options.random ?? Math.random);
    this.#running = this.#run();
  }

  /** Ends what is on its way with `error`; its message stays in the outbox. */
  async stop(error: Error): Promise<void> {
    this.#stopped.abort(error);
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      await this.#next(signal).catch(async (error: unknown) => {
        if (signal.aborted) return;
        this.#options.onError(error);
        await this.#pause(this.#backoff.take());
      });
    }
  }

  async #next(signal: AbortSignal): Promise<void> {
    const { outbox, carrier, rate = 0 } = this.#options;
    await outbox.first(signal);
    await carrier.ready(signal);
    // Meanwhile the first may have become too old.
    const entry = await outbox.first(signal);
    if (!outbox.take(entry)) return;
    const since = performance.now();
    if (await this.#send(entry, signal)) this.#backoff.reset();
    else await this.#pause(this.#backoff.take());
    if (rate > 0) await this.#pause(1000 / rate - (performance.now() - since));
  }

  /** Resolves to false where it stays for another attempt. */
  async #send(entry: Entry<Item>, signal: AbortSignal): Promise<boolean> {
    const { outbox, carrier } = this.#options;
    try {
      // Not until the modem lets go of it: who waits for the end has little time.
      outbox.settle(entry, await unlessAborted(carrier.send(entry, signal), signal));
      return true;
    } catch (error) {
      const failure = signal.aborted ? undefined : carrier.verdict(error, entry);
      if (failure === undefined) outbox.putBack(entry);
      else outbox.fail(entry, failure);
      return failure !== undefined;
    }
  }

  /** ms */
  async #pause(time: number): Promise<void> {
    if (time > 0) await delay(time, this.#stopped.signal).catch(() => undefined);
  }
}
