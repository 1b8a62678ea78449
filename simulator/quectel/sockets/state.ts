import type { Call, CommandDefinition } from "../../line/command";
import type { Modem } from "../../modem";
import { TcpIpError, TcpIpFailure, tcpIp, tcpIpParameters } from "../tcpip-errors";
import { CONTEXT, IDENTITY, MODE } from "./open";
import { AccessMode, type ModemSocket } from "./socket";
import { plainSockets, type Sockets } from "./sockets";
import { needLine, stayOnline } from "./transparent";

/** s */
const CLOSE_TIMEOUT_S = { min: 0, max: 65535, fallback: 10 } as const;
/** The port of the simulated line. */
const AT_PORT = "uart1";

/** OK once both ends have closed, or at the timeout; no other command runs meanwhile. */
export async function closeSocket(call: Call, sockets: Sockets): Promise<void> {
  const parameters = tcpIpParameters(call).expect(1, 2);
  const socket = sockets.find(parameters.number(0, IDENTITY));
  const timeout = parameters.number(1, CLOSE_TIMEOUT_S) * 1000;
  if (socket !== undefined) await sockets.close(socket, timeout);
}

/** All fields of a socket except its SSL context. */
export function stateOf(socket: ModemSocket): string {
  const { id, service, remote, localPort, state, cid, server, mode } = socket;
  const ends = `"${service}","${remote.address}",${remote.port},${localPort}`;
  return `${id},${ends},${state},${cid},${server},${mode},"${AT_PORT}"`;
}

function print(call: Call, sockets: Iterable<ModemSocket>): void {
  for (const socket of sockets) call.info(`+QISTATE: ${stateOf(socket)}`);
}

/** +QISTATE=0,<context> and =1,<identity> */
function printChosen(call: Call, modem: Modem): void {
  const parameters = tcpIpParameters(call).expect(2, 2);
  const all = plainSockets(modem).all();
  if (parameters.number(0, { min: 0, max: 1 }) === 0) {
    const cid = parameters.number(1, CONTEXT);
    print(
      call,
      all.filter((socket) => socket.cid === cid),
    );
    return;
  }
  const id = parameters.number(1, IDENTITY);
  print(
    call,
    all.filter((socket) => socket.id === id),
  );
}

/** +QISWTMD: into transparent mode at once, with CONNECT. */
async function switchMode(call: Call, modem: Modem): Promise<void> {
  const parameters = tcpIpParameters(call).expect(2, 2);
  const socket = plainSockets(modem).get(parameters.number(0, IDENTITY));
  const mode = parameters.number(1, { min: MODE.min, max: MODE.max });
  // Data that a peer sent before it closed can still be read, in any mode.
  if (!socket.connected && !socket.hasData) throw new TcpIpFailure(TcpIpError.notAllowed);
  if (mode !== AccessMode.Transparent) {
    socket.switchMode(mode);
    return;
  }
  if (socket.service === "UDP SERVICE") throw new TcpIpFailure(TcpIpError.notAllowed);
  if (socket.mode !== AccessMode.Transparent) needLine(modem);
  socket.switchMode(mode);
  await stayOnline(call, modem, socket);
}

const printAll = (call: Call, modem: Modem) => print(call, plainSockets(modem).all());

/** TCP/IP manual: +QICLOSE, +QISTATE, +QISWTMD */
export const socketStateCommands: readonly CommandDefinition[] = [
  {
    name: "+QICLOSE",
    test: (call) => call.info("+QICLOSE: (0-11),(0-65535)"),
    set: tcpIp((call, modem) => closeSocket(call, plainSockets(modem))),
  },
  {
    name: "+QISTATE",
    test: () => undefined,
    read: tcpIp(printAll),
    execute: tcpIp(printAll),
    set: tcpIp(printChosen),
  },
  { name: "+QISWTMD", test: (call) => call.info("+QISWTMD: (0-11),(0-2)"), set: tcpIp(switchMode) },
];
