import { type Field, quote } from "../../at/fields";
import type { UbloxTraits } from "../traits";

/** How a message goes: in the command as text or digits, at the prompt, or from a file of the modem's. */
export type Encoding = "text" | "hex" | "binary" | "file";

/** Which of them a command has, and how many bytes each takes. */
export type Capacities = Readonly<Partial<Record<Encoding, number>>>;

/**
 * The fastest exact way, if there is one (docs/carrying-bytes.md): text costs its own bytes, digits twice as many, the
 * prompt its wait, and a file several commands.
 *
 * @param rate bytes a second of the line; without it only the waits count
 */
export function fastestEncoding(
  payload: Uint8Array,
  capacities: Capacities,
  { dialect }: Pick<UbloxTraits, "dialect">,
  rate = Number.POSITIVE_INFINITY,
): Encoding | undefined {
  const fits = (encoding: Encoding): boolean => payload.length <= (capacities[encoding] ?? -1);
  if (fits("text") && isText(payload)) return "text";
  const digitsTime = (payload.length * 1000) / rate;
  if (fits("hex") && (digitsTime <= dialect.promptDelay[">"] || !fits("binary"))) return "hex";
  return (["binary", "file"] as const).find(fits);
}

/** Whether quotation marks can hold it. Nothing at all they can. */
function isText(payload: Uint8Array): boolean {
  return payload.every((byte) => byte >= 0x20 && byte <= 0x7e && byte !== 0x22);
}

/** A message in the command; it may be a secret, and is not shown. */
export function inCommand(payload: Uint8Array, encoding: "text" | "hex"): Field {
  const text = Buffer.from(payload).toString(encoding === "hex" ? "hex" : "latin1");
  return quote(encoding === "hex" ? text.toUpperCase() : text, { field: "payload", max: text.length, secret: true });
}
