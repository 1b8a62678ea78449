import type { EventEmitter } from "node:events";
import type { Node, NodeAPI, NodeMessage } from "node-red";
import type { ModemError } from "../../driver/errors";
import type { ModemEvents, ModemHandle } from "../../driver/modem-types";

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
