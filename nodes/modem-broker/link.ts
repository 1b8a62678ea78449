import { delay } from "../../driver/delay";
import { asModemError, isModemError, ModemError } from "../../driver/errors";
import type { Services } from "../../driver/services/model";
import type { BrokerSession, SessionEvents } from "../../driver/services/mqtt/mqtt";
import { Backoff } from "../../driver/services/waiting/backoff";
import { unlessAborted } from "../../driver/services/waiting/unless-aborted";
import { deferred } from "../common/deferred";
import { modemReady } from "../common/modem-ready";
import type { ObservableModem } from "../common/types";
import type { Topic } from "./topic";

/** Between two attempts to log in. */
const RETRY_MS = { min: 1000, max: 120_000 } as const;
/** A broker that has refused the login is asked again after this at the earliest. */
const REFUSED_PAUSE_MS = 60_000;
/** A session that has stood for so long was a good one: the next attempt is not late. */
const STABLE_MS = 60_000;
/** A login: connection, handshake and the modem's own patience. */
const LOGIN_MS = 150_000;
/** The most that a timer can wait. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/**
 * `closed`: nobody wants a session. `waiting`: for the modem, or for the next attempt. `refused`: by the broker.
 * `failed`: the settings can't be used.
 */
export type LinkState = "closed" | "waiting" | "connecting" | "connected" | "refused" | "failed";

export interface LinkParts {
  readonly modem: ObservableModem;
  /** Logs in. */
  open(
    services: Services,
    events: SessionEvents<Topic>,
    limit: { readonly timeout: number; readonly signal: AbortSignal },
  ): Promise<BrokerSession<Topic>>;
  /** What every new session begins with: subscriptions, birth. What it throws ends the session. */
  prepare(session: BrokerSession<Topic>, signal: AbortSignal): Promise<void>;
  /** Says goodbye; never fails. */
  leave(session: BrokerSession<Topic>): Promise<void>;
  onMessage: SessionEvents<Topic>["onMessage"];
  /** A message that the line has damaged: what it said is lost. */
  onDamaged(error: ModemError): void;
  /** `error`: why it is not connected, or not any more. */
  onState(state: LinkState, error?: ModemError): void;
  /** Once for each outage: why there is no session. */
  onError(error: ModemError): void;
  /** For the backoff, between 0 and 1. */
  readonly random: () => number;
}

/** A session that is kept up as long as it is wanted: made anew after every loss, later and later while that fails. */
export class Link {
  readonly #parts: LinkParts;
  readonly #backoff: Backoff;
  readonly #ended = new AbortController();
  #wish: AbortController | undefined;
  #running: Promise<void> = Promise.resolve();
  #state: LinkState = "closed";
  #session: BrokerSession<Topic> | undefined;
  #lastError: ModemError | undefined;
  /** Kinds of error that were told since the last session. */
  readonly #told = new Set<LinkState>();
  /** On `performance.now()`: a broker that refused the login is not asked before. */
  #notBefore = 0;
  #changed = deferred<void>();

  constructor(parts: LinkParts) {
    this.#parts = parts;
    this.#backoff = new Backoff(RETRY_MS.min, RETRY_MS.max, parts.random);
  }

  get state(): LinkState {
    return this.#state;
  }

  /** Why there is no session. */
  get lastError(): ModemError | undefined {
    return this.#lastError;
  }

  /** Of a link that is connected. */
  get session(): BrokerSession<Topic> | undefined {
    return this.#state === "connected" ? this.#session : undefined;
  }

