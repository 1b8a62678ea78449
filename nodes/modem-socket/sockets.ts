import { once } from "node:events";
import { ModemError } from "../../driver/errors";
import type { SecurityProfile } from "../../driver/services/security/security";
import type { ModemSocket } from "../../driver/services/sockets/sockets";
import type { StatusText } from "../common/status";
import type { ObservableModem } from "../common/types";
import { KeptEndpoint, type UseOptions } from "./kept-endpoint";
import { AcceptedPeers, Listening } from "./listening";
import { type Outputs, type SocketEvent, socketEvent } from "./outputs";
import { Peer } from "./peer";
import type { SocketRequest, Target } from "./request";
import type { SocketSettings } from "./settings";
import { socketsStatus } from "./sockets-status";

/** Bounds one attempt to open a kept-up connection: +USOCO and a TLS handshake may take two minutes. */
const OPEN_TIMEOUT_MS = 120_000;

export interface SocketsParts {
  readonly settings: SocketSettings;
  readonly modem: ObservableModem;
  /** ms that a message waits for the modem, and for the connection. */
  readonly timeout: number;
  readonly outputs: Outputs;
  /** Whether the dialog alone says enough to open the socket. */
  readonly isKept: boolean;
  /** The peer that the dialog alone names. */
  target(): Promise<Target | undefined>;
  security(): SecurityProfile | undefined;
  /** The status may have changed. */
  changed(): void;
  report(error: Error): void;
}

/** The sockets of one node: one that it opens on demand or keeps up, and those it has accepted. */
export class NodeSockets {
  readonly #parts: SocketsParts;
  readonly #endpoint: KeptEndpoint<Peer | Listening>;
  readonly #accepted: AcceptedPeers;
  /** The last `close`; later actions wait for it. */
  #closing: Promise<void> = Promise.resolve();
  #isStopped = false;
  /** The context of the socket that is open, or is to be. */
  #cid: number | undefined;

