import { CommandError } from "../line/command-error";
import type { Storage } from "../storage";
import { PdpContexts, type Subscription } from "./pdp-contexts";
import type { Context, ContextDefinition, Radio } from "./radio";
import type { SimCard } from "./sim";

const NO_NETWORK_SERVICE = 30;
const FUNCTIONALITY = "radio.functionality";
/** Without traffic for this long, the network releases the radio connection. */
const CONNECTION_IDLE_MS = 10_000;
const INITIAL_BEARER = 1;
const GOOD_SIGNAL = { rssi: -67, rsrp: -95, rsrq: -9 };
const WEAK_SIGNAL = { rssi: -109, rsrp: -126, rsrq: -19 };
const NO_SIGNAL = { rssi: -113, rsrp: -141, rsrq: -20 };
const FULL = 1;
const AIRPLANE = 4;
const DEREGISTERED = 2;

/** What the radio needs of its modem. */
export interface RadioSurroundings {
  readonly storage: Storage;
  readonly sim: SimCard;
  readonly subscription: Subscription;
  /** ms until registered */
  readonly registrationDelay: number;
  /** IMSI; the network is the SIM's home network. */
  readonly imsi: string;
  readonly technology: number;
  random(): number;
  later(ms: number, work: () => void): () => void;
  delay(): Promise<void>;
}

type Listeners<T extends unknown[]> = Set<(...event: T) => void>;

/** The radio of a modem that stays in one cell. */
export class CellularRadio implements Radio {
  readonly #around: RadioSurroundings;
  readonly technology: number;
  readonly cell: Radio["cell"];
  readonly #pdp: PdpContexts;
  #power = FULL;
  #stat = 0;
  #mode = 0;
  #wantsAttach = true;
  #covered = true;
  #weak = false;
  #rrc = false;
  #lastRefusal: number | undefined;
  #cancelSearch: (() => void) | undefined;
  #cancelIdle: (() => void) | undefined;
  readonly #deactivated: Listeners<[number, boolean]> = new Set();
  readonly #activated: Listeners<[number]> = new Set();
  readonly #registered: Listeners<[number]> = new Set();
  readonly #connectedListeners: Listeners<[boolean]> = new Set();

