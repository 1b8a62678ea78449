export interface FlowSettings {
  /** Of the modem. */
  readonly port: string;
  /** Where the flow tells what became of its messages. */
  readonly reports: number;
  readonly qos: 1 | 2;
}

/** Path of Node-RED to which a test says how many messages it wants: `{ from, to }`. */
export const FEED_PATH = "feed";
/** Id of the node whose outbox it is. */
export const KEEPER = { mqtt: "b", http: "under-test" } as const;
export type Protocol = keyof typeof KEEPER;
export const HOST = "sink.example";
const TOPICS = 5;
/** More than a soak sends. */
const LIMIT = 100_000;

export function topicOf(number: number): string {
  return `t/${number % TOPICS}`;
}

/** A flow that makes numbered messages, sends them by a node with an outbox, and tells how each ended. */
export function outboxFlow(protocol: Protocol, { port, reports, qos }: FlowSettings): readonly object[] {
  const place = { z: "tab", x: 100, y: 100 };
  const outbox = { outbox: "disk", outboxLimit: LIMIT };
  const make = [
    "for (let number = msg.payload.from; number < msg.payload.to; number += 1)",
    `  node.send([null, { payload: String(number), topic: "t/" + (number % ${TOPICS}), qos: ${qos}, number }]);`,
    "return [msg, null];",
  ].join("\n");
  const tell = (kind: string, more = "") =>
    `return { payload: JSON.stringify({ kind: "${kind}", number: msg.number${more} }) + "\\n" };`;
  const node =
    protocol === "mqtt"
      ? { type: "modem-mqtt", broker: "b" }
      : { type: "modem-http", modem: "m", method: "POST", url: `http://${HOST}/{{topic}}`, timeout: 20, ...outbox };
  const broker = {
    ...{ id: "b", type: "modem-broker", modem: "m", host: HOST, port: 1883, keepAlive: 30 },
    ...{ clientId: "under-test", ...outbox },
  };
  return [
    { id: "tab", type: "tab", label: "outbox" },
    { id: "m", type: "modem", port, timeout: 30 },
    ...(protocol === "mqtt" ? [broker] : []),
    { id: "feed", type: "http in", ...place, url: `/${FEED_PATH}`, method: "post", wires: [["make"]] },
    { id: "make", type: "function", ...place, func: make, outputs: 2, libs: [], wires: [["fed"], ["under-test"]] },
    { id: "fed", type: "http response", ...place, statusCode: "200", wires: [] },
    { id: "under-test", ...node, ...place, wires: [[], []] },
    { id: "complete", type: "complete", ...place, scope: ["under-test"], wires: [["done"]] },
    { id: "done", type: "function", ...place, func: tell("done"), outputs: 1, libs: [], wires: [["tell"]] },
    { id: "catch", type: "catch", ...place, scope: ["under-test"], wires: [["failed"]] },
    {
      ...{ id: "failed", type: "function", ...place, outputs: 1, libs: [], wires: [["tell"]] },
      func: tell("failed", ", error: msg.error.message"),
    },
    { id: "tell", type: "tcp out", ...place, host: "127.0.0.1", port: String(reports), beserver: "client", wires: [] },
  ];
}
