import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MqttSnGateway } from "../../../simulator/internet/demo-example/mqtt-sn-gateway/gateway";
import { useNodeRed } from "../../nodes/support/flow";
import { type InnerBroker, openInnerBroker } from "../../support/brokers";
import type { Wire } from "../wire";
import { CARRIED_ALONG, flow, foreign, given, type Properties, useWires, wired as wiredTo } from "./flow";
import { carriable, payloads, SEED, uncarriable } from "./texts";

const MQTT = { type: "modem-mqtt", broker: "b" };
const BROKER = { id: "b", type: "modem-broker", modem: "m", host: "broker.test", port: 1883, outbox: "memory" };
/** A message that arrives where the session stands. */
const PROBE = { topic: "probe", payload: "a" };

let broker: InnerBroker & { close(): Promise<void> };
let gateway: MqttSnGateway;

useNodeRed();
useWires();
beforeAll(async () => {
  broker = await openInnerBroker();
  gateway = await MqttSnGateway.open({ broker: { host: "127.0.0.1", port: broker.port } });
});
afterAll(async () => {
  await gateway.close();
  await broker.close();
});

const wired = (model: string, protocol: string): Promise<Wire> =>
  wiredTo(model, `broker.test:*=127.0.0.1:${protocol === "mqtt" ? broker.port : gateway.port}`);

const connect = (login: Properties): Properties => ({ action: "connect", broker: { ...login, force: true } });

/** Fields of a message, each with the node that takes it. */
const FIELDS: readonly [field: string, node: Properties, message: (text: string) => Properties][] = [
  ["topic", MQTT, (topic) => ({ topic, payload: "a" })],
  ["topic of QoS 1", MQTT, (topic) => ({ topic, payload: "a", qos: 1 })],
  ["template", { ...MQTT, publishTopic: "{{{text}}}" }, (text) => ({ text, payload: "a" })],
  ["level of a template", { ...MQTT, publishTopic: "a/{{{text}}}/b" }, (text) => ({ text, payload: "a" })],
  ["qos", MQTT, (qos) => ({ topic: "a", payload: "a", qos })],
  ["expiry", MQTT, (expiry) => ({ topic: "a", payload: "a", expiry })],
  ["topicType", MQTT, (topicType) => ({ topic: "a", payload: "a", topicType })],
  ["action", MQTT, (action) => ({ action })],
  ["filter", MQTT, (topic) => ({ action: "subscribe", topic })],
  ["filter in an object", MQTT, (topic) => ({ action: "subscribe", topic: { topic, qos: 1 } })],
  ["filter in a list", MQTT, (topic) => ({ action: "subscribe", topic: ["a", topic] })],
  ["qos of a filter", MQTT, (qos) => ({ action: "subscribe", topic: { topic: "a", qos } })],
  ["filter to unsubscribe", MQTT, (topic) => ({ action: "unsubscribe", topic })],
  ["login", MQTT, (text) => ({ action: "connect", broker: text })],
  ["host", MQTT, (host) => connect({ host })],
  ["port", MQTT, (port) => connect({ port })],
  ["clientId", MQTT, (clientId) => connect({ clientId })],
  ["username", MQTT, (username) => connect({ username })],
  ["password", MQTT, (password) => connect({ username: "a", password })],
];
/** Of MQTT-SN alone. */
const SN_FIELDS: typeof FIELDS = [
  ["predefined topic", MQTT, (topic) => ({ topicType: "predefined", topic, payload: "a" })],
  ["topicId", MQTT, (topicId) => ({ topicType: "predefined", topicId, payload: "a" })],
  ["short topic", MQTT, (topic) => ({ topicType: "short", topic, payload: "a" })],
  [
    "topicId to subscribe to",
    MQTT,
    (topicId) => ({ action: "subscribe", topic: { topicType: "predefined", topicId } }),
  ],
];
/** Each ends the session, and begins another one. */
const LOGINS = new Set(["login", "host", "port", "clientId", "username", "password"]);

/** Commands that begin or end a session. */
const LOGIN = /^AT\+(?:QMT(?:OPEN|CLOSE|CONN|DISC)|UMQTT(?:SN)?C)=[01](?:,|$)/;

/** What only the dialog says, in a broker for each text. */
const DIALOG: readonly [field: string, broker: (text: string) => Properties][] = [
  ["protocol", (protocol) => ({ protocol })],
  ["protocolVersion", (protocolVersion) => ({ protocolVersion })],
  ["host", (host) => ({ host })],
  ["port", (port) => ({ port })],
  ["cid", (cid) => ({ cid })],
  ["clientId", (clientId) => ({ clientId })],
  ["keepAlive", (keepAlive) => ({ keepAlive })],
  ["cleanSession", (cleanSession) => ({ cleanSession })],
  ["birthTopic", (birthTopic) => ({ birthTopic })],
  ["birthQos", (birthQos) => ({ birthTopic: "a", birthQos })],
  ["closeTopic", (closeTopic) => ({ closeTopic })],
  ["willTopic", (willTopic) => ({ willTopic })],
  ["willPayload", (willPayload) => ({ willTopic: "a", willPayload })],
  ["willRetain", (willRetain) => ({ willTopic: "a", willRetain })],
  ["outbox", (outbox) => ({ outbox })],
  ["outboxLimit", (outboxLimit) => ({ outboxLimit })],
  ["user", () => ({})],
  ["password", () => ({})],
];

