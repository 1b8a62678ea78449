import type { SerialLine } from "./line/serial-line";
import type { Terminal } from "./line/terminal";
import type { SimulatedModem } from "./modem-core";
import { occupyDataMode } from "./quectel/data-mode";
import { randomInteger } from "./random";

/** What faults work on. */
export interface FaultTargets {
  readonly modem: SimulatedModem;
  readonly line: SerialLine;
  readonly terminal: Terminal;
  readonly random: () => number;
}

/** A fault as it was asked for. */
export interface FaultSpec {
  readonly name: string;
  readonly value: string | undefined;
  /** ms from now */
  readonly delay: number;
  /** ms; undefined: once, or until it is undone */
  readonly duration: number | undefined;
}

interface Fault {
  readonly help: string;
  /** Which values may follow `=`; none when left out. */
  readonly value?: RegExp;
  readonly start: (faults: FaultInjector, value: string | undefined) => void;
  /** Undoes it; a fault without an end takes no duration. */
  readonly end?: (faults: FaultInjector) => void;
}

const COUNT = /^[1-9]\d{0,3}$/;
const DIRECTION = /^to-(modem|host)$/;
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };
const STORM_INTERVAL = 5;
/** A byte is lost or doubled somewhere within so many. */
const DISTURBED_WITHIN = 16;

/** Every fault, for `--help`, for checks and for work. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  reboot: { help: "the modem restarts by itself", start: (faults) => faults.targets.modem.reboot("fault") },
  silence: {
    help: "it neither hears nor answers",
    start: (faults) => faults.targets.terminal.silence(true),
    end: (faults) => faults.targets.terminal.silence(false),
  },
  unplug: {
    help: "the port is gone, until `plug`",
    start: (faults) => faults.plug(false),
    end: (faults) => faults.plug(true),
  },
  plug: { help: "the port is back", start: (faults) => faults.plug(true) },
  "no-sim": {
    help: "the SIM is taken out",
    start: (faults) => faults.targets.modem.sim.insert(false),
    end: (faults) => faults.targets.modem.sim.insert(true),
  },
  "lost-registration": {
    help: "no network, contexts included",
    start: (faults) => faults.targets.modem.radio.setCovered(false),
    end: (faults) => faults.targets.modem.radio.setCovered(true),
  },
  "lost-context": {
    help: "the network takes PDP context =CID down, or all",
    value: COUNT,
    start: (faults, value) => faults.targets.modem.radio.loseContext(value === undefined ? undefined : Number(value)),
  },
  "weak-signal": {
    help: "hardly any signal",
    start: (faults) => faults.targets.modem.radio.setWeak(true),
    end: (faults) => faults.targets.modem.radio.setWeak(false),
  },
  "data-mode": {
    help: "another port of a BG96 is in data mode",
    start: (faults) => occupyDataMode(faults.targets.modem, true),
    end: (faults) => occupyDataMode(faults.targets.modem, false),
  },
  garbage: {
    help: "prints =N random bytes (32)",
    value: COUNT,
    start: (faults, value) => faults.printGarbage(Number(value ?? 32)),
  },
  "lose-byte": {
    help: "loses one of the next 16 bytes =to-host or =to-modem; with a duration one of each 16",
    value: DIRECTION,
    start: (faults, value) => faults.disturb(value, () => []),
    end: (faults) => faults.restore(),
  },
  "double-byte": {
    help: "doubles one, likewise",
    value: DIRECTION,
    start: (faults, value) => faults.disturb(value, (byte) => [byte, byte]),
    end: (faults) => faults.restore(),
  },
  "urc-storm": {
    help: "prints unsolicited lines without end",
    start: (faults) => faults.startStorm(),
    end: (faults) => faults.stopStorm(),
  },
  "stuck-prompt": {
    help: "the next upload loses =N bytes (8), and the modem waits for as many more",
    value: COUNT,
    start: (faults, value) => faults.targets.terminal.loseUpload(Number(value ?? 8)),
  },
};

/** The grammar of `--fault`, for `--help`. */
export const FAULT_HELP = [
  "A fault is NAME[=VALUE][@WHEN][:DURATION], with times such as 500ms, 5s, 2m:",
  ...Object.entries(FAULTS).map(([name, { help, end }]) => {
    return `  ${name.padEnd(18)}${help}${end === undefined ? "" : " [:DURATION]"}`;
  }),
  "Examples: reboot@5s   silence@10s:3s   unplug@1s:500ms   lost-context=1   garbage=64",
].join("\n");

