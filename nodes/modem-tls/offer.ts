import type { Node } from "node-red";
import type { ModemError } from "../../driver/errors";
import { checkMaterial } from "../../driver/services/security/profile-material";
import { sharedText } from "../common/catalogue";
import { onFlowsStarted, reportOnceStarted } from "../common/started";
import type { Runtime, TlsNode } from "../common/types";
import { withinLimit } from "../common/within-limit";
import { ModemProfiles, stableId } from "./modem-profiles";
import { daysLeft, securityProfile } from "./profile";
import { SessionVault } from "./session-vault";
import type { ModemTlsCredentials, ModemTlsProperties } from "./types";

export type Instance = Node<ModemTlsCredentials> & { -readonly [K in keyof Omit<TlsNode, keyof Node>]: TlsNode[K] };

/** Bounds how long the node waits for a hanging storage; the contract allows 5 s. */
const CLOSE_LIMIT_MS = 4000;

/** The session data of all profiles. */
export function sessionVault(RED: Runtime): SessionVault {
  return new SessionVault(RED.settings, (reason) => RED.log.warn(sharedText(RED, "log.sessionsNotKept", { reason })));
}

/** Makes what the node's settings describe; a node whose settings can't be used stays, and tells why. */
export function offerProfiles(RED: Runtime, node: Instance, properties: ModemTlsProperties, vault: SessionVault): void {
  keepUsers(node);
  let profiles: ModemProfiles | undefined;
  try {
    profiles = makeProfiles(node, properties, vault);
  } catch (error) {
    refuse(node, error as ModemError);
  }
  if (node.problem !== undefined) reportOnceStarted(RED, node, node.problem);
  onFlowsStarted(RED, node, () => dropOrphans(RED, vault));
  node.on("close", (removed: boolean, done: () => void) => {
    if (removed) {
      profiles?.end();
      vault.retain(({ profile }) => profile !== stableId(node));
    }
    void withinLimit(vault.flush(), CLOSE_LIMIT_MS).then(done);
  });
}

/** Node-RED passes the errors of a config node to the flows of its users. */
function keepUsers(node: Instance): void {
  const users: Record<string, Node> = {};
  node.users = users;
  node.register = (user) => {
    users[user.id] = user;
  };
  node.deregister = (user) => {
    if (users[user.id] === user) delete users[user.id];
  };
}

/** @throws {ModemError} `INVALID_INPUT` */
function makeProfiles(node: Instance, properties: ModemTlsProperties, vault: SessionVault): ModemProfiles {
  const profile = securityProfile(node.id, properties, node.credentials ?? {});
  const material = checkMaterial(profile);
  const profiles = new ModemProfiles(node, profile, vault);
  node.profileFor = (modem) => profiles.for(modem);
  node.restoring = (session, work) => profiles.restoring(session, work);
  node.onSession = (listener) => profiles.onSession(listener);
  node.daysLeft = () => daysLeft(material);
  return profiles;
}

/** The node stays, and throws its problem at every use. */
function refuse(node: Instance, problem: ModemError): void {
  node.problem = problem;
  node.profileFor = () => {
    throw problem;
  };
  node.restoring = (_session, work) => work();
  node.onSession = () => () => {};
  node.daysLeft = () => undefined;
}

/** Drops data of nodes that were deleted while this node or Node-RED was not running. */
function dropOrphans(RED: Runtime, vault: SessionVault): void {
  const ids = new Set<string>();
  RED.nodes.eachNode(({ id }) => ids.add(id));
  vault.retain(({ profile, modem }) => ids.has(profile) && ids.has(modem));
}
