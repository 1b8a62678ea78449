import type { Trace } from "./line/serial-line";

const ARROWS = { "to-modem": ">", "to-host": "<" };
/** Bytes; of longer pieces, such as a file in data mode, the trace shows the beginning and the length. */
const SHOWN = 400;

/** Shows bytes as text, with escapes for unprintable ones. */
export function traceTo(write: (line: string) => void): Trace {
  return (direction, bytes) => {
    const shown = [...bytes.subarray(0, SHOWN)].map(visible).join("");
    const rest = bytes.length > SHOWN ? ` … ${bytes.length} bytes` : "";
    write(`${ARROWS[direction]} ${shown}${rest}`);
  };
}

function visible(byte: number): string {
  if (byte === 0x0d) return "\\r";
  if (byte === 0x0a) return "\\n";
  if (byte === 0x5c) return "\\\\";
  return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
}