describe.each([
  ["LARA-R6", "mqtt"],
  ["BG96", "mqtt"],
  ["LARA-R6", "mqtt-sn"],
])(`hostile texts (seed ${SEED}) to the broker of a %s by %s`, (model, protocol) => {
  const fields = protocol === "mqtt" ? FIELDS : [...FIELDS, ...SN_FIELDS];
  const nodes = [...fields.map(([id, node]) => ({ ...node, id })), { ...MQTT, id: "probe" }];
  const settings = { ...BROKER, protocol, port: protocol === "mqtt" ? 1883 : 10_000 };

  it("in a message are refused before anything is sent, and the session goes on", async () => {
    const wire = await wired(model, protocol);
    const { give } = await flow([{ port: wire.port }, settings], nodes);
    expect(await give("probe", PROBE)).toBeUndefined();
    const { length } = wire.conversation.commands;
    for (const text of uncarriable(300)) {
      const codes = await Promise.all(
        fields.map(async ([id, , message]) => `${id}: ${(await give(id, message(text)))?.code}`),
      );
      expect(codes, JSON.stringify(text)).toEqual(fields.map(([id]) => `${id}: INVALID_INPUT`));
    }
    expect(await give("probe", PROBE)).toBeUndefined();
    expect(wire.conversation.commands.slice(length).filter((line) => LOGIN.test(line))).toEqual([]);
    expect(foreign(model, wire)).toEqual([]);
  }, 120_000);

  it("that a string can carry stay within it", async () => {
    const wire = await wired(model, protocol);
    const { give } = await flow([{ port: wire.port }, settings], nodes);
    expect(await give("probe", PROBE)).toBeUndefined();
    // Most others have a + or a #, which no topic can have.
    const texts = ["a;ATZ", ...carriable(6)];
    await Promise.all(
      fields
        .filter(([id]) => !LOGINS.has(id))
        .flatMap(([id, , message]) => texts.map((text) => give(id, message(text)))),
    );
    expect(await give("probe", PROBE)).toBeUndefined();
    expect(foreign(model, wire)).toEqual([]);
    expect(wire.conversation.commands.join()).toMatch(CARRIED_ALONG);
  }, 120_000);

  it("in a dialog are refused when it is deployed", async () => {
    const wire = await wired(model, protocol);
    const all = DIALOG.flatMap(([field, own]) =>
      uncarriable(60).map((text, index) => ({ field, text, id: `${field}-${index}`, own: own(text) })),
    );
    const brokers = all.map(({ id, own }) => ({ ...settings, ...own, id: `b-${id}` }));
    const credentials = Object.fromEntries(
      all.map(({ id, field, text }) => {
        const secrets = { user: { user: text }, password: { user: "user", password: text } };
        return [`b-${id}`, secrets[field as "user"] ?? {}];
      }),
    );
    const { give } = await flow(
      [{ port: wire.port }, settings, ...brokers],
      [{ ...MQTT, id: "probe" }, ...all.map(({ id }) => ({ ...MQTT, id, broker: `b-${id}` }))],
      credentials,
    );
    const codes = await Promise.all(
      all.map(async ({ id, field }) => `${field}: ${(await give(id, { topic: "a", payload: "a" }))?.code}`),
    );
    expect(codes).toEqual(all.map(({ field }) => `${field}: INVALID_INPUT`));
    expect(await give("probe", PROBE)).toBeUndefined();
    expect(foreign(model, wire)).toEqual([]);
  }, 120_000);

  it("as payloads arrive as they are", async () => {
    const wire = await wired(model, protocol);
    const seen: Buffer[] = [];
    const listen = ({ topic, payload }: { topic: string; payload: Buffer | string }, done: () => void): void => {
      if (topic === "payloads") seen.push(Buffer.from(payload));
      done();
    };
    const all = payloads(40);
    await new Promise<void>((resolve) => void broker.aedes.subscribe("payloads", listen as never, resolve));
    const { give } = await flow([{ port: wire.port }, settings], [{ ...MQTT, id: "probe" }]);
    for (const [index, payload] of all.entries())
      expect(await give("probe", { topic: "payloads", payload, qos: index % 2 })).toBeUndefined();
    await new Promise<void>((resolve) => void broker.aedes.unsubscribe("payloads", listen as never, resolve));
    expect(seen).toEqual(all);
    expect(foreign(model, wire)).toEqual([]);
  }, 120_000);
});

describe("these tests", () => {
  it("have given at least 20,000 texts", () => {
    process.stdout.write(`hostile texts to brokers: ${given()}, seed ${SEED}\n`);
    expect(given()).toBeGreaterThan(20_000);
  });
});
