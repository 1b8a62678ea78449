import helper from "node-red-node-test-helper";
import { expect, it } from "vitest";
import { longestTurn } from "../support/event-loop";
import { useNodeRed } from "../support/flow";
import { mqttFlow } from "./mqtt-flow";

useNodeRed();

const MILLION = 1_000_000;
/** The bar is 50 ms; what is worse than linear takes minutes. */
const LIMIT_MS = 50;
/** A turn may have the garbage of the turns before in it. */
const TRIES = 4;

const boom = (): never => {
  throw new Error("boom");
};
const getter = (name: string, rest: object = {}): object =>
  Object.defineProperty({ ...rest }, name, { get: boom, enumerable: true });
const circle = (): object => {
  const one: Record<string, unknown> = {};
  one.self = one;
  return one;
};
const euros = "€".repeat(MILLION);
const connect = (login: object): object => ({ action: "connect", broker: login });
const subscribe = (topic: unknown): object => ({ action: "subscribe", topic });

it.each<readonly [string, () => object, string]>([
  ["a topic's getter", () => getter("topic", { payload: "a" }), "msg.topic"],
  ["a BigInt", () => ({ topic: "a", payload: 1n }), "msg.payload"],
  ["a BigInt in an object", () => ({ topic: "a", payload: { a: 1n } }), "msg.payload"],
  ["a circle", () => ({ topic: "a", payload: circle() }), "msg.payload"],
  ["a host's getter", () => connect(getter("host")), "msg.broker.host"],
  ["a filter's getter", () => subscribe([getter("topic")]), "msg.topic.0.topic"],
  ["a filter's QoS", () => subscribe(getter("qos", { topic: "a" })), "msg.topic.qos"],
  ["bytes in place of a filter", () => subscribe([Buffer.alloc(MILLION)]), "msg.topic"],
  ["a long topic", () => ({ topic: euros, payload: "a" }), "msg.topic"],
  ["a long type", () => ({ topic: "a", payload: "a", topicType: euros }), "msg.topicType"],
  ["a long expiry", () => ({ topic: "a", payload: "a", expiry: "9".repeat(MILLION) }), "msg.expiry"],
  ["a long password", () => connect({ username: "a", password: euros }), "msg.broker.password"],
  ["a long client id", () => connect({ clientId: euros }), "msg.broker.clientId"],
])("modem-mqtt refuses %s by name, and at once", async (_what, message, field) => {
  await mqttFlow({ model: "LARA-R6", port: 1, broker: { autoConnect: false } });
  const node = helper.getNode("mqtt");
  let time = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < TRIES && time >= LIMIT_MS; tries += 1) {
    const ended = new Promise<Error & { code?: string }>((resolve) => {
      node.error = (error: unknown) => resolve(error as Error);
    });
    const given = message();
    time = Math.min(time, await longestTurn(() => void node.receive(given as never), ended));
    const { code, message: words } = await ended;
    expect(code).toBe("INVALID_INPUT");
    expect(words.split(" ")[0]).toBe(field);
  }
  expect(time).toBeLessThan(LIMIT_MS);
});
