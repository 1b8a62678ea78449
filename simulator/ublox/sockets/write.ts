import type { Endpoint } from "../../internet/tcp-udp/tcp-udp";
import type { Call, CommandDefinition } from "../../line/command";
import { expectCount, integerAt } from "../../line/parameters";
import type { Modem } from "../../modem";
import { incorrectParameters, notAllowed, plainError } from "../errors";
import { attemptOf, remoteAt } from "./connect";
import { ERRNO, errnoOf, type ModemSocket } from "./socket";
import { HIGHEST_SOCKET, type SocketTable, socketTable } from "./table";
import { hexMode } from "./udconf";

export const LONGEST = 1024;
/** Two digits per byte. */
export const LONGEST_IN_HEX = 512;
const PRINTABLE = /^[\x20-\x7e]*$/;
const HEX = /^([0-9A-Fa-f]{2})*$/;

/** Writing to sockets (guide 5.3, 5.6). */
export const socketWriteCommands: readonly CommandDefinition[] = [
  { name: "+USOWR", set: write, test: (call, modem) => call.info(`+USOWR: (0-${HIGHEST_SOCKET}),${ranges(modem)}`) },
  {
    name: "+USOST",
    set: sendTo,
    test: (call, modem) => call.info(`+USOST: (0-${HIGHEST_SOCKET}),,(1-65535),${ranges(modem)}`),
  },
];

function ranges(modem: Modem): string {
  return hexMode(modem) ? `(0-${LONGEST_IN_HEX}),"HEX data"` : `(0-${LONGEST}),"data"`;
}

async function write(call: Call, modem: Modem): Promise<void> {
  expectCount(call, 2, 3);
  const table = socketTable(modem);
  const socket = table.at(call);
  const text = inlineData(call, modem, 1);
  if (socket.connection === undefined && socket.peer === undefined) {
    table.fail(socket, ERRNO.notConnected);
    throw notAllowed();
  }
  const bytes = text ?? (await prompted(call, 1));
  if (socket.peer !== undefined) await send(table, socket, bytes);
  call.info(`+USOWR: ${socket.id},${socket.peer === undefined ? queue(table, socket, bytes) : bytes.length}`);
}

/** Returns the bytes taken; 0 if the peer has closed (guide 5.5). @throws {CommandError} the queue is full (5.3.3) */
function queue(table: SocketTable, socket: ModemSocket, bytes: Buffer): number {
  const { connection, gone } = socket;
  if (gone || connection === undefined || connection.ended) return 0;
  if (connection.write(bytes)) return bytes.length;
  table.fail(socket, ERRNO.wouldBlock);
  throw plainError();
}

async function sendTo(call: Call, modem: Modem): Promise<void> {
  expectCount(call, 4, 5);
  const table = socketTable(modem);
  const socket = table.at(call);
  const remote = remoteAt(call, 1);
  const text = inlineData(call, modem, 3);
  if (socket.isTcp) throw notAllowed();
  const bytes = text ?? (await prompted(call, 3));
  if (socket.security !== undefined && socket.peer === undefined) await secure(modem, table, socket, remote);
  await send(table, socket, bytes, remote);
  call.info(`+USOST: ${socket.id},${bytes.length}`);
}

/** The first datagram of a secured socket brings the handshake, and the socket its only peer. */
async function secure(modem: Modem, table: SocketTable, socket: ModemSocket, remote: Endpoint): Promise<void> {
  if (socket.connecting) throw notAllowed();
  if ((await attemptOf(modem, table, socket, remote)) !== ERRNO.none) {
    table.vanish(socket);
    throw plainError();
  }
  table.listenTo(socket);
}

/** @param remote the socket's peer by default */
async function send(table: SocketTable, socket: ModemSocket, bytes: Buffer, remote?: Endpoint): Promise<void> {
  const { datagrams } = socket;
  if (datagrams === undefined || datagrams.pending + bytes.length > socket.sendQueue) {
    table.fail(socket, ERRNO.wouldBlock);
    throw plainError();
  }
  try {
    if (remote === undefined) datagrams.sendToPeer(bytes);
    else await datagrams.send(bytes, remote);
  } catch (error) {
    table.fail(socket, errnoOf(error));
    throw plainError();
  }
}

/** The data in the command (base or hex syntax), after the length; undefined if they come at the prompt. */
function inlineData(call: Call, modem: Modem, index: number): Buffer | undefined {
  const data = call.arguments[index + 1];
  if (data === undefined) {
    integerAt(call, index, 1, LONGEST);
    return undefined;
  }
  const hex = hexMode(modem);
  const length = integerAt(call, index, 1, hex ? LONGEST_IN_HEX : LONGEST);
  if (!data.quoted || !(hex ? HEX : PRINTABLE).test(data.text)) throw incorrectParameters();
  const bytes = Buffer.from(data.text, hex ? "hex" : "latin1");
  if (bytes.length !== length) throw incorrectParameters();
  return bytes;
}

function prompted(call: Call, index: number): Promise<Buffer> {
  return call.prompt("@", integerAt(call, index, 1, LONGEST));
}
