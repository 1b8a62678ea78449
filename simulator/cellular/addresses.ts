import { isIPv4, isIPv6 } from "node:net";

/** An address as 27.007 writes it: IPv6 as sixteen decimal numbers (+CGPIAF's factory setting). */
export function dotted(address: string): string {
  return isIPv6(address)
    ? groups(address)
        .flatMap((group) => [group >> 8, group & 0xff])
        .join(".")
    : address;
}

/** The address followed by its subnet mask, as in +CGCONTRDP. */
export function dottedWithMask(address: string): string {
  const mask = isIPv6(address) ? [...Array<number>(8).fill(255), ...Array<number>(8).fill(0)] : [255, 255, 255, 0];
  return [dotted(address), ...mask].join(".");
}

/** Which addresses can be reached from one's own: those of a family that one has. */
export function reachableFrom(own: readonly string[]): (address: string) => boolean {
  return (address) => own.some(isIPv6(address) ? isIPv6 : isIPv4);
}

/** The router that the network names for an address. */
export function gateway(address: string): string {
  return isIPv6(address) ? "254.128.0.0.0.0.0.0.0.0.0.0.0.0.0.1" : `${address.slice(0, address.lastIndexOf(".") + 1)}1`;
}

function groups(address: string): number[] {
  const [head = "", tail = ""] = address.split("::");
  const read = (text: string) => (text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16)));
  const before = read(head);
  const after = read(tail);
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}
