import type { Call, CommandDefinition } from "../../line/command";
import { CommandError } from "../../line/command-error";
import { expectCount, INCORRECT_PARAMETERS, integerAt } from "../../line/parameters";
import { MessageError } from "../../line/results";
import type { Modem } from "../../modem";
import { fromCharacterSet } from "../character-set";
import { setting } from "../settings";
import { OWN_NUMBER } from "../sim-access";
import { receive, receiveReport } from "./arrival";
import { readSubmission, type Submission } from "./pdu";
import { inTextMode } from "./printing";
import { messageStore, ROOM, STATES } from "./store";
import { userDataOf } from "./user-data";

const INVALID_PDU = 304;
const INVALID_TEXT_PARAMETER = 305;
const INVALID_INDEX = 321;
const MEMORY_FULL = 322;
const NO_NETWORK = 331;
/** Characters typed at the prompt, at most: hexadecimal digits of a PDU. */
const LONGEST_TYPED = 512;
const LONGEST_PDU = 164;
const MOST_DIGITS = 20;
/** <fo> of +CSMP that asks for a report (TP-SRR). */
const REPORT = 0x20;
const NUMBER = /^\+?[0-9*#]{1,20}$/;

/** Sending and writing messages (27.005 3.5). */
export const sendingCommands: readonly CommandDefinition[] = [
  { name: "+CMGS", set: send, test: () => undefined },
  { name: "+CMGW", set: write, execute: write, test: () => undefined },
  { name: "+CMSS", set: sendStored, test: () => undefined },
];

/** The host typed ESC: nothing happens, and the answer is OK. */
class Cancelled extends CommandError {}

async function typed(call: Call): Promise<string | undefined> {
  const cancelled = new Cancelled(INCORRECT_PARAMETERS);
  try {
    return (await call.prompt("> ", LONGEST_TYPED, undefined, { typed: { cancelled } })).toString("latin1");
  } catch (error) {
    if (error === cancelled) return undefined;
    throw error;
  }
}

/** <da> of text mode. */
function numberAt(call: Call, modem: Modem, index: number): string {
  const { text = "", quoted = false } = call.arguments[index] ?? {};
  const number = fromCharacterSet(text, modem);
  if (!quoted || number.length > MOST_DIGITS + 1 || !NUMBER.test(number))
    throw new MessageError(INVALID_TEXT_PARAMETER);
  if (call.arguments.length > index + 1) integerAt(call, index + 1, 0, 255, 0);
  return number;
}

/** What the host types at the prompt, as text or as a PDU; undefined if it changes its mind. */
async function submission(call: Call, modem: Modem): Promise<readonly Submission[] | undefined> {
  if (!inTextMode(modem)) {
    const length = integerAt(call, 0, 1, LONGEST_PDU);
    const pdu = await typed(call);
    if (pdu === undefined) return undefined;
    const read = readSubmission(pdu, length);
    if (read === undefined) throw new MessageError(INVALID_PDU);
    return [read];
  }
  const number = call.arguments.length === 0 ? "" : numberAt(call, modem, 0);
  const text = await typed(call);
  if (text === undefined) return undefined;
  const [first = 0] = setting(modem, "+CSMP");
  // A text that is too long is cut: it is the host that makes parts of it.
  const [data] = userDataOf(fromCharacterSet(text, modem));
  return data === undefined ? [] : [{ number, data, wantsReport: (first & REPORT) !== 0 }];
}

async function send(call: Call, modem: Modem): Promise<void> {
  expectCount(call, 1, 2);
  modem.sim.require();
  for (const message of (await submission(call, modem)) ?? []) {
    call.info(`+CMGS: ${await transmit(call, modem, message)}`);
  }
}

/** The network takes it; what goes to the modem's own number comes back. Returns the message's reference. */
async function transmit(call: Call, modem: Modem, { number, data, wantsReport }: Submission): Promise<number> {
  if (modem.radio.registration !== 1) throw new MessageError(NO_NETWORK);
  await modem.internet.delay(modem.powerCycle);
  const references = modem.service("common.message-reference", () => ({ next: 0 }));
  const reference = references.next;
  references.next = (reference + 1) % 256;
  call.afterResult(() => {
    if (number === OWN_NUMBER.number) receive(modem, OWN_NUMBER.number, data);
    if (wantsReport) receiveReport(modem, reference, number);
  });
  return reference;
}

async function write(call: Call, modem: Modem): Promise<void> {
  expectCount(call, 0, 3);
  modem.sim.require();
  const store = messageStore(modem, 1);
  for (const { number, data } of (await submission(call, modem)) ?? []) {
    const index = store.add({ state: "STO UNSENT", number, time: "", data });
    if (index === undefined) throw new MessageError(MEMORY_FULL);
    call.info(`+CMGW: ${index}`);
  }
}

async function sendStored(call: Call, modem: Modem): Promise<void> {
  expectCount(call, 1, 3);
  modem.sim.require();
  const store = messageStore(modem, 1);
  const index = integerAt(call, 0, 0, ROOM);
  const message = store.at(index);
  if (message === undefined || !message.state.startsWith("STO")) throw new MessageError(INVALID_INDEX);
  const number = call.arguments.length > 1 ? numberAt(call, modem, 1) : message.number;
  if (number === "") throw new MessageError(INVALID_TEXT_PARAMETER);
  const reference = await transmit(call, modem, { number, data: message.data, wantsReport: false });
  store.put(index, { ...message, state: STATES[3] });
  call.info(`+CMSS: ${reference}`);
}