/** @throws {Error} that says what is wrong and what exists */
export function parseFault(text: string): FaultSpec {
  const match = /^([a-z-]+)(?:=([^@:]*))?(?:@(\d+)(ms|s|m))?(?::(\d+)(ms|s|m))?$/.exec(text.trim());
  const name = match?.[1] ?? "";
  const fault = Object.hasOwn(FAULTS, name) ? FAULTS[name] : undefined;
  if (match === null || fault === undefined) {
    throw new Error(`no fault "${text}"; NAME[=VALUE][@WHEN][:DURATION] with ${Object.keys(FAULTS).join(", ")}`);
  }
  const value = match[2];
  if (value !== undefined && !fault.value?.test(value)) throw new Error(`"${value}" is no value of "${name}"`);
  if (match[5] !== undefined && fault.end === undefined) throw new Error(`"${name}" has no duration`);
  return { name, value, delay: time(match[3], match[4]) ?? 0, duration: time(match[5], match[6]) };
}

function time(count: string | undefined, unit: string | undefined): number | undefined {
  return count === undefined ? undefined : Number(count) * (UNITS[unit ?? ""] ?? 1);
}

/** Makes things go wrong on time. Its timers outlive the modem's power cycles. */
export class FaultInjector {
  plugged = true;
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly plugListeners = new Set<(plugged: boolean) => void>();
  private storm: NodeJS.Timeout | undefined;
  private until = 0;

  constructor(readonly targets: FaultTargets) {}

  /** @throws {Error} what can't be understood */
  inject(text: string): void {
    const { name, value, delay, duration } = parseFault(text);
    const fault = FAULTS[name];
    this.after(delay, () => {
      if (duration !== undefined) {
        this.until = duration;
        this.after(duration, () => fault?.end?.(this));
      }
      fault?.start(this, value);
      this.until = 0;
    });
  }

  stop(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
    this.stopStorm();
  }

  onPlug(listener: (plugged: boolean) => void): void {
    this.plugListeners.add(listener);
  }

  plug(plugged: boolean): void {
    if (this.plugged === plugged) return;
    this.plugged = plugged;
    if (!plugged) this.targets.line.unplug();
    for (const listener of this.plugListeners) listener(plugged);
  }

  printGarbage(count: number): void {
    const noise = Array.from({ length: count }, () => randomInteger(this.targets.random, 0, 255));
    this.targets.terminal.noise(Buffer.from(noise));
  }

  /** Puts `change` in place of one byte within the next sixteen, or of one in each sixteen while it lasts. */
  disturb(value: string | undefined, change: (byte: number) => readonly number[]): void {
    const direction = value === "to-modem" ? "toModem" : "toHost";
    const lasts = this.until > 0;
    let countdown = randomInteger(this.targets.random, 1, DISTURBED_WITHIN);
    this.targets.line.disturb[direction] = (bytes) => {
      const out: number[] = [];
      for (const byte of bytes) {
        countdown--;
        out.push(...(countdown === 0 ? change(byte) : [byte]));
        if (countdown === 0 && lasts) countdown = randomInteger(this.targets.random, 1, DISTURBED_WITHIN);
      }
      if (countdown < 0) this.restore(direction);
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
    this.storm = setInterval(() => {
      count++;
      this.targets.modem.urc(count % 2 === 0 ? `+UUGIND: ${count % 5},0` : `+CIEV: 2,${count % 6}`);
    }, STORM_INTERVAL);
    this.storm.unref();
  }

  stopStorm(): void {
    clearInterval(this.storm);
  }

  private after(delay: number, work: () => void): void {
    if (delay === 0) {
      work();
      return;
    }
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      work();
    }, delay);
    timer.unref();
    this.timers.add(timer);
  }
}
