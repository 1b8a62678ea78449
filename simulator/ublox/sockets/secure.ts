import type { TcpConnection } from "../../internet/tcp-udp/connection";
import { asSocketError, openSecure, type SecureTarget } from "../../internet/tls/open-secure";
import type { Modem } from "../../modem";
import { secureConnections } from "../security/connections";
import { type ModemSocket, SECURE_QUEUES } from "./socket";

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
