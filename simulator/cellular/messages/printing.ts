import type { Modem } from "../../modem";
import { inCharacterSet } from "../character-set";
import { setting } from "../settings";
import { deliver, SERVICE_CENTRE, submit } from "./pdu";
import { type Message, STATES } from "./store";
import { alphabetOf, payloadOf, readText } from "./user-data";

const INTERNATIONAL = 145;
const NATIONAL = 129;
const UCS2 = 8;
const DELIVERED = 4;
const SUBMITTED = 1;

export function inTextMode(modem: Modem): boolean {
  return setting(modem, "+CMGF")[0] === 1;
}

export function typeOf(number: string): number {
  return number.startsWith("+") ? INTERNATIONAL : NATIONAL;
}

const isReceived = ({ state }: Message) => state === "REC UNREAD" || state === "REC READ";

/** <data> of text mode (27.005 3.1): bytes and UCS2 in hexadecimal digits, unless +CSCS is UCS2 anyway. */
function dataOf(modem: Modem, message: Message): string {
  const text = readText(message.data);
  if (text === undefined) return payloadOf(message.data).toString("hex").toUpperCase();
  if (alphabetOf(message.data.coding) === UCS2)
    return Buffer.from(text, "utf16le").swap16().toString("hex").toUpperCase();
  return inCharacterSet(text, modem);
}

function quotedNumber(modem: Modem, { number }: Message): string {
  return `"${inCharacterSet(number, modem)}"`;
}

/** A PDU and its length. */
function pduOf(message: Message) {
  const { number, time, data } = message;
  return isReceived(message) ? deliver(number, time, data) : submit(number, data);
}

/** Header fields that +CSDH=1 adds, up to the service centre. */
function details(modem: Modem, message: Message): string[] {
  if (setting(modem, "+CSDH")[0] !== 1) return [];
  const { number, data } = message;
  const received = isReceived(message);
  const centre = `"${inCharacterSet(SERVICE_CENTRE, modem)}",${INTERNATIONAL}`;
  const validity = received ? [] : [""];
  const first = received ? DELIVERED : SUBMITTED;
  return [...[typeOf(number), first, 0, data.coding, ...validity, centre, data.length].map(String)];
}

/** +CMGR: header and data. */
export function printRead(modem: Modem, message: Message): string {
  const state = STATES.indexOf(message.state);
  if (!inTextMode(modem)) {
    const { text, length } = pduOf(message);
    return `+CMGR: ${state},,${length}\r\n${text}`;
  }
  const time = isReceived(message) ? [`"${message.time}"`] : [];
  const fields = [`"${message.state}"`, quotedNumber(modem, message), "", ...time, ...details(modem, message)];
  return `+CMGR: ${fields.join(",")}\r\n${dataOf(modem, message)}`;
}

/** +CMGL: header and data of one message. */
export function printListed(modem: Modem, index: number, message: Message): string {
  if (!inTextMode(modem)) {
    const { text, length } = pduOf(message);
    return `+CMGL: ${index},${STATES.indexOf(message.state)},,${length}\r\n${text}`;
  }
  const time = isReceived(message) ? `"${message.time}"` : "";
  const more = setting(modem, "+CSDH")[0] === 1 ? [typeOf(message.number), message.data.length] : [];
  const fields = [index, `"${message.state}"`, quotedNumber(modem, message), "", time, ...more];
  return `+CMGL: ${fields.join(",")}\r\n${dataOf(modem, message)}`;
}

/** +CMT: header and data of a message that goes straight to the host. */
export function printArrived(modem: Modem, message: Message): string {
  if (!inTextMode(modem)) {
    const { text, length } = pduOf(message);
    return `+CMT: ,${length}\r\n${text}`;
  }
  const fields = [quotedNumber(modem, message), "", `"${message.time}"`, ...details(modem, message)];
  return `+CMT: ${fields.join(",")}\r\n${dataOf(modem, message)}`;
}
