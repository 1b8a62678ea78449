import { isIPv4, isIPv6 } from "node:net";
import { dotted } from "../../cellular/addresses";
import type { Context } from "../../cellular/radio";
import type { Call, CommandDefinition } from "../../line/command";
import { expectCount, integerAt, stringAt } from "../../line/parameters";
import type { Modem } from "../../modem";
import { incorrectParameters, notAllowed } from "../errors";
import { operatorProfileCommands } from "./operator-profile";

const HIGHEST_CID = 8;
const LONGEST_CREDENTIAL = 64;

/** u-blox's additions to the packet data commands of 27.007 (guide 2.3, 2.4.2.1, 2.5). */
export const packetDataCommands: readonly CommandDefinition[] = [
  ...operatorProfileCommands,
  { name: "+UAUTHREQ", set: setAuthentication, test: (call) => call.info(`+UAUTHREQ: (1-${HIGHEST_CID}),(0-3),,`) },
  { name: "+CGDCONT", read: listContexts },
  { name: "+UDNSCFG", set: setDnsServer, read: readDnsServers },
];

function setAuthentication(call: Call, modem: Modem): void {
  expectCount(call, 2, 4);
  const cid = integerAt(call, 0, 1, HIGHEST_CID);
  const protocol = integerAt(call, 1, 0, 3);
  const context = modem.radio.contexts.get(cid);
  if (call.arguments.length === 3 || (protocol !== 0 && call.arguments.length !== 4)) throw incorrectParameters();
  // LARA-R6 takes the password before the user name, other u-blox modems the other way round.
  const password = call.arguments.length === 4 ? stringAt(call, 2, LONGEST_CREDENTIAL) : "";
  const user = call.arguments.length === 4 ? stringAt(call, 3, LONGEST_CREDENTIAL) : "";
  if (context === undefined) throw notAllowed();
  const { type, apn } = context;
  modem.radio.define({ cid, type, apn, auth: { protocol, user, password } });
}

const LTE = 7;

/**
 * The line of an active context shows the type that the network chose (guide 2.5), and two more fields on 2G and 3G.
 */
function listContexts(call: Call, modem: Modem): void {
  const last = modem.radio.technology < LTE ? "0,0,0,0,0,0" : "0,0,0,0";
  for (const context of modem.radio.contexts.values()) {
    const addresses = context.addresses.map(dotted).join(" ");
    call.info(`+CGDCONT: ${context.cid},"${currentType(context)}","${context.apn}","${addresses}",${last}`);
  }
}

function currentType(context: Context): string {
  if (!context.active) return context.type;
  const has = {
    IP: context.addresses.some((address) => isIPv4(address)),
    IPV6: context.addresses.some((address) => isIPv6(address)),
  };
  if (has.IP && has.IPV6) return "IPV4V6";
  return has.IPV6 ? "IPV6" : "IP";
}

interface DnsServer {
  readonly cid: number;
  /** 1 primary, 2 secondary */
  readonly rank: number;
  /** 0 IPv4, 1 IPv6 */
  readonly family: number;
  readonly address: string;
}

function dnsServers(modem: Modem): Map<string, DnsServer> {
  return modem.service("ublox.dns-servers", () => new Map());
}

function setDnsServer(call: Call, modem: Modem): void {
  expectCount(call, 4, 4);
  const cid = integerAt(call, 0, 1, HIGHEST_CID);
  const rank = integerAt(call, 1, 1, 2);
  const family = integerAt(call, 2, 0, 1);
  const address = stringAt(call, 3, 64);
  const key = `${cid},${rank},${family}`;
  if (address === "") {
    dnsServers(modem).delete(key);
    return;
  }
  if (!(family === 0 ? isIPv4(address) : isIPv6(address))) throw incorrectParameters();
  dnsServers(modem).set(key, { cid, rank, family, address });
}

function readDnsServers(call: Call, modem: Modem): void {
  for (const server of dnsServers(modem).values()) {
    call.info(`+UDNSCFG: ${server.cid},${server.rank},${server.family},"${server.address}"`);
  }
}
