import type { Node } from "node-red";
import { ModemError } from "../../driver/errors";
import { isEmpty } from "./input";
import type { ModemNode, Runtime, TlsNode } from "./types";

/** Node-RED gives any node for an id, so its type is looked at. */
export function findModem(RED: Runtime, id: string): ModemNode | undefined {
  const node: Node | null | undefined = RED.nodes.getNode(id);
  return node?.type === "modem" ? (node as ModemNode) : undefined;
}

/** As `findModem`, whether it can be used or not. */
export function lookUpTls(RED: Runtime, id: string): TlsNode | undefined {
  const node: Node | null | undefined = RED.nodes.getNode(id);
  return node?.type === "modem-tls" ? (node as TlsNode) : undefined;
}

/**
 * The security profile of a node's dialog; undefined where none is chosen.
 *
 * @throws {ModemError} `INVALID_INPUT` when the one that is chosen is not there or can't be used: a connection that
 * should be secure never falls back to one that isn't
 */
export function findTls(RED: Runtime, id: string): TlsNode | undefined {
  if (isEmpty(id)) return undefined;
  const tls = lookUpTls(RED, id);
  if (tls === undefined) {
    throw new ModemError(
      "INVALID_INPUT",
      "tls: the security profile is missing or disabled. Choose another one in the node",
    );
  }
  if (tls.problem !== undefined) throw tls.problem;
  return tls;
}
