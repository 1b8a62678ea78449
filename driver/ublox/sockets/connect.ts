import { isIP } from "node:net";
import { isModemError, ModemError } from "../../errors";
import type { SocketAddress } from "../../services/sockets/sockets";
import type { Deadline } from "../../services/waiting/deadline";
import { command } from "../commands";
import type { SecureConnection } from "../security/security";
import type { UbloxSocket } from "./connection";
import { readRemote } from "./control";
import { isDecisive, socketError } from "./errors";
import { type ConnectPlan, setOptions } from "./plan";
import type { Reach, Refused } from "./reach";
import type { SocketLine } from "./socket-line";

interface Modem {
  readonly channel: SocketLine;
  readonly reach: Reach;
  /** @throws {ModemError} `DNS_FAILED` */
  readonly resolve: (host: string) => Promise<string>;
}

interface Attempt {
  readonly plan: ConnectPlan;
  readonly connection: UbloxSocket;
  readonly secure: SecureConnection | undefined;
}

/**
 * Connects a socket that was just made; resolves to the peer. When it fails, or too late for `limit`, the socket is gone.
 *
 * Behind a caller who has given up the socket is closed, and only then is the number given back.
 */
export async function connectSocket(
  modem: Modem,
  attempt: Attempt,
  limit: Deadline,
): Promise<SocketAddress | undefined> {
  const { plan, connection, secure } = attempt;
  const { number } = connection;
  let isRefused = false;
  const socket = { number, plan, secure: secure !== undefined, isClosed: false };
  try {
    // Guide 5.11: after the socket was made, and before it connects.
    if (secure !== undefined) await modem.channel.send(command("+USOSEC=", [number, 1, secure.profile]));
    await setOptions(modem.channel, number, plan);
    limit.signal.throwIfAborted();
    const refused = await modem.channel.connect((line) => modem.reach.run(line, socket, limit.signal), limit.signal);
    isRefused = refused !== undefined;
    if (refused !== undefined) throw await explain(modem, attempt, refused, limit);
    limit.signal.throwIfAborted();
    const known = isIP(plan.host) === 0 ? await remoteOf(modem.channel, number) : undefined;
    await connection.open(limit.signal);
    limit.signal.throwIfAborted();
    return isIP(plan.host) === 0 ? known : { ip: plan.host, port: plan.port };
  } catch (error) {
    // Guide 5.1: the modem closes a socket that could not connect, and says so. Otherwise what it says may be meant for
    // an earlier life of the number.
    const closeOnModem = !(socket.isClosed || (isRefused && connection.isAnnouncedClosed));
    await connection.end({ closeOnModem, ...(isModemError(error) && { error }) });
    throw error;
  }
}

/** An address that the modem does not tell whole is none. */
async function remoteOf(channel: SocketLine, number: number): Promise<SocketAddress | undefined> {
  try {
    return await readRemote(channel, number);
  } catch (error) {
    if (isModemError(error, "PROTOCOL_ERROR")) return undefined;
    throw error;
  }
}

async function explain(
  modem: Modem,
  { plan, secure }: Attempt,
  refused: Refused,
  limit: Deadline,
): Promise<ModemError> {
  const failure = await findCause(modem, plan, refused, secure !== undefined);
  return secure === undefined ? failure : secure.explain(failure, limit.remaining);
}

/** +USOER tells what the network did; that a name is unknown, or TLS failed, shows in what it does not tell. */
async function findCause(
  { resolve }: Modem,
  { operation, host }: ConnectPlan,
  { refusal, number }: Refused,
  secure: boolean,
): Promise<ModemError> {
  if (isDecisive(number, secure)) return asFailedConnect(socketError(operation, refusal, number, "CONNECT_FAILED"));
  if (isIP(host) === 0) {
    const unknown = await resolve(host).then(
      () => undefined,
      (error: unknown) => (isModemError(error, "DNS_FAILED") ? error : undefined),
    );
    if (unknown !== undefined)
      return new ModemError("DNS_FAILED", `${operation} failed: ${unknown.message}`, unknown.cause);
  }
  if (!secure) return socketError(operation, refusal, number, "CONNECT_FAILED");
  return new ModemError("TLS_FAILED", `${operation} failed: no TLS connection could be made`, refusal.cause);
}

/** A connection that was never made was not closed either. */
function asFailedConnect(error: ModemError): ModemError {
  return error.code === "CONNECTION_CLOSED" ? new ModemError("CONNECT_FAILED", error.message, error.cause) : error;
}
