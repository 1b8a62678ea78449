import { isIPv6 } from "node:net";
import type { Channel } from "../../at/channel-types";
import type { Command } from "../../at/command";
import { type Field, integer, quote } from "../../at/fields";
import { withoutBrackets } from "../../cellular/addresses";
import { trySend } from "../../cellular/commands";
import { ModemError } from "../../errors";
import type {
  ConnectOptions,
  ListenOptions,
  SocketMode,
  SocketProtocol,
  UdpOptions,
} from "../../services/sockets/sockets";
import { command, query } from "../commands";
import type { UbloxTraits } from "../traits";

const PROTOCOLS: Readonly<Record<SocketProtocol, number>> = { tcp: 6, udp: 17 };
/** Levels and options of +USOSO (guide 5.4, AT facts 3.3). */
const SOCKET = { level: 65_535, keepAlive: 8, linger: 128 } as const;
const IP = { level: 0, tos: 1, ttl: 2 } as const;
const TCP = { level: 6, noDelay: 1, keepIdle: 2 } as const;
const MAX_HOST = 255;

/** How a socket is made. */
export interface SocketPlan {
  /** For messages. */
  readonly operation: string;
  readonly protocol: SocketProtocol;
  readonly create: Command;
  /** undefined: the modem's default one. */
  readonly cid: number | undefined;
  /** s; 0: none. */
  readonly keepAlive: number;
  /** Parameters of +USOSO behind the number of the socket, in their order. */
  readonly options: readonly (readonly number[])[];
  readonly mode: SocketMode;
}

export interface ConnectPlan extends SocketPlan {
  readonly host: string;
  readonly port: number;
  readonly target: Field;
}

export interface ListenPlan extends SocketPlan {
  readonly localPort: number;
}

type Common = Partial<Pick<ListenOptions, "localPort" | "cid" | "keepAlive" | "linger" | "ttl" | "tos">>;

/**
 * @param isIpv6 of the address behind a name
 * @throws {ModemError} `INVALID_INPUT` naming the option
 */
export function planConnect(options: ConnectOptions, model: UbloxTraits, isIpv6 = false): ConnectPlan {
  const { host, target } = checkHost(options.host);
  const port = checkPort(options.port, "port");
  const operation = `Connection to ${isIPv6(host) ? `[${host}]` : host}:${port}`;
  const { mode } = options;
  return { ...planSocket("tcp", operation, options, model, isIpv6 || isIPv6(host)), mode, host, port, target };
}

export interface UdpPlan extends SocketPlan {
  /** The one peer of a socket with DTLS. */
  readonly peer: { readonly host: string; readonly port: number } | undefined;
}

/** @throws {ModemError} as `planConnect`; `INVALID_INPUT` for DTLS without a peer */
export function planUdp(options: UdpOptions, model: UbloxTraits, isIpv6 = false): UdpPlan {
  const { localPort, security, host, port } = options;
  if (security !== undefined && (host === undefined || port === undefined))
    throw new ModemError("INVALID_INPUT", "tls: a UDP socket with DTLS has one peer; name its host and port");
  const operation = localPort === undefined ? "UDP socket" : `UDP socket on port ${localPort}`;
  const plan = planSocket("udp", operation, options, model, isIpv6 || isIPv6(withoutBrackets(host ?? "")));
  const peer =
    host === undefined || port === undefined
      ? undefined
      : { host: checkHost(host).host, port: checkPort(port, "port") };
  return { ...plan, peer };
}

/** +USOLI names the port, so that +USOCR of a listening socket does not (guide 5.2). */
export function planListen({ localPort, ...options }: ListenOptions, model: UbloxTraits): ListenPlan {
  const port = checkPort(localPort, "localPort");
  return { ...planSocket("tcp", `Listening on port ${port}`, options, model), localPort: port };
}

function planSocket(
  protocol: SocketProtocol,
  operation: string,
  options: Common,
  { limits }: UbloxTraits,
  ipv6 = false,
): SocketPlan {
  const localPort = options.localPort === undefined ? undefined : checkPort(options.localPort, "localPort");
  const cid =
    options.cid === undefined ? undefined : integer(options.cid, { field: "cid", min: 1, max: limits.contexts });
  const keepAlive = integer(options.keepAlive ?? 0, { field: "keepAlive", min: 0, max: limits.keepAlive });
  const parameters = [PROTOCOLS[protocol], localPort, ipv6 || cid !== undefined ? Number(ipv6) : undefined, cid];
  // Guide 5.1: what is left out at the end is left out of the line.
  while (parameters.at(-1) === undefined) parameters.pop();
  const create = query("+USOCR=", parameters);
  return { operation, protocol, create, cid, keepAlive, options: planOptions(options, limits), mode: "command" };
}

/** Name or address as a command takes it. */
export function checkHost(text: string): { readonly host: string; readonly target: Field } {
  const host = withoutBrackets(text);
  if (host === "") throw new ModemError("INVALID_INPUT", "host is empty");
  return { host, target: quote(host, { field: "host", max: MAX_HOST }) };
}

export function checkPort(port: number, field: string): number {
  return integer(port, { field, min: 1, max: 65_535 });
}

function planOptions({ linger, ttl, tos }: Common, limits: UbloxTraits["limits"]): number[][] {
  const planned: number[][] = [];
  if (linger !== undefined) {
    const seconds = integer(linger, { field: "linger", min: 0, max: limits.linger });
    planned.push([SOCKET.level, SOCKET.linger, 1, seconds * 1000]);
  }
  if (ttl !== undefined) planned.push([IP.level, IP.ttl, integer(ttl, { field: "ttl", min: 1, max: 255 })]);
  if (tos !== undefined) planned.push([IP.level, IP.tos, integer(tos, { field: "tos", min: 0, max: 255 })]);
  return planned;
}

/**
 * Sets a socket up as it was asked for; of TCP data leave as they are written, and silence is probed where that is
 * wanted (guide 5.4).
 */
export async function setOptions(
  channel: Channel,
  number: number,
  { protocol, keepAlive, options }: Pick<SocketPlan, "protocol" | "keepAlive" | "options">,
): Promise<void> {
  if (protocol === "tcp") await trySend(channel, command("+USOSO=", [number, TCP.level, TCP.noDelay, 1]));
  for (const option of options) await channel.send(command("+USOSO=", [number, ...option]));
  if (keepAlive === 0) return;
  await channel.send(command("+USOSO=", [number, SOCKET.level, SOCKET.keepAlive, 1]));
  await channel.send(command("+USOSO=", [number, TCP.level, TCP.keepIdle, keepAlive * 1000]));
}
