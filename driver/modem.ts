import { EventEmitter } from "node:events";
import { type AnswerField, splitFields, wholeText, wholeTexts } from "./at/fields";
import type { PinMemory } from "./cellular/pin-memory";
import { delay } from "./delay";
import { isModemError, ModemError, shortPort } from "./errors";
import { ActivationFailures } from "./life/activation-failures";
import { Connections, contextOf } from "./life/connections";
import type { LifeContext, LifeEvents, NetworkAccess } from "./life/context";
import { Readiness } from "./life/readiness";
import { Recovery, type SessionsModule } from "./life/recovery";
import { Refusals } from "./life/refusals";
import type { Session } from "./life/session";
import { StateMachine } from "./life/state-machine";
import { TIMING, type Timing } from "./life/timing";
import { MODELS } from "./models";
import type {
  ConnectionStatus,
  Identity,
  ModemEvents,
  ModemHandle,
  ModemSettings,
  ModemState,
  ReadyOptions,
  Registration,
} from "./modem-types";
import { endsByItself, openedData, type RawOptions, rawCommand, restarts } from "./raw-command";
import type { ModelDefinition, Services } from "./services/model";
import { offeredServices } from "./services/offered";
import type { PdpType } from "./services/packet-data";
import { checkSettings } from "./settings";
import { createTransport } from "./transport/open";
import { PortClaim } from "./transport/port-claim";
import type { Transport } from "./transport/transport";

export interface ModemOptions {
  /** The file in which it is kept which PINs were tried, so that a restart tries no wrong one again. */
  readonly pinFile?: string;
  /** The file in which it is kept how often networks refused connections, so that restarts do not ask without end. */
  readonly refusalFile?: string;
  /** How sentences about its port call it; the port itself when left out. */
  readonly called?: string;
  // The rest is for tests.
  readonly timing?: Partial<Timing>;
  readonly models?: readonly ModelDefinition[];
  /** From [0, 1): jitter. */
  readonly random?: () => number;
  readonly pins?: PinMemory;
  readonly refusals?: Refusals;
  readonly load?: () => Promise<SessionsModule>;
}

/** How long closing the port may take before it is left to itself. */
const CLOSE_LIMIT_MS = 2500;

/** By file: all modems share it, since two of them may be one. */
const keptRefusals = new Map<string, Refusals>();

function refusalsOf(file: string | undefined): Refusals {
  if (file === undefined) return new Refusals();
  const refusals = keptRefusals.get(file) ?? new Refusals(file);
  keptRefusals.set(file, refusals);
  return refusals;
}

/** Loaded when it is needed: the start of a gateway has enough to read. */
const loadSessions = (): Promise<SessionsModule> => import("./life/sessions.js");

const UNKNOWN_REGISTRATION: Registration = { state: "unknown", technology: "", operator: "" };

/**
 * The one object that a node holds: a modem that is opened once and then looked after until it is closed.
 *
 * Never emits `error`: what goes wrong comes with `state`, and rejects what waits.
 */
export class Modem extends EventEmitter<ModemEvents> implements ModemHandle {
  readonly #settings: ModemSettings;
  readonly #timing: Timing;
  readonly #models: readonly ModelDefinition[];
  readonly #random: () => number;
  readonly #transport: Transport;
  readonly #claim: PortClaim;
  readonly #state: StateMachine;
  readonly #readiness: Readiness;
  readonly #pins: Pick<LifeContext, "pins" | "pinFile">;
  readonly #load: () => Promise<SessionsModule>;
  readonly #refusals: Refusals;
  #connections: Connections;
  #recovery: { stop: AbortController; ended: Promise<void>; settled: () => void } | undefined;
  /** The end of the last recovery: until then the port is not free. */
  #ended: Promise<void> = Promise.resolve();
  /** Defined while the line is up. */
  #line: { readonly session: Session; readonly network: NetworkAccess } | undefined;
  #identity: Identity | undefined;
  #registration = UNKNOWN_REGISTRATION;
  #isAnswering = true;

