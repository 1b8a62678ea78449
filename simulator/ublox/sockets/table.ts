import type { SocketError } from "../../internet/tcp-udp/tcp-udp";
import type { Call } from "../../line/command";
import { integerAt } from "../../line/parameters";
import type { Modem } from "../../modem";
import { notAllowed } from "../errors";
import { ERRNO, errnoOf, ModemSocket, type SocketParts } from "./socket";

/** Guide 5.11. */
const MOST = 7;
export const HIGHEST_SOCKET = MOST - 1;

/** The sockets of the modem, and what they tell unasked. */
export class SocketTable {
  readonly #modem: Modem;
  /** +USOER */
  lastError: number = ERRNO.none;
  /** While a TLS handshake runs no other socket command is accepted (guide 5.11). */
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

  /** Takes the first number that is free. */
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

  /** Frees its number; what it has is closed by the caller. */
  remove(socket: ModemSocket): void {
    if (socket.gone) return;
    socket.gone = true;
    this.#sockets.delete(socket.id);
    socket.release();
  }

  /** Nobody gets the number of a socket that was removed before what this returns is called. */
  hold({ id }: ModemSocket): () => void {
    this.#held.add(id);
    return () => void this.#held.delete(id);
  }

  /** The socket goes for a reason that the host did not give (guide 5.9). */
  vanish(socket: ModemSocket): void {
    if (socket.gone) return;
    this.remove(socket);
    void socket.close();
    this.#modem.urc(`+UUSOCL: ${socket.id}`);
  }

  /** Guide 5.5: data is told only where it meets an empty buffer, the end only when everything was read. */
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
  }

  noteEnd(socket: ModemSocket, error: SocketError | undefined): void {
    if (error !== undefined) this.fail(socket, errnoOf(error));
  }

  announce(socket: ModemSocket): void {
    this.#modem.urc(`+UUSORD: ${socket.id},${socket.unread}`);
  }

  /** After bytes were read: what is left is told, or that the peer had closed. */
  afterRead(socket: ModemSocket): void {
    if (socket.unread > 0) this.announce(socket);
    else if (socket.connection?.ended === true) this.vanish(socket);
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

/** @throws {CommandError} while a TLS handshake runs */
export function socketTable(modem: Modem): SocketTable {
  const table = modem.service("ublox.sockets", () => new SocketTable(modem));
  if (table.securing) throw notAllowed();
  return table;
}
