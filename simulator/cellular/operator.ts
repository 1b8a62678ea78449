import type { Call, CommandDefinition } from "../line/command";
import { CommandError } from "../line/command-error";
import { choiceAt, expectCount, INCORRECT_PARAMETERS, integerAt, stringAt } from "../line/parameters";
import type { Modem } from "../modem";
import { inCharacterSet } from "./character-set";

const NO_NETWORK_SERVICE = 30;
const NOT_FOUND = 22;
const SET_FORMAT = 3;
const MANUAL = [1, 4];
const LONG = 0;
const SHORT = 1;
const SHORT_LENGTH = 8;
const CURRENT = 2;

/** Choice of the operator (27.007 7.3, 7.19, 7.20). */
export const operatorCommands: readonly CommandDefinition[] = [
  { name: "+COPS", set: selectOperator, read: readOperator, test: listOperators },
  {
    name: "+CPOL",
    set: preferredOperator,
    read: (_call, modem) => modem.sim.require(),
    test: (call) => call.info("+CPOL: (1-20),(0-2)"),
  },
  {
    name: "+CPLS",
    set: preferredList,
    read: (call) => call.info("+CPLS: 0"),
    test: (call) => call.info("+CPLS: (0-2)"),
  },
];

function format(modem: Modem): { value: number } {
  return modem.service("common.operator-format", () => ({ value: LONG }));
}

function selectOperator(call: Call, modem: Modem): void {
  expectCount(call, 1, 4);
  const mode = integerAt(call, 0, 0, 4);
  const chosen = choiceAt(call, 1, [0, 1, 2], format(modem).value);
  const named = (call.arguments[2]?.text ?? "") !== "";
  if (named !== MANUAL.includes(mode)) throw new CommandError(INCORRECT_PARAMETERS);
  if (call.arguments.length > 3) integerAt(call, 3, 0, 9);
  if (mode === SET_FORMAT) {
    format(modem).value = chosen;
    return;
  }
  modem.sim.require();
  if (named && stringAt(call, 2, 16) !== names(modem)[chosen]) throw new CommandError(NO_NETWORK_SERVICE);
  format(modem).value = chosen;
  modem.radio.select(mode);
}

function readOperator(call: Call, modem: Modem): void {
  const { registration, selection, technology } = modem.radio;
  if (registration !== 1 && registration !== 5) {
    call.info(`+COPS: ${selection}`);
    return;
  }
  const { value } = format(modem);
  call.info(`+COPS: ${selection},${value},"${names(modem)[value]}",${technology}`);
}

async function listOperators(call: Call, modem: Modem): Promise<void> {
  modem.sim.require();
  await modem.internet.delay(modem.powerCycle);
  const [long, short, numeric] = names(modem);
  call.info(`+COPS: (${CURRENT},"${long}","${short}","${numeric}",${modem.radio.technology}),,(0-4),(0-2)`);
}

/** By +COPS's <format>: long name, short name, MCC and MNC. */
function names(modem: Modem): readonly string[] {
  const { operator } = modem.options;
  const { mcc, mnc } = modem.radio.cell;
  const long = inCharacterSet(operator, modem);
  const short = inCharacterSet(operator.slice(0, SHORT_LENGTH), modem);
  return Object.assign([], { [LONG]: long, [SHORT]: short, 2: `${mcc}${mnc}` });
}

/** The SIM's list is empty and read-only; only the format of its entries can be set. */
function preferredOperator(call: Call, modem: Modem): void {
  expectCount(call, 1, 7);
  modem.sim.require();
  if (call.arguments[0]?.text !== "") throw new CommandError(NOT_FOUND);
  choiceAt(call, 1, [0, 1, 2]);
}

function preferredList(call: Call, modem: Modem): void {
  expectCount(call, 1, 1);
  modem.sim.require();
  choiceAt(call, 0, [0, 1, 2]);
}
