import { HAS_DTLS } from "../../internet/dtls/platform";
import { UdpSocket } from "../../internet/tcp-udp/datagrams";
import type { Call, CommandDefinition } from "../../line/command";
import { choiceAt, expectCount, integerAt } from "../../line/parameters";
import type { Modem } from "../../modem";
import { notAllowed, notSupported, plainError } from "../errors";
import { activeContext, defaultConnection } from "../packet-data/data-connection";
import { SECURITY_PROFILES } from "../security/profile";
import { errnoOf, type ModemSocket, QUEUES, type SocketParts, TCP, UDP } from "./socket";
import { HIGHEST_SOCKET, type SocketTable, socketTable } from "./table";

const HIGHEST_PORT = 65_535;
const HIGHEST_CID = 8;

/** Creating, securing and closing sockets (guide 5.1, 5.9, 5.11). */
export const socketLifeCommands: readonly CommandDefinition[] = [
  {
    name: "+USOCR",
    set: create,
    test: (call) => call.info(`+USOCR: (${TCP},${UDP}),(1-${HIGHEST_PORT}),(0-1),(1-${HIGHEST_CID})`),
  },
  { name: "+USOCL", set: close, test: (call) => call.info(`+USOCL: (0-${HIGHEST_SOCKET}),(0-1)`) },
  {
    name: "+USOSEC",
    set: secure,
    test: (call) => call.info(`+USOSEC: (0-${HIGHEST_SOCKET}),(0-1),(0-${SECURITY_PROFILES - 1})`),
  },
];

async function create(call: Call, modem: Modem): Promise<void> {
  expectCount(call, 1, 4);
  const table = socketTable(modem);
  const protocol = choiceAt(call, 0, [TCP, UDP]) === TCP ? TCP : UDP;
  const port = integerAt(call, 1, 1, HIGHEST_PORT, 0);
  const { cid: usualCid, type } = defaultConnection(modem);
  const preferIPv6 = integerAt(call, 2, 0, 1, type) === 1;
  const cid = integerAt(call, 3, 1, HIGHEST_CID, usualCid);
  if (activeContext(modem, cid) === undefined) throw notAllowed();
  const parts = { protocol, cid, preferIPv6, ...(port === 0 ? {} : { localPort: port }) } as const;
  const socket = table.create(parts);
  if (protocol === UDP) await bind(table, socket, parts);
  call.info(port === 0 ? `+USOCR: ${socket.id}` : `+USOCR: ${socket.id},${port}`);
}

async function bind(table: SocketTable, socket: ModemSocket, parts: SocketParts): Promise<void> {
  try {
    const { preferIPv6: ipv6, localPort } = parts;
    const options = { ipv6, receive: QUEUES.receive, ...(localPort === undefined ? {} : { localPort }) };
    socket.datagrams = await UdpSocket.open(options, socket.around);
    table.listenTo(socket);
  } catch (error) {
    table.fail(socket, errnoOf(error));
    table.remove(socket);
    throw plainError();
  }
}

/** A URC follows only if the result did not wait for the close (guide 5.9). */
async function close(call: Call, modem: Modem): Promise<void> {
  expectCount(call, 1, 2);
  const table = socketTable(modem);
  const socket = table.at(call);
  const byUrc = integerAt(call, 1, 0, 1, 0) === 1;
  table.remove(socket);
  if (!byUrc || !socket.isTcp) {
    await socket.close();
    return;
  }
  const { powerCycle } = modem;
  // Otherwise +UUSOCL could name a socket that was created in the meantime.
  const free = table.hold(socket);
  const closed = socket.close();
  call.afterResult(async () => {
    await closed;
    free();
    if (!powerCycle.aborted) modem.urc(`+UUSOCL: ${socket.id}`);
  });
}

function secure(call: Call, modem: Modem): void {
  expectCount(call, 1, 3);
  const socket = socketTable(modem).at(call);
  if (call.arguments.length === 1) {
    call.info(`+USOSEC: ${socket.id},${socket.security === undefined ? 0 : `1,${socket.security}`}`);
    return;
  }
  const on = integerAt(call, 1, 0, 1) === 1;
  const profile = integerAt(call, 2, 0, SECURITY_PROFILES - 1, 0);
  if (on && !socket.isTcp && !HAS_DTLS) throw notSupported();
  if (socket.connection !== undefined || socket.listener !== undefined || socket.connecting) throw notAllowed();
  if (socket.peer !== undefined) throw notAllowed();
  socket.security = on ? profile : undefined;
}