  /** @throws {ModemError} `INVALID_INPUT`, naming the setting */
  constructor(settings: ModemSettings, options: ModemOptions = {}) {
    super();
    // As many listeners as there are nodes.
    this.setMaxListeners(0);
    this.#models = options.models ?? MODELS;
    checkSettings(settings, this.#models);
    this.#settings = settings;
    this.#timing = { ...TIMING, ...options.timing };
    this.#random = options.random ?? Math.random;
    this.#pins = { pins: options.pins, pinFile: options.pinFile };
    this.#load = options.load ?? loadSessions;
    this.#refusals = options.refusals ?? refusalsOf(options.refusalFile);
    this.#transport = createTransport(settings, (text) => this.#note(text));
    this.#claim = new PortClaim(settings.port, options.called ?? shortPort(settings.port));
    this.#readiness = new Readiness(settings.port);
    this.#state = new StateMachine((state, error) => this.#onState(state, error));
    this.#connections = this.#newConnections();
  }

  get state(): ModemState {
    return this.#state.state;
  }

  get identity(): Identity | undefined {
    return this.#identity;
  }

  get lastError(): ModemError | undefined {
    return this.#state.error;
  }

  get registration(): Registration {
    return this.#registration;
  }

  get isAnswering(): boolean {
    return this.#isAnswering;
  }

  open(): void {
    if (this.#recovery !== undefined) return;
    const stop = new AbortController();
    this.#connections = this.#newConnections();
    const recovery = new Recovery({
      context: this.#context(),
      load: this.#load,
      transport: this.#transport,
      claim: () => this.#claimPort(),
      trace: (entry) => this.#tell("trace", entry),
      session: (session) => this.#follow(session),
    });
    // In `opening` at once: a `ready` right after `open` has to wait.
    this.#state.advance("opening");
    this.#ended = this.#ended.then(() => recovery.run(stop.signal));
    this.#recovery = { stop, ended: this.#ended, settled: () => recovery.settled() };
  }

  async close(): Promise<void> {
    const recovery = this.#recovery;
    if (recovery === undefined) return;
    this.#recovery = undefined;
    const error = new ModemError("MODEM_OFFLINE", `The modem on ${shortPort(this.#settings.port)} was closed`);
    recovery.stop.abort(error);
    this.#connections.lostAll(error);
    this.#registration = UNKNOWN_REGISTRATION;
    this.#state.close(error);
    const enough = new AbortController();
    await Promise.race([recovery.ended, delay(CLOSE_LIMIT_MS, enough.signal).catch(() => {})]);
    enough.abort();
    if (this.#recovery === undefined) this.#claim.release();
  }

  async ready(options: ReadyOptions): Promise<Services> {
    await this.#readiness.wait("ready", options);
    return this.#requireServices();
  }

  async lineReady(options: ReadyOptions): Promise<void> {
    await this.#readiness.wait("line", options);
  }

  async connect(other: { cid?: number; apn?: string; pdpType?: PdpType } = {}): Promise<ConnectionStatus> {
    const context = contextOf(this.#settings, other);
    await this.#requireLine().network.connect(context);
    return this.status(context.cid);
  }

  async disconnect(cid = this.#settings.cid): Promise<void> {
    const { packetData } = this.#requireServices();
    // Forget it first, or the loss handler reconnects it.
    this.#connections.forget(cid);
    await packetData.deactivate(cid);
    this.#connections.lost(cid, "it was deactivated by order");
  }

  async status(cid = this.#settings.cid): Promise<ConnectionStatus> {
    const { network } = this.#requireLine();
    const pdp = await this.#requireServices().packetData.status(cid);
    const signal = await network.readSignal();
    const { operator, technology, state } = this.#registration;
    return { ...pdp, operator, technology, registration: state, signal };
  }

  async execute(command: string, options: RawOptions): Promise<{ result: string; lines: string[] }> {
    const inUse = this.#line?.session.model;
    const known = [inUse, ...this.#models].map((model) => model?.raw);
    const raw = rawCommand(command, options, known);
    const { session } = this.#requireLine();
    const response = endsByItself(raw, session.model?.raw)
      ? await session.channel.send(raw)
      : await session.channel.sendUnlessData(raw);
    if (response === undefined) throw openedData(raw.label, "opened and left");
    // Not every modem announces its boot; messages that come in from now on wait for it.
    if (restarts(raw.line, session.model?.raw)) this.#restarted(session, raw.label);
    return { result: "OK", lines: response.lines.flatMap(wholeTexts) };
  }

  #restarted(session: Session, label: string): void {
    const reason = `${label} was sent`;
    this.#tell("restarted", { reason });
    session.end({ kind: "rebooting", error: new ModemError("MODEM_RESTARTED", `The modem was restarted: ${reason}`) });
  }

  async #claimPort(): Promise<void> {
    await this.#claim.take();
    if (this.#recovery === undefined) this.#claim.release();
  }

  #newConnections(): Connections {
    return new Connections(this.#settings, (event) => this.#tell("connection", event));
  }

  #context(): LifeContext {
    return {
      settings: this.#settings,
      models: this.#models,
      timing: this.#timing,
      random: this.#random,
      ...this.#pins,
      connections: this.#connections,
      activations: new ActivationFailures(),
      refusals: this.#refusals,
      state: this.#state,
      tell: this.#events(),
    };
  }

  #events(): LifeEvents {
    return {
      identity: (identity) => {
        this.#identity = identity;
      },
      line: (session, network) => {
        this.#line = { session, network };
        this.#readiness.update({ line: true });
      },
      registered: (registered) => this.#readiness.update({ registered }),
      registration: (registration) => {
        this.#registration = registration;
        this.#tell("registration", registration);
      },
      signal: (signal) => this.#tell("signal", signal),
      radio: (radio) => this.#tell("radio", radio),
      restarted: (reason) => this.#tell("restarted", { reason }),
      note: (text) => this.#note(text),
      notice: (text) => {
        this.#note(text);
        this.#tell("notice", text);
      },
    };
  }

  /** Passes the session's unsolicited lines on, and forgets it when it ends. */
  #follow(session: Session): void {
    session.channel.onUrc("", (line) => {
      const { body } = line;
      const fields = splitFields(line).map(fieldText);
      this.#tell("urc", { text: wholeText(line), fields, ...(body === undefined ? {} : { body }) });
    });
    session.onSilence = (isSilent) => this.#setAnswering(!isSilent);
    const onEnd = (): void => {
      this.#setAnswering(true);
      if (this.#line?.session !== session) return;
      this.#line = undefined;
      this.#readiness.update({ line: false });
    };
    session.signal.addEventListener("abort", onEnd, { once: true });
  }

  #setAnswering(isAnswering: boolean): void {
    if (this.#isAnswering === isAnswering) return;
    this.#isAnswering = isAnswering;
    this.#tell("answering", isAnswering);
  }

  #onState(state: ModemState, error: ModemError | undefined): void {
    if (state === "ready") this.#recovery?.settled();
    this.#readiness.update({ state, error: this.#state.error });
    if (error === undefined) this.#tell("state", state);
    else this.#tell("state", state, error);
  }

  #requireLine(): { readonly session: Session; readonly network: NetworkAccess } {
    if (this.#line === undefined) throw this.#readiness.explain();
    return this.#line;
  }

  #requireServices(): Services {
    const { driver, model } = this.#requireLine().session;
    if (driver === undefined || model === undefined) throw this.#readiness.explain();
    return offeredServices(model.name, driver.services, (error) => this.#unlessSilent(error));
  }

  /** Who waits for what others hold waits, in truth, for a modem that does not answer those. */
  #unlessSilent(error: unknown): unknown {
    if (this.#isAnswering || !isModemError(error, "MODEM_BUSY")) return error;
    return new ModemError("MODEM_TIMEOUT", `The modem does not answer. ${error.message}`, error.cause);
  }

  #note(text: string): void {
    this.#tell("trace", { direction: "note", text });
  }

  /** A listener that throws must not break the modem's life, but it is noted in the trace. */
  #tell<Event extends keyof ModemEvents>(event: Event, ...details: ModemEvents[Event]): void {
    try {
      (this as EventEmitter).emit(event, ...details);
    } catch (error) {
      if (event !== "trace") this.#note(`a listener of "${event}" failed: ${String(error)}`);
    }
  }
}

function fieldText({ text, data }: AnswerField): string {
  return data?.toString("latin1") ?? text;
}
