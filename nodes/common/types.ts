import type { EventEmitter } from "node:events";
import type { Node, NodeAPI, NodeMessage } from "node-red";
import type { ModemError } from "../../driver/errors";
import type { ModemEvents, ModemHandle } from "../../driver/modem-types";
import type { SecurityProfile, SessionData, SessionRecord } from "../../driver/services/security/security";

/** Node-RED's runtime as a node module gets it. */
export type Runtime = NodeAPI;
export type Message = NodeMessage;

/** A modem that can be listened to. */
export type ObservableModem = ModemHandle & EventEmitter<ModemEvents>;

/** What the flow nodes see of the config node `modem`. */
export interface ModemNode extends Node {
  /** By id: Node-RED hands the errors and the status of a config node to the flows of these nodes. */
  readonly users: Record<string, Node>;
  /** undefined where the settings can't be used; `problem` tells why. */
  readonly modem: ObservableModem | undefined;
  readonly problem: ModemError | undefined;
  /** ms that a message waits for the modem to become ready. */
  readonly timeout: number;
  /** Messages that may wait in one flow node. */
  readonly queue: number;
  register(user: Node): void;
  deregister(user: Node): void;
}

/** Told of session data that a connection has given; `modem` is the id of the modem's node. */
export type SessionListener = (modem: string, record: SessionRecord) => void;

/** What the flow nodes see of the config node `modem-tls`. */
export interface TlsNode extends Node {
  /** By id, as for a modem. */
  readonly users: Record<string, Node>;
  /** Why its settings can't be used. */
  readonly problem: ModemError | undefined;
  /** What a connection of this modem is made with; its sessions are kept for each modem apart. @throws {ModemError} `problem` */
  profileFor(modem: ModemNode): SecurityProfile;
  /** Whole days until the first of its certificates ends, negative when one has; undefined where it has none. */
  daysLeft(): number | undefined;
  /** Returns the way out. */
  onSession(listener: SessionListener): () => void;
  /** While `work` gives a modem these data they are kept as any others, but no listener is told: they are no news. */
  restoring<T>(session: SessionData, work: () => Promise<T>): Promise<T>;
  register(user: Node): void;
  deregister(user: Node): void;
}
