import { asModemError, ModemError } from "../../driver/errors";
import type { ModemHandle, ReadyOptions } from "../../driver/modem-types";
import { unlessAborted } from "../../driver/services/waiting/unless-aborted";
import { invalid, nodeClosed, notConfigured, notPrepared, queueFull, waitedInVain } from "./errors";
import { unreadableIn } from "./message/unreadable";
import { StillKept } from "./outbox/outbox";
import type { StatusDisplay } from "./status";
import type { Message, ModemNode } from "./types";
import { bounded, inTime, withinLimit } from "./within-limit";

/** What a running message may use. */
export interface Job<Access> {
  readonly modem: ModemHandle;
  /** What `acquire` returned. */
  readonly access: Access;
  /** Aborts when the node is closed, or the time is over. */
  readonly signal: AbortSignal;
  /** Shows the progress, in units of the job's choice. */
  readonly progress: (done: number, total: number) => void;
}

/** What a node does with a message, in three steps; each may throw. */
export interface Operation<Request, Access> {
  /** Reads and checks the message and the dialog. @throws {ModemError} `INVALID_INPUT`; nothing was sent */
  prepare(message: Message): Promise<Request>;
  /** What it is for people: `POST http://server.example/`, never with a secret; continues with "was not sent". */
  describe(request: Request): string;
  /** Waits until the modem can do it. */
  acquire(modem: ModemHandle, wait: ReadyOptions, request: Request): Promise<Access>;
  /**
   * Whether an outbox has it: then it waits there and not here, out of turn and as long as it takes, and stays there when
   * the node closes. `perform` may throw `StillKept`.
   */
  isKept?(request: Request): boolean;
  /** Whether the outbox has it still when the node is closed; so it is where it is left out. */
  outlivesNode?(request: Request): boolean;
  /** Where the answer goes; `none`: nowhere, the message is done. The node's usual output where it is left out. */
  output?(request: Request): 1 | 2 | "none" | undefined;
  /** ms that the work may take, for an operation that has no limit of its own. */
  workLimit?(request: Request): number;
  /** Does the work; resolves with the properties to set on the outgoing message. */
  perform(request: Request, job: Job<Access>): Promise<Partial<Message>>;
}

export type Send = (message: Message, output?: 1 | 2) => void;
export type Done = (error?: Error) => void;

/** Requests that may run in one node at once: far more than any modem runs in parallel. */
const RUNNING_LIMIT = 1000;
/** Bounds the check of a message if there is no modem to set a limit. */
const DEFAULT_TIMEOUT_MS = 60_000;
/** Bounds how long `close` waits for aborted work; Node-RED itself would wait 15 s. */
const CLOSE_LIMIT_MS = 2000;

/**
 * Accepts, checks, queues and answers or fails every message of a node.
 *
 * Messages wait for the modem in order, then run in parallel. Each one ends in `send` and `done()`, or in
 * `done(error)`. Nothing here ever rejects: an unhandled rejection would end Node-RED's process.
 */
export class Controller<Request, Access> {
  readonly #operation: Operation<Request, Access>;
  readonly #owner: () => ModemNode | undefined;
  readonly #status: StatusDisplay;
  readonly #limit: () => number;
  readonly #report: (error: unknown) => void;
  readonly #jobs = new Set<AbortController>();
  readonly #work = new Set<Promise<void>>();
  #turn: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #running = 0;
  #closed = false;

  constructor(
    operation: Operation<Request, Access>,
    /** The current config node; a deploy may replace it. */
    owner: () => ModemNode | undefined,
    status: StatusDisplay,
    /** Messages that may wait for the modem. */
    limit: () => number,
    /** Receives what Node-RED's own `done` throws. */
    report: (error: unknown) => void,
  ) {
    this.#operation = operation;
    this.#owner = owner;
    this.#status = status;
    this.#limit = limit;
    this.#report = report;
  }

