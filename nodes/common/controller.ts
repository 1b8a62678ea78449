import type { ModemHandle, ReadyOptions } from "../../driver/modem-types";
import { nodeClosed, notConfigured, notPrepared, queueFull } from "./errors";
import type { StatusDisplay } from "./status";
import type { Message, ModemNode } from "./types";
import { inTime, withinLimit } from "./within-limit";

/** What a running message may use. */
export interface Job<Access> {
  readonly modem: ModemHandle;
  /** What `acquire` gave. */
  readonly access: Access;
  /** Aborts when the node is closed. */
  readonly signal: AbortSignal;
  /** Shows how far it has come, in units of its own. */
  readonly progress: (done: number, total: number) => void;
}

/** What a node does with a message: three steps, of which each may throw. */
export interface Operation<Request, Access> {
  /** Reads and checks everything the message and the dialog say. @throws {ModemError} `INVALID_INPUT`; nothing was sent */
  prepare(message: Message): Promise<Request>;
  /** Waits until the modem can do it. */
  acquire(modem: ModemHandle, wait: ReadyOptions, request: Request): Promise<Access>;
  /** Does it; resolves with the properties that the message gets before it goes on. */
  perform(request: Request, job: Job<Access>): Promise<Partial<Message>>;
}

export type Send = (message: Message) => void;
export type Done = (error?: Error) => void;

/** Requests that may be under way in one node, which is far above what any modem does side by side. */
const RUNNING_LIMIT = 1000;
/** ms for the check of a message where no modem says otherwise. */
const DEFAULT_TIMEOUT = 60_000;
/** ms that `close` waits for work that has been told to stop; Node-RED itself would wait 15 s. */
const CLOSE_LIMIT = 2000;

/**
 * The one way a message is taken, checked, queued, answered or failed.
 *
 * Messages pass the wait for the modem in their order, then run side by side. Each ends in `send` and `done()` or in
 * `done(error)`, whatever happens; nothing here ever rejects, since Node-RED ends its process on that.
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
    /** The config node of the moment; a deploy may give another. */
    owner: () => ModemNode | undefined,
    status: StatusDisplay,
    /** Messages that may wait for the modem. */
    limit: () => number,
    /** Takes what Node-RED's own `done` throws. */
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
      .then(() => send(message))
      .then(
        () => this.#finish(done),
        (error: Error) => this.#finish(done, error),
      )
      .catch((error: unknown) => this.#report(error))
      .finally(() => this.#work.delete(work));
    this.#work.add(work);
  }

  /** Ends every message that is here with `MODEM_OFFLINE`; resolves within `CLOSE_LIMIT`. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const job of this.#jobs) job.abort(nodeClosed());
    await withinLimit(Promise.all(this.#work), CLOSE_LIMIT);
  }

  #finish(done: Done, error?: Error): void {
    if (error === undefined) this.#status.succeeded();
    else this.#status.failed(error);
    done(error);
  }

  async #run(message: Message): Promise<void> {
    if (this.#closed) throw nodeClosed();
    // One controller a message: a signal that thousands listen to is slow, and Node.js warns of it.
    const controller = new AbortController();
    this.#jobs.add(controller);
    try {
      const { request, job } = await this.#wait(message, controller.signal);
      Object.assign(message, await this.#perform(request, job));
    } finally {
      this.#jobs.delete(controller);
    }
  }

  /** Checks at once, so that a bad message fails at once, and then waits for its turn and for the modem. */
  async #wait(message: Message, signal: AbortSignal): Promise<{ request: Request; job: Job<Access> }> {
    // Passing a modem that is ready is no wait, however many come at once.
    const owner = this.#owner();
    const mustWait = owner?.modem?.state !== "ready";
    const limit = this.#limit();
    if (mustWait && this.#waiting >= limit) throw queueFull(limit);
    this.#waiting += 1;
    try {
      const timeout = owner?.timeout ?? DEFAULT_TIMEOUT;
      // Not by the date, which a gateway without a clock of its own learns late.
      const deadline = performance.now() + timeout;
      // A store of context that never answers must not hold up the messages behind for ever.
      const prepared = inTime(this.#operation.prepare(message), timeout, () => notPrepared(timeout));
      const passed = this.#pass(prepared, this.#turn, { deadline, signal });
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

  async #pass(
    prepared: Promise<Request>,
    before: Promise<unknown>,
    { deadline, signal }: { deadline: number; signal: AbortSignal },
  ): Promise<{ request: Request; job: Job<Access> }> {
    const request = await untilAborted(prepared, signal);
    const owner = this.#owner();
    if (owner === undefined) throw notConfigured();
    const { modem, problem } = owner;
    if (modem === undefined) throw problem ?? notConfigured();
    await untilAborted(before, signal);
    const timeout = Math.max(1, Math.ceil(deadline - performance.now()));
    const access = await untilAborted(this.#operation.acquire(modem, { timeout, signal }, request), signal);
    return { request, job: { modem, access, signal, progress: this.#status.progress } };
  }

  async #perform(request: Request, job: Job<Access>): Promise<Partial<Message>> {
    if (this.#running >= RUNNING_LIMIT) throw queueFull(RUNNING_LIMIT);
    this.#running += 1;
    this.#status.started();
    try {
      return await untilAborted(this.#operation.perform(request, job), job.signal);
    } finally {
      this.#running -= 1;
      this.#status.ended();
    }
  }
}

/** Ends the wait with the abort's reason at once, even where the work itself takes its time to stop. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
