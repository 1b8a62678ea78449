import { X509Certificate } from "node:crypto";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { CA } from "../../../simulator/internet/demo-example/certificates";
import { isFilter, matches } from "../../../simulator/internet/demo-example/mqtt/topics";
import { MqttConnection } from "../../../simulator/internet/mqtt/connection";
import type { BrokerTarget, Login, QoS, ReceivedMessage, SessionEnd } from "../../../simulator/internet/mqtt/types";
import { createInternet } from "../../../simulator/internet/real-internet";
import { ALL_BYTES } from "./servers";

const WAIT = { timeout: 5000 };
const internet = createInternet({ routes: [], latency: 0, random: () => 0 });
const tls = {
  versions: { min: "TLSv1.2", max: "TLSv1.3" },
  verify: { chain: true, dates: true, host: "demo.example" },
  trusted: [new X509Certificate(CA).raw],
} as const;

let count = 0;

/** A topic of this test alone: all tests of this file share the broker. */
function topicOf(name: string): string {
  count += 1;
  return `test ${count}/${name}`;
}

async function open(login: Partial<Login> = {}, target: Partial<BrokerTarget> = {}) {
  count += 1;
  const messages: ReceivedMessage[] = [];
  const ends: SessionEnd[] = [];
  const life = new AbortController();
  onTestFinished(() => life.abort());
  const events = {
    message: (message: ReceivedMessage) => void messages.push(message),
    ended: (reason: SessionEnd) => void ends.push(reason),
  };
  const at = { host: "demo.example", port: 1883, timeout: 5000, ...target };
  const session = await MqttConnection.open(at, events, { internet, signal: life.signal });
  const answer = await session.login({ version: 4, clientId: `c${count}`, keepAlive: 0, clean: true, ...login }, WAIT);
  const publish = (topic: string, text: string | Buffer, qos: QoS = 1, retain = false) =>
    session.publish({ topic, payload: Buffer.from(text), qos, retain }, WAIT);
  const subscribe = (filter: string, qos: QoS = 1) => session.subscribe([{ filter, qos }], WAIT);
  const texts = () => messages.map(({ payload }) => payload.toString());
  return { session, answer, messages, ends, life, publish, subscribe, texts };
}

const until = (isSo: () => boolean) => vi.waitUntil(isSo, WAIT);

describe("the broker of demo.example", () => {
  it.each([
    ["1883", {}],
    ["8883, by TLS", { port: 8883, tls }],
  ])("carries every byte with each QoS on port %s", async (_, target) => {
    const client = await open({}, target);
    const topic = topicOf("größe");
    expect(await client.subscribe(topic, 2)).toEqual([2]);
    for (const qos of [0, 1, 2] as const) await client.publish(topic, ALL_BYTES, qos);
    await until(() => client.messages.length === 3);
    expect(client.messages.map(({ qos }) => qos)).toEqual([0, 1, 2]);
    expect(client.messages.every(({ payload }) => payload.equals(ALL_BYTES))).toBe(true);
    await client.session.ping(WAIT);
    await client.session.unsubscribe([topic], WAIT);
    await client.publish(topic, "more");
    await client.session.ping(WAIT);
    expect(client.messages).toHaveLength(3);
  });

  it("keeps the last retained message of a topic, until an empty one comes", async () => {
    const topic = topicOf("kept");
    const client = await open();
    for (const text of ["first", "last"]) await client.publish(topic, text, 1, true);
    await client.subscribe(topic.replace("kept", "+"));
    await until(() => client.messages.length === 1);
    expect(client.messages).toMatchObject([{ retain: true, payload: Buffer.from("last") }]);
    await client.publish(topic, "", 1, true);
    const other = await open();
    await other.subscribe(topic);
    await other.session.ping(WAIT);
    expect(other.messages).toEqual([]);
    expect(client.messages.at(-1)).toMatchObject({ retain: false });
  });

  it("sends a will for who breaks off, and none for who says goodbye", async () => {
    const topic = topicOf("will");
    const watcher = await open();
    await watcher.subscribe(topic);
    const will = (text: string) => ({ topic, payload: Buffer.from(text), qos: 1, retain: false }) as const;
    await (await open({ will: will("polite") })).session.disconnect();
    (await open({ will: will("broken") })).life.abort();
    await until(() => watcher.messages.length > 0);
    expect(watcher.texts()).toEqual(["broken"]);
  });

  it("keeps a session for who asked for it", async () => {
    const topic = topicOf("session");
    const login = { clientId: topic, clean: false };
    const away = await open(login);
    expect(away.answer).toEqual({ code: 0, sessionPresent: false });
    await away.subscribe(topic, 2);
    away.life.abort();
    const other = await open();
    for (const [qos, text] of [
      [0, "zero"],
      [1, "one"],
      [2, "two"],
    ] as const)
      await other.publish(topic, text, qos);
    const back = await open(login);
    expect(back.answer).toEqual({ code: 0, sessionPresent: true });
    await until(() => back.messages.length >= 2);
    expect(back.texts()).toEqual(["one", "two"]);
    back.life.abort();
    expect((await open({ ...login, clean: true })).answer).toEqual({ code: 0, sessionPresent: false });
  });

  it("throws out an older client of the same name, and its session stays with the newer", async () => {
    const topic = topicOf("name");
    const older = await open({ clientId: topic, clean: false });
    await older.subscribe(topic);
    const newer = await open({ clientId: topic, clean: false });
    await until(() => older.ends.length > 0);
    await newer.publish(topic, "x");
    await until(() => newer.messages.length > 0);
    expect(older.messages).toEqual([]);
  });

  it("drops a client that is silent for too long", async () => {
    const client = await open({ keepAlive: 1 });
    await until(() => client.ends.length > 0);
    expect(client.ends).toEqual(["closed"]);
  });

  it("refuses a wrong password and a filter that is none", async () => {
    expect((await open({ user: "demo", password: Buffer.from("demo") })).answer.code).toBe(0);
    expect((await open({ user: "demo", password: Buffer.from("wrong") })).answer.code).toBe(4);
    expect(await (await open()).subscribe("a/#/b")).toEqual([128]);
  });

  it("ends with who publishes under a filter", async () => {
    const client = await open();
    await expect(client.publish("a/+", "x")).rejects.toMatchObject({ failure: "closed" });
  });
});

it.each([
  ["a/b", "a/b", true],
  ["a/b", "a/c", false],
  ["a", "a/b", false],
  ["a/+", "a/b", true],
  ["a/+", "a/", true],
  ["a/+", "a", false],
  ["a/+", "a/b/c", false],
  ["+/b", "/b", true],
  ["#", "a/b/c", true],
  ["a/#", "a", true],
  ["a/#", "ab", false],
  ["#", "$SYS/x", false],
  ["+/x", "$SYS/x", false],
  ["$SYS/#", "$SYS/x", true],
])("filter %s and topic %s: %s", (filter, topic, expected) => {
  expect(matches(filter, topic)).toBe(expected);
});

it.each([
  ["a/#", true],
  ["+", true],
  ["/", true],
  ["a/#/b", false],
  ["a#", false],
  ["a/b+", false],
  ["", false],
])("%s is a filter: %s", (text, expected) => {
  expect(isFilter(text)).toBe(expected);
});
