import type { SocketError } from "../../internet/tcp-udp/tcp-udp";
import type { Call } from "../../line/command";
import { integerAt } from "../../line/parameters";
import type { Modem } from "../../modem";
import { notAllowed } from "../errors";
import { ERRNO, errnoOf, ModemSocket, type SocketParts } from "./socket";

/** Guide 5.11. */
const MOST = 7;
export const HIGHEST_SOCKET = MOST - 1;

/** The sockets of the modem and their URCs. */
export class SocketTable {
  readonly #modem: Modem;
  /** +USOER */
  lastError: number = ERRNO.none;
  /** A handshake of TLS or DTLS is running: no other socket command is accepted (guide 5.11). */
  securing = false;
  readonly #sockets = new Map<number, ModemSocket>();
  readonly #held = new Set<number>();

  constructor(modem: Modem) {
    this.#modem = modem;
    modem.radio.onDeactivated((cid) => {
      for (const socket of this.all) if (socket.parts.cid === cid) this.#lose(socket);
    });
  }

  get all(): readonly ModemSocket[] {
    return [...this.#sockets.values()];
  }

  get full(): boolean {
    return this.#firstFree === undefined;
  }

  /** Takes the first free number. */
  create(parts: SocketParts): ModemSocket {
    const free = this.#firstFree;
    if (free === undefined) throw notAllowed();
    const socket = new ModemSocket(free, parts, this.#modem);
    this.#sockets.set(free, socket);
    return socket;
  }

  /** @throws {CommandError} when there is no such socket */
  at(call: Call, index = 0): ModemSocket {
    const socket = this.#sockets.get(integerAt(call, index, 0, HIGHEST_SOCKET));
    if (socket === undefined) throw notAllowed();
    return socket;
  }

  fail(socket: ModemSocket, errno: number): void {
    socket.lastError = errno;
    this.lastError = errno;
  }

  /** Frees its number; the caller closes its connection. */
  remove(socket: ModemSocket): void {
    if (socket.gone) return;
    socket.gone = true;
    this.#sockets.delete(socket.id);
    socket.release();
  }

  /** Keeps the number of a removed socket reserved until the returned function is called. */
  hold({ id }: ModemSocket): () => void {
    this.#held.add(id);
    return () => void this.#held.delete(id);
  }

  /** Removes a socket that the host did not close (guide 5.9). */
  vanish(socket: ModemSocket): void {
    if (socket.gone) return;
    this.remove(socket);
    void socket.close();
    this.#modem.urc(`+UUSOCL: ${socket.id}`);
  }

  /** Reports data only if the buffer was empty, and the end only once everything was read (guide 5.5). */
  listenTo(socket: ModemSocket): void {
    socket.connection?.watch({
      received: (before) => {
        if (before === 0) this.announce(socket);
      },
      sent: () => undefined,
      ended: (error) => {
        this.noteEnd(socket, error);
        if (socket.unread === 0) this.vanish(socket);
      },
    });
    if (socket.datagrams === undefined) return;
    socket.datagrams.received = (before) => {
      if (before === 0) this.announce(socket);
    };
    socket.datagrams.ended = () => {
      if (socket.unread === 0) this.vanish(socket);
    };
  }

  noteEnd(socket: ModemSocket, error: SocketError | undefined): void {
    if (error !== undefined) this.fail(socket, errnoOf(error));
  }

  announce(socket: ModemSocket): void {
    this.#modem.urc(`+UUSORD: ${socket.id},${socket.unread}`);
  }

  /** After a read: reports the remaining bytes, or that the peer has closed. */
  afterRead(socket: ModemSocket): void {
    if (socket.unread > 0) this.announce(socket);
    else if (socket.ended) this.vanish(socket);
  }

  get #firstFree(): number | undefined {
    const isTaken = (id: number) => this.#sockets.has(id) || this.#held.has(id);
    return Array.from({ length: MOST }, (_, id) => id).find((id) => !isTaken(id));
  }

  #lose(socket: ModemSocket): void {
    if (socket.gone) return;
    socket.abort();
    this.remove(socket);
    this.#modem.urc(`+UUSOCL: ${socket.id}`);
  }
}

/** @throws {CommandError} while a handshake runs */
export function socketTable(modem: Modem): SocketTable {
  const table = modem.service("ublox.sockets", () => new SocketTable(modem));
  if (table.securing) throw notAllowed();
  return table;
}
