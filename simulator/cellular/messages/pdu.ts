import { pack, septetsOf, textOf, unpack } from "./alphabet";
import { octetsOf, type UserData } from "./user-data";

/** A message that a host sends (TP-SUBMIT, 3GPP TS 23.040 9.2.2.2). */
export interface Submission {
  readonly number: string;
  readonly data: UserData;
  /** It asks for a report (TP-SRR). */
  readonly wantsReport: boolean;
}

const SUBMIT = 0x01;
const TYPE = 0x03;
const HEADER = 0x40;
const REPORT = 0x20;
const MORE = 0x04;
const REPORT_TYPE = 0x02;
const INTERNATIONAL = 0x91;
const ALPHANUMERIC = 0xd0;
const KIND_OF_NUMBER = 0x70;
/** Octets of the validity period by TP-VPF: none, enhanced, relative, absolute. */
const VALIDITY = [0, 7, 1, 7];
const CENTRE = "+12025550100";

/** The number of the service centre, for +CSCA and PDUs. */
export const SERVICE_CENTRE = CENTRE;

const hex = (bytes: Iterable<number>) =>
  Buffer.from([...bytes])
    .toString("hex")
    .toUpperCase();

/** Two digits an octet, the lower half first; filled up with F. */
function semiOctets(digits: string): string {
  const even = digits.length % 2 === 0 ? digits : `${digits}F`;
  return even.replace(/(.)(.)/g, "$2$1");
}

function plainDigits(number: string): string {
  return number.replace(/^\+/, "");
}

/** An address with its type in front (23.040 9.1.2.5). */
function address(number: string): string {
  const digits = plainDigits(number);
  if (!/^\d+$/.test(digits)) {
    const septets = septetsOf(number) ?? [];
    // The half octets that are used, so that seven letters are not read as eight.
    return hex([Math.ceil((septets.length * 7) / 4), ALPHANUMERIC, ...pack(septets)]);
  }
  return hex([digits.length, number.startsWith("+") ? INTERNATIONAL : 0x81]) + semiOctets(digits);
}

/** <sca> as it stands before a PDU, its length in octets first. */
function centre(): string {
  const digits = semiOctets(plainDigits(CENTRE));
  return hex([1 + digits.length / 2, INTERNATIONAL]) + digits;
}

/** yy/MM/dd,hh:mm:ss+zz as TP-SCTS. */
function timestamp(time: string): string {
  return semiOctets(time.replace(/\D/g, ""));
}

function userData({ coding, length, bytes }: UserData): string {
  return hex([coding, length]) + bytes;
}

/** What +CMGR and the like print in PDU mode: the PDU, and its octets without the service centre. */
export interface PrintedPdu {
  readonly text: string;
  readonly length: number;
}

function printed(tpdu: string): PrintedPdu {
  return { text: `${centre()}${tpdu}`, length: tpdu.length / 2 };
}

/** A message that came in (TP-DELIVER, 23.040 9.2.2.1). */
export function deliver(number: string, time: string, data: UserData): PrintedPdu {
  const first = MORE | (data.header ? HEADER : 0);
  const { coding, length, bytes } = data;
  return printed(`${hex([first])}${address(number)}${hex([0, coding])}${timestamp(time)}${hex([length])}${bytes}`);
}

/** A message that was written here. */
export function submit(number: string, data: UserData): PrintedPdu {
  return printed(`${hex([SUBMIT | (data.header ? HEADER : 0), 0])}${address(number)}00${userData(data)}`);
}

/** That a message has arrived (TP-STATUS-REPORT, 23.040 9.2.2.3). */
export function report(reference: number, number: string, time: string): PrintedPdu {
  return printed(`${hex([MORE | REPORT_TYPE, reference])}${address(number)}${timestamp(time)}${timestamp(time)}00`);
}

/**
 * Reads what a host typed at the prompt of +CMGS or +CMGW.
 * @param length octets without the service centre, as the command announced them
 * @returns undefined if it is no TP-SUBMIT of that length
 */
export function readSubmission(typed: string, length: number): Submission | undefined {
  if (typed.length % 2 !== 0 || !/^[0-9A-Fa-f]*$/.test(typed)) return undefined;
  const all = Buffer.from(typed, "hex");
  const tpdu = all.subarray(1 + (all[0] ?? 0));
  const [first = 0, , digits = 0, type = 0] = tpdu;
  const addressEnd = 4 + Math.ceil(digits / 2);
  const [, coding = 0] = tpdu.subarray(addressEnd);
  const dataAt = addressEnd + 2 + (VALIDITY[(first >> 3) & 3] ?? 0);
  const count = tpdu[dataAt];
  if (tpdu.length !== length || (first & TYPE) !== SUBMIT || count === undefined) return undefined;
  const bytes = tpdu.subarray(dataAt + 1);
  if (bytes.length !== octetsOf(coding, count)) return undefined;
  return {
    number: numberOf(type, digits, tpdu.subarray(4, addressEnd)),
    data: { coding, header: (first & HEADER) !== 0, length: count, bytes: hex(bytes) },
    wantsReport: (first & REPORT) !== 0,
  };
}

function numberOf(type: number, digits: number, bytes: Buffer): string {
  if ((type & KIND_OF_NUMBER) === (ALPHANUMERIC & KIND_OF_NUMBER)) {
    return textOf(unpack(bytes, Math.floor((digits * 4) / 7)));
  }
  const plain = semiOctets(bytes.toString("hex")).slice(0, digits);
  return (type & KIND_OF_NUMBER) === (INTERNATIONAL & KIND_OF_NUMBER) ? `+${plain}` : plain;
}
