import { isIP } from "node:net";
import { InternetError, type InternetFailure } from "../../internet/internet";
import { connecting, inTime, resolveTarget, type TcpTarget } from "../../internet/tcp-udp/connect";
import { TcpConnection } from "../../internet/tcp-udp/connection";
import { SocketError, type SocketFailure, type SocketSurroundings } from "../../internet/tcp-udp/tcp-udp";
import { openTls } from "../../internet/tls/tls";
import type { TlsConnection, TlsSettings } from "../../internet/tls/types";
import type { Modem } from "../../modem";
import { secureConnections } from "../security/connections";
import { type ModemSocket, SECURE_QUEUES } from "./socket";

const FAILURES: Readonly<Record<InternetFailure, SocketFailure>> = {
  dns: "dns",
  connect: "refused",
  timeout: "timeout",
  tls: "tls",
  reset: "reset",
  closed: "aborted",
};

/**
 * Connects with TLS as the security profile says (guide 5.11). The connection holds one of the four places until the
 * socket is removed.
 * @throws {SocketError}
 */
export async function connectSecurely(
  modem: Modem,
  socket: ModemSocket,
  profile: number,
  target: TcpTarget & { readonly timeout: number },
): Promise<TcpConnection> {
  try {
    const secure = secureConnections(modem).claim(profile);
    try {
      const attempt = (limited: SocketSurroundings) => handshake(secure.settings, target, limited);
      const secured = await inTime(target.timeout, socket.around, attempt);
      socket.release = () => {
        secure.report(secured);
        secure.release();
      };
      const remote = { address: secured.socket.remoteAddress ?? "", port: target.port };
      if (isIP(target.host) !== 0) remote.address = target.host;
      return new TcpConnection(secured.socket, SECURE_QUEUES, socket.around, remote);
    } catch (error) {
      secure.release();
      throw error;
    }
  } catch (error) {
    throw error instanceof InternetError ? new SocketError(FAILURES[error.failure], error.message) : error;
  }
}

/** Tries the next address of a name only if there was no connection. */
async function handshake(
  settings: TlsSettings,
  target: TcpTarget & { readonly timeout: number },
  around: SocketSurroundings,
): Promise<TlsConnection> {
  const { addresses, port } = await resolveTarget(target, around);
  await connecting(around);
  const wait = { timeout: target.timeout, signal: around.signal };
  for (const [index, address] of addresses.entries()) {
    try {
      return await openTls(settings, { host: target.host, address, port }, wait);
    } catch (error) {
      const refused = error instanceof InternetError && error.failure === "connect";
      if (!refused || index === addresses.length - 1) throw error;
    }
  }
  throw new SocketError("dns", `${target.host} has no address`);
}
