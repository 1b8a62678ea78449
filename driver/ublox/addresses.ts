import { isIPv4 } from "node:net";

/** The modem's number for a kind of address (+UDNSCFG, +UHTTP=20, +UDCONF=19): 0 IPv4, 1 IPv6. */
export function addressFamily(address: string): 0 | 1 {
  return isIPv4(address) ? 0 : 1;
}
