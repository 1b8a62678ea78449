import type { EventEmitter } from "node:events";
import type { Node, NodeAPI, NodeMessage } from "node-red";
import type { ModemError } from "../../driver/errors";
import type { ModemEvents, ModemHandle } from "../../driver/modem-types";
import type { SecurityProfile, SessionData, SessionRecord } from "../../driver/services/security/security";
import type { KnownModel } from "./model-fit";

/** Node-RED's runtime as passed to a node module. */
export type Runtime = NodeAPI;
export type Message = NodeMessage;

/** A modem with events. */
export type ObservableModem = ModemHandle & EventEmitter<ModemEvents>;

/** What the flow nodes see of the config node `modem`. */
export interface ModemNode extends Node {
  /** By id: Node-RED passes the errors and the status of a config node to the flows of these nodes. */
  readonly users: Record<string, Node>;
  /** undefined if the settings can't be used; `problem` tells why. */
  readonly modem: ObservableModem | undefined;
  readonly problem: ModemError | undefined;
  /** How sentences call it: by its name, or else by its port. */
  readonly called: string;
  /** The model, where settings or port name it. */
  readonly knownModel: KnownModel | undefined;
  /** ms that a message waits for the modem to become ready. */
  readonly timeout: number;
  /** Messages that may wait in one flow node. */
  readonly queue: number;
  /** Calls `release` if the modem closes for good and the user does not. */
  register(user: Node, release: () => void): void;
  deregister(user: Node): void;
  /** Keeps it open for a config node that still uses it. Returns a function that gives it free. */
  hold(): () => void;
}

/** Called with the session data of a connection; `modem` is the id of the modem's node. */
export type SessionListener = (modem: string, record: SessionRecord) => void;

/** What the flow nodes see of the config node `modem-tls`. */
export interface TlsNode extends Node {
  /** By id, as for a modem. */
  readonly users: Record<string, Node>;
  /** Why its settings can't be used. */
  readonly problem: ModemError | undefined;
  /** The profile for this modem's connections; each modem has its own sessions. @throws {ModemError} `problem` */
  profileFor(modem: ModemNode): SecurityProfile;
  /** Whole days until its first certificate expires, negative once one has; undefined if it has none. */
  daysLeft(): number | undefined;
  /** Returns a function that unsubscribes. */
  onSession(listener: SessionListener): () => void;
  /** Keeps the data while `work` gives them to a modem, but tells no listener: they are not new. */
  restoring<T>(session: SessionData, work: () => Promise<T>): Promise<T>;
  register(user: Node): void;
  deregister(user: Node): void;
}
