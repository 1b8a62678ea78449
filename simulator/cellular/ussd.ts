import type { Call, CommandDefinition } from "../line/command";
import { CommandError } from "../line/command-error";
import { choiceAt, expectCount, integerAt, stringAt } from "../line/parameters";
import type { Modem } from "../modem";
import { inCharacterSet } from "./character-set";

const NO_NETWORK_SERVICE = 30;
const SHOWN = 1;
const CANCEL = 2;
/** <m> of 27.007 7.15: no more is wanted, or an answer. */
const DONE = 0;
const GO_ON = 1;
/** <dcs>: language unspecified, seven bits. */
const CODING = 15;
const LONGEST = 182;

interface Dialogue {
  reports: number;
  answer: { readonly more: number; readonly text: string };
}

function dialogue(modem: Modem): Dialogue {
  return modem.service<Dialogue>("common.ussd", () => ({ reports: 0, answer: { more: DONE, text: "Balance: 12.50" } }));
}

/** Unstructured supplementary service data (27.007 7.15): the network answers everything alike. */
export const ussdCommands: readonly CommandDefinition[] = [
  {
    name: "+CUSD",
    set: ask,
    read: (call, modem) => call.info(`+CUSD: ${dialogue(modem).reports}`),
    test: (call) => call.info("+CUSD: (0,1,2)"),
  },
];

function ask(call: Call, modem: Modem): void {
  expectCount(call, 1, 3);
  const reports = choiceAt(call, 0, [0, SHOWN, CANCEL], 0);
  const state = dialogue(modem);
  if (reports !== CANCEL) state.reports = reports;
  if (call.arguments.length === 1) return;
  stringAt(call, 1, 4 * LONGEST);
  integerAt(call, 2, 0, 255, CODING);
  modem.sim.require();
  if (modem.radio.registration !== 1) throw new CommandError(NO_NETWORK_SERVICE);
  call.afterResult(async () => {
    await modem.internet.delay(modem.powerCycle);
    print(modem);
  });
}

function print(modem: Modem): void {
  const { reports, answer } = dialogue(modem);
  if (reports === SHOWN) modem.urc(`+CUSD: ${answer.more},"${inCharacterSet(answer.text, modem)}",${CODING}`);
}

/** The network says this text, and from now on in answer to everything. */
export function sayUssd(modem: Modem, text: string): void {
  dialogue(modem).answer = { more: GO_ON, text };
  print(modem);
}
