import type { Call, CommandDefinition } from "../line/command";
import { expectCount, integerAt } from "../line/parameters";
import type { Modem } from "../modem";
import type { Radio } from "./radio";

/** A registration command: its domain's highest <n>. */
const DOMAINS: Readonly<Record<string, number>> = { "+CREG": 3, "+CGREG": 3, "+CEREG": 5 };
const WITH_LOCATION = 2;
const WITH_POWER_SAVING = 4;
/** From here on the read form of LARA-R6 has the MME's number after the tracking area code. */
const MME = '"0001"';

interface Reports {
  readonly modes: Map<string, number>;
}

export const registrationCommands: readonly CommandDefinition[] = Object.entries(DOMAINS).map(([name, most]) => ({
  name,
  set(call: Call, modem: Modem) {
    expectCount(call, 0, 1);
    reports(modem).modes.set(name, integerAt(call, 0, 0, most, 0));
  },
  read(call: Call, modem: Modem) {
    const mode = reports(modem).modes.get(name) ?? 0;
    const mme = name === "+CEREG" && mode >= WITH_POWER_SAVING && modem.personality.mmeInCereg === true;
    call.info(`${name}: ${mode},${state(modem.radio, mode, mme)}`);
  },
  test: (call: Call) => call.info(`${name}: (0-${most})`),
}));

/** Prints the requested domains at each change. */
function reports(modem: Modem): Reports {
  return modem.service("common.registration", () => {
    const modes = new Map<string, number>();
    modem.radio.onRegistration(() => {
      for (const name of Object.keys(DOMAINS)) {
        const mode = modes.get(name) ?? 0;
        if (mode > 0) modem.urc(`${name}: ${state(modem.radio, mode, false)}`);
      }
    });
    return { modes };
  });
}

/** 27.007 10.1.22: location only while registered; no power saving times, since this network grants none. */
function state(radio: Radio, mode: number, mme: boolean): string {
  const { registration, cell, technology } = radio;
  const registered = registration === 1 || registration === 5;
  if (mode < WITH_LOCATION || !registered) return String(registration);
  const location = [`"${cell.tac}"`, ...(mme ? [MME] : []), `"${cell.ci}"`, technology];
  return [registration, ...location].join(",");
}
