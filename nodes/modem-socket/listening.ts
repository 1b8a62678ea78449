import { ModemError } from "../../driver/errors";
import type { ModemListener, ModemSocket, SocketEvents } from "../../driver/services/sockets/sockets";
import { deferred } from "../common/deferred";
import type { FramingOptions } from "./framing";
import type { Endpoint } from "./kept-endpoint";
import type { Outputs } from "./outputs";
import { Peer } from "./peer";
import type { SocketChoice } from "./request";

/** The connections that peers have opened to this node, by the modem's socket numbers. */
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
      // The number may belong to another connection by now.
      if (this.#peers.get(socket.number) === peer) this.#peers.delete(socket.number);
      this.#changed();
    });
    peer.begin(socket, "accepted", before);
    this.#changed();
    return peer.events;
  };

  /**
   * The chosen connection. The modem reuses numbers: an answer to a former peer must not reach its successor.
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

/** A listening socket, from opening to end. */
export class Listening implements Endpoint {
  readonly #peers: AcceptedPeers;
  readonly #end = deferred<ModemError | undefined>();
  readonly ended = this.#end.promise;
  /** A listener is never refused: if the modem ends it, the data connection was lost. */
  readonly wasUsed = true;

  private constructor(peers: AcceptedPeers) {
    this.#peers = peers;
  }

  static async open(
    peers: AcceptedPeers,
    listen: (
      accept: (socket: ModemSocket) => SocketEvents,
      onClosed: (error?: ModemError) => void,
    ) => Promise<ModemListener>,
  ): Promise<Listening> {
    const listening = new Listening(peers);
    listening.#listener = await listen(peers.accept, (error) => listening.#end.resolve(error));
    return listening;
  }

  #listener: ModemListener | undefined;

  get number(): number | undefined {
    return this.#listener?.number;
  }

  async close(): Promise<void> {
    await Promise.all([this.#listener?.close(), this.#peers.closeAll()]);
    // The modem may have accepted more until the listener closed.
    await this.#peers.closeAll();
    this.#end.resolve(undefined);
  }
}
