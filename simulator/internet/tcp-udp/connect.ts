import { isIPv6 } from "node:net";
import { type Internet, InternetError } from "../internet";
import { openStream, ownInternet } from "../own-internet";
import type { StreamSocket } from "../own-traffic";
import { type Endpoint, ownPort, SocketError, type SocketSurroundings, socketError } from "./tcp-udp";

export interface TcpTarget {
  /** Name or address, and port, as the modem's host asked for them. */
  readonly host: string;
  readonly port: number;
  /** ms for the whole attempt; the system's own limit if left out. */
  readonly timeout?: number;
  /** Local port of the modem. */
  readonly localPort?: number;
  /** Addresses of IPv6 go first. */
  readonly preferIPv6?: boolean;
}

/**
 * Opens a connection; also returns its peer as the host knows it. Tries the next address of a name if one refuses or
 * can't be reached.
 * @throws {SocketError}
 */
export function connectTarget(
  target: TcpTarget,
  around: SocketSurroundings,
): Promise<{ readonly socket: StreamSocket; readonly remote: Endpoint }> {
  return inTime(target.timeout, around, async (limited) => {
    const { addresses, port } = await resolveTarget(target, limited);
    await connecting(limited);
    const socket = await connectFirst(addresses, port, target, limited);
    return { socket, remote: { address: addressAsked(target, socket), port: target.port } };
  });
}

/**
 * Bounds a whole attempt: the time of a congested network counts, not only that of a peer that does not answer.
 * @param timeout ms; no limit when left out
 * @throws {SocketError} `timeout`; what `work` throws
 */
export async function inTime<T>(
  timeout: number | undefined,
  around: SocketSurroundings,
  work: (limited: SocketSurroundings) => Promise<T>,
): Promise<T> {
  const attempt = new AbortController();
  const giveUp = () => attempt.abort();
  const timer = timeout === undefined ? undefined : setTimeout(giveUp, timeout);
  around.signal.addEventListener("abort", giveUp, { once: true });
  if (around.signal.aborted) giveUp();
  try {
    return await work({ ...around, signal: attempt.signal });
  } catch (error) {
    if (!attempt.signal.aborted || around.signal.aborted) throw error;
    throw new SocketError("timeout", "no connection in time");
  } finally {
    clearTimeout(timer);
    around.signal.removeEventListener("abort", giveUp);
  }
}

/** Before a connection is made. @throws {SocketError} `aborted` */
export async function connecting({ internet, signal }: SocketSurroundings): Promise<void> {
  try {
    await internet.troubles?.connecting(signal);
  } catch {
    throw new SocketError("aborted", "the modem was switched off");
  }
}

/** Where a target leads. @throws {SocketError} `dns`, `aborted`, `unreachable` (addresses of the other family only) */
export async function resolveTarget(
  target: { readonly host: string; readonly port: number; readonly preferIPv6?: boolean },
  { internet, signal, reaches = () => true }: SocketSurroundings,
): Promise<{ addresses: string[]; port: number }> {
  const { host, port } = internet.target(target.host, target.port);
  try {
    await internet.delay(signal);
    const found = await unlessAborted(internet.lookup(host), signal);
    if (found.length === 0) throw new SocketError("dns", `${host} has no address`);
    const preferred = (address: string) => (isIPv6(address) === (target.preferIPv6 ?? false) ? 0 : 1);
    const reached = found.filter(reaches);
    if (reached.length === 0) throw new SocketError("unreachable", `${host} is not of the context's IP type`);
    return { addresses: reached.sort((left, right) => preferred(left) - preferred(right)), port };
  } catch (error) {
    if (!(error instanceof InternetError)) throw error;
    throw new SocketError(signal.aborted ? "aborted" : "dns", error.message);
  }
}

/** The system's name servers can't be told to stop. @throws {SocketError} `aborted` */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(new SocketError("aborted", "the modem was switched off"));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

/** An address that the host asked for stays the peer's address, even if a route leads elsewhere. */
function addressAsked({ host }: TcpTarget, socket: StreamSocket): string {
  return /^[\d.]+$/.test(host) || host.includes(":") ? host : (socket.remoteAddress ?? host);
}

async function connectFirst(
  addresses: readonly string[],
  port: number,
  target: TcpTarget,
  around: SocketSurroundings,
): Promise<StreamSocket> {
  const [address = "", ...others] = addresses;
  try {
    return await connectTo({ address, port }, target, around);
  } catch (error) {
    const next = error instanceof SocketError && ["refused", "unreachable"].includes(error.failure);
    if (!next || others.length === 0) throw error;
    return connectFirst(others, port, target, around);
  }
}

async function connectTo(
  end: Endpoint,
  target: TcpTarget,
  { internet, signal }: SocketSurroundings,
): Promise<StreamSocket> {
  const own = await ownInternet(end.address);
  if (signal.aborted) throw new SocketError("aborted", "the modem was switched off");
  const socket = openStream({ ...end, allowHalfOpen: true, ...localEnd(target, internet) }, own);
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void) => {
      signal.removeEventListener("abort", onAbort);
      socket.off("connect", onConnect).off("error", onError);
      finish();
    };
    const fail = (error: SocketError) =>
      settle(() => {
        socket.on("error", () => undefined).destroy();
        reject(error);
      });
    const onConnect = () => settle(() => resolve(socket.pause()));
    const onError = (error: NodeJS.ErrnoException) => fail(socketError(error));
    const onAbort = () => fail(new SocketError("aborted", "the modem was switched off"));
    signal.addEventListener("abort", onAbort, { once: true });
    socket.once("connect", onConnect).once("error", onError);
  });
}

function localEnd({ localPort }: TcpTarget, internet: Internet): { localPort?: number } {
  return localPort === undefined ? {} : { localPort: ownPort(internet, localPort).port };
}
