import { access } from "node:fs/promises";
import { delay } from "../delay";
import { asModemError, ModemError } from "../errors";
import type { ModelDefinition } from "../services/model";
import { Backoff } from "../services/waiting/backoff";
import { unlessAborted } from "../services/waiting/unless-aborted";
import { kindOfPort } from "../transport/port-text";
import type { Transport } from "../transport/transport";
import type { LifeContext } from "./context";
import type { Fault, Session, SessionListeners } from "./session";
import type { Sessions } from "./sessions";

type Step = "cycle the radio" | "reset" | "reopen";

/**
 * What is tried against silence that resynchronising did not end, each once, in this order: what is cheap goes first. A
 * TCP connection is made anew in no time, and to a device server that forgot the old one it is all that helps.
 */
const ESCALATION: readonly Step[] = ["cycle the radio", "reset", "reopen"];
const TCP_ESCALATION: readonly Step[] = ["reopen", "cycle the radio", "reset"];

/** What only an open port needs. */
export type SessionsModule = Pick<typeof import("./sessions"), "Sessions">;

export interface RecoveryOptions extends SessionListeners {
  readonly context: LifeContext;
  load(): Promise<SessionsModule>;
  readonly transport: Transport;
  /** Called before each opening; rejects while another modem has the port. */
  claim?(): Promise<void>;
  /** Every session from its start; it may end at any time. */
  session(session: Session): void;
}

/** Makes sessions, one after the other, until it is stopped: after every fault what that fault asks for. */
export class Recovery {
  readonly #options: RecoveryOptions;
  readonly #context: LifeContext;
  readonly #backoff: Backoff;
  #sessions: Sessions | undefined;
  #isOpen = false;
  /** The last one: a modem on USB that reboots takes its port away after its session has ended. */
  #session: Session | undefined;
  #step = 0;
  #model: ModelDefinition | undefined;
  /** ms that the modem is given for its first answer: after an order that it need not even have heard, not many. */
  #patience: number | undefined;

  constructor(options: RecoveryOptions) {
    this.#options = options;
    this.#context = options.context;
    const { backoffMin, backoffMax } = this.#context.timing;
    this.#backoff = new Backoff(backoffMin, backoffMax, this.#context.random);
  }

  /** Resolves when `signal` fires and the port is closed. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      // An error here is either the end or a fault that was not foreseen: the next attempt may do better.
      await this.#turn(signal).catch(async (error: unknown) => {
        if (signal.aborted) return;
        this.#context.state.outage("opening", asModemError(error, "MODEM_REJECTED", "The modem could not be set up"));
        await this.#close();
        await this.#pause(signal).catch(() => {});
      });
    }
    await this.#close();
  }

  /** The modem works: earlier faults no longer count. */
  settled(): void {
    this.#step = 0;
    this.#backoff.reset();
  }

