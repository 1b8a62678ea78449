import { isIP } from "node:net";
import { TcpConnection } from "../../internet/tcp-udp/connection";
import { openTls } from "../../internet/tls/tls";
import type { Call, CommandDefinition } from "../../line/command";
import type { Modem } from "../../modem";
import { contexts } from "../packet-data/contexts";
import { securityContext } from "../security/security";
import { tlsSettings } from "../security/tls-settings";
import { TcpIpError, TcpIpFailure, tcpIp, tcpIpParameters } from "../tcpip-errors";
import { StreamChannel } from "./channel";
import { LONGEST_READ, LONGEST_SEND, printRead, sendPrompted } from "./data";
import { CONTEXT, IDENTITY, LONGEST_HOST, MODE } from "./open";
import { BUFFERS, needNameServer, openSocket, surroundingsOf } from "./opening";
import { AccessMode, type ModemSocket, type SocketPurpose, State } from "./socket";
import { secureSockets } from "./sockets";
import { closeSocket, stateOf } from "./state";
import { needLine } from "./transparent";

const SSL_CONTEXT = { min: 0, max: 5 } as const;

/** @throws {TcpIpFailure} 552 */
function purposeOf(call: Call): { readonly id: number; readonly wanted: SocketPurpose; readonly sslContext: number } {
  const parameters = tcpIpParameters(call).expect(5, 6);
  const sslContext = parameters.number(1, SSL_CONTEXT);
  const address = parameters.text(3, { maxLength: LONGEST_HOST });
  if (address === "") throw new TcpIpFailure(TcpIpError.invalidParameter);
  const wanted: SocketPurpose = {
    service: "SSLClient",
    cid: parameters.number(0, CONTEXT),
    remote: { address, port: parameters.number(4, { min: 1, max: 65535 }) },
    localPort: 0,
    mode: parameters.number(5, MODE),
    sslContext,
  };
  return { id: parameters.number(2, IDENTITY), wanted, sslContext };
}

/** "negotiatetime" bounds connection and handshake. */
async function connect(modem: Modem, socket: ModemSocket, sslContext: number): Promise<void> {
  const { address: host, port } = socket.remote;
  const around = surroundingsOf(modem, socket.cid, socket.leaving);
  needNameServer(modem, socket.cid, host);
  await modem.internet.delay(around.signal);
  const end = modem.internet.target(host, port);
  const [address = host] = await contexts(modem).lookup(socket.cid, end.host);
  await modem.internet.troubles?.connecting(around.signal);
  const target = { host, address, port: end.port };
  const timeout = securityContext(modem, sslContext).number("negotiatetime") * 1000;
  const wait = { timeout, signal: around.signal };
  const secured = await openTls(tlsSettings(modem, sslContext, host), target, wait);
  const remote = { address: isIP(host) === 0 ? address : host, port };
  const connection = new TcpConnection(secured.socket, BUFFERS, around, remote);
  socket.remote = connection.remote;
  socket.start(new StreamChannel(connection), State.Connected);
}

async function open(call: Call, modem: Modem): Promise<void> {
  const { id, wanted, sslContext } = purposeOf(call);
  if (wanted.mode === AccessMode.Transparent) needLine(modem);
  const sockets = secureSockets(modem);
  await openSocket(call, modem, {
    sockets,
    id,
    mode: wanted.mode,
    reserve: () => sockets.reserve(id, wanted),
    open: (socket) => connect(modem, socket, sslContext),
  });
}

async function send(call: Call, modem: Modem): Promise<void> {
  tcpIpParameters(call).expect(1, 2);
  await sendPrompted(call, modem, secureSockets(modem));
}

function receive(call: Call, modem: Modem): void {
  const parameters = tcpIpParameters(call).expect(2, 2);
  const socket = secureSockets(modem).get(parameters.number(0, IDENTITY));
  printRead(call, modem, socket, parameters.number(1, { min: 1, max: LONGEST_READ }));
}

function print(call: Call, sockets: Iterable<ModemSocket>): void {
  for (const socket of sockets) call.info(`+QSSLSTATE: ${stateOf(socket)},${socket.sslContext}`);
}

function printOne(call: Call, modem: Modem): void {
  const id = tcpIpParameters(call).expect(1, 1).number(0, IDENTITY);
  const socket = secureSockets(modem).find(id);
  if (socket !== undefined) print(call, [socket]);
}

const printAll = (call: Call, modem: Modem) => print(call, secureSockets(modem).all());

/** SSL manual: as the TCP commands, but secured by a context of +QSSLCFG and with separate identities. */
export const secureSocketCommands: readonly CommandDefinition[] = [
  {
    name: "+QSSLOPEN",
    test: (call) => call.info("+QSSLOPEN: (1-16),(0-5),(0-11),<serveraddr>,<server_port>,(0-2)"),
    set: tcpIp(open),
  },
  { name: "+QSSLSEND", test: (call) => call.info(`+QSSLSEND: (0-11),(1-${LONGEST_SEND})`), set: tcpIp(send) },
  { name: "+QSSLRECV", test: (call) => call.info(`+QSSLRECV: (0-11),(1-${LONGEST_READ})`), set: tcpIp(receive) },
  {
    name: "+QSSLCLOSE",
    test: (call) => call.info("+QSSLCLOSE: (0-11),(0-65535)"),
    set: tcpIp((call, modem) => closeSocket(call, secureSockets(modem))),
  },
  { name: "+QSSLSTATE", test: () => undefined, read: tcpIp(printAll), execute: tcpIp(printAll), set: tcpIp(printOne) },
];
