import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { inSeconds, ModemError } from "../errors";
import { type TcpAddress, tcpAddress } from "./port-text";
import { StreamTransport } from "./stream-transport";

/** ms; a gateway on a local network answers within a few, a device server that is off never. */
const CONNECT_TIMEOUT_MS = 10_000;
/** ms of silence before the system probes whether the other end is still there. */
const KEEP_ALIVE_MS = 30_000;
/** ms for what was written to arrive before the connection is cut. */
const LINGER_MS = 500;

const REMEDIES: Readonly<Record<string, string>> = {
  ECONNREFUSED: "Check that the device server runs and listens on that port.",
  ENOTFOUND: "Check the host name.",
  EAI_AGAIN: "Check the host name and the gateway's name server.",
  EHOSTUNREACH: "Check the address and the network between the gateway and the device server.",
  ENETUNREACH: "Check the address and the network between the gateway and the device server.",
  ETIMEDOUT: "Check the address, and that the device server is on.",
};

/** @throws {ModemError} `INVALID_INPUT`, naming `port` */
export function parseTcpAddress(text: string): TcpAddress {
  const address = tcpAddress(text);
  if (address !== undefined) return address;
  throw new ModemError("INVALID_INPUT", "port must read tcp://host:port, with an IPv6 address in brackets");
}

/** A modem behind a device server (ser2net, Moxa and the like) that passes bytes on as they are. */
export class TcpTransport extends StreamTransport {
  readonly #address: TcpAddress;

  /** @param bytesPerSecond of the serial line behind the device server, which is what paces the modem */
  constructor(
    readonly name: string,
    readonly bytesPerSecond: number,
  ) {
    super();
    this.#address = parseTcpAddress(name);
  }

  protected connect(signal: AbortSignal): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      const socket = connect({
        ...this.#address,
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: KEEP_ALIVE_MS,
      });
      const settle = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
        socket.off("error", onError);
      };
      const fail = (error: ModemError): void => {
        settle();
        socket.on("error", () => {});
        socket.destroy();
        reject(error);
      };
      const onError = (error: NodeJS.ErrnoException): void => fail(this.#refused(error.code ?? "", error.message));
      const onAbort = (): void => fail(signal.reason as ModemError);
      const timer = setTimeout(
        () => fail(this.#refused("ETIMEDOUT", `no answer within ${inSeconds(CONNECT_TIMEOUT_MS)}`)),
        CONNECT_TIMEOUT_MS,
      );
      signal.addEventListener("abort", onAbort, { once: true });
      socket.once("error", onError);
      socket.once("connect", () => {
        settle();
        resolve(socket);
      });
    });
  }

  protected disconnect(stream: Duplex): Promise<void> {
    const socket = stream as Socket;
    if (socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => socket.destroy(), LINGER_MS);
      socket.once("close", () => {
        clearTimeout(timer);
        resolve();
      });
      // Half-close first, so that a command that was just written still gets there.
      socket.end();
      socket.resume();
    });
  }

  #refused(code: string, words: string): ModemError {
    return this.offline(`can't be opened: ${words}`, REMEDIES[code]);
  }
}