  take(message: Message, send: Send, done: Done): void {
    const work = this.#run(message)
      .then((request) => {
        const output = this.#operation.output?.(request);
        if (output !== "none") send(message, output);
      })
      .then(
        () => this.#finish(done),
        (error: unknown) => {
          // It has not failed, and is not done either: its outbox sends it later.
          if (!(error instanceof StillKept)) this.#finish(done, asModemError(error, "MODEM_REJECTED"));
        },
      )
      .catch((error: unknown) => this.#report(error))
      .finally(() => this.#work.delete(work));
    this.#work.add(work);
  }

  /** Fails every message in the node with `MODEM_OFFLINE`; resolves within `CLOSE_LIMIT_MS`. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const job of this.#jobs) job.abort(nodeClosed());
    await withinLimit(Promise.all(this.#work), CLOSE_LIMIT_MS);
  }

  #finish(done: Done, error?: Error): void {
    if (error === undefined) this.#status.succeeded();
    else this.#status.failed(error);
    done(error);
  }

  async #run(message: Message): Promise<Request> {
    if (this.#closed) throw nodeClosed();
    // One controller per message: a signal with thousands of listeners is slow, and Node.js warns about it.
    const controller = new AbortController();
    this.#jobs.add(controller);
    try {
      const { request, job } = await this.#wait(message, controller.signal);
      Object.assign(message, await this.#perform(request, job));
      return request;
    } finally {
      this.#jobs.delete(controller);
    }
  }

  /** Checks the message at once, so that a bad one fails at once; then waits for its turn and for the modem. */
  async #wait(message: Message, signal: AbortSignal): Promise<{ request: Request; job: Job<Access> }> {
    // With a modem that is ready nothing waits, however many messages arrive at once.
    const owner = this.#owner();
    const mustWait = owner?.modem?.state !== "ready";
    const limit = this.#limit();
    if (mustWait && this.#waiting >= limit) throw queueFull(limit);
    this.#waiting += 1;
    try {
      const timeout = owner?.timeout ?? DEFAULT_TIMEOUT_MS;
      // Not by the date: a gateway without a clock of its own learns it late.
      const since = performance.now();
      // A context store that never answers must not block the messages behind this one.
      const prepared = inTime(this.#prepare(message), timeout, () => notPrepared(timeout));
      const passed = this.#pass(prepared, this.#turn, { since, timeout, signal });
      const before = this.#turn;
      this.#turn = passed.then(
        () => undefined,
        () => before,
      );
      return await passed;
    } finally {
      this.#waiting -= 1;
    }
  }

  async #prepare(message: Message): Promise<Request> {
    try {
      return await this.#operation.prepare(message);
    } catch (error) {
      if (error instanceof ModemError) throw error;
      const unreadable = unreadableIn(message);
      if (unreadable !== undefined) throw invalid(unreadable.field, `can't be read: ${unreadable.reason}`);
      throw asModemError(error, "INVALID_INPUT");
    }
  }

  async #pass(
    prepared: Promise<Request>,
    before: Promise<unknown>,
    { since, timeout, signal }: { since: number; timeout: number; signal: AbortSignal },
  ): Promise<{ request: Request; job: Job<Access> }> {
    const request = await unlessAborted(prepared, signal).catch((error: unknown) => this.#unlessKept(prepared, error));
    const owner = this.#owner();
    if (owner === undefined) throw notConfigured();
    const { modem, problem } = owner;
    if (modem === undefined) throw problem ?? notConfigured();
    if (this.#operation.isKept?.(request) !== true) await unlessAborted(before, signal);
    const left = Math.max(1, Math.ceil(since + timeout - performance.now()));
    const access = await unlessAborted(
      this.#operation.acquire(modem, { timeout: left, signal }, request),
      signal,
    ).catch((error: unknown) => {
      throw waitedInVain(this.#operation.describe(request), owner.called, performance.now() - since, error);
    });
    return { request, job: { modem, access, signal, progress: this.#status.progress } };
  }

  /** The node closes: what its outbox is just taking in stays there, and is not told to have failed. */
  async #unlessKept(prepared: Promise<Request>, error: unknown): Promise<never> {
    if (!this.#closed || this.#operation.isKept === undefined) throw error;
    const late = await inTime(prepared, CLOSE_LIMIT_MS / 2, () => new Error("not prepared")).catch(() => undefined);
    const isKept = late !== undefined && this.#operation.isKept(late) && this.#operation.outlivesNode?.(late) !== false;
    throw isKept ? new StillKept() : error;
  }

  async #perform(request: Request, job: Job<Access>): Promise<Partial<Message>> {
    if (this.#operation.isKept?.(request) === true) return this.#awaitKept(request, job);
    if (this.#running >= RUNNING_LIMIT) throw queueFull(RUNNING_LIMIT);
    this.#running += 1;
    this.#status.started();
    try {
      const limit = this.#operation.workLimit?.(request);
      if (limit === undefined) return await unlessAborted(this.#operation.perform(request, job), job.signal);
      const bounds = { operation: this.#operation.describe(request), limit, signal: job.signal };
      return await bounded(bounds, (signal) => this.#operation.perform(request, { ...job, signal }));
    } finally {
      this.#running -= 1;
      this.#status.ended();
    }
  }

  async #awaitKept(request: Request, job: Job<Access>): Promise<Partial<Message>> {
    return unlessAborted(this.#operation.perform(request, job), job.signal).catch((error: unknown) => {
      throw job.signal.aborted && this.#operation.outlivesNode?.(request) !== false ? new StillKept() : error;
    });
  }
}
