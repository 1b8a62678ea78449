import { isIP } from "node:net";
import { TcpConnection } from "../../internet/tcp-udp/connection";
import { UdpSocket } from "../../internet/tcp-udp/datagrams";
import { TcpListener } from "../../internet/tcp-udp/listener";
import type { Endpoint } from "../../internet/tcp-udp/tcp-udp";
import type { Call, CommandDefinition } from "../../line/command";
import { expectCount, integerAt, stringAt } from "../../line/parameters";
import type { Modem } from "../../modem";
import { incorrectParameters, notAllowed, plainError } from "../errors";
import { activeContext } from "../packet-data/data-connection";
import { applyOptions } from "./options";
import { connectSecurely, secureDatagrams } from "./secure";
import { ERRNO, errnoOf, type ModemSocket, QUEUES } from "./socket";
import { HIGHEST_SOCKET, type SocketTable, socketTable } from "./table";

const LONGEST_HOST = 128;
const HIGHEST_PORT = 65_535;
/** Bounds connecting, handshake included. */
const CONNECT_TIMEOUT_MS = 120_000;

/** Connecting and listening (guide 5.1, 5.2). */
export const socketConnectCommands: readonly CommandDefinition[] = [
  {
    name: "+USOCO",
    set: connect,
    test: (call) => call.info(`+USOCO: (0-${HIGHEST_SOCKET}),,(1-${HIGHEST_PORT}),(0-1)`),
  },
  { name: "+USOLI", set: listen, test: (call) => call.info(`+USOLI: (0-${HIGHEST_SOCKET}),(1-${HIGHEST_PORT})`) },
];

/** The remote end of +USOCO and +USOST. */
export function remoteAt(call: Call, index: number): Endpoint {
  const address = stringAt(call, index, LONGEST_HOST);
  if (address === "") throw incorrectParameters();
  return { address, port: integerAt(call, index + 1, 1, HIGHEST_PORT) };
}

async function connect(call: Call, modem: Modem): Promise<void> {
  expectCount(call, 3, 4);
  const table = socketTable(modem);
  const socket = table.at(call);
  const remote = remoteAt(call, 1);
  const byUrc = integerAt(call, 3, 0, 1, 0) === 1;
  needIdle(table, socket);
  const attempt = attemptOf(modem, table, socket, remote);
  if (byUrc) {
    call.afterResult(async () => tellOutcome(modem, table, socket, await attempt));
    return;
  }
  if ((await attempt) !== ERRNO.none) {
    table.vanish(socket);
    throw plainError();
  }
  table.listenTo(socket);
}

/** AT manual of SARA-R4, 19.9.4: one attempt at a time; a second one for the same socket ends it. */
function needIdle(table: SocketTable, socket: ModemSocket): void {
  if (socket.connecting) {
    table.vanish(socket);
    throw notAllowed();
  }
  if (table.all.some((other) => other.connecting)) throw notAllowed();
  if (socket.connection === undefined && socket.listener === undefined && socket.peer === undefined) return;
  table.fail(socket, ERRNO.connected);
  throw notAllowed();
}

function tellOutcome(modem: Modem, table: SocketTable, socket: ModemSocket, errno: number): void {
  if (socket.gone || socket.around.signal.aborted) return;
  modem.urc(`+UUSOCO: ${socket.id},${errno}`);
  if (errno !== ERRNO.none) table.vanish(socket);
  else table.listenTo(socket);
}

/** Resolves with the error, or 0. */
export async function attemptOf(
  modem: Modem,
  table: SocketTable,
  socket: ModemSocket,
  remote: Endpoint,
): Promise<number> {
  socket.connecting = true;
  table.securing = socket.security !== undefined;
  try {
    if (socket.isTcp) await connectTcp(modem, socket, remote);
    else await connectUdp(modem, socket, remote);
    return ERRNO.none;
  } catch (error) {
    const errno = errnoOf(error);
    table.fail(socket, errno);
    return errno;
  } finally {
    socket.connecting = false;
    table.securing = false;
  }
}

async function connectUdp(modem: Modem, socket: ModemSocket, remote: Endpoint): Promise<void> {
  const { datagrams, security } = socket;
  if (!(datagrams instanceof UdpSocket)) return;
  if (security === undefined) await datagrams.connect(remote);
  else await secureDatagrams(modem, socket, security, remote, CONNECT_TIMEOUT_MS);
  socket.peer = remote;
}

async function connectTcp(modem: Modem, socket: ModemSocket, remote: Endpoint): Promise<void> {
  const { security, around, parts } = socket;
  const target = { host: remote.address, port: remote.port, ...parts };
  const connection =
    security === undefined
      ? await TcpConnection.open({ ...target, timeout: CONNECT_TIMEOUT_MS }, QUEUES, around)
      : await connectSecurely(modem, socket, security, { ...target, timeout: CONNECT_TIMEOUT_MS });
  socket.connection = connection;
  applyOptions(socket);
}

async function listen(call: Call, modem: Modem): Promise<void> {
  expectCount(call, 2, 2);
  const table = socketTable(modem);
  const socket = table.at(call);
  const port = integerAt(call, 1, 1, HIGHEST_PORT);
  if (!socket.isTcp || socket.security !== undefined) throw notAllowed();
  needIdle(table, socket);
  try {
    socket.listener = await TcpListener.open(port, QUEUES, socket.around, (connection) => {
      return accept(modem, table, socket, port, connection);
    });
  } catch (error) {
    table.fail(socket, errnoOf(error));
    throw plainError();
  }
}

/** The new connection gets the first free number (guide 5.2). */
function accept(modem: Modem, table: SocketTable, socket: ModemSocket, port: number, peer: TcpConnection): boolean {
  if (table.full) return false;
  const { cid, preferIPv6, protocol } = socket.parts;
  const accepted = table.create({ cid, preferIPv6, protocol });
  accepted.options = new Map(socket.options);
  accepted.connection = peer;
  applyOptions(accepted);
  const { address, port: remotePort } = peer.remote;
  const own = activeContext(modem, cid)?.addresses.find((entry) => isIP(entry) === isIP(address)) ?? "";
  modem.urc(`+UUSOLI: ${accepted.id},"${address}",${remotePort},${socket.id},"${own}",${port}`);
  table.listenTo(accepted);
  return true;
}
