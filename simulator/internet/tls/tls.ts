import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { InternetError } from "../internet";
import { openStream, ownInternet } from "../own-internet";
import type { OwnInternet, StreamSocket } from "../own-traffic";
import { connectionOptions } from "./options";
import { bareSession, sessionId, sessionOfKind } from "./session";
import type { SessionKind, TlsConnection, TlsSettings } from "./types";
import { verifyPeer } from "./verify";

export interface TlsTarget {
  /** Name or address that the modem's host asked for. */
  readonly host: string;
  /** Where that leads. */
  readonly address: string;
  readonly port: number;
}

export interface TlsWait {
  /** ms for the connection and the handshake together */
  readonly timeout: number;
  /** Ends the handshake; it does not touch a connection that is handed over. */
  readonly signal: AbortSignal;
}

/**
 * Opens a connection and secures it as `settings` say. The socket has no listener that the caller must know of.
 * @throws {InternetError} `connect` (no TCP connection, or not in time), `timeout` (silence in the handshake), `tls`
 * (the handshake, or one of the checks, failed), `closed` (`signal` fired)
 */
export async function openTls(settings: TlsSettings, target: TlsTarget, wait: TlsWait): Promise<TlsConnection> {
  const options = guarded(() => connectionOptions(settings));
  const own = await ownInternet(target.address);
  if (wait.signal.aborted) throw aborted();
  const { socket, carrier } = guarded(() => secured(options, target, own));
  const connection = new Connection(socket, settings.session?.kind, options.session);
  try {
    await handshake(socket, carrier, wait);
    // A resumed session keeps the result of its first handshake; most hold no certificate to check again.
    if (!connection.reused) guarded(() => verifyPeer(socket, settings));
    return connection;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** @returns `carrier` too, which emits `connect` */
function secured(
  options: ConnectionOptions,
  { address, port }: TlsTarget,
  own: OwnInternet | undefined,
): { readonly socket: TLSSocket; readonly carrier: StreamSocket } {
  if (own === undefined) {
    const socket = connect({ ...options, host: address, port });
    return { socket, carrier: socket };
  }
  const carrier = openStream({ address, port }, own);
  const socket = connect({ ...options, socket: carrier });
  // Node asks the system for these, which does not know such a connection.
  for (const name of ["remoteAddress", "remotePort", "localPort"] as const) {
    Object.defineProperty(socket, name, { get: () => carrier[name] });
  }
  return { socket, carrier };
}

class Connection implements TlsConnection {
  readonly #kind: SessionKind | undefined;
  reused = false;
  /** The session that the server gave last. */
  #session: Buffer | undefined;
  #certificateWanted = false;

  constructor(
    readonly socket: TLSSocket,
    kind: SessionKind | undefined,
    offered: Buffer | undefined,
  ) {
    this.#kind = kind;
    // The socket's owner listens too, but an error before that must not end the process.
    socket.on("error", () => undefined);
    socket.on("session", (given: Buffer) => {
      this.#session = bareSession(given);
    });
    socket.once("secureConnect", () => {
      // OpenSSL counts a pre-shared key of TLS 1.3 as a session.
      this.reused = offered !== undefined && socket.isSessionReused();
      // Up to TLS 1.2 the session exists now; after a resumption a TLS 1.3 server need not send a new one.
      if (socket.getProtocol() !== "TLSv1.3") this.#session = bareSession(socket.getSession());
      else if (this.reused) this.#session ??= offered;
      // Shared algorithms are computed when the server's CertificateRequest arrives.
      this.#certificateWanted = socket.getSharedSigalgs().length > 0;
    });
  }

  get sessionId(): Buffer | undefined {
    return sessionId(this.#session);
  }

  session(): Buffer | undefined {
    return this.#kind && sessionOfKind(this.#session, this.#kind);
  }

  explain(error?: NodeJS.ErrnoException): InternetError {
    if (error?.code?.startsWith("ERR_SSL_")) return new InternetError("tls", reasonOf(error));
    // Some servers check the client's certificate after the handshake and just hang up.
    if (this.#certificateWanted) return new InternetError("tls", "the server asked for a certificate and hung up");
    return error ? new InternetError("reset", error.message) : new InternetError("closed", "the server hung up");
  }
}

/** Resolves when the handshake is over. */
function handshake(socket: TLSSocket, carrier: StreamSocket, { timeout, signal }: TlsWait): Promise<void> {
  return new Promise((resolve, reject) => {
    let connected = false;
    const settle = (finish: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      carrier.off("connect", onConnect);
      socket.off("secureConnect", onSecure).off("error", onError).off("close", onClose);
      finish();
    };
    const fail = (error: InternetError) => settle(() => reject(error));
    const onConnect = () => {
      connected = true;
    };
    const onSecure = () => settle(resolve);
    const onError = (error: Error) => fail(new InternetError(connected ? "tls" : "connect", reasonOf(error)));
    const onClose = () => onError(new Error("the server hung up"));
    const onAbort = () => fail(aborted());
    const timer = setTimeout(() => {
      fail(new InternetError(connected ? "timeout" : "connect", "the server did not answer in time"));
    }, timeout);
    signal.addEventListener("abort", onAbort, { once: true });
    carrier.once("connect", onConnect);
    socket.once("secureConnect", onSecure).once("error", onError).once("close", onClose);
  });
}

/** OpenSSL's own words, if any; Node's message adds memory addresses. */
function reasonOf(error: Error & { readonly reason?: unknown }): string {
  return typeof error.reason === "string" ? error.reason : error.message;
}

/** Node throws on certificates, keys and options that it can't use: such a handshake fails. */
function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof InternetError ? error : new InternetError("tls", String(error));
  }
}

function aborted(): InternetError {
  return new InternetError("closed", "the modem was switched off");
}
