import { invalid } from "../common/errors";

/**
 * An object encoded as a query or a form, as the core node does it: a list gives its name once for each member, what is
 * no text, number or truth gives an empty value.
 *
 * @param max characters of all names and values before they are encoded
 * @throws {ModemError} `INVALID_INPUT`, also for a text that UTF-8 can't encode: a lone half of a surrogate pair
 */
export function formText(fields: Readonly<Record<string, unknown>>, max = Number.POSITIVE_INFINITY): string {
  const pairs = Object.entries(fields).flatMap(([name, value]) =>
    [value].flat().map((member) => [name, primitiveText(member)] as const),
  );
  const length = pairs.reduce((sum, [name, value]) => sum + name.length + value.length + 2, 0);
  if (length > max) throw invalid("msg.payload", `is too long for a query: ${length} characters, at most ${max}`);
  try {
    return pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join("&");
  } catch {
    throw invalid("msg.payload", "can't be written as a query or a form: it contains half a character");
  }
}

function primitiveText(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
  return typeof value === "bigint" || typeof value === "boolean" ? String(value) : "";
}
