import type { TcpConnection } from "../../internet/tcp-udp/connection";
import type { Endpoint } from "../../internet/tcp-udp/tcp-udp";
import type { Modem } from "../../modem";
import { contexts } from "../packet-data/contexts";
import { TcpIpError, TcpIpFailure } from "../tcpip-errors";
import { StreamChannel } from "./channel";
import { ModemSocket, type SocketKind, type SocketPurpose, State } from "./socket";

export const HIGHEST_ID = 11;

/** The twelve sockets of one kind, from boot to boot. */
export class Sockets {
  readonly #modem: Modem;
  readonly #open = new Map<number, ModemSocket>();

  constructor(
    modem: Modem,
    readonly kind: SocketKind,
  ) {
    this.#modem = modem;
    contexts(modem).onClosed((cid) => this.#forget(cid));
  }

  /** @throws {TcpIpFailure} 563 */
  reserve(id: number, purpose: SocketPurpose): ModemSocket {
    if (this.#open.has(id)) throw new TcpIpFailure(TcpIpError.identityUsed);
    const socket = new ModemSocket(this.#modem, this.kind, id, purpose);
    this.#open.set(id, socket);
    return socket;
  }

  find(id: number): ModemSocket | undefined {
    return this.#open.get(id);
  }

  /** @throws {TcpIpFailure} 572 when there is no such socket */
  get(id: number): ModemSocket {
    const socket = this.#open.get(id);
    if (socket === undefined) throw new TcpIpFailure(TcpIpError.notAllowed);
    return socket;
  }

  /** In the order of their numbers. */
  all(): ModemSocket[] {
    return [...this.#open.values()].sort((left, right) => left.id - right.id);
  }

  /** Resolves once the identity is free again. @param timeout ms */
  async close(socket: ModemSocket, timeout: number): Promise<void> {
    await socket.close(timeout);
    if (this.#open.get(socket.id) === socket) this.#open.delete(socket.id);
  }

  /** A listener accepted a peer: it gets the highest free identity. */
  admit(listener: ModemSocket, connection: TcpConnection): boolean {
    let id = HIGHEST_ID;
    while (this.#open.has(id)) id -= 1;
    if (id < 0) {
      this.#modem.urc('+QIURC: "incoming full"');
      return false;
    }
    const { cid, localPort, mode } = listener;
    const remote: Endpoint = connection.remote;
    const socket = this.reserve(id, { service: "TCP INCOMING", cid, remote, localPort, mode, server: listener.id });
    this.#modem.urc(`+QIURC: "incoming",${id},${listener.id},"${remote.address}",${remote.port}`);
    socket.start(new StreamChannel(connection), State.Connected);
    return true;
  }

  /** +QIDEACT closes all connections of a context and frees identities that a loss left behind. */
  #forget(cid: number): void {
    for (const socket of this.all()) {
      if (socket.cid === cid) this.#open.delete(socket.id);
    }
  }
}

/** +QIOPEN's */
const PLAIN: SocketKind = { urc: "+QIURC", opened: "+QIOPEN" };
/** +QSSLOPEN's, with separate identities. */
const SECURE: SocketKind = { urc: "+QSSLURC", opened: "+QSSLOPEN" };

export function plainSockets(modem: Modem): Sockets {
  return modem.service("quectel/sockets", (owner) => new Sockets(owner, PLAIN));
}

export function secureSockets(modem: Modem): Sockets {
  return modem.service("quectel/secure-sockets", (owner) => new Sockets(owner, SECURE));
}
