import { isIPv4, isIPv6 } from "node:net";

/**
 * An address as the modem prints it, in the usual form: IPv4 dotted, IPv6 by RFC 5952. 27.007 writes IPv6 as 16
 * decimal bytes with dots. Undefined for what is none, and for the placeholders `0.0.0.0` and `::`.
 */
export function parseAddress(text: string): string | undefined {
  if (isIPv4(text)) return text === "0.0.0.0" ? undefined : text;
  const colons = isIPv6(text) ? text : fromDotted(text);
  if (colons === undefined) return undefined;
  const short = new URL(`http://[${colons}]/`).hostname.slice(1, -1);
  return short === "::" ? undefined : short;
}

function fromDotted(text: string): string | undefined {
  const bytes = text.split(".").map(Number);
  if (bytes.length !== 16 || bytes.some((byte) => !Number.isInteger(byte) || byte < 0 || byte > 255)) return undefined;
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.match(/.{4}/g)?.join(":");
}
