import type { NodeMessage } from "node-red";
import helper from "node-red-node-test-helper";
import type { innerBroker } from "../../support/brokers";
import { deploy, Inbox, type Received } from "../support/flow";

export type TestBroker = Awaited<ReturnType<typeof innerBroker>>;

/** What the broker gets from its clients, as topic, payload, QoS and flag. */
export function published({ aedes }: TestBroker): string[] {
  const seen: string[] = [];
  aedes.on("publish", ({ topic, payload, qos, retain }, client) => {
    if (client !== null) seen.push(`${topic} ${payload} ${qos}${retain ? " retain" : ""}`);
  });
  return seen;
}

let modems = 0;

export interface MqttFlow {
  /** First outputs of all modem-mqtt nodes, by id. */
  readonly out: Readonly<Record<string, Inbox>>;
  /** Second outputs. */
  readonly events: Readonly<Record<string, Inbox>>;
  readonly errors: Inbox;
  /** To the node `mqtt`, unless told. */
  send(message: Readonly<Record<string, unknown>>, id?: string): void;
}

type Properties = Readonly<Record<string, unknown>>;

export interface MqttFlowOptions {
  readonly model: string;
  /** Of the broker, on this machine. */
  readonly port: number;
  readonly broker?: Properties;
  readonly credentials?: Properties;
  /** A second broker like the first, with these properties beside, and a node of its own. */
  readonly twin?: Properties;
  readonly modem?: Properties;
  /** Options of the simulated port, each with its `&`. */
  readonly sim?: string;
  /** Properties of each modem-mqtt node, by id; one `mqtt` without any where it is left out. */
  readonly nodes?: Readonly<Record<string, Properties>>;
}

const BROKER = { type: "modem-broker", modem: "m", host: "broker.test", port: 1883, outbox: "memory" };

/** The nodes of a flow with one broker, as `deploy` takes them. */
export function mqttNodes(options: MqttFlowOptions) {
  const { model, port, broker = {}, twin, modem = {}, sim = "", nodes = { mqtt: {} } } = options;
  modems += 1;
  const helpers = Object.keys(nodes).flatMap((id) => [
    { id: `${id}-out`, type: "helper" },
    { id: `${id}-events`, type: "helper" },
  ]);
  return [
    {
      ...{ id: "m", type: "modem", model: "auto", timeout: 30, ...modem },
      port: `sim:${model}?name=mqtt-${process.pid}-${modems}&route=broker.test:*=127.0.0.1:${port}${sim}`,
    },
    { ...BROKER, id: "b", ...broker },
    ...(twin === undefined
      ? []
      : [
          { ...BROKER, ...broker, id: "twin", ...twin },
          { id: "t", type: "modem-mqtt", broker: "twin" },
        ]),
    ...Object.entries(nodes).map(([id, properties]) => ({
      ...{ id, type: "modem-mqtt", broker: "b", ...properties },
      wires: [[`${id}-out`], [`${id}-events`]],
    })),
    ...helpers,
    { id: "catch", type: "catch", scope: null, wires: [["errors"]] },
    { id: "errors", type: "helper" },
  ];
}

/** Deploys a flow with one broker and its nodes. */
export async function mqttFlow(options: MqttFlowOptions): Promise<MqttFlow> {
  await deploy(mqttNodes(options), options.credentials === undefined ? {} : { b: options.credentials });
  const ids = Object.keys(options.nodes ?? { mqtt: {} });
  const inboxes = (suffix: string) => Object.fromEntries(ids.map((id) => [id, new Inbox(`${id}-${suffix}`)]));
  return {
    out: inboxes("out"),
    events: inboxes("events"),
    errors: new Inbox("errors"),
    send: (message, id = "mqtt") => void helper.getNode(id).receive(message as NodeMessage),
  };
}

export function inbox(inboxes: Readonly<Record<string, Inbox>>, id = "mqtt"): Inbox {
  const found = inboxes[id];
  if (found === undefined) throw new Error(`no node ${id}`);
  return found;
}

/** Whether it is that event of a broker or a publication. */
export const isEvent = (name: string) => (message: Received) => (message as { event?: string }).event === name;
