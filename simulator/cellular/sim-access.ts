import type { Call, CommandDefinition } from "../line/command";
import { CommandError } from "../line/command-error";
import { expectCount, INCORRECT_PARAMETERS, integerAt, stringAt } from "../line/parameters";
import type { Modem } from "../modem";
import { inCharacterSet } from "./character-set";

const READ_BINARY = 176;
const GET_RESPONSE = 192;
/** Status words of TS 102 221: done; file not found; instruction not supported. */
const DONE = [0x90, 0x00];
const NOT_FOUND = [0x6a, 0x82];
const NO_INSTRUCTION = [0x6d, 0x00];

/** Elementary files that can be read, by identifier (TS 31.102): ICCID, and EF_AD with the length of the MNC. */
const files: ReadonlyMap<number, (modem: Modem) => string> = new Map([
  [0x2fe2, (modem) => swapDigits(modem.options.iccid.padEnd(20, "F"))],
  [0x6fad, () => "00000002"],
]);

/** Access to the SIM's data (27.007 8.17, 8.18, 5.6, 7.1). */
export const simCommands: readonly CommandDefinition[] = [
  { name: "+CIMI", execute: imsi },
  { name: "+CCID", execute: iccid, read: iccid },
  { name: "+ICCID", execute: iccid, read: iccid },
  { name: "+CRSM", set: restrictedAccess, test: () => undefined },
  { name: "+CSIM", set: genericAccess, test: () => undefined },
  { name: "+CNUM", execute: ownNumber, test: () => undefined },
];

function imsi(call: Call, modem: Modem): void {
  modem.sim.require();
  call.info(modem.options.imsi);
}

/** One of the numbers reserved for fiction; 145: with country code. */
export const OWN_NUMBER = { number: "+12025550147", type: 145 };

function ownNumber(call: Call, modem: Modem): void {
  modem.sim.require();
  // The name that goes with it is empty.
  call.info(`+CNUM: "","${inCharacterSet(OWN_NUMBER.number, modem)}",${OWN_NUMBER.type}`);
}

function iccid(call: Call, modem: Modem): void {
  modem.sim.requireBooted();
  call.info(`${call.name}: ${modem.options.iccid}`);
}

function restrictedAccess(call: Call, modem: Modem): void {
  expectCount(call, 1, 7);
  const command = integerAt(call, 0, 0, 255);
  const file = integerAt(call, 1, 0, 0xffff, 0);
  const length = integerAt(call, 4, 0, 255, 0);
  modem.sim.require();
  const content = files.get(file)?.(modem);
  if (command !== READ_BINARY && command !== GET_RESPONSE) call.info(`+CRSM: ${NO_INSTRUCTION.join()}`);
  else if (content === undefined || command === GET_RESPONSE) call.info(`+CRSM: ${NOT_FOUND.join()}`);
  else call.info(`+CRSM: ${DONE.join()},"${length === 0 ? content : content.slice(0, 2 * length)}"`);
}

/** Supports VERIFY and UNBLOCK without data, which query the remaining tries (TS 102 221 11.1.9). */
function genericAccess(call: Call, modem: Modem): void {
  expectCount(call, 2, 2);
  const length = integerAt(call, 0, 8, 520);
  const apdu = stringAt(call, 1, 520);
  if (apdu.length !== length || !/^(?:[0-9A-F]{2})+$/i.test(apdu)) throw new CommandError(INCORRECT_PARAMETERS);
  modem.sim.requireBooted();
  const { pin, puk } = modem.sim.tries;
  const asked = /^00(20|2C)00(?:01|81)(?:00)?$/i.exec(apdu)?.[1]?.toUpperCase();
  const answers: Readonly<Record<string, string>> = { "20": tries(pin), "2C": tries(puk) };
  call.info(`+CSIM: 4,"${answers[asked ?? ""] ?? hex(NO_INSTRUCTION)}"`);
}

function tries(left: number): string {
  return `63C${left.toString(16).toUpperCase()}`;
}

function hex(bytes: readonly number[]): string {
  return Buffer.from(bytes).toString("hex").toUpperCase();
}

function swapDigits(digits: string): string {
  return digits.replace(/(.)(.)/g, "$2$1");
}
