import { ByteQueue } from "../../internet/tcp-udp/bytes";
import { SocketError } from "../../internet/tcp-udp/tcp-udp";
import type { Call, CommandDefinition } from "../../line/command";
import { RESULTS } from "../../line/results";
import type { Modem } from "../../modem";
import { needDataMode } from "../data-mode";
import { TcpIpError, TcpIpFailure, tcpIp } from "../tcpip-errors";
import { socketSetting } from "./settings";
import { AccessMode, type ModemSocket } from "./socket";
import { plainSockets, secureSockets } from "./sockets";

const LONGEST_READ = 1500;
/** Unit of "transwaittm". */
const WAIT_UNIT_MS = 100;

/** Cuts the host's input into packets: "transpktsize" bytes, or fewer after a pause. */
class Packer {
  readonly #modem: Modem;
  readonly #socket: ModemSocket;
  readonly #typed = new ByteQueue();
  #stop: () => void = () => undefined;
  #sending: Promise<void> = Promise.resolve();

  constructor(modem: Modem, socket: ModemSocket) {
    this.#modem = modem;
    this.#socket = socket;
  }

  /** Resolves when there is room for more. */
  type(bytes: Buffer): Promise<void> | undefined {
    this.#stop();
    const [size = 0] = socketSetting(this.#modem, "transpktsize");
    const [pause = 0] = socketSetting(this.#modem, "transwaittm");
    this.#typed.push(bytes);
    const packets: Buffer[] = [];
    while (this.#typed.length >= size) packets.push(this.#typed.take(size));
    if (pause === 0 && this.#typed.length > 0) packets.push(this.#typed.take(size));
    if (this.#typed.length > 0) this.#stop = this.#modem.later(pause * WAIT_UNIT_MS, () => void this.flush());
    return packets.length === 0 ? undefined : this.#send(packets);
  }

  /** Sends what is there. */
  flush(): Promise<void> {
    this.#stop();
    return this.#send(this.#typed.length === 0 ? [] : [this.#typed.take(this.#typed.length)]);
  }

  #send(packets: readonly Buffer[]): Promise<void> {
    this.#sending = this.#sending.then(async () => {
      for (const packet of packets) await this.#sendOne(packet);
    });
    return this.#sending;
  }

  async #sendOne(packet: Buffer): Promise<void> {
    while (this.#socket.connected && !(await this.#passed(packet))) await this.#socket.changed();
  }

  /** A datagram that can't be sent is lost without a report. */
  async #passed(packet: Buffer): Promise<boolean> {
    try {
      return (await this.#socket.channel?.send(packet)) === true;
    } catch (error) {
      if (error instanceof SocketError) return true;
      throw error;
    }
  }
}

/** Pending input survives `+++` and ATO. */
function packerOf(modem: Modem, socket: ModemSocket): Packer {
  const packers = modem.service("quectel/packers", () => new WeakMap<ModemSocket, Packer>());
  const packer = packers.get(socket) ?? new Packer(modem, socket);
  packers.set(socket, packer);
  return packer;
}

/** Gives the line to the socket until the host leaves with `+++` (OK) or the connection ends (NO CARRIER). */
export async function stayOnline(call: Call, modem: Modem, socket: ModemSocket): Promise<void> {
  const packer = packerOf(modem, socket);
  socket.goOnline();
  call.connect(
    "CONNECT",
    () => socket.wake(),
    (bytes) => packer.type(bytes),
  );
  try {
    await printReceived(call, socket);
  } finally {
    socket.goOffline(call.escaped);
  }
  // A peer that does not read must not block the host's return to command mode.
  void packer.flush();
  if (!call.escaped) call.conclude(RESULTS.noCarrier);
}

async function printReceived(call: Call, socket: ModemSocket): Promise<void> {
  while (!call.escaped) {
    const piece = socket.read(LONGEST_READ);
    if (piece !== undefined) await call.raw(piece.bytes);
    else if (socket.connected) await socket.changed();
    else return;
  }
}

function transparentSockets(modem: Modem): ModemSocket[] {
  const all = [...plainSockets(modem).all(), ...secureSockets(modem).all()];
  return all.filter(({ mode }) => mode === AccessMode.Transparent);
}

/** The only connection in transparent mode. */
function transparentSocket(modem: Modem): ModemSocket | undefined {
  return transparentSockets(modem).find(({ connected }) => connected);
}

/** @throws {CommandError} while another port or another socket is in data mode */
export function needLine(modem: Modem): void {
  needDataMode(modem);
  if (transparentSocket(modem) !== undefined) throw new TcpIpFailure(TcpIpError.notAllowed);
}

/** ATO: back to the data after `+++`, including those that a peer sent before it closed. */
async function goOnline(call: Call, modem: Modem): Promise<void> {
  const socket = transparentSocket(modem) ?? transparentSockets(modem).find(({ hasData }) => hasData);
  if (socket === undefined) throw new TcpIpFailure(TcpIpError.notAllowed);
  await stayOnline(call, modem, socket);
}

export const transparentCommands: readonly CommandDefinition[] = [{ name: "O", execute: tcpIp(goOnline) }];
