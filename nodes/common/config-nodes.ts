import type { Node } from "node-red";
import { ModemError } from "../../driver/errors";
import { isEmpty } from "./message/input";
import type { ModemNode, Runtime, TlsNode } from "./types";

/** Checks the type: Node-RED returns whatever node has the id. */
export function findModem(RED: Runtime, id: string): ModemNode | undefined {
  const node: Node | null | undefined = RED.nodes.getNode(id);
  return node?.type === "modem" ? (node as ModemNode) : undefined;
}

/** As `findModem`; returns a profile that can't be used too. */
export function lookUpTls(RED: Runtime, id: string): TlsNode | undefined {
  const node: Node | null | undefined = RED.nodes.getNode(id);
  return node?.type === "modem-tls" ? (node as TlsNode) : undefined;
}

/**
 * The security profile chosen in a node's dialog; undefined if none is chosen.
 *
 * @throws {ModemError} `INVALID_INPUT` if the chosen profile is missing or can't be used: a connection that should
 * be secure never falls back to one that isn't
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
