import type { Personality, PersonalityFault } from "../personality";
import { randomInteger } from "../random";
import { Disturbances } from "./disturbances";
import type { Fault, FaultActions, FaultTargets } from "./fault";
import { parseFault } from "./spec";
import { FAULTS } from "./table";

/** Between the lines of a storm. */
const STORM_INTERVAL_MS = 5;

/** The faults that a modem can have: the common ones and its personality's own. */
export function faultsOf(personality: Personality): Readonly<Record<string, Fault>> {
  const own = Object.entries(personality.faults ?? {}).map(([name, fault]) => [name, faultOf(fault)] as const);
  return { ...FAULTS, ...Object.fromEntries(own) };
}

function faultOf({ start, end, ...rule }: PersonalityFault): Fault {
  return {
    ...rule,
    start: ({ targets: { modem, interpreter } }, value, lasts) => {
      start(modem, { value, lasts, silence: (on) => interpreter.silence(on) });
    },
    ...(end === undefined ? {} : { end: ({ targets }) => end(targets.modem) }),
  };
}

/** Schedules and injects faults. Its timers outlive the modem's power cycles. */
export class FaultInjector implements FaultActions {
  plugged = true;
  readonly disturbances: Disturbances;
  readonly #known: Readonly<Record<string, Fault>>;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #plugListeners = new Set<(plugged: boolean) => void>();
  #storm: NodeJS.Timeout | undefined;

  constructor(readonly targets: FaultTargets) {
    this.#known = faultsOf(targets.modem.personality);
    this.disturbances = new Disturbances(targets.line.disturb, targets.random);
  }

  /** @throws {Error} if the text is not a fault */
  inject(text: string): void {
    const { name, value, delay, duration } = parseFault(text, this.#known);
    const fault = this.#known[name];
    this.#after(delay, () => {
      fault?.start(this, value, duration !== undefined);
      if (duration !== undefined) this.#after(duration, () => fault?.end?.(this, value));
    });
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.stopStorm();
  }

  onPlug(listener: (plugged: boolean) => void): void {
    this.#plugListeners.add(listener);
  }

  plug(plugged: boolean): void {
    if (this.plugged === plugged) return;
    this.plugged = plugged;
    if (!plugged) this.targets.line.unplug();
    // Plugging a modem in switches it on, even if it had switched itself off.
    else if (!this.targets.modem.on) this.targets.modem.reboot("plugged in");
    for (const listener of this.#plugListeners) listener(plugged);
  }

  printGarbage(count: number): void {
    const noise = Array.from({ length: count }, () => randomInteger(this.targets.random, 0, 255));
    this.targets.interpreter.noise(Buffer.from(noise));
  }

  startStorm(): void {
    this.stopStorm();
    let count = 0;
    this.#storm = setInterval(() => {
      count++;
      this.targets.modem.urc(count % 2 === 0 ? `+UUGIND: ${count % 5},0` : `+CIEV: 2,${count % 6}`);
    }, STORM_INTERVAL_MS);
    this.#storm.unref();
  }

  stopStorm(): void {
    clearInterval(this.#storm);
  }

  #after(delay: number, work: () => void): void {
    if (delay === 0) {
      work();
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, delay);
    timer.unref();
    this.#timers.add(timer);
  }
}
