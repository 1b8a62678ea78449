import type { Channel } from "../../at/channel-types";
import { quote } from "../../at/fields";
import { parseAddress } from "../../cellular/addresses";
import { ask, unlessRejected } from "../../cellular/commands";
import { command, query } from "../commands";

/** An IPv6 address has at most 45 characters (RFC 4291 2.2, with an IPv4 tail). */
const ADDRESS_LENGTH = 45;

/** The servers of a context, without placeholders; empty when the modem names none. */
export async function readDns(channel: Channel, cid: number): Promise<string[]> {
  return (await readServers(channel, cid)).filter((address) => address !== undefined);
}

/** An empty string leaves a server alone. The command would clear a second server that it does not name. */
export async function writeDns(channel: Channel, cid: number, primary: string, secondary: string): Promise<void> {
  if (primary === "" && secondary === "") return;
  const [first, second] = primary === "" || secondary === "" ? await readServers(channel, cid) : [];
  const names = [primary || first, secondary || second].filter((name) => name !== undefined);
  const servers = names.map((name) => quote(name, { field: "DNS server", max: ADDRESS_LENGTH }));
  await channel.send(command("+QIDNSCFG=", [cid, ...servers]));
}

/** First and second server, undefined for a placeholder. */
async function readServers(channel: Channel, cid: number): Promise<(string | undefined)[]> {
  const answer = await unlessRejected(ask(channel, query("+QIDNSCFG=", [cid])));
  const [, ...servers] = answer?.[0] ?? [];
  return servers.map((server) => parseAddress(server.text));
}
