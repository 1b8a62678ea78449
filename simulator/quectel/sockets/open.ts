import { isIPv6 } from "node:net";
import { TcpConnection } from "../../internet/tcp-udp/connection";
import { UdpSocket } from "../../internet/tcp-udp/datagrams";
import { TcpListener } from "../../internet/tcp-udp/listener";
import type { Call, CommandDefinition } from "../../line/command";
import type { Modem } from "../../modem";
import type { Parameters } from "../parameters";
import { TcpIpError, TcpIpFailure, tcpIp, tcpIpParameters } from "../tcpip-errors";
import { DatagramChannel, StreamChannel } from "./channel";
import { BUFFERS, CONNECT_TIMEOUT_MS, needNameServer, openSocket, surroundingsOf } from "./opening";
import { AccessMode, type ModemSocket, type Service, type SocketPurpose, State } from "./socket";
import { HIGHEST_ID, plainSockets } from "./sockets";
import { needLine } from "./transparent";

export const CONTEXT = { min: 1, max: 16 } as const;
export const IDENTITY = { min: 0, max: HIGHEST_ID } as const;
const PORT = { min: 0, max: 65535, fallback: 0 } as const;
export const MODE = { min: AccessMode.Buffer, max: AccessMode.Transparent, fallback: AccessMode.Buffer } as const;
export const LONGEST_HOST = 150;
const LONGEST_SERVICE = 12;

type Opener = (modem: Modem, socket: ModemSocket) => Promise<void>;

const OPENERS: Readonly<Record<Exclude<Service, "TCP INCOMING" | "SSLClient">, Opener>> = {
  TCP: connect,
  UDP: (modem, socket) => bind(modem, socket, true),
  "TCP LISTENER": listen,
  "UDP SERVICE": (modem, socket) => bind(modem, socket, false),
};

type OpenedService = keyof typeof OPENERS;

function isOpenedService(name: string): name is OpenedService {
  return Object.hasOwn(OPENERS, name);
}

async function connect(modem: Modem, socket: ModemSocket): Promise<void> {
  const { address: host, port } = socket.remote;
  const around = surroundingsOf(modem, socket.cid, socket.leaving);
  needNameServer(modem, socket.cid, host);
  const local = socket.localPort === 0 ? {} : { localPort: socket.localPort };
  const target = { host, port, timeout: CONNECT_TIMEOUT_MS, preferIPv6: isIPv6Only(modem, socket.cid), ...local };
  const connection = await TcpConnection.open(target, BUFFERS, around);
  socket.remote = connection.remote;
  socket.start(new StreamChannel(connection), State.Connected);
}

async function bind(modem: Modem, socket: ModemSocket, withPeer: boolean): Promise<void> {
  const around = surroundingsOf(modem, socket.cid, socket.leaving);
  const { remote, cid, localPort } = socket;
  const local = localPort === 0 ? {} : { localPort };
  const options = { receive: BUFFERS.receive, ipv6: hasIPv6(modem, cid), preferIPv6: isIPv6Only(modem, cid), ...local };
  if (withPeer) needNameServer(modem, cid, remote.address);
  const udp = await UdpSocket.open(options, around);
  if (withPeer) socket.remote = { address: (await udp.resolve(remote)).address, port: remote.port };
  socket.start(new DatagramChannel(udp, withPeer ? remote : undefined), State.Connected);
}

async function listen(modem: Modem, socket: ModemSocket): Promise<void> {
  // Its clients stay when the listener is closed.
  const around = surroundingsOf(modem, socket.cid);
  const sockets = plainSockets(modem);
  const listener = await TcpListener.open(socket.localPort, BUFFERS, around, (peer) => sockets.admit(socket, peer));
  socket.leaving.addEventListener("abort", () => listener.close(), { once: true });
  socket.state = State.Listening;
}

function hasIPv6(modem: Modem, cid: number): boolean {
  return modem.radio.contexts.get(cid)?.addresses.some((address) => isIPv6(address)) === true;
}

export function isIPv6Only(modem: Modem, cid: number): boolean {
  return modem.radio.contexts.get(cid)?.type === "IPV6";
}

/** @throws {TcpIpFailure} 552 */
function serviceOf(parameters: Parameters): OpenedService {
  const name = parameters.text(2, { maxLength: LONGEST_SERVICE }).toUpperCase();
  if (!isOpenedService(name)) throw new TcpIpFailure(TcpIpError.invalidParameter);
  return name;
}

/** @throws {TcpIpFailure} 552 */
function purposeOf(call: Call): {
  readonly id: number;
  readonly service: OpenedService;
  readonly wanted: SocketPurpose;
} {
  const parameters = tcpIpParameters(call).expect(5, 7);
  const service = serviceOf(parameters);
  const wanted = {
    service,
    cid: parameters.number(0, CONTEXT),
    remote: {
      address: parameters.text(3, { maxLength: LONGEST_HOST }),
      port: parameters.number(4, { min: PORT.min, max: PORT.max }),
    },
    localPort: parameters.number(5, PORT),
    mode: parameters.number(6, MODE),
  };
  const serves = service === "TCP LISTENER" || service === "UDP SERVICE";
  const complete = serves ? wanted.localPort > 0 : wanted.remote.address !== "" && wanted.remote.port > 0;
  // A socket that serves several peers can't use transparent mode.
  if (!complete || (serves && wanted.mode === AccessMode.Transparent)) {
    throw new TcpIpFailure(TcpIpError.invalidParameter);
  }
  return { id: parameters.number(1, IDENTITY), service, wanted };
}

/** A server socket has no peer; the modem's own address is shown instead. */
function ownEnd(modem: Modem, { cid }: SocketPurpose): SocketPurpose["remote"] {
  const [address = "0.0.0.0"] = modem.radio.contexts.get(cid)?.addresses ?? [];
  return { address, port: 0 };
}

async function open(call: Call, modem: Modem): Promise<void> {
  const { id, service, wanted } = purposeOf(call);
  if (wanted.mode === AccessMode.Transparent) needLine(modem);
  const sockets = plainSockets(modem);
  const serves = service === "TCP LISTENER" || service === "UDP SERVICE";
  const purpose = serves ? { ...wanted, remote: ownEnd(modem, wanted) } : wanted;
  await openSocket(call, modem, {
    sockets,
    id,
    mode: wanted.mode,
    reserve: () => sockets.reserve(id, purpose),
    open: (socket) => OPENERS[service](modem, socket),
  });
}

/** TCP/IP manual: +QIOPEN */
export const socketOpenCommands: readonly CommandDefinition[] = [
  {
    name: "+QIOPEN",
    test: (call) =>
      call.info(
        '+QIOPEN: (1-16),(0-11),"TCP/UDP/TCP LISTENER/UDP SERVICE",<IP_address>/<domain_name>,<remote_port>,<local_port>,(0-2)',
      ),
    set: tcpIp(open),
  },
];
