import type { Channel } from "../../at/channel-types";
import { answerBefore } from "../../at/errors";
import { delay } from "../../delay";
import { isModemError, ModemError } from "../../errors";
import { NameCache, type Resolve } from "../../services/sockets/name-cache";
import type { SendOptions, SocketAddress } from "../../services/sockets/sockets";
import { unlessAborted } from "../../services/waiting/unless-aborted";
import type { UbloxTraits } from "../traits";
import { readLastError, socketError, WOULD_BLOCK } from "./errors";
import type { HexMode } from "./hex-mode";
import { checkHost, checkPort } from "./plan";
import { writeCommand, writtenBytes } from "./write";
import { datagramEncoding } from "./write-encoding";

/** Of one socket. */
const REMEMBERED_NAMES = 32;
/** Tries of a datagram that finds the modem's queue full, and ms between them. */
const TRIES = 10;
const PAUSE_MS = 200;

export interface DatagramOwner {
  readonly channel: Channel;
  readonly syntax: HexMode;
  readonly model: UbloxTraits;
  readonly number: number;
  readonly operation: string;
  readonly ended: AbortSignal;
  /** The only one that a socket with DTLS sends to; undefined: any. */
  readonly peer?: { readonly host: string; readonly port: number };
  readonly resolve: Resolve<AbortSignal>;
}

/** Sends datagrams by +USOST (guide 5.6), each whole or not at all, in the order of the calls. */
export class DatagramWriter {
  readonly #owner: DatagramOwner;
  readonly #names: NameCache<AbortSignal>;
  /** The last of what is to be sent, and what waits behind that which is being sent. */
  #sending: Promise<void> = Promise.resolve();
  readonly #waiting: Uint8Array[] = [];

  constructor(owner: DatagramOwner) {
    this.#owner = owner;
    this.#names = new NameCache(owner.resolve, REMEMBERED_NAMES);
  }

  /** Resolves when the modem has taken it. `signal` keeps it back while its turn has not come. */
  send(data: Uint8Array, { to, signal, onSent }: SendOptions): Promise<void> {
    this.#waiting.push(data);
    const work = this.#sending.then(() => {
      this.#waiting.shift();
      signal?.throwIfAborted();
      this.#owner.ended.throwIfAborted();
      return this.#write(data, to).then(onSent);
    });
    this.#sending = work.catch(() => undefined);
    return signal === undefined ? work : unlessAborted(work, signal);
  }

  /** Resolves when nothing is being sent. */
  idle(): Promise<void> {
    return this.#sending;
  }

  async #write(data: Uint8Array, to: SendOptions["to"]): Promise<SocketAddress> {
    const { channel, number, operation, ended, model } = this.#owner;
    const { host, port } = checkDatagram(data, to, model.limits.write);
    const { peer } = this.#owner;
    if (peer !== undefined && (host !== peer.host || port !== peer.port)) throw otherPeer(peer);
    const { host: ip, target: address } = checkHost(await this.#names.resolve(host, ended));
    for (let tries = 1; ; ) {
      const { syntax } = this.#owner;
      const line = { model, rate: channel.bytesPerSecond };
      const encoding = datagramEncoding(data, this.#waiting, { ...line, hex: syntax.offer });
      const command = writeCommand(channel, "+USOST", [number, address, port], data, { encoding, signal: ended });
      const turn = await syntax.enter(encoding, this.#waiting.length > 0);
      if (turn === undefined) continue;
      try {
        const { lines } = await turn(command);
        const taken = writtenBytes(lines, number);
        if (taken !== data.length) throw truncated(operation, taken, data.length);
        return { ip, port };
      } catch (error) {
        // It was counted as sent before the refusal: a second one would be another datagram.
        if (isModemError(error) && writtenBytes(answerBefore(error), number) === data.length) return { ip, port };
        if (!isModemError(error, "MODEM_REJECTED") || error.cause?.command !== command.label) throw error;
        const code = await readLastError(channel);
        if (code !== WOULD_BLOCK || tries === TRIES) throw socketError(operation, error, code, "MODEM_REJECTED");
      }
      tries += 1;
      await delay(PAUSE_MS, ended);
    }
  }
}

function checkDatagram(data: Uint8Array, to: SendOptions["to"], most: number): { host: string; port: number } {
  if (to === undefined) throw new ModemError("INVALID_INPUT", "host and port are missing: a datagram needs a receiver");
  const { host } = checkHost(to.host);
  const port = checkPort(to.port, "port");
  if (data.length >= 1 && data.length <= most) return { host, port };
  throw new ModemError("INVALID_INPUT", `payload: a datagram of this modem has 1 to ${most} bytes, not ${data.length}`);
}

function otherPeer({ host, port }: { readonly host: string; readonly port: number }): ModemError {
  return new ModemError("INVALID_INPUT", `A UDP socket with DTLS has one peer: this one's is ${host}:${port}`);
}

function truncated(operation: string, taken: number, length: number): ModemError {
  const text = Number.isNaN(taken) ? "does not tell that it took all" : `took ${taken}`;
  return new ModemError("MODEM_REJECTED", `${operation}: the modem ${text} of a datagram's ${length} bytes`);
}
