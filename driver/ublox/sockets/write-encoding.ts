import type { UbloxTraits } from "../traits";
import type { HexOffer } from "./hex-mode";

/** Characters of a write beside its data, and of a change of the mode, with the answers and line ends. */
const FRAME = 40;
const CHANGE = 35;
/** ms until the modem answers a change of the mode. It takes as long for a prompt, or for a piece more in hex. */
const ANSWER_MS = 10;
/** Bytes that are looked at to see whether hex mode pays: at 460800 baud it takes 9 kB to earn its two changes. */
export const HORIZON = 16_384;

/**
 * The first bytes of what is to be sent, and how they go: `text` is part of the command (guide 5.3.2), `hex` too,
 * as digits, `binary` follows a prompt (5.3.1).
 */
export interface Chunk {
  readonly length: number;
  readonly encoding: "text" | "hex" | "binary";
}

/** What a write goes by beside its own bytes. */
export interface Surroundings extends Line {
  /** Undefined where the modem has no hex mode. */
  readonly hex: HexOffer | undefined;
}

/** What the time of a write depends on. */
interface Line {
  readonly model: Pick<UbloxTraits, "limits" | "dialect">;
  /** Bytes a second; without it only the waits count. */
  readonly rate?: number;
}

/** ms that a write takes, with the silence before the command and before the data of a prompt. */
function cost({ length, encoding }: Chunk, { model, rate = Number.POSITIVE_INFINITY }: Line): number {
  const { gap, promptDelay } = model.dialect;
  const characters = (encoding === "hex" ? 2 * length : length) + FRAME;
  return gap + (encoding === "binary" ? promptDelay["@"] : 0) + (characters * 1000) / rate;
}

/** The fastest exact way for the next bytes of a stream; `data` are as many as wait, `HORIZON` being enough. */
export function nextChunk(data: Uint8Array, surroundings: Surroundings): Chunk {
  const base = basePiece(data, surroundings);
  const ahead = (): Chunk[] => basePieces(data.subarray(0, HORIZON), surroundings);
  if (!prefersHex(base, ahead, surroundings)) return base;
  return { length: Math.min(data.length, surroundings.model.limits.hexWrite), encoding: "hex" };
}

/** The fastest exact way for a datagram, which can't be cut, before those that wait behind it. */
export function datagramEncoding(
  data: Uint8Array,
  waiting: readonly Uint8Array[],
  surroundings: Surroundings,
): Chunk["encoding"] {
  const base = whole(data);
  const { hexWrite } = surroundings.model.limits;
  if (data.length > hexWrite) return base.encoding;
  const ahead = (): Chunk[] => [data, ...shortOf(waiting, HORIZON - data.length, hexWrite)].map(whole);
  return prefersHex(base, ahead, surroundings) ? "hex" : base.encoding;
}

/**
 * Whether what is ahead goes faster as digits, by so much that it earns two changes of the mode: there and back.
 *
 * Where the base syntax was needed a moment ago, by a read or by text, it may be needed again before they are earned. So
 * hex mode begins only when it would have earned them since then. That loses what two changes cost at most, as does a
 * need that comes right behind it. A transfer both ways reads all the time and stays with the prompt.
 */
function prefersHex(first: Chunk, ahead: () => Chunk[], { hex, ...line }: Surroundings): boolean {
  const { model, rate = Number.POSITIVE_INFINITY } = line;
  const { hexWrite } = model.limits;
  if (hex === undefined || (first.encoding === "text" && !hex.isOn)) return false;
  const changes = 2 * (model.dialect.gap + ANSWER_MS + (CHANGE * 1000) / rate);
  let base = 0;
  let digits = 0;
  for (const piece of ahead()) {
    base += cost(piece, line);
    for (let left = piece.length; left > 0; left -= hexWrite) {
      digits += cost({ length: Math.min(left, hexWrite), encoding: "hex" }, line);
    }
  }
  const saved = base - digits;
  return hex.isOn ? saved > -changes : saved > changes && hex.undisturbed * saved >= changes * base;
}

/** Datagrams of `size` bytes together, up to the first that is too long for hex mode. */
function shortOf(waiting: readonly Uint8Array[], size: number, hexWrite: number): Uint8Array[] {
  const seen: Uint8Array[] = [];
  let left = size;
  for (const datagram of waiting) {
    if (left <= 0 || datagram.length > hexWrite) break;
    seen.push(datagram);
    left -= Math.max(datagram.length, 1);
  }
  return seen;
}

/** A datagram in the base syntax. */
function whole(data: Uint8Array): Chunk {
  return { length: data.length, encoding: textLength(data) === data.length ? "text" : "binary" };
}

function basePieces(data: Uint8Array, line: Line): Chunk[] {
  const pieces: Chunk[] = [];
  for (let offset = 0; offset < data.length; ) {
    const piece = basePiece(data.subarray(offset), line);
    pieces.push(piece);
    offset += piece.length;
  }
  return pieces;
}

/**
 * The next bytes in the base syntax. Text spares the prompt's wait, so whole pieces of it go as text. A part of one does
 * where it costs less than its share of full binary pieces would.
 */
function basePiece(data: Uint8Array, line: Line): Chunk {
  const { write } = line.model.limits;
  const whole = Math.min(data.length, write);
  const text: Chunk = { length: textLength(data.subarray(0, whole)), encoding: "text" };
  const binary: Chunk = { length: whole, encoding: "binary" };
  if (text.length === whole) return text;
  if (text.length === 0 || data.length <= write) return binary;
  const share = (cost(binary, line) * text.length) / whole;
  return cost(text, line) < share ? text : binary;
}

/** Bytes from the start on that quotation marks can hold. */
function textLength(data: Uint8Array): number {
  const end = data.findIndex((byte) => byte === 0x22 || byte < 0x20 || byte > 0x7e);
  return end < 0 ? data.length : end;
}
