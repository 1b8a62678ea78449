import type { Call, CommandDefinition } from "../../line/command";
import { choiceAt, expectCount } from "../../line/parameters";
import type { Modem } from "../../modem";
import { notAllowed } from "../errors";
import type { ModemSocket } from "./socket";
import { HIGHEST_SOCKET, socketTable } from "./table";

/** State of sockets (guide 5.8). */
export const socketStateCommands: readonly CommandDefinition[] = [
  { name: "+USOCTL", set: query, test: (call) => call.info(`+USOCTL: (0-${HIGHEST_SOCKET}),(0-4,10-11)`) },
  { name: "+USOER", execute: lastError },
];

type Query = (socket: ModemSocket) => string | number;

const TCP_STATE = 10;

const QUERIES: ReadonlyMap<number, Query> = new Map<number, Query>([
  [0, ({ parts }) => parts.protocol],
  [1, ({ lastError: errno }) => errno],
  [2, ({ connection, datagrams }) => connection?.sent ?? datagrams?.sentBytes ?? 0],
  [3, ({ connection, datagrams }) => connection?.received ?? datagrams?.receivedBytes ?? 0],
  [4, remote],
  [TCP_STATE, ({ tcpState }) => tcpState],
  [11, ({ connection }) => connection?.unacknowledged ?? 0],
]);

function query(call: Call, modem: Modem): void {
  expectCount(call, 2, 2);
  const socket = socketTable(modem).at(call);
  const what = choiceAt(call, 1, [...QUERIES.keys()]);
  if (what >= TCP_STATE && !socket.isTcp) throw notAllowed();
  call.info(`+USOCTL: ${socket.id},${what},${QUERIES.get(what)?.(socket)}`);
}

function remote({ connection, peer }: ModemSocket): string {
  const end = connection?.remote ?? peer;
  if (end === undefined) throw notAllowed();
  return `"${end.address}",${end.port}`;
}

function lastError(call: Call, modem: Modem): void {
  call.info(`+USOER: ${socketTable(modem).lastError}`);
}
