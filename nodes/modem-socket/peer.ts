import { setImmediate as afterOthers } from "node:timers/promises";
import { ModemError } from "../../driver/errors";
import type {
  ModemSocket,
  SendOptions,
  SocketAddress,
  SocketEvents,
  SocketStatus,
} from "../../driver/services/sockets/sockets";
import { Framing, type FramingOptions } from "./framing";
import type { Endpoint } from "./kept-endpoint";
import { type Outputs, type SocketEventName, socketEvent } from "./outputs";

/** A socket of the modem, between its opening and its end, and what it says to the flow. */
export class Peer implements Endpoint {
  readonly #options: FramingOptions;
  readonly #outputs: Outputs;
  /** To be given to the modem before there is a socket: what comes before `begin` waits for it. */
  readonly events: SocketEvents = {
    onData: (data, from) => this.#inTurn(() => this.#deliver(data, from)),
    onClosed: (error) => void this.#inTurn(async () => this.#finish(error)),
  };
  readonly ended: Promise<ModemError | undefined>;
  wasUsed = false;
  readonly #framing: Framing;
  #resolveEnded: (error: ModemError | undefined) => void = () => undefined;
  #resolveBegun: () => void = () => undefined;
  #turn: Promise<void>;
  #begun: ModemSocket | undefined;
  #isSilent = false;

  constructor(options: FramingOptions, outputs: Outputs) {
    this.#options = options;
    this.#outputs = outputs;
    this.#framing = new Framing(options);
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#turn = new Promise((resolve) => {
      this.#resolveBegun = resolve;
    });
  }

  /**
   * @param event left out where a message tells of it
   * @param before what is to be told first: the end of who had the number
   */
  begin(socket: ModemSocket, event?: SocketEventName, before?: Promise<unknown>): void {
    this.#begun = socket;
    const tell = (): void => {
      if (event !== undefined) this.#outputs.event(socketEvent(event, socket, { way: socket.way }));
      // Nobody gets data of a connection that he has not been told of.
      setImmediate(this.#resolveBegun);
    };
    if (before === undefined) tell();
    else void before.then(tell);
  }

  get socket(): ModemSocket {
    if (this.#begun === undefined) throw new ModemError("CONNECTION_CLOSED", "The connection does not stand yet");
    return this.#begun;
  }

  async send(data: Buffer, options: SendOptions): Promise<void> {
    await this.socket.send(data, options);
    this.wasUsed = true;
  }

  status(): Promise<SocketStatus> {
    return this.socket.status();
  }

  /** @param silently where a message tells of it, instead of a `closed` */
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
    // The nodes behind this one get their turn before the modem is read further.
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
    this.#resolveEnded(error);
  }
}
