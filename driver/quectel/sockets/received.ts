import type { Response } from "../../at/command";
import { parseAddress } from "../../cellular/addresses";
import type { SocketAddress } from "../../services/sockets/sockets";
import type { KnownModem } from "../traits";

/** What one read has brought. */
export interface Part {
  readonly data: Buffer;
  /** Of a datagram. */
  readonly from: SocketAddress | undefined;
}

const LINE_END = "\r\n";

/**
 * `+QIRD: <count>[,"<ip>",<port>]`, a line end, the bytes, two line ends, `OK` (AT facts 2.2); undefined for an answer
 * that is not whole.
 */
export function parsePart(
  { lines, data, behind = "", strays }: Response,
  { read: name, protocol }: { readonly read: string; readonly protocol: "tcp" | "udp" },
  { channel, model }: KnownModem,
): Part | undefined {
  const [line, ...more] = lines;
  const fields = /^ ?(\d{1,4})(?:,"([^"]*)",(\d{1,5}))?$/.exec(line?.text.slice(name.length + 1) ?? "");
  if (fields === null || data === undefined || more.length > 0 || strays === true) return undefined;
  const [, count, ip, port] = fields;
  const from = sender(ip, port);
  const isAddressed = from !== undefined || (data.length === 0 ? ip === undefined : protocol === "tcp");
  const fits = Number(count) === data.length && data.length <= model.limits.read && isAddressed;
  return fits && endsWhole(data, behind, channel) ? { data, from } : undefined;
}

/** Lines on which data have been seen to be followed by two line ends, theirs and that of the result (V.250 5.7.1). */
const REGULAR = new WeakSet<object>();

/**
 * Whether the line ends behind the data show that none of them is part of the data, and the other way round. A modem
 * that has never printed two is believed one, unless the data end with one: that would be the one that is missing.
 */
function endsWhole(data: Buffer, behind: string, channel: object): boolean {
  if (data.length === 0) return behind === LINE_END || behind === LINE_END + LINE_END;
  if (behind === LINE_END + LINE_END) {
    REGULAR.add(channel);
    return true;
  }
  const ending = data.toString("latin1", Math.max(0, data.length - LINE_END.length));
  return behind === LINE_END && ending !== LINE_END && !REGULAR.has(channel);
}

function sender(ip: string | undefined, port: string | undefined): SocketAddress | undefined {
  const parsed = ip === undefined ? undefined : parseAddress(ip);
  const number = Number(port);
  return parsed === undefined || !(number >= 1 && number <= 65_535) ? undefined : { ip: parsed, port: number };
}
