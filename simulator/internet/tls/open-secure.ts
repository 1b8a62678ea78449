import { isIP } from "node:net";
import { InternetError, type InternetFailure } from "../internet";
import { connecting, inTime, resolveTarget, type TcpTarget } from "../tcp-udp/connect";
import { type ConnectionLimits, TcpConnection } from "../tcp-udp/connection";
import { SocketError, type SocketFailure, type SocketSurroundings } from "../tcp-udp/tcp-udp";
import { openTls } from "./tls";
import type { TlsConnection, TlsSettings } from "./types";

const FAILURES: Readonly<Record<InternetFailure, SocketFailure>> = {
  dns: "dns",
  connect: "refused",
  timeout: "timeout",
  tls: "tls",
  reset: "reset",
  closed: "aborted",
};

/** A target with a limit: without one a handshake could last for ever. */
export type SecureTarget = TcpTarget & { readonly timeout: number };

/** A connection with the modem's buffers, and its TLS session. */
export interface SecuredConnection {
  readonly connection: TcpConnection;
  readonly secured: TlsConnection;
}

/**
 * Connects and secures the connection as `settings` say.
 * @throws {SocketError} `tls` for a handshake that failed, else as `connectTarget`
 */
export async function openSecure(
  settings: TlsSettings,
  target: SecureTarget,
  limits: ConnectionLimits,
  around: SocketSurroundings,
): Promise<SecuredConnection> {
  try {
    const secured = await inTime(target.timeout, around, (limited) => handshake(settings, target, limited));
    const remote = { address: secured.socket.remoteAddress ?? "", port: target.port };
    if (isIP(target.host) !== 0) remote.address = target.host;
    return { connection: new TcpConnection(secured.socket, limits, around, remote), secured };
  } catch (error) {
    throw asSocketError(error);
  }
}

/** A failure of TLS in terms of sockets. */
export function asSocketError(error: unknown): unknown {
  return error instanceof InternetError ? new SocketError(FAILURES[error.failure], error.message) : error;
}

/** Tries the next address of a name only if there was no connection. */
async function handshake(
  settings: TlsSettings,
  target: SecureTarget,
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