  constructor(parts: SocketsParts) {
    this.#parts = parts;
    const { settings, modem, outputs } = parts;
    this.#cid = settings.cid;
    this.#accepted = new AcceptedPeers(settings, outputs, () => parts.changed());
    this.#endpoint = new KeptEndpoint<Peer | Listening>({
      open: (target, isTold, signal) => this.#open(target, isTold, signal),
      target: () => parts.target(),
      modemReady: async (signal) => {
        while (modem.state !== "ready") await once(modem, "state", { signal });
      },
      changed: () => parts.changed(),
      report: (error) => parts.report(error),
    });
  }

  start(): void {
    if (this.#parts.isKept && !this.#isStopped) this.#endpoint.keepUp();
  }

  /** Closes everything for good. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all([this.#endpoint.stop(true), this.#accepted.closeAll()]);
  }

  nodeStatus(): StatusText | undefined {
    const endpoint = this.#endpoint;
    const accepted = this.#accepted;
    return socketsStatus({
      isListening: this.#parts.settings.role === "listen",
      isOpen: endpoint.current !== undefined,
      isOpening: endpoint.isOpening,
      connections: accepted.all.length,
      failure: endpoint.failure,
      peer: peerOf(endpoint.current),
    });
  }

  async send({ data: payload, target, choice, cid }: SocketRequest, signal: AbortSignal): Promise<SocketEvent> {
    await this.#closing;
    if (choice.number === undefined) this.#chooseContext(cid);
    const { protocol, role, delimiter, appendDelimiter } = this.#parts.settings;
    const data = appendDelimiter && protocol === "tcp" ? Buffer.concat([payload, delimiter]) : payload;
    const sent = (socket?: ModemSocket) => socketEvent("sent", socket, { bytes: data.length });
    if (role === "listen" && protocol === "tcp") {
      const peers = choice.number === undefined ? this.#accepted.all : [this.#accepted.find(choice)];
      await sendToAll(peers, data, signal);
      return sent(peers.length === 1 ? peers[0]?.socket : undefined);
    }
    const isUdp = protocol === "udp";
    if (isUdp && target === undefined) throw noTarget();
    const endpoint = await this.#use({ target, tells: false, signal });
    if (!(endpoint instanceof Peer)) throw noTarget();
    const to = await endpoint.send(data, { signal, ...(isUdp && target !== undefined ? { to: target } : {}) });
    return { ...sent(endpoint.socket), ...to };
  }

  /** Resolves once it is open; from then on it is kept up if the dialog names the peer. */
  async connect({ target, cid }: SocketRequest, signal: AbortSignal): Promise<SocketEvent> {
    await this.#closing;
    this.#chooseContext(cid);
    this.start();
    const endpoint = await this.#use({ target, tells: true, signal });
    if (endpoint instanceof Peer) return socketEvent("connected", endpoint.socket, { way: endpoint.socket.way });
    return { ...socketEvent("connected", undefined, {}), socket: endpoint.number };
  }

  /** One accepted connection, or everything. */
  async close({ choice }: SocketRequest): Promise<SocketEvent> {
    await this.#closing;
    if (choice.number !== undefined) {
      const peer = this.#accepted.find(choice);
      await Promise.all([peer.close(true), peer.ended]);
      return socketEvent("closed", peer.socket, {});
    }
    const { current } = this.#endpoint;
    const closing = Promise.all([this.#endpoint.stop(true), this.#accepted.closeAll()]);
    this.#closing = closing.then(
      () => undefined,
      () => undefined,
    );
    await closing;
    return socketEvent("closed", current instanceof Peer ? current.socket : undefined, {});
  }

  async status({ choice }: SocketRequest): Promise<SocketEvent> {
    await this.#closing;
    if (choice.number !== undefined) return peerStatus(this.#accepted.find(choice));
    const { current, isOpening, failure } = this.#endpoint;
    if (current instanceof Peer) return peerStatus(current);
    const state = current !== undefined ? "listen" : isOpening ? "connecting" : "closed";
    const reason = failure === undefined ? {} : { lastError: failure.message };
    const { role, protocol } = this.#parts.settings;
    if (role !== "listen" || protocol !== "tcp") return socketEvent("status", undefined, { state, ...reason });
    const connections = this.#accepted.all.map(({ socket }) => ({ socket: socket.number, ...socket.remote }));
    const event = socketEvent("status", undefined, { state, connections, ...reason });
    return current === undefined ? event : { ...event, socket: current.number };
  }

  /**
   * A message's context holds for the socket that is opened for it, for as long as it is kept up.
   *
   * @throws {ModemError} `INVALID_INPUT` where one is open on another: nothing goes out on a context that is not meant
   */
  #chooseContext(cid: number | undefined): void {
    const { isKeptUp, isOpening, current } = this.#endpoint;
    if (!isKeptUp && !isOpening && current === undefined) this.#cid = cid ?? this.#parts.settings.cid;
    else if (cid !== undefined && cid !== this.#cid) throw otherContext(cid, this.#cid);
  }

  #use(options: Omit<UseOptions, "timeout">): Promise<Peer | Listening> {
    const { settings, isKept, timeout } = this.#parts;
    const opens = isKept || settings.protocol === "udp" || options.target !== undefined;
    if (!opens && this.#endpoint.current === undefined && !this.#endpoint.isOpening) throw noTarget();
    return this.#endpoint.use({ ...options, timeout });
  }

  async #open(target: Target | undefined, isTold: () => boolean, signal: AbortSignal): Promise<Peer | Listening> {
    const { modem, settings, timeout, outputs } = this.#parts;
    const { sockets } = await modem.ready({ timeout, signal });
    const cid = this.#cid;
    const { protocol, role, localPort, keepAlive, mode, linger, ttl, tos } = settings;
    const common = {
      // If only messages ask for it, it is of use only while they wait.
      timeout: this.#endpoint.isKeptUp ? OPEN_TIMEOUT_MS : Math.min(timeout, OPEN_TIMEOUT_MS),
      signal,
      ...(localPort === undefined ? {} : { localPort }),
      ...(cid === undefined ? {} : { cid }),
      ...(ttl === undefined ? {} : { ttl }),
      ...(tos === undefined ? {} : { tos }),
    };
    const ofStream = { keepAlive, ...(linger === undefined ? {} : { linger }) };
    if (role === "listen" && protocol === "tcp") {
      const options = { ...common, localPort: localPort ?? 0, ...ofStream };
      return Listening.open(this.#accepted, (accept, onClosed) => sockets.listen(options, accept, onClosed));
    }
    const profile = this.#parts.security();
    const security = profile === undefined ? {} : { security: profile };
    const peer = new Peer(settings, outputs);
    if (protocol === "tcp" && target === undefined) throw noTarget();
    const socket =
      protocol === "udp" || target === undefined
        ? await sockets.openUdp({ ...common, ...security, ...target }, peer.events)
        : await sockets.connect({ ...common, ...security, ...target, ...ofStream, mode }, peer.events);
    peer.begin(socket, isTold() ? undefined : "connected");
    return peer;
  }
}

/** To whom, as a badge has room for it. */
function peerOf(endpoint: Peer | Listening | undefined): string | undefined {
  const remote = endpoint instanceof Peer ? endpoint.socket.remote : undefined;
  if (remote === undefined || remote.ip === "") return undefined;
  return `${remote.ip.includes(":") ? `[${remote.ip}]` : remote.ip}:${remote.port}`;
}

/** Sends to all; fails only if every one fails. */
async function sendToAll(peers: readonly Peer[], data: Buffer, signal: AbortSignal): Promise<void> {
  if (peers.length === 0) throw new ModemError("CONNECTION_CLOSED", "No peer is connected to this node");
  const outcomes = await Promise.allSettled(peers.map((peer) => peer.send(data, { signal })));
  const failed = outcomes.filter((outcome) => outcome.status === "rejected");
  if (failed.length === peers.length) throw failed[0]?.reason;
}

async function peerStatus(peer: Peer): Promise<SocketEvent> {
  return socketEvent("status", peer.socket, { ...(await peer.status()), way: peer.socket.way });
}

function noTarget(): ModemError {
  return new ModemError("INVALID_INPUT", "msg.host is missing: enter host and port in the node or send them");
}

function otherContext(asked: number, open: number | undefined): ModemError {
  const used = open === undefined ? "the modem's default context" : `context ${open}`;
  return new ModemError("INVALID_INPUT", `msg.cid is ${asked}, and this node's socket uses ${used}: close it first`);
}
