import type { Change, Direction } from "./disturbances";
import { COUNT, type FaultActions, type FaultTable } from "./fault";

const DIRECTION = /^to-(modem|host)$/;
/** A count, how many bytes go before, and the direction. */
const PLACE = /^([1-9]\d{0,3})@(\d{1,9})(?:,(to-(?:modem|host)))?$/;
const GARBAGE_BYTES = 32;
const LOST_BYTES = 8;
const LOWEST_BIT = 1;

const lose: Change = () => [];
const double: Change = (byte) => [byte, byte];
const flip: Change = (byte) => [byte ^ LOWEST_BIT];

function direction(value: string | undefined): Direction {
  return value === "to-modem" ? "toModem" : "toHost";
}

function disturbAt({ disturbances }: FaultActions, value: string | undefined, change: Change): void {
  const [, count, offset, way] = PLACE.exec(value ?? "") ?? [];
  disturbances.at(direction(way), Number(offset), Number(count), change);
}

/** What happens on the wire between host and modem. */
export const LINE_FAULTS: FaultTable = {
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
  garbage: {
    help: "prints =N random bytes (32)",
    value: COUNT,
    start: (faults, value) => faults.printGarbage(Number(value ?? GARBAGE_BYTES)),
  },
  "lose-byte": {
    help: "loses one of the next 16 bytes =to-host or =to-modem; with a duration one of each 16",
    value: DIRECTION,
    start: ({ disturbances }, value, lasts) => disturbances.somewhere(direction(value), lasts, lose),
    end: ({ disturbances }, value) => disturbances.end(direction(value), lose),
  },
  "double-byte": {
    help: "doubles one, likewise",
    value: DIRECTION,
    start: ({ disturbances }, value, lasts) => disturbances.somewhere(direction(value), lasts, double),
    end: ({ disturbances }, value) => disturbances.end(direction(value), double),
  },
  "lose-bytes": {
    help: "loses =N@OFFSET bytes after OFFSET others from now on; =N@OFFSET,to-modem of the host's",
    value: PLACE,
    needsValue: true,
    start: (faults, value) => disturbAt(faults, value, lose),
  },
  "double-bytes": {
    help: "doubles them, likewise",
    value: PLACE,
    needsValue: true,
    start: (faults, value) => disturbAt(faults, value, double),
  },
  "flip-bytes": {
    help: "flips their lowest bit, likewise",
    value: PLACE,
    needsValue: true,
    start: (faults, value) => disturbAt(faults, value, flip),
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
