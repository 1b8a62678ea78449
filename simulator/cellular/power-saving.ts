import type { Call, CommandDefinition } from "../line/command";
import { CommandError } from "../line/command-error";
import { choiceAt, expectCount, INCORRECT_PARAMETERS, stringAt } from "../line/parameters";
import type { Modem } from "../modem";

const OFF = 0;
const RESET = 2;
const DISCARD = 3;
/** <AcT-type> of +CEDRXS: GSM, UTRAN, LTE or Cat M1, NB-IoT. */
const TECHNOLOGIES = [2, 3, 4, 5];
const SLEEP = "common.power-saving";
const CYCLES = "common.edrx";

/** +CPSMS: what the host asks the network for, in the bits of 24.008. */
interface Sleep {
  readonly mode: number;
  /** Periodic TAU (T3412 extended) and active time (T3324), eight bits each. */
  readonly update: string;
  readonly active: string;
}

const FACTORY: Sleep = { mode: OFF, update: "00011000", active: "00001010" };

/** Requested eDRX cycles by technology, four bits each; only enabled ones. */
type Cycles = Readonly<Record<string, string>>;

/** Power saving and eDRX (27.007 7.38, 7.40, 7.41): kept in NVM and requested, but this network grants none. */
export const powerSavingCommands: readonly CommandDefinition[] = [
  {
    name: "+CPSMS",
    set: setSleep,
    read: readSleep,
    test: (call) => call.info('+CPSMS: (0,1,2),,,("00000000"-"11111111"),("00000000"-"11111111")'),
  },
  {
    name: "+CEDRXS",
    set: setCycle,
    read: readCycles,
    test: (call) => call.info(`+CEDRXS: (0-3),(${TECHNOLOGIES.join(",")}),("0000"-"1111")`),
  },
  // Type 0: this cell does not use eDRX.
  { name: "+CEDRXRDP", execute: (call) => call.info("+CEDRXRDP: 0"), test: () => undefined },
];

function bits(call: Call, index: number, count: number, fallback: string): string {
  const text = stringAt(call, index, count, fallback);
  if (text.length !== count || !/^[01]*$/.test(text)) throw new CommandError(INCORRECT_PARAMETERS);
  return text;
}

function sleep(modem: Modem): Sleep {
  return modem.storage.get<Sleep>(SLEEP) ?? FACTORY;
}

function setSleep(call: Call, modem: Modem): void {
  expectCount(call, 1, 5);
  const mode = choiceAt(call, 0, [OFF, 1, RESET], OFF);
  const before = sleep(modem);
  // The second and third are for GERAN and UTRAN, whose power saving neither modem has.
  for (const index of [1, 2]) bits(call, index, 8, "00000000");
  const next = { mode, update: bits(call, 3, 8, before.update), active: bits(call, 4, 8, before.active) };
  modem.storage.set(SLEEP, mode === RESET ? FACTORY : next);
}

function readSleep(call: Call, modem: Modem): void {
  const { mode, update, active } = sleep(modem);
  call.info(`+CPSMS: ${mode},,,"${update}","${active}"`);
}

function setCycle(call: Call, modem: Modem): void {
  expectCount(call, 1, 3);
  const mode = choiceAt(call, 0, [OFF, 1, 2, DISCARD], OFF);
  if (mode === DISCARD || (mode === OFF && call.arguments.length === 1)) {
    modem.storage.set(CYCLES, {});
    return;
  }
  const technology = String(choiceAt(call, 1, TECHNOLOGIES));
  const { [technology]: before = "0010", ...others } = modem.storage.get<Cycles>(CYCLES) ?? {};
  const cycle = bits(call, 2, 4, before);
  modem.storage.set(CYCLES, mode === OFF ? others : { ...others, [technology]: cycle });
}

function readCycles(call: Call, modem: Modem): void {
  for (const [technology, cycle] of Object.entries(modem.storage.get<Cycles>(CYCLES) ?? {})) {
    call.info(`+CEDRXS: ${technology},"${cycle}"`);
  }
}
