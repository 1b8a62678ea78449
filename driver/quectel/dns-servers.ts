import { isIP } from "node:net";
import type { Channel } from "../at/channel-types";
import { commandLine, quote, splitFields } from "../at/fields";
import { isModemError, ModemError } from "../errors";
import { parseAddress } from "./address";
import { TIMEOUTS } from "./timeouts";

/** An IPv6 address has at most 45 characters (RFC 4291 2.2, with an IPv4 tail). */
const ADDRESS_LENGTH = 45;

/** @throws {ModemError} `INVALID_INPUT` for what is neither an address nor empty */
export function checkDns(primary: string, secondary: string): void {
  for (const [field, address] of [
    ["primaryDns", primary],
    ["secondaryDns", secondary],
  ] as const) {
    if (address !== "" && isIP(address) === 0) throw new ModemError("INVALID_INPUT", `${field} must be an IP address`);
  }
}

/** The servers of a context, without placeholders; empty when the modem names none. */
export async function readDns(channel: Channel, cid: number): Promise<string[]> {
  const command = { ...commandLine("+QIDNSCFG=", cid), expects: [{ prefix: "+QIDNSCFG:" }], timeout: TIMEOUTS.simple };
  try {
    const { lines } = await channel.send(command);
    const [, ...servers] = lines[0] === undefined ? [] : splitFields(lines[0]);
    return servers.map((server) => parseAddress(server.text)).filter((address) => address !== undefined);
  } catch (error) {
    if (isModemError(error, "MODEM_REJECTED")) return [];
    throw error;
  }
}

/** An empty string leaves a server alone; the command names the primary one in any case. */
export async function writeDns(channel: Channel, cid: number, primary: string, secondary: string): Promise<void> {
  if (primary === "" && secondary === "") return;
  const first = primary === "" ? ((await readDns(channel, cid))[0] ?? secondary) : primary;
  const servers = [quote(first, { field: "primaryDns", max: ADDRESS_LENGTH })];
  if (secondary !== "") servers.push(quote(secondary, { field: "secondaryDns", max: ADDRESS_LENGTH }));
  await channel.send({ ...commandLine("+QIDNSCFG=", cid, ...servers), timeout: TIMEOUTS.simple });
}
