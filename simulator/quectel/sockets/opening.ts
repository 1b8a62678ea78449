import { isIP } from "node:net";
import { InternetError, type InternetFailure } from "../../internet/internet";
import { SocketError, type SocketFailure, type SocketSurroundings } from "../../internet/tcp-udp/tcp-udp";
import type { Call } from "../../line/command";
import type { Modem } from "../../modem";
import { contexts } from "../packet-data/contexts";
import { noteError, TcpIpError, TcpIpFailure } from "../tcpip-errors";
import { AccessMode, type ModemSocket } from "./socket";
import type { Sockets } from "./sockets";
import { stayOnline } from "./transparent";

/** Bounds connecting; the modem gives up before its host does (150 s). */
export const CONNECT_TIMEOUT_MS = 75_000;
/** Bytes. With a full receive buffer data wait with the peer; with a full send buffer the answer is SEND FAIL. */
export const BUFFERS = { receive: 32 * 1024, send: 10 * 1460 } as const;

const SOCKET_ERRORS: Readonly<Record<SocketFailure, number>> = {
  dns: TcpIpError.dnsParse,
  refused: TcpIpError.connect,
  timeout: TcpIpError.connect,
  unreachable: TcpIpError.connect,
  reset: TcpIpError.connect,
  tls: TcpIpError.connect,
  other: TcpIpError.connect,
  "address-in-use": TcpIpError.portBusy,
  "address-not-available": TcpIpError.bind,
  "message-too-long": TcpIpError.write,
  aborted: TcpIpError.contextDown,
};

const INTERNET_ERRORS: Readonly<Record<InternetFailure, number>> = {
  dns: TcpIpError.dnsParse,
  connect: TcpIpError.connect,
  timeout: TcpIpError.timeout,
  tls: TcpIpError.connect,
  reset: TcpIpError.connect,
  closed: TcpIpError.contextDown,
};

/** The manual's number for a failure of the network. @throws any other error */
export function reasonOf(error: unknown): number {
  if (error instanceof TcpIpFailure) return error.reason;
  if (error instanceof SocketError) return SOCKET_ERRORS[error.failure];
  if (error instanceof InternetError) return INTERNET_ERRORS[error.failure];
  throw error;
}

/**
 * The surroundings of a context's connections.
 * @param leaving signals that also end the connections
 * @throws {TcpIpFailure} 561 while the context is not active
 */
export function surroundingsOf(modem: Modem, cid: number, ...leaving: AbortSignal[]): SocketSurroundings {
  const context = contexts(modem).signal(cid);
  if (context === undefined) throw new TcpIpFailure(TcpIpError.openContext);
  return {
    internet: modem.internet,
    signal: AbortSignal.any([context, modem.powerCycle, ...leaving]),
    reaches: (address) => contexts(modem).reaches(cid, address),
  };
}

/** @throws {TcpIpFailure} 565 for a name on a context without a name server */
export function needNameServer(modem: Modem, cid: number, host: string): void {
  if (isIP(host) === 0 && !contexts(modem).canResolve(cid)) throw new TcpIpFailure(TcpIpError.dnsParse);
}

/** How a kind of socket is opened. */
export interface Opening {
  readonly sockets: Sockets;
  /** Reserves the identity. @throws {TcpIpFailure} 563 */
  reserve(): ModemSocket;
  /** @throws {SocketError} @throws {InternetError} @throws {TcpIpFailure} */
  open(socket: ModemSocket): Promise<void>;
  readonly id: number;
  readonly mode: AccessMode;
}

/** Answers OK, and the result follows; in transparent mode answers CONNECT or ERROR. */
export async function openSocket(call: Call, modem: Modem, opening: Opening): Promise<void> {
  if (opening.mode === AccessMode.Transparent) await openTransparent(call, modem, opening);
  else call.afterResult(() => openLater(modem, opening));
}

async function openTransparent(call: Call, modem: Modem, opening: Opening): Promise<void> {
  const socket = opening.reserve();
  try {
    await opening.open(socket);
  } catch (error) {
    socket.failed();
    throw new TcpIpFailure(reasonOf(error));
  }
  await stayOnline(call, modem, socket);
}

async function openLater(modem: Modem, opening: Opening): Promise<void> {
  const { powerCycle } = modem;
  const reason = await outcome(opening);
  if (powerCycle.aborted || reason === undefined) return;
  if (reason !== 0) noteError(modem, reason);
  modem.urc(`${opening.sockets.kind.opened}: ${opening.id},${reason}`);
}

/** 0 or the number of the failure; undefined if the host closed the socket in the meantime. */
async function outcome(opening: Opening): Promise<number | undefined> {
  let socket: ModemSocket | undefined;
  try {
    socket = opening.reserve();
    await opening.open(socket);
    return socket.leaving.aborted ? undefined : 0;
  } catch (error) {
    const reason = reasonOf(error);
    if (socket?.leaving.aborted) return undefined;
    socket?.failed();
    return reason;
  }
}
