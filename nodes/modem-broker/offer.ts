import type { Node } from "node-red";
import { isModemError, type ModemError, shortened } from "../../driver/errors";
import { findModem } from "../common/config-nodes";
import { nodeClosed, notConfigured } from "../common/errors";
import { checkFit } from "../common/known-model";
import { isEmpty } from "../common/message/input";
import { brokerMisfits } from "../common/model-fit";
import { outboxPath } from "../common/outbox/path";
import { onFlowsStarted, reportOnceStarted } from "../common/started";
import type { ModemNode, Runtime } from "../common/types";
import { withinLimit } from "../common/within-limit";
import { Broker } from "./broker";
import type { BrokerNode } from "./node";
import { openSession } from "./open-session";
import { takePlace } from "./places";
import { type BrokerSettings, brokerSecurity, brokerSettings } from "./settings";
import type { ModemBrokerCredentials, ModemBrokerProperties } from "./types";

export type Instance = Node<ModemBrokerCredentials> & {
  -readonly [K in keyof Omit<BrokerNode, keyof Node>]: BrokerNode[K];
};

/** A goodbye of 2 s, and what the outbox still writes. */
const CLOSE_LIMIT_MS = 4000;
/** A flow that is deployed again finds the session as it was. */
const STOP_DELAY_MS = 500;

/** Makes what the node's settings describe; a node whose settings can't be used stays, and tells why. */
export function offerBroker(RED: Runtime, node: Instance, properties: ModemBrokerProperties): void {
  let stopUnlessUsed = (): void => {};
  keepUsers(node, () => stopUnlessUsed());
  node.modemId = properties.modem;
  node.isMqttSn = properties.protocol === "mqtt-sn";
  const offer = (): void => {
    try {
      const settings = brokerSettings(properties, node.credentials ?? {});
      brokerSecurity(RED, properties);
      stopUnlessUsed = makeBroker(RED, node, properties, settings);
      node.problem = undefined;
    } catch (error) {
      node.problem = error as ModemError;
    }
  };
  offer();
  if (node.problem === undefined) return;
  reportOnceStarted(RED, node, node.problem);
  // A deploy that takes away who has the modem's session does not start this node anew.
  onFlowsStarted(RED, node, () => {
    if (isModemError(node.problem, "MODEM_BUSY")) offer();
  });
}

/** Node-RED passes the errors of a config node to the flows of its users. */
function keepUsers(node: Instance, onNobody: () => void): void {
  const users: Record<string, Node> = {};
  node.users = users;
  node.register = (user) => {
    users[user.id] = user;
  };
  node.deregister = (user) => {
    if (users[user.id] !== user) return;
    delete users[user.id];
    if (!isUsed(node)) onNobody();
  };
}

function isUsed({ users }: Pick<Instance, "users">): boolean {
  return Object.keys(users).length > 0;
}

/**
 * @returns a function to call when the last user has gone
 * @throws {ModemError} where its modem has no session for it
 */
function makeBroker(
  RED: Runtime,
  node: Instance,
  properties: ModemBrokerProperties,
  settings: BrokerSettings,
): () => void {
  const modem = findModem(RED, properties.modem);
  if (modem === undefined) throw notConfigured();
  if (modem.modem === undefined) throw modem.problem ?? notConfigured();
  checkFit(RED, properties.modem, (model) => brokerMisfits({ ...properties }, model));
  const called = isEmpty(properties.name) ? `${settings.login.host}` : shortened(properties.name);
  const leave = takePlace(modem, { called, protocol: settings.protocol });
  const broker = new Broker({
    settings,
    modem: modem.modem,
    called,
    outboxPath: outboxPath(RED, node.id),
    // Looked up each time: a deploy may have changed it.
    open: async (services, login, events, limit) =>
      openSession(services, { settings, login, owner: `broker ${called}`, ...limit, security: security() }, events),
    onError: (error) => node.error(error, {}),
    onWarning: (error) => node.warn(error.message),
  });
  const security = () => brokerSecurity(RED, properties);
  node.broker = broker;
  return keepOpen(RED, node, { modem, settings, broker, leave });
}

interface Kept {
  readonly modem: ModemNode;
  readonly settings: BrokerSettings;
  readonly broker: Broker;
  /** Gives the modem's session free for another broker. */
  leave(): void;
}

/**
 * The session stands as long as flow nodes use the broker, and the modem is not closed before the goodbye.
 *
 * @returns a function to call when the last user has gone
 */
function keepOpen(RED: Runtime, node: Instance, { modem, settings, broker, leave }: Kept): () => void {
  let release: (() => void) | undefined;
  let timer: NodeJS.Timeout | undefined;
  const stop = async (): Promise<void> => {
    if (isUsed(node)) return;
    const held = release;
    release = undefined;
    await broker.disconnect();
    held?.();
  };
  onFlowsStarted(RED, node, () => {
    clearTimeout(timer);
    if (!isUsed(node) || release !== undefined) return;
    release = modem.hold();
    // Only then: a later deploy leaves a session that a message has ended as it is.
    if (settings.autoConnect) void broker.connect();
  });
  node.on("close", (done: () => void) => {
    clearTimeout(timer);
    void withinLimit(broker.close(nodeClosed()), CLOSE_LIMIT_MS).then(() => {
      leave();
      release?.();
      done();
    });
  });
  return () => {
    clearTimeout(timer);
    timer = setTimeout(() => void stop(), STOP_DELAY_MS);
  };
}