  /**
   * From now on a session is wanted.
   *
   * @param isOther the login is another one: what the broker said to the one before doesn't count
   */
  start(isOther = false): void {
    if (this.#wish !== undefined || this.#ended.signal.aborted) return;
    if (isOther) {
      this.#notBefore = 0;
      this.#told.clear();
      this.#backoff.reset();
    }
    const wish = new AbortController();
    this.#wish = wish;
    const before = this.#running;
    this.#running = before.then(() => this.#run(wish.signal));
  }

  /** Ends the session with a goodbye; resolves when the modem's client is free. */
  async stop(): Promise<void> {
    this.#wish?.abort(new ModemError("CONNECTION_CLOSED", "The session was ended by the flow"));
    this.#wish = undefined;
    await this.#running;
  }

  /** As `stop`, for good. */
  async end(error: ModemError): Promise<void> {
    this.#ended.abort(error);
    this.#wish?.abort(error);
    await this.#running;
  }

  /** Resolves with the session once there is one, however long that takes. @throws the abort reason */
  async connected(signal: AbortSignal): Promise<BrokerSession<Topic>> {
    for (;;) {
      signal.throwIfAborted();
      const { session } = this;
      if (session !== undefined) return session;
      await unlessAborted(this.#changed.promise, signal);
    }
  }

  /** Never rejects. */
  async #run(wish: AbortSignal): Promise<void> {
    while (!wish.aborted) {
      const pause = await this.#attempt(wish).catch((error: unknown) => this.#failed(error, wish));
      if (wish.aborted) break;
      await delay(pause, wish).catch(() => undefined);
    }
    this.#set("closed", this.#lastError);
  }

  /** Resolves when the session is over, with the ms to wait until the next attempt. */
  async #attempt(wish: AbortSignal): Promise<number> {
    const { modem } = this.#parts;
    const early = this.#notBefore - performance.now();
    if (early > 0) {
      this.#set("refused", this.#lastError);
      return early;
    }
    if (this.#state !== "refused") this.#set("waiting", this.#lastError);
    const services = await modemReady(modem, wish);
    this.#set("connecting", this.#lastError);
    const lost = deferred<ModemError>();
    const over = new AbortController();
    const session = await this.#parts.open(
      services,
      {
        onMessage: (message) => this.#parts.onMessage(message),
        onDamaged: (error) => this.#parts.onDamaged(error),
        onClosed: (error) => {
          over.abort(error);
          lost.resolve(error);
        },
      },
      { timeout: LOGIN_MS, signal: wish },
    );
    try {
      await this.#parts.prepare(session, AbortSignal.any([wish, over.signal]));
      const error = await this.#use(session, lost.promise, wish);
      this.#set("waiting", error);
      return this.#backoff.take();
    } finally {
      this.#session = undefined;
      if (!over.signal.aborted) await this.#parts.leave(session);
    }
  }

  async #use(session: BrokerSession<Topic>, lost: Promise<ModemError>, wish: AbortSignal): Promise<ModemError> {
    const since = performance.now();
    this.#session = session;
    this.#told.clear();
    this.#set("connected");
    try {
      return await unlessAborted(lost, wish);
    } finally {
      if (performance.now() - since >= STABLE_MS) this.#backoff.reset();
    }
  }

  /** The ms to wait until the next attempt. */
  #failed(thrown: unknown, wish: AbortSignal): number {
    if (wish.aborted) return 0;
    const error = asModemError(thrown, "CONNECT_FAILED");
    const state = stateAfter(error);
    // That the modem is away is its own node's to tell.
    if (!this.#told.has(state) && this.#parts.modem.state === "ready") {
      this.#told.add(state);
      this.#parts.onError(error);
    }
    this.#set(state, error);
    // Until the flow is deployed, or a message changes the settings.
    if (state === "failed") return LONGEST_DELAY_MS;
    const pause = this.#backoff.take();
    if (state !== "refused") return pause;
    this.#notBefore = performance.now() + Math.max(REFUSED_PAUSE_MS, pause);
    return Math.max(REFUSED_PAUSE_MS, pause);
  }

  #set(state: LinkState, error?: ModemError): void {
    this.#lastError = state === "connected" ? undefined : error;
    if (this.#state === state && error === undefined) return;
    this.#state = state;
    const { resolve } = this.#changed;
    this.#changed = deferred<void>();
    resolve();
    this.#parts.onState(state, error);
  }
}

function stateAfter(error: ModemError): "failed" | "refused" | "waiting" {
  if (isModemError(error, "INVALID_INPUT") || isModemError(error, "NOT_SUPPORTED")) return "failed";
  return isModemError(error, "PROTOCOL_ERROR") ? "refused" : "waiting";
}
