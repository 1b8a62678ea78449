/** A host without the brackets that URLs put around IPv6. */
export function withoutBrackets(host: string): string {
  return host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
}

/** What one address field of +CGPADDR, +CGCONTRDP, +CGDCONT and the like holds: IPv4 in dotted form, IPv6 as RFC 5952 writes it. */
export function parseAddresses(text: string): string[] {
  return text
    .split(/\s+/)
    .map((part) => parseAddress(part))
    .filter((address) => address !== undefined);
}

/**
 * One address as 27.007 writes it: 4 or 16 dotted numbers, 8 or 32 with the mask behind it, or IPv6 with colons.
 *
 * Undefined where there is none: an unassigned address is all zeros (`+CGCONTRDP: 1,5,,"0.0.0.0.0.0.0.0"`).
 */
export function parseAddress(text: string): string | undefined {
  if (text.includes(":")) return compressIpv6(text);
  const parts = text.split(".");
  const numbers = parts.map(Number);
  if (parts.some((part) => !/^\d{1,3}$/.test(part)) || numbers.some((number) => number > 255)) return undefined;
  if (numbers.length === 4 || numbers.length === 8) return unlessZero(numbers.slice(0, 4), (bytes) => bytes.join("."));
  if (numbers.length === 16 || numbers.length === 32) return unlessZero(numbers.slice(0, 16), formatIpv6);
  return undefined;
}

function unlessZero(bytes: number[], format: (bytes: number[]) => string): string | undefined {
  return bytes.every((byte) => byte === 0) ? undefined : format(bytes);
}

/** The WHATWG URL parser serialises IPv6 by RFC 5952. */
function compressIpv6(text: string): string | undefined {
  if (!URL.canParse(`http://[${text}]/`)) return undefined;
  const address = new URL(`http://[${text}]/`).hostname.slice(1, -1);
  return address === "::" ? undefined : address;
}

function formatIpv6(bytes: number[]): string {
  const groups = Array.from({ length: 8 }, (_, index) => groupAt(bytes, index).toString(16));
  return compressIpv6(groups.join(":")) ?? "";
}

function groupAt(bytes: number[], index: number): number {
  return (bytes[2 * index] ?? 0) * 256 + (bytes[2 * index + 1] ?? 0);
}
