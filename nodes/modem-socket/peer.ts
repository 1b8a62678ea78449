import { setImmediate as afterOthers } from "node:timers/promises";
import { ModemError } from "../../driver/errors";
import type {
  ModemSocket,
  SendOptions,
  SocketAddress,
  SocketEvents,
  SocketStatus,
} from "../../driver/services/sockets/sockets";
import { deferred } from "../common/deferred";
import { Framing, type FramingOptions } from "./framing";
import type { Endpoint } from "./kept-endpoint";
import { type Outputs, type SocketEventName, socketEvent } from "./outputs";

/** A socket of the modem from opening to end; passes its data and events to the flow. */
export class Peer implements Endpoint {
  readonly #options: FramingOptions;
  readonly #outputs: Outputs;
  /** Passed to the modem before there is a socket: what arrives before `begin` waits for it. */
  readonly events: SocketEvents = {
    onData: (data, from) => this.#inTurn(() => this.#deliver(data, from)),
    onClosed: (error) => void this.#inTurn(async () => this.#finish(error)),
  };
  readonly #end = deferred<ModemError | undefined>();
  readonly ended = this.#end.promise;
  wasUsed = false;
  readonly #framing: Framing;
  readonly #begin = deferred<void>();
  #turn = this.#begin.promise;
  #socket: ModemSocket | undefined;
  #isSilent = false;

  constructor(options: FramingOptions, outputs: Outputs) {
    this.#options = options;
    this.#outputs = outputs;
    this.#framing = new Framing(options);
  }

  /**
   * @param event left out if a message reports the opening
   * @param before resolves once the end of the number's previous connection is reported
   */
  begin(socket: ModemSocket, event?: SocketEventName, before?: Promise<unknown>): void {
    this.#socket = socket;
    const tell = (): void => {
      if (event !== undefined) this.#outputs.event(socketEvent(event, socket, { way: socket.way }));
      // The flow must hear of a connection before it gets its data.
      setImmediate(this.#begin.resolve);
    };
    if (before === undefined) tell();
    else void before.then(tell);
  }

  get socket(): ModemSocket {
    if (this.#socket === undefined) throw new ModemError("CONNECTION_CLOSED", "The connection is not open yet");
    return this.#socket;
  }

  /** Resolves to the receiver of a datagram. */
  async send(data: Buffer, options: SendOptions): Promise<SocketAddress | undefined> {
    let receiver: SocketAddress | undefined;
    const onSent = (to: SocketAddress): void => {
      receiver = to;
    };
    await this.socket.send(data, { ...options, onSent });
    this.wasUsed = true;
    return receiver;
  }

  status(): Promise<SocketStatus> {
    return this.socket.status();
  }

  /** @param silently a message reports it, so emit no `closed` */
  async close(silently: boolean): Promise<void> {
    this.#isSilent = silently;
    await this.socket.close();
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #deliver(data: Buffer, from: SocketAddress): Promise<void> {
    const { isText } = this.#options;
    this.wasUsed = true;
    const pieces =
      this.socket.protocol === "udp" ? [isText ? data.toString("utf8") : Buffer.from(data)] : this.#framing.push(data);
    this.#emit(pieces, from);
    // Let the following nodes run before reading more from the modem.
    await afterOthers();
  }

  #emit(pieces: readonly (Buffer | string)[], { ip, port }: SocketAddress): void {
    for (const payload of pieces) this.#outputs.data({ payload, ip, port, socket: this.socket.number });
  }

  #finish(error: ModemError | undefined): void {
    const { remote = { ip: "", port: 0 } } = this.socket;
    this.#emit(this.#framing.end(), remote);
    const reason = error === undefined ? {} : { code: error.code, message: error.message };
    if (!this.#isSilent) this.#outputs.event(socketEvent("closed", this.socket, reason));
    this.#end.resolve(error);
  }
}
