import type { Channel } from "../../at/channel-types";
import { transferTime } from "../../at/clock";
import { type Command, Priority } from "../../at/command";
import { type Field, quote, splitFields, toInteger } from "../../at/fields";
import type { Line } from "../../at/line";
import { query } from "../commands";
import { SIMPLE_MS } from "../timeouts";
import type { Chunk } from "./write-encoding";

/** How many bytes the modem says that it has taken; NaN where that can't be read. */
export function writtenBytes(lines: readonly Line[], number: number): number {
  const [line, ...more] = lines;
  const [socket, count, ...rest] = line === undefined ? [] : splitFields(line);
  return more.length + rest.length === 0 && toInteger(socket) === number ? toInteger(count) : Number.NaN;
}

/** The write of a piece: `+USOWR=<socket>` or `+USOST=<socket>,<address>,<port>`. */
export function writeCommand(
  channel: Channel,
  name: "+USOWR" | "+USOST",
  target: readonly (Field | number)[],
  data: Uint8Array,
  { encoding, signal }: { readonly encoding: Chunk["encoding"]; readonly signal: AbortSignal },
): Command {
  const text =
    encoding === "hex" ? Buffer.from(data).toString("hex").toUpperCase() : Buffer.from(data).toString("latin1");
  const options = {
    timeout: SIMPLE_MS + transferTime(text.length, channel.bytesPerSecond),
    priority: Priority.Background,
    signal,
  };
  if (encoding === "binary") {
    return query(`${name}=`, [...target, data.length], { ...options, upload: { prompt: "@", data } });
  }
  const { wire } = quote(text, { field: "payload", max: text.length });
  const content: Field = { wire, shown: `<${data.length} bytes>` };
  return query(`${name}=`, [...target, data.length, content], options);
}
