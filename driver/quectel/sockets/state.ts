import { AutoResetEvent } from "../../delay";
import type { ModemError } from "../../errors";

/** A connection that a listening socket got. */
export interface Incoming {
  readonly number: number;
  readonly ip: string;
  readonly port: number;
}

/** What is known of one socket from the modem's URCs and its own commands, before anything has acted on it. */
export class SocketState {
  readonly #onIncoming: (incoming: Incoming, isListening: boolean) => void;
  readonly #news = new AutoResetEvent();
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;
  #tellEnded: () => void = () => undefined;
  #end: { readonly error: ModemError | undefined } | undefined;
  #isEndAnnounced = false;
  #isGone = false;

  /** @param onIncoming of a listening socket; told whether it still listens */
  constructor(
    readonly cid: number,
    onIncoming: (incoming: Incoming, isListening: boolean) => void = () => undefined,
  ) {
    this.#onIncoming = onIncoming;
    this.#ended = new Promise((resolve) => {
      this.#tellEnded = resolve;
    });
  }

  /** Whether no more is sent; what has arrived may still be read. */
  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /** Why it ended; undefined when it was the peer or the owner who closed it. */
  get error(): ModemError | undefined {
    return this.#end?.error;
  }

  /** Whether the modem does not have the socket any more: there is nothing to close. */
  get isGone(): boolean {
    return this.#isGone || this.error?.code === "MODEM_RESTARTED" || this.error?.code === "MODEM_OFFLINE";
  }

  /** Aborts when nothing is read any more. */
  get stopped(): AbortSignal {
    return this.#stop.signal;
  }

  incoming(incoming: Incoming): void {
    this.#onIncoming(incoming, !this.hasEnded);
  }

  /** The modem has told of its end, in a line that may have been damaged, or meant for another. */
  get isEndAnnounced(): boolean {
    return this.#isEndAnnounced;
  }

  announceEnd(): void {
    this.#isEndAnnounced = true;
    this.#news.set();
  }

  /** Something may be there to be read, or to be found out by reading. */
  look(): void {
    this.#news.set();
  }

  /** The connection is over. The first reason counts. */
  end(error?: ModemError): void {
    this.#end ??= { error };
    this.#tellEnded();
    this.#news.set();
  }

  /** Ends it, and gives up what was not read. */
  stop(error?: ModemError): void {
    this.end(error);
    this.#stop.abort(error);
  }

  /** Stops it when the modem, or the way to it, is gone. */
  lose(error: ModemError): void {
    this.#isGone = true;
    this.stop(error);
  }

  /** Resolves when it has ended. */
  ended(): Promise<void> {
    return this.#ended;
  }

  /** Waits for news, at most `ms`; whether there are any. Rejects when it is stopped. */
  wait(ms: number): Promise<boolean> {
    return this.#news.wait(ms, this.stopped);
  }
}
