import type { Channel } from "../at/channel-types";
import { transferTime } from "../at/clock";
import { type Command, Priority } from "../at/command";
import { type Field, quote, unquotable } from "../at/fields";
import { query } from "./commands";
import { LARA_R6_DIALECT } from "./dialect";
import { TIMEOUTS } from "./timeouts";

/** Most bytes of one +USOWR or +USOST, in the base syntax and at the prompt. */
export const WRITE_SIZE = 1024;
/** Characters of a write beside its data, with the answer's and line ends. */
const FRAME = 40;
/** Silence before the command, and before the data of a prompt, in ms. */
const { gap, promptDelay } = LARA_R6_DIALECT;

/** The first bytes of what is to be sent, and how they go. */
export interface Piece {
  readonly length: number;
  /** `text` stands in the command (guide 5.3.2); `binary` follows a prompt (5.3.1). */
  readonly way: "text" | "binary";
}

/** ms that a write takes. */
function cost({ length, way }: Piece, rate: number): number {
  return gap + (way === "binary" ? promptDelay["@"] : 0) + ((length + FRAME) * 1000) / rate;
}

/**
 * The fastest exact way for the next bytes. Text spares the prompt's wait, so whole pieces of it go as text. A part of
 * one does where it costs less than its share of full binary pieces would.
 *
 * @param bytesPerSecond of the line; without it only the waits count
 */
export function nextPiece(data: Uint8Array, bytesPerSecond = Number.POSITIVE_INFINITY): Piece {
  const whole = Math.min(data.length, WRITE_SIZE);
  const text: Piece = { length: textLength(data.subarray(0, whole)), way: "text" };
  const binary: Piece = { length: whole, way: "binary" };
  if (text.length === whole) return text;
  if (text.length === 0 || data.length <= WRITE_SIZE) return binary;
  const share = (cost(binary, bytesPerSecond) * text.length) / whole;
  return cost(text, bytesPerSecond) < share ? text : binary;
}

/** Bytes from the start on that quotation marks can hold. */
function textLength(data: Uint8Array): number {
  const end = data.findIndex((byte) => byte === 0x22 || byte < 0x20 || byte > 0x7e);
  return end < 0 ? data.length : end;
}

/** Whether a datagram, which can't be cut, can stand in the command. */
export function isText(data: Uint8Array): boolean {
  return unquotable(Buffer.from(data).toString("latin1"), WRITE_SIZE) === undefined;
}

/** The write of a piece: `+USOWR=<socket>` or `+USOST=<socket>,<address>,<port>`. */
export function writeCommand(
  channel: Channel,
  name: "+USOWR" | "+USOST",
  target: readonly (Field | number)[],
  data: Uint8Array,
  { way, signal }: { readonly way: Piece["way"]; readonly signal: AbortSignal },
): Command {
  const options = {
    timeout: TIMEOUTS.simple + transferTime(data.length, channel.bytesPerSecond),
    priority: Priority.Background,
    signal,
  };
  const expects = { prefix: `${name}:` };
  if (way === "binary") {
    return query(`${name}=`, expects, [...target, data.length], { ...options, upload: { prompt: "@", data } });
  }
  const { wire } = quote(Buffer.from(data).toString("latin1"), { field: "payload", max: WRITE_SIZE });
  const content: Field = { wire, shown: `<${data.length} bytes>` };
  return query(`${name}=`, expects, [...target, data.length, content], options);
}
