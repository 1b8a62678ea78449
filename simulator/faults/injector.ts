import type { Personality } from "../personality";
import { randomInteger } from "../random";
import { parseFault } from "./spec";
import { FAULTS, type Fault, type FaultActions, type FaultTargets } from "./table";

/** Between the lines of a storm. */
const STORM_INTERVAL_MS = 5;
/** One byte in this many is lost or doubled. */
const DISTURBED_WITHIN = 16;

/** The faults that a modem can have: the common ones and its personality's own. */
export function faultsOf(personality: Personality): Readonly<Record<string, Fault>> {
  const own = Object.entries(personality.faults ?? {}).map(([name, { help, start, end }]): [string, Fault] => [
    name,
    { help, start: ({ targets }) => start(targets.modem), end: ({ targets }) => end(targets.modem) },
  ]);
  return { ...FAULTS, ...Object.fromEntries(own) };
}

/** Schedules and injects faults. Its timers outlive the modem's power cycles. */
export class FaultInjector implements FaultActions {
  plugged = true;
  readonly #known: Readonly<Record<string, Fault>>;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #plugListeners = new Set<(plugged: boolean) => void>();
  #storm: NodeJS.Timeout | undefined;

  constructor(readonly targets: FaultTargets) {
    this.#known = faultsOf(targets.modem.personality);
  }

  /** @throws {Error} if the text is not a fault */
  inject(text: string): void {
    const { name, value, delay, duration } = parseFault(text, this.#known);
    const fault = this.#known[name];
    this.#after(delay, () => {
      fault?.start(this, value, duration !== undefined);
      if (duration !== undefined) this.#after(duration, () => fault?.end?.(this));
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

  /** Replaces one of the next sixteen bytes by `change`, or one in every sixteen while the fault lasts. */
  disturb(value: string | undefined, lasts: boolean, change: (byte: number) => readonly number[]): void {
    const direction = value === "to-modem" ? "toModem" : "toHost";
    const draw = () => randomInteger(this.targets.random, 1, DISTURBED_WITHIN);
    let countdown = draw();
    this.targets.line.disturb[direction] = (bytes) => {
      const out: number[] = [];
      for (const byte of bytes) {
        countdown--;
        out.push(...(countdown === 0 ? change(byte) : [byte]));
        if (countdown === 0 && lasts) countdown = draw();
      }
      if (countdown <= 0) this.restore(direction);
      return Buffer.from(out);
    };
  }

  restore(direction?: "toModem" | "toHost"): void {
    if (direction !== "toModem") this.targets.line.disturb.toHost = (same) => same;
    if (direction !== "toHost") this.targets.line.disturb.toModem = (same) => same;
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
