import type { TcpConnection } from "../../internet/tcp-udp/connection";
import { UdpSocket } from "../../internet/tcp-udp/datagrams";
import type { Endpoint } from "../../internet/tcp-udp/tcp-udp";
import { asSocketError, openSecure, type SecureTarget } from "../../internet/tls/open-secure";
import type { Modem } from "../../modem";
import { secureConnections } from "../security/connections";
import { type ModemSocket, QUEUES, SECURE_QUEUES } from "./socket";

/**
 * Connects with TLS as the security profile says (guide 5.11). The connection holds one of the four places until the
 * socket is removed.
 * @throws {SocketError}
 */
export async function connectSecurely(
  modem: Modem,
  socket: ModemSocket,
  profile: number,
  target: SecureTarget,
): Promise<TcpConnection> {
  try {
    const secure = secureConnections(modem).claim(profile);
    try {
      const { connection, secured } = await openSecure(secure.settings, target, SECURE_QUEUES, socket.around);
      socket.release = () => {
        secure.report(secured);
        secure.release();
      };
      return connection;
    } catch (error) {
      secure.release();
      throw error;
    }
  } catch (error) {
    throw asSocketError(error);
  }
}

/**
 * Secures a UDP socket with DTLS (guide 5.11): from then on it has one peer. It holds one of the four places, too. A socket
 * whose handshake failed is closed.
 * @param timeout ms for the handshake
 * @throws {SocketError}
 */
export async function secureDatagrams(
  modem: Modem,
  socket: ModemSocket,
  profile: number,
  peer: Endpoint,
  timeout: number,
): Promise<void> {
  const { datagrams, around } = socket;
  if (!(datagrams instanceof UdpSocket)) return;
  try {
    const secure = secureConnections(modem).claim(profile);
    try {
      const { DtlsSocket } = await import("../../internet/dtls/dtls.js");
      const target = { peer, timeout, receive: QUEUES.receive };
      socket.datagrams = await DtlsSocket.open(secure.settings, target, datagrams, around);
      socket.release = () => secure.release();
    } catch (error) {
      secure.release();
      throw error;
    }
  } catch (error) {
    throw asSocketError(error);
  }
}
