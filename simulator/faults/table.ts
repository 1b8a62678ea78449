import type { CommandInterpreter } from "../line/command-interpreter";
import type { SerialLine } from "../line/serial-line";
import type { SimulatedModem } from "../modem-core";
import type { FaultRule } from "./spec";

/** What faults act on. */
export interface FaultTargets {
  readonly modem: SimulatedModem;
  readonly line: SerialLine;
  readonly interpreter: CommandInterpreter;
  readonly random: () => number;
}

/** Faults that need more than one call to the modem. */
export interface FaultActions {
  readonly targets: FaultTargets;
  plug(plugged: boolean): void;
  printGarbage(count: number): void;
  disturb(direction: string | undefined, lasts: boolean, change: (byte: number) => readonly number[]): void;
  restore(): void;
  startStorm(): void;
  stopStorm(): void;
}

/** A fault that every modem can have. */
export interface Fault extends FaultRule {
  /** @param lasts whether a duration was given */
  readonly start: (faults: FaultActions, value: string | undefined, lasts: boolean) => void;
  readonly end?: (faults: FaultActions) => void;
}

const COUNT = /^[1-9]\d{0,3}$/;
const DIRECTION = /^to-(modem|host)$/;
const GARBAGE_BYTES = 32;
const LOST_BYTES = 8;

/** The faults common to all personalities; also used for `--help` and for checks. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  reboot: {
    help: "the modem restarts by itself, or is switched on again",
    start: ({ targets }) => targets.modem.reboot("fault"),
  },
  silence: {
    help: "it neither hears nor answers",
    start: ({ targets }) => targets.interpreter.silence(true),
    end: ({ targets }) => targets.interpreter.silence(false),
  },
  unplug: {
    help: "the port is gone, until `plug`",
    start: (faults) => faults.plug(false),
    end: (faults) => faults.plug(true),
  },
  plug: { help: "the port is back", start: (faults) => faults.plug(true) },
  "no-sim": {
    help: "the SIM is taken out",
    start: ({ targets }) => targets.modem.sim.insert(false),
    end: ({ targets }) => targets.modem.sim.insert(true),
  },
  "lost-registration": {
    help: "no network, contexts included",
    start: ({ targets }) => targets.modem.radio.setCovered(false),
    end: ({ targets }) => targets.modem.radio.setCovered(true),
  },
  "lost-context": {
    help: "the network takes PDP context =CID down, or all",
    value: COUNT,
    start: ({ targets }, value) => targets.modem.radio.loseContext(value === undefined ? undefined : Number(value)),
  },
  "weak-signal": {
    help: "hardly any signal",
    start: ({ targets }) => targets.modem.radio.setWeak(true),
    end: ({ targets }) => targets.modem.radio.setWeak(false),
  },
  congestion: {
    help: "the network moves no data, and the modem's queues fill",
    start: ({ targets }) => targets.modem.congestion.begin(),
    end: ({ targets }) => targets.modem.congestion.end(),
  },
  garbage: {
    help: "prints =N random bytes (32)",
    value: COUNT,
    start: (faults, value) => faults.printGarbage(Number(value ?? GARBAGE_BYTES)),
  },
  "lose-byte": {
    help: "loses one of the next 16 bytes =to-host or =to-modem; with a duration one of each 16",
    value: DIRECTION,
    start: (faults, value, lasts) => faults.disturb(value, lasts, () => []),
    end: (faults) => faults.restore(),
  },
  "double-byte": {
    help: "doubles one, likewise",
    value: DIRECTION,
    start: (faults, value, lasts) => faults.disturb(value, lasts, (byte) => [byte, byte]),
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
    start: ({ targets }, value) => targets.interpreter.loseUpload(Number(value ?? LOST_BYTES)),
  },
};
