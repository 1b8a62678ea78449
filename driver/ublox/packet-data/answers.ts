import { type AnswerField, toInteger } from "../../at/fields";
import { parseAddress, parseAddresses } from "../../cellular/addresses";
import { decodeAscii } from "../../cellular/text";
import type { PdpType } from "../../services/packet-data";

/** A line of `AT+CGDCONT?`. */
export interface ContextDefinition {
  readonly cid: number;
  readonly type: PdpType;
  readonly apn: string;
  /** Whether an address was assigned: the type is then the network's choice, not the one that was asked for. */
  readonly assigned: boolean;
}

/** What `AT+CGCONTRDP` tells of an active context. */
export interface ContextParameters {
  readonly addresses: readonly string[];
  readonly dns: readonly string[];
  readonly mtu?: number;
}

const TYPES: ReadonlySet<string> = new Set<PdpType>(["IP", "IPV6", "IPV4V6"]);

/** `+CGDCONT: 1,"IP","apn","10.0.0.1",0,0,…`; contexts of other types (NONIP) are none of ours. */
export function parseDefinition(fields: readonly AnswerField[]): ContextDefinition | undefined {
  const type = fields[1]?.text.toUpperCase() ?? "";
  if (!isPdpType(type)) return undefined;
  const assigned = parseAddresses(fields[3]?.text ?? "").length > 0;
  return { cid: toInteger(fields[0]), type, apn: decodeAscii(fields[2]?.text ?? ""), assigned };
}

function isPdpType(type: string): type is PdpType {
  return TYPES.has(type);
}

/** `+CGPADDR: 1,"10.1.2.3"[,"32.1.…"]`: every address of context `cid`. */
export function parseContextAddresses(lines: readonly AnswerField[][], cid: number): string[] {
  const fields = lines.filter(([first]) => toInteger(first) === cid).flatMap((line) => line.slice(1));
  return distinct(fields.flatMap((field) => parseAddresses(field.text)));
}

/** Positions in `+CGCONTRDP: cid,bearer,"apn","address.mask","gateway","dns1","dns2",…` (27.007 section 10.1.23). */
const ADDRESS = 3;
const DNS = [5, 6] as const;
const IPV4_MTU = 11;

/** One line an address family. */
export function parseContextParameters(lines: readonly AnswerField[][], cid: number): ContextParameters {
  const own = lines.filter(([first]) => toInteger(first) === cid);
  const addressesAt = (position: number): string[] =>
    own.map((line) => parseAddress(line[position]?.text ?? "")).filter((address) => address !== undefined);
  const mtu = own.map((line) => toInteger(line[IPV4_MTU])).find((value) => value > 0);
  return {
    addresses: distinct(addressesAt(ADDRESS)),
    dns: distinct(DNS.flatMap(addressesAt)),
    ...(mtu === undefined ? {} : { mtu }),
  };
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)];
}
