import { ModemError } from "../../driver/errors";
import type { ModemListener, ModemSocket, SocketEvents } from "../../driver/services/sockets/sockets";
import type { FramingOptions } from "./framing";
import type { Endpoint } from "./kept-endpoint";
import type { Outputs } from "./outputs";
import { Peer } from "./peer";
import type { SocketChoice } from "./request";

/** The connections that others have made to this node, by the modem's numbers. */
export class AcceptedPeers {
  readonly #framing: FramingOptions;
  readonly #outputs: Outputs;
  readonly #changed: () => void;
  readonly #peers = new Map<number, Peer>();

  constructor(framing: FramingOptions, outputs: Outputs, changed: () => void) {
    this.#framing = framing;
    this.#outputs = outputs;
    this.#changed = changed;
  }

  get all(): Peer[] {
    return [...this.#peers.values()];
  }

  readonly accept = (socket: ModemSocket): SocketEvents => {
    const peer = new Peer(this.#framing, this.#outputs);
    const before = this.#peers.get(socket.number)?.ended;
    this.#peers.set(socket.number, peer);
    void peer.ended.then(() => {
      // The number may be another's by now.
      if (this.#peers.get(socket.number) === peer) this.#peers.delete(socket.number);
      this.#changed();
    });
    peer.begin(socket, "accepted", before);
    this.#changed();
    return peer.events;
  };

  /**
   * The one that is asked for. Numbers are used again: an answer to somebody who has gone must not reach who came after.
   *
   * @throws {ModemError} `CONNECTION_CLOSED`
   */
  find({ number, ip, port }: SocketChoice): Peer {
    const peer = number === undefined ? undefined : this.#peers.get(number);
    const remote = peer?.socket.remote;
    const isOther = remote !== undefined && ((ip ?? remote.ip) !== remote.ip || (port ?? remote.port) !== remote.port);
    if (peer === undefined || isOther) {
      throw new ModemError("CONNECTION_CLOSED", `msg.socket: the connection ${number} of this node is closed`);
    }
    return peer;
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.all.map((peer) => peer.close(false)));
  }
}

/** A listening socket, from its opening until its end. */
export class Listening implements Endpoint {
  readonly #peers: AcceptedPeers;
  readonly ended: Promise<ModemError | undefined>;
  /** A listener turns nobody away: one that the modem ends was lost with the data connection. */
  readonly wasUsed = true;
  #resolveEnded: (error: ModemError | undefined) => void = () => undefined;

  private constructor(peers: AcceptedPeers) {
    this.#peers = peers;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  static async open(
    peers: AcceptedPeers,
    listen: (
      accept: (socket: ModemSocket) => SocketEvents,
      onClosed: (error?: ModemError) => void,
    ) => Promise<ModemListener>,
  ): Promise<Listening> {
    const listening = new Listening(peers);
    listening.#listener = await listen(peers.accept, (error) => listening.#resolveEnded(error));
    return listening;
  }

  #listener: ModemListener | undefined;

  get number(): number | undefined {
    return this.#listener?.number;
  }

  async close(): Promise<void> {
    await Promise.all([this.#listener?.close(), this.#peers.closeAll()]);
    // Until then the modem may have accepted more.
    await this.#peers.closeAll();
    this.#resolveEnded(undefined);
  }
}