  constructor(around: RadioSurroundings) {
    this.#around = around;
    this.technology = around.technology;
    // Test networks, and most others outside America, have an MNC of two digits.
    this.cell = { mcc: around.imsi.slice(0, 3), mnc: around.imsi.slice(3, 5), tac: "04D2", ci: "01A2D001" };
    this.#pdp = new PdpContexts(around.storage, around.subscription, () => around.random());
    around.sim.onChange(() => this.#search());
  }

  /** After power-on. Only airplane mode survives a restart (development note, +CFUN). */
  start(): void {
    this.#power = this.#around.storage.get<number>(FUNCTIONALITY) ?? FULL;
    this.#mode = 0;
    this.#wantsAttach = true;
    this.#search();
  }

  /** Power is gone; no event is emitted. */
  stop(): void {
    for (const listeners of [this.#deactivated, this.#activated, this.#registered, this.#connectedListeners]) {
      listeners.clear();
    }
    this.#cancelSearch?.();
    this.#cancelIdle?.();
    this.#power = 0;
    this.#lastRefusal = undefined;
    this.#rrc = false;
    this.#stat = 0;
    for (const cid of this.#pdp.active()) this.#pdp.drop(cid);
  }

  get functionality(): number {
    return this.#power;
  }

  setFunctionality(value: number): void {
    this.#power = value;
    this.#around.storage.set(FUNCTIONALITY, value === AIRPLANE ? AIRPLANE : FULL);
    this.#search();
  }

  get registration(): number {
    return this.#stat;
  }

  get attached(): boolean {
    return this.#wantsAttach && this.#stat === 1;
  }

  attach(on: boolean): void {
    this.#wantsAttach = on;
    if (on && this.#stat === 1) this.#bringInitialBearer();
    if (!on) this.#dropAll(false);
  }

  get selection(): number {
    return this.#mode;
  }

  select(mode: number): void {
    this.#mode = mode;
    this.#search();
  }

  get signal(): { rssi: number; rsrp: number; rsrq: number } {
    if (this.#power !== FULL || !this.#covered) return { ...NO_SIGNAL };
    return this.#weak ? { ...WEAK_SIGNAL } : { ...GOOD_SIGNAL };
  }

  get connected(): boolean {
    return this.#rrc;
  }

  traffic(): void {
    if (this.#stat !== 1) return;
    this.#cancelIdle?.();
    this.#cancelIdle = this.#around.later(CONNECTION_IDLE_MS, () => this.#setConnected(false));
    this.#setConnected(true);
  }

  get contexts(): ReadonlyMap<number, Context> {
    return this.#pdp.all;
  }

  define(context: ContextDefinition): void {
    this.#pdp.define(context);
  }

  undefine(cid: number): void {
    this.#pdp.undefine(cid);
  }

  async activate(cid: number): Promise<void> {
    this.#admit(cid);
    if (this.#pdp.isActive(cid)) return;
    if (!this.attached) throw new CommandError(NO_NETWORK_SERVICE);
    this.traffic();
    await this.#around.delay();
    if (!this.attached) throw new CommandError(NO_NETWORK_SERVICE);
    if (!this.#pdp.isActive(cid)) this.#bring(cid);
  }

  /** A context that was redefined while active goes down if the network refuses it when it is dialled again. */
  #admit(cid: number): void {
    try {
      this.#pdp.admit(cid);
    } catch (error) {
      this.#drop(cid, false);
      if (error instanceof CommandError) this.#lastRefusal = error.errorCode;
      throw error;
    }
  }

  deactivate(cid: number): void {
    this.#drop(cid, false);
  }

  get refusal(): number | undefined {
    return this.#lastRefusal;
  }

  onDeactivated(listener: (cid: number, byNetwork: boolean) => void): void {
    this.#deactivated.add(listener);
  }

  onActivated(listener: (cid: number) => void): void {
    this.#activated.add(listener);
  }

  onRegistration(listener: (stat: number) => void): void {
    this.#registered.add(listener);
  }

  onConnected(listener: (connected: boolean) => void): void {
    this.#connectedListeners.add(listener);
  }

  /** Moves the modem out of coverage or back. */
  setCovered(covered: boolean): void {
    this.#covered = covered;
    this.#search();
  }

  /** What the network gives a context at most, from its next activation on. */
  offer(type: Subscription["type"]): void {
    this.#pdp.offer(type);
  }

  setWeak(weak: boolean): void {
    this.#weak = weak;
  }

  /** The network takes contexts down: one, or all. */
  loseContext(cid: number | undefined): void {
    for (const active of this.#pdp.active()) if (cid === undefined || cid === active) this.#drop(active, true);
  }

  /** Checks again whether the modem may and can register. */
  #search(): void {
    const wanted = this.#power === FULL && this.#mode !== DEREGISTERED && this.#around.sim.state === "READY";
    if (wanted && this.#covered && this.#stat === 1) return;
    this.#cancelSearch?.();
    this.#cancelSearch = undefined;
    if (this.#stat === 1) this.#dropAll(wanted);
    if (!wanted || !this.#covered) this.#setRegistration(wanted ? 2 : 0);
    else if (this.#around.registrationDelay === 0) this.#register();
    else {
      this.#setRegistration(2);
      this.#cancelSearch = this.#around.later(this.#around.registrationDelay, () => this.#register());
    }
  }

  #register(): void {
    this.#setRegistration(1);
    if (this.#wantsAttach) this.#bringInitialBearer();
    this.traffic();
  }

  /** In LTE the attach activates context 1 (application guide 2.1); the network may refuse its APN. */
  #bringInitialBearer(): void {
    if (this.#pdp.isActive(INITIAL_BEARER)) return;
    try {
      this.#pdp.admit(INITIAL_BEARER);
    } catch {
      return;
    }
    this.#bring(INITIAL_BEARER);
  }

  #bring(cid: number): void {
    this.#pdp.bring(cid);
    for (const listener of this.#activated) listener(cid);
  }

  #drop(cid: number, byNetwork: boolean): void {
    if (!this.#pdp.drop(cid)) return;
    for (const listener of this.#deactivated) listener(cid, byNetwork);
  }

  #dropAll(byNetwork: boolean): void {
    for (const cid of this.#pdp.active()) this.#drop(cid, byNetwork);
    this.#setConnected(false);
  }

  #setRegistration(stat: number): void {
    if (this.#stat === stat) return;
    this.#stat = stat;
    for (const listener of this.#registered) listener(stat);
  }

  #setConnected(connected: boolean): void {
    if (this.#rrc === connected) return;
    this.#rrc = connected;
    for (const listener of this.#connectedListeners) listener(connected);
  }
}