  async #turn(signal: AbortSignal): Promise<void> {
    const fault = await this.#live(signal);
    await this.#recover(fault, signal);
  }

  async #live(signal: AbortSignal): Promise<Fault> {
    const sessions = await this.#load(signal);
    if (!this.#isOpen || this.#session?.hasLostPort === true) {
      const failure = await this.#open(signal);
      if (failure !== undefined) return { kind: "lost", error: failure };
    }
    const patience = this.#patience ?? Math.max(this.#context.timing.synchronise, this.#model?.bootTime ?? 0);
    this.#patience = undefined;
    for (const deadline = performance.now() + patience; ; ) {
      const session = this.#begin(sessions, signal);
      await sessions.live(session, deadline - performance.now());
      this.#model = session.model ?? this.#model;
      const fault = session.fault ?? { kind: "closed", error: closed() };
      // A channel gives up sooner than a modem may take to boot.
      const mayBoot = fault.kind === "silent" && !session.hasAnswered && performance.now() < deadline;
      if (!mayBoot) return fault;
    }
  }

  /** Before the port is opened: one that can't be used is left closed, and nothing that a modem prints is missed. */
  async #load(signal: AbortSignal): Promise<Sessions> {
    if (this.#sessions !== undefined) return this.#sessions;
    const { Sessions } = await unlessAborted(this.#options.load(), signal).catch((error: unknown) => {
      throw unloaded(error);
    });
    this.#sessions = new Sessions(this.#context, this.#options);
    return this.#sessions;
  }

  #begin(sessions: Sessions, signal: AbortSignal): Session {
    const session = sessions.begin(this.#options.transport);
    this.#session = session;
    const onAbort = (): void => session.end({ kind: "closed", error: signal.reason as ModemError });
    signal.addEventListener("abort", onAbort, { once: true });
    session.signal.addEventListener("abort", () => signal.removeEventListener("abort", onAbort), { once: true });
    if (signal.aborted) onAbort();
    this.#options.session(session);
    return session;
  }

  async #recover({ kind, error, how }: Fault, signal: AbortSignal): Promise<void> {
    const { state, tell, connections, timing } = this.#context;
    if (signal.aborted) return;
    if (kind !== "silent") connections.lostAll(error);
    switch (kind) {
      case "closed":
        return;
      case "lost":
        state.outage("opening", error);
        await this.#close();
        return this.#pause(signal, timing.reopen);
      case "rebooting":
        return delay(timing.rebootSettle, signal);
      case "restarted":
        state.outage("synchronising", error);
        tell.restarted(how ?? error.message);
        return;
      case "silent":
        return this.#escalate(error, signal);
      case "failed":
        state.outage(state.state, error);
        await this.#close();
        return this.#pause(signal);
    }
  }

  async #open(signal: AbortSignal): Promise<ModemError | undefined> {
    const { transport, claim } = this.#options;
    const giveUp = (): void => void transport.close();
    signal.addEventListener("abort", giveUp, { once: true });
    this.#context.state.advance("opening");
    try {
      if (claim !== undefined) {
        await claim();
        signal.throwIfAborted();
      }
      await transport.open();
      this.#isOpen = true;
      return undefined;
    } catch (error) {
      return asModemError(error, "MODEM_REJECTED", "The modem could not be set up");
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  }

  async #close(): Promise<void> {
    this.#isOpen = false;
    await this.#options.transport.close();
  }

  /** The next step of the escalation; after the last one it only tries again, ever more slowly. */
  async #escalate(error: ModemError, signal: AbortSignal): Promise<void> {
    const { state, tell, connections, timing } = this.#context;
    state.outage("synchronising", error);
    // A line that has never carried an answer may lead to anything: it is not sent orders.
    const steps = kindOfPort(this.#context.settings.port) === "tcp" ? TCP_ESCALATION : ESCALATION;
    const step = this.#model === undefined ? undefined : steps[this.#step];
    this.#step += 1;
    tell.note(step === undefined ? "the modem is still silent" : `the modem is silent: ${step}`);
    switch (step) {
      case "cycle the radio":
        await this.#order(signal, (session, _model, sessions) => sessions.cycleRadio(session));
        this.#patience = timing.afterOrder;
        return;
      case "reset":
        connections.lostAll(error);
        await this.#order(signal, async (session, model) => (await session.use(model)).reboot());
        // One that did not hear it need not be waited for, and one that did boots meanwhile.
        return this.#isLast(steps) ? undefined : this.#escalate(error, signal);
      case "reopen":
        connections.lostAll(error);
        return this.#close();
      case undefined:
        await this.#close();
        return this.#pause(signal);
    }
  }

  #isLast(steps: readonly Step[]): boolean {
    return this.#step >= steps.length;
  }

  /**
   * Sends orders on a session of their own. If they fail as well, the next step follows: soon, when not even an echo
   * comes.
   */
  async #order(
    signal: AbortSignal,
    work: (session: Session, model: ModelDefinition, sessions: Sessions) => Promise<void>,
  ): Promise<void> {
    const model = this.#model;
    if (model === undefined) return;
    const sessions = await this.#load(signal);
    const session = this.#begin(sessions, signal);
    const ended = new Promise<void>((resolve) => {
      session.signal.addEventListener("abort", () => resolve(), { once: true });
    });
    const { order, heardAtAll } = this.#context.timing;
    const over = new AbortController();
    const limit = async (): Promise<void> => {
      await delay(heardAtAll, over.signal);
      if (session.hasHeard) await delay(order, over.signal);
    };
    await Promise.race([work(session, model, sessions).catch(() => {}), limit().catch(() => {}), ended]);
    over.abort();
    session.end({ kind: "rebooting", error: new ModemError("MODEM_RESTARTED", "The modem was being restarted") });
  }

  /**
   * Waits before another attempt, longer each time; at most `limit` where only an attempt can tell whether the port is
   * back. A serial device that comes back is tried at once.
   */
  async #pause(signal: AbortSignal, limit = Number.POSITIVE_INFINITY): Promise<void> {
    const { settings, timing } = this.#context;
    const wait = this.#backoff.take();
    const isFile = kindOfPort(settings.port) === "serial" && process.platform !== "win32";
    if (!isFile) return delay(Math.min(wait, limit), signal);
    const deadline = performance.now() + wait;
    let wasThere = await exists(settings.port);
    for (let rest = wait; rest > 0; rest = deadline - performance.now()) {
      await delay(Math.min(timing.presence, rest), signal);
      const isThere = await exists(settings.port);
      if (isThere && !wasThere) return;
      wasThere = isThere;
    }
  }
}

async function exists(device: string): Promise<boolean> {
  return access(device).then(
    () => true,
    () => false,
  );
}

function unloaded(error: unknown): ModemError {
  const operation = "The driver does not load; install the package again. Node.js says";
  return asModemError(error, "MODEM_OFFLINE", operation);
}

function closed(): ModemError {
  return new ModemError("MODEM_OFFLINE", "The modem was closed");
}
