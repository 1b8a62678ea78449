import { isIP } from "node:net";
import { type Endpoint, SocketError } from "../../internet/tcp-udp/tcp-udp";
import type { Call, CommandDefinition } from "../../line/command";
import type { Modem } from "../../modem";
import type { Parameters } from "../parameters";
import { TcpIpError, TcpIpFailure, tcpIp, tcpIpParameters } from "../tcpip-errors";
import { IDENTITY } from "./open";
import { reasonOf } from "./opening";
import { lengthAndSender, sendEcho, socketSetting, withData } from "./settings";
import { AccessMode, type ModemSocket } from "./socket";
import { plainSockets, type Sockets } from "./sockets";

export const LONGEST_SEND = 1460;
export const LONGEST_READ = 1500;
const LONGEST_HEX = 512;
const SEND_OK = { words: "SEND OK", digit: 0 } as const;
const SEND_FAIL = { words: "SEND FAIL", digit: 4 } as const;

/** @throws {TcpIpFailure} 572 nothing opened, or in transparent mode; 567 closed */
function connectedSocket(sockets: Sockets, id: number): ModemSocket {
  const socket = sockets.get(id);
  if (!socket.connected) throw new TcpIpFailure(TcpIpError.closed);
  if (socket.mode === AccessMode.Transparent) throw new TcpIpFailure(TcpIpError.notAllowed);
  return socket;
}

/** Prompts for `length` bytes, or for all up to Ctrl-Z without a length. @throws {TcpIpFailure} 571 cancelled by ESC */
function promptFor(call: Call, modem: Modem, length: number | undefined): Promise<Buffer> {
  const echo = sendEcho(modem).on === 1;
  if (length !== undefined) return call.prompt("> ", length, undefined, { echo });
  const typed = { cancelled: new TcpIpFailure(TcpIpError.cancelSend) };
  return call.prompt("> ", LONGEST_SEND, undefined, { echo, typed });
}

/** @throws {TcpIpFailure} 552 */
function fromHexadecimal(text: string): Buffer {
  const bytes = Buffer.from(text, "hex");
  if (bytes.length * 2 !== text.length) throw new TcpIpFailure(TcpIpError.invalidParameter);
  return bytes;
}

/** @throws {TcpIpFailure} 567 closed, or why a datagram can't be sent */
async function pass(call: Call, socket: ModemSocket, bytes: Buffer, to?: Endpoint): Promise<void> {
  if (!socket.connected || socket.channel === undefined) throw new TcpIpFailure(TcpIpError.closed);
  try {
    call.conclude((await socket.channel.send(bytes, to)) ? SEND_OK : SEND_FAIL);
  } catch (error) {
    throw error instanceof SocketError ? new TcpIpFailure(reasonOf(error)) : error;
  }
}

/** Prompts for data and sends them: SEND OK once the stack has them, SEND FAIL if there is no room. */
export async function sendPrompted(call: Call, modem: Modem, sockets: Sockets, to?: Endpoint): Promise<void> {
  const parameters = tcpIpParameters(call);
  const socket = connectedSocket(sockets, parameters.number(0, IDENTITY));
  const length = parameters.given(1) ? parameters.number(1, { min: 1, max: LONGEST_SEND }) : undefined;
  const typed = await promptFor(call, modem, length);
  const hexadecimal = socketSetting(modem, "dataformat")[0] === 1;
  await pass(call, socket, hexadecimal ? fromHexadecimal(typed.toString("latin1")) : typed, to);
}

/** +QISEND=<id>,0: bytes written, acknowledged, not acknowledged. */
function printSent(call: Call, socket: ModemSocket): void {
  const { sent, unacknowledged } = socket.channel ?? { sent: 0, unacknowledged: 0 };
  call.info(`+QISEND: ${sent},${sent - unacknowledged},${unacknowledged}`);
}

/** @throws {TcpIpFailure} 552 */
function receiverOf(parameters: Parameters, socket: ModemSocket): Endpoint | undefined {
  const serves = socket.service === "UDP SERVICE";
  if (!serves) {
    parameters.expect(1, 2);
    return undefined;
  }
  parameters.expect(4, 4);
  const address = parameters.text(2);
  if (isIP(address) === 0) throw new TcpIpFailure(TcpIpError.invalidParameter);
  return { address, port: parameters.number(3, { min: 1, max: 65535 }) };
}

async function send(call: Call, modem: Modem): Promise<void> {
  const parameters = tcpIpParameters(call).expect(1, 4);
  const sockets = plainSockets(modem);
  const socket = sockets.get(parameters.number(0, IDENTITY));
  if (parameters.count === 2 && parameters.number(1, { min: 0, max: LONGEST_SEND }) === 0) {
    printSent(call, socket);
    return;
  }
  await sendPrompted(call, modem, sockets, receiverOf(parameters, socket));
}

async function sendHexadecimal(call: Call, modem: Modem): Promise<void> {
  const parameters = tcpIpParameters(call).expect(2, 2);
  const socket = connectedSocket(plainSockets(modem), parameters.number(0, IDENTITY));
  const bytes = fromHexadecimal(parameters.text(1, { maxLength: 2 * LONGEST_HEX }));
  if (bytes.length === 0) throw new TcpIpFailure(TcpIpError.invalidParameter);
  if (socket.service === "UDP SERVICE") throw new TcpIpFailure(TcpIpError.notAllowed);
  await pass(call, socket, bytes);
}

/** Prints at most `length` bytes from the buffer of a socket. @throws {TcpIpFailure} 572 in direct push mode */
export function printRead(call: Call, modem: Modem, socket: ModemSocket, length: number): void {
  if (socket.mode !== AccessMode.Buffer) throw new TcpIpFailure(TcpIpError.notAllowed);
  const piece = socket.read(length);
  if (piece === undefined) call.info(`${call.name}: 0`);
  else call.info(...withData(modem, `${call.name}: ${lengthAndSender(piece)}`, piece.bytes));
}

function read(call: Call, modem: Modem): void {
  const parameters = tcpIpParameters(call).expect(1, 2);
  const socket = plainSockets(modem).get(parameters.number(0, IDENTITY));
  const length = parameters.number(1, { min: 0, max: LONGEST_READ, fallback: LONGEST_READ });
  if (length > 0) {
    printRead(call, modem, socket, length);
    return;
  }
  const received = socket.channel?.received ?? 0;
  call.info(`+QIRD: ${received},${socket.readCount},${received - socket.readCount}`);
}

/** TCP/IP manual: +QISEND, +QISENDEX, +QIRD */
export const socketDataCommands: readonly CommandDefinition[] = [
  { name: "+QISEND", test: (call) => call.info("+QISEND: (0-11),(0-1460),<remoteIP>,<remote_port>"), set: tcpIp(send) },
  { name: "+QISENDEX", test: (call) => call.info("+QISENDEX: (0-11),<hex_string>"), set: tcpIp(sendHexadecimal) },
  { name: "+QIRD", test: (call) => call.info("+QIRD: (0-11),(0-1500)"), set: tcpIp(read) },
];
