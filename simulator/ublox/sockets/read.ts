import type { Datagram } from "../../internet/tcp-udp/datagrams";
import type { Call, CommandDefinition } from "../../line/command";
import { expectCount, integerAt } from "../../line/parameters";
import type { Modem } from "../../modem";
import { notAllowed } from "../errors";
import { ERRNO, type ModemSocket } from "./socket";
import { HIGHEST_SOCKET, socketTable } from "./table";
import { hexMode } from "./udconf";
import { LONGEST, LONGEST_IN_HEX } from "./write";

/** Reading from sockets (guide 5.5, 5.7). */
export const socketReadCommands: readonly CommandDefinition[] = [
  { name: "+USORD", set: read, test: (call, modem) => call.info(`+USORD: (0-${HIGHEST_SOCKET}),(0-${most(modem)})`) },
  {
    name: "+USORF",
    set: readFrom,
    test: (call, modem) => call.info(`+USORF: (0-${HIGHEST_SOCKET}),(0-${most(modem)})`),
  },
];

function most(modem: Modem): number {
  return hexMode(modem) ? LONGEST_IN_HEX : LONGEST;
}

function read(call: Call, modem: Modem): void {
  expectCount(call, 2, 2);
  const table = socketTable(modem);
  const socket = table.at(call);
  const length = integerAt(call, 1, 0, most(modem));
  if (socket.connection === undefined && socket.peer === undefined) {
    table.fail(socket, ERRNO.notConnected);
    throw notAllowed();
  }
  if (length === 0 || socket.unread === 0) {
    call.info(`+USORD: ${socket.id},${socket.unread}`);
    return;
  }
  const bytes = socket.connection?.read(length) ?? datagram(socket, length)?.bytes ?? Buffer.alloc(0);
  call.info(`+USORD: ${socket.id},${bytes.length},"`, shown(bytes, modem), '"');
  table.afterRead(socket);
}

function readFrom(call: Call, modem: Modem): void {
  expectCount(call, 2, 2);
  const table = socketTable(modem);
  const socket = table.at(call);
  const length = integerAt(call, 1, 0, most(modem));
  if (socket.isTcp) throw notAllowed();
  const found = length === 0 ? undefined : datagram(socket, length);
  if (found === undefined) {
    call.info(`+USORF: ${socket.id},${socket.unread}`);
    return;
  }
  const { from, bytes } = found;
  call.info(`+USORF: ${socket.id},"${from.address}",${from.port},${bytes.length},"`, shown(bytes, modem), '"');
  table.afterRead(socket);
}

/** Reads at most one datagram; what is left of it is reported as unread. */
function datagram(socket: ModemSocket, length: number): Datagram | undefined {
  const { datagrams } = socket;
  const whole = datagrams?.first?.bytes.length ?? 0;
  const found = datagrams?.read(length);
  const taken = found?.bytes.length ?? 0;
  socket.restOfDatagram = whole - taken;
  return found;
}

function shown(bytes: Buffer, modem: Modem): Buffer | string {
  return hexMode(modem) ? bytes.toString("hex").toUpperCase() : bytes;
}
