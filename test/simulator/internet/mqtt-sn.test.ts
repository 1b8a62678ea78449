import { describe, expect, onTestFinished, test, vi } from "vitest";
import { CODE, TYPE } from "../../../simulator/internet/demo-example/mqtt-sn-gateway/gateway";
import { SnConnection } from "../../../simulator/internet/mqtt-sn/connection";
import { shortTopic } from "../../../simulator/internet/mqtt-sn/messages";
import { type SnEnd, type SnLogin, type SnMessage, TOPIC_TYPE } from "../../../simulator/internet/mqtt-sn/types";
import { createInternet } from "../../../simulator/internet/real-internet";
import { mosquitto } from "../../support/brokers";
import { closedPort } from "../../support/listen";
import { innerGateway, openGateway, PREDEFINED } from "../../support/mqtt-sn";
import { needsTool } from "../../support/needs";
import { ALL_BYTES } from "./servers";

const WAIT = { timeout: 10_000 };
const LOGIN: SnLogin = { clientId: "modem", duration: 0, clean: true };
const internet = createInternet({ routes: [], latency: 0, random: () => 0 });
/** For what gets lost on the way. */
const RETRY_MS = 400;

interface Client {
  readonly session: SnConnection;
  readonly messages: SnMessage[];
  readonly ends: SnEnd[];
}

async function open(port: number): Promise<Client> {
  const messages: SnMessage[] = [];
  const ends: SnEnd[] = [];
  const life = new AbortController();
  onTestFinished(() => life.abort());
  const events = {
    message: (message: SnMessage) => void messages.push(message),
    ended: (reason: SnEnd) => void ends.push(reason),
  };
  const target = { host: "127.0.0.1", port, retryAfter: RETRY_MS };
  const session = await SnConnection.open(target, events, { internet, signal: life.signal });
  return { session, messages, ends };
}

async function loggedIn(port: number, login: Partial<SnLogin> = {}): Promise<Client> {
  const client = await open(port);
  await client.session.login({ ...LOGIN, ...login });
  return client;
}

const normal = (topic: string) => ({ type: TOPIC_TYPE.normal, topic });
const arrived = (client: Client, count: number) => vi.waitUntil(() => client.messages.length >= count, WAIT);

const TOOL = needsTool("mosquitto");

describe("an MQTT-SN client", () => {
  test.each([0, 1, 2] as const)("publishes every byte value with QoS %d, and gets it back", async (qos) => {
    const { gateway } = await innerGateway();
    const client = await loggedIn(gateway.port);
    const { id } = await client.session.subscribe(normal("Zähler 1/Größe"), qos);
    expect(id).toBe(1);
    expect(await client.session.register("Zähler 1/Größe")).toBe(1);
    const topic = { type: TOPIC_TYPE.normal, id };
    await client.session.publish({ topic, payload: ALL_BYTES, qos, retain: false });
    await arrived(client, 1);
    expect(client.messages).toEqual([{ topic, payload: ALL_BYTES, qos, retain: false }]);
    await client.session.unsubscribe(normal("Zähler 1/Größe"));
    await client.session.ping(WAIT);
    await client.session.disconnect();
    expect(client.ends).toEqual([]);
    expect(gateway.clients).toEqual([]);
  });

  test("is told the ids of topics that a wildcard matches", async () => {
    const { gateway, broker } = await innerGateway({ firstTopicId: 300 });
    const client = await loggedIn(gateway.port);
    expect(await client.session.subscribe(normal("room/+"), 1)).toEqual({ qos: 1, id: 0 });
    for (const [topic, payload] of [
      ["room/a", "1"],
      ["room/b", "2"],
      ["room/a", "3"],
    ] as const) {
      broker.aedes.publish({ cmd: "publish", topic, payload, qos: 1, retain: false, dup: false }, () => undefined);
    }
    await arrived(client, 3);
    expect(client.messages.map(({ topic, payload }) => `${topic.id} ${payload}`)).toEqual(["300 1", "301 2", "300 3"]);
    expect(client.session.nameOf(301)).toBe("room/b");
  });

  test("uses short and predefined topics without a registration", async () => {
    const { gateway } = await innerGateway();
    const client = await loggedIn(gateway.port);
    expect(await client.session.subscribe({ type: TOPIC_TYPE.short, topic: "aa" }, 1)).toEqual({ qos: 1, id: 0 });
    expect(await client.session.subscribe({ type: TOPIC_TYPE.predefined, topic: 7 }, 0)).toEqual({ qos: 0, id: 7 });
    const topics = [shortTopic("aa"), { type: TOPIC_TYPE.predefined, id: 7 }];
    for (const topic of topics) {
      await client.session.publish({ topic, payload: Buffer.from("x"), qos: 1, retain: false });
    }
    await arrived(client, 2);
    expect(client.messages.map(({ topic }) => topic)).toEqual(topics);
    await client.session.unsubscribe({ type: TOPIC_TYPE.predefined, topic: 7 });
    const unknown = { type: TOPIC_TYPE.predefined, id: 8 };
    const refused = client.session.publish({ topic: unknown, payload: Buffer.alloc(0), qos: 1, retain: false });
    await expect(refused).rejects.toThrow("invalid topic id");
  });

  test("sends with QoS −1 without a session", async () => {
    const { gateway } = await innerGateway();
    const listener = await loggedIn(gateway.port);
    await listener.session.subscribe({ type: TOPIC_TYPE.predefined, topic: 7 }, 0);
    const client = await open(gateway.port);
    const topic = { type: TOPIC_TYPE.predefined, id: 7 };
    await client.session.publish({ topic, payload: Buffer.from("fire"), qos: -1, retain: false });
    await arrived(listener, 1);
    expect(`${listener.messages[0]?.payload}`).toBe("fire");
    expect(gateway.clients).toEqual(["modem"]);
  });

  test("sends messages of more than 255 bytes", async () => {
    const { gateway } = await innerGateway();
    const client = await loggedIn(gateway.port);
    const { id } = await client.session.subscribe(normal("long"), 1);
    for (const length of [248, 249, 250, 1017]) {
      const payload = Buffer.alloc(length, length % 256);
      await client.session.publish({ topic: { type: TOPIC_TYPE.normal, id }, payload, qos: 1, retain: false });
    }
    await arrived(client, 4);
    expect(client.messages.map(({ payload }) => payload.length)).toEqual([248, 249, 250, 1017]);
  });

  test("leaves its will when it is lost, as it was changed last", async () => {
    const { gateway } = await innerGateway();
    const listener = await loggedIn(gateway.port, { clientId: "listener" });
    await listener.session.subscribe(normal("wills/#"), 1);
    const will = { topic: "wills/a", payload: Buffer.from("first"), qos: 1, retain: false } as const;
    const client = await loggedIn(gateway.port, { will, duration: 1 });
    await client.session.updateWillTopic({ topic: "wills/b", qos: 1, retain: false });
    await client.session.updateWillMessage(Buffer.from("second"));
    client.session.abort();
    await arrived(listener, 1);
    const [{ topic, payload } = { topic: { id: 0 }, payload: "" }] = listener.messages;
    expect(`${listener.session.nameOf(topic.id)} ${payload}`).toBe("wills/b second");
    expect(gateway.clients).toEqual(["listener"]);
  });

  test("leaves no will when it says goodbye", async () => {
    const { gateway } = await innerGateway();
    const listener = await loggedIn(gateway.port, { clientId: "listener" });
    await listener.session.subscribe(normal("#"), 1);
    const will = { topic: "wills/a", payload: Buffer.from("gone"), qos: 1, retain: false } as const;
    const client = await loggedIn(gateway.port, { will });
    await client.session.disconnect();
    await listener.session.publish({ topic: shortTopic("ok"), payload: Buffer.alloc(0), qos: 1, retain: false });
    await arrived(listener, 1);
    expect(listener.messages).toHaveLength(1);
  });

  test("keeps its subscriptions without a clean session", async () => {
    const { gateway, broker } = await innerGateway();
    const first = await loggedIn(gateway.port, { clean: false });
    await first.session.subscribe(normal("news"), 1);
    await first.session.disconnect();
    broker.aedes.publish(
      { cmd: "publish", topic: "news", payload: "kept", qos: 1, retain: false, dup: false },
      () => undefined,
    );
    const second = await loggedIn(gateway.port, { clean: false });
    await arrived(second, 1);
    expect(second.session.nameOf(second.messages[0]?.topic.id ?? 0)).toBe("news");
  });
});

describe("datagrams that get lost", () => {
  const STEPS = [
    ["CONNECT", "in", TYPE.connect],
    ["WILLTOPICREQ", "out", TYPE.willTopicRequest],
    ["WILLTOPIC", "in", TYPE.willTopic],
    ["WILLMSGREQ", "out", TYPE.willMessageRequest],
    ["WILLMSG", "in", TYPE.willMessage],
    ["CONNACK", "out", TYPE.connack],
    ["REGISTER", "in", TYPE.register],
    ["REGACK", "out", TYPE.regack],
    ["SUBSCRIBE", "in", TYPE.subscribe],
    ["SUBACK", "out", TYPE.suback],
    ["PUBLISH", "in", TYPE.publish],
    ["PUBACK", "out", TYPE.puback],
    ["PUBREC", "out", TYPE.pubrec],
    ["PUBREL", "in", TYPE.pubrel],
    ["PUBCOMP", "out", TYPE.pubcomp],
    ["UNSUBSCRIBE", "in", TYPE.unsubscribe],
    ["UNSUBACK", "out", TYPE.unsuback],
    ["WILLTOPICUPD", "in", TYPE.willTopicUpdate],
    ["WILLMSGRESP", "out", TYPE.willMessageResponse],
    ["DISCONNECT", "in", TYPE.disconnect],
  ] as const;

  test.each(STEPS)("%s goes out again, and a message of QoS 2 arrives once", async (_name, direction, type) => {
    const { gateway, broker } = await innerGateway();
    const received: string[] = [];
    await new Promise<void>((resolve) => {
      const take = (packet: { readonly payload: string | Buffer }, done: () => void) => {
        received.push(`${packet.payload}`);
        done();
      };
      broker.aedes.subscribe("twice", take, resolve);
    });
    gateway.drop(direction, 1, type);
    const will = { topic: "w", payload: Buffer.from("w"), qos: 0, retain: false } as const;
    const client = await loggedIn(gateway.port, { will });
    const id = await client.session.register("twice");
    await client.session.subscribe(normal("other"), 1);
    const topic = { type: TOPIC_TYPE.normal, id };
    await client.session.publish({ topic, payload: Buffer.from("2"), qos: 2, retain: false });
    await client.session.publish({ topic, payload: Buffer.from("1"), qos: 1, retain: false });
    await client.session.unsubscribe(normal("other"));
    await client.session.updateWillTopic({ topic: "w", qos: 0, retain: false });
    await client.session.updateWillMessage(Buffer.from("w"));
    await client.session.disconnect();
    expect(received.filter((payload) => payload === "2")).toHaveLength(1);
    expect(received).toContain("1");
  });

  test("a gateway that never answers fails the procedure after all repetitions", async () => {
    const { gateway } = await innerGateway();
    const client = await loggedIn(gateway.port);
    const stop = gateway.drop("in", Number.POSITIVE_INFINITY);
    await expect(client.session.register("a")).rejects.toMatchObject({ failure: "timeout" });
    await expect(client.session.ping({ timeout: 50 })).rejects.toMatchObject({ failure: "timeout" });
    stop();
    expect(await client.session.register("a")).toBe(1);
  });
});

test("an answer that is too short is dropped, as one that got lost", async () => {
  const { createSocket } = await import("node:dgram");
  const gateway = createSocket("udp4");
  onTestFinished(() => void gateway.close());
  await new Promise<void>((resolve) => void gateway.bind(0, "127.0.0.1", resolve));
  const answers: Readonly<Record<number, readonly string[]>> = {
    [TYPE.connect]: ["0205", "0305", "ff05", "010005", "030500"],
    [TYPE.register]: ["060b00010001", "020b", "070b0001000100"],
    [TYPE.subscribe]: ["0713000002", "02130000", "0813000001000200"],
    [TYPE.willTopicUpdate]: ["021b", "031b00"],
  };
  gateway.on("message", (bytes, { port }) => {
    for (const answer of answers[bytes[1] ?? 0] ?? []) gateway.send(Buffer.from(answer, "hex"), port, "127.0.0.1");
  });
  const client = await loggedIn(gateway.address().port);
  expect(await client.session.register("a")).toBe(1);
  expect(await client.session.subscribe(normal("a"), 0)).toEqual({ qos: 0, id: 1 });
  await client.session.updateWillTopic({ topic: "w", qos: 0, retain: false });
});

describe("a gateway", () => {
  test("that forgets its ids refuses them until they are registered anew", async () => {
    const { gateway } = await innerGateway();
    const client = await loggedIn(gateway.port);
    const id = await client.session.register("a");
    gateway.forgetTopics();
    const message = { payload: Buffer.from("x"), qos: 1, retain: false } as const;
    const old = client.session.publish({ ...message, topic: { type: TOPIC_TYPE.normal, id } });
    await expect(old).rejects.toThrow("invalid topic id");
    const anew = await client.session.register("a");
    expect(anew).not.toBe(id);
    await client.session.publish({ ...message, topic: { type: TOPIC_TYPE.normal, id: anew } });
  });

  test("that forgets its clients says goodbye to them", async () => {
    const { gateway } = await innerGateway();
    const client = await loggedIn(gateway.port);
    gateway.forgetClients();
    await expect(client.session.register("a")).rejects.toMatchObject({ failure: "dismissed" });
    expect(client.ends).toEqual(["dismissed"]);
  });

  test("refuses on command", async () => {
    const { gateway } = await innerGateway();
    gateway.refuse(CODE.congestion);
    await expect(loggedIn(gateway.port)).rejects.toThrow("congestion");
    const client = await loggedIn(gateway.port);
    gateway.refuse(CODE.notSupported);
    await expect(client.session.subscribe(normal("a"), 0)).rejects.toThrow("not supported");
    await expect(client.session.register("a/#")).rejects.toThrow("not supported");
  });

  test("without its broker accepts nobody", async () => {
    const { gateway, broker } = await innerGateway();
    const client = await loggedIn(gateway.port);
    await new Promise<void>((resolve) => broker.aedes.close(resolve));
    await vi.waitUntil(() => client.ends.length === 1, WAIT);
    const alone = await openGateway({ broker: { host: "127.0.0.1", port: await closedPort() } });
    await expect(loggedIn(alone.port)).rejects.toThrow("congestion");
  });

  test("drops what is no message", async () => {
    const { gateway } = await innerGateway();
    const garbage = ["", "00", "01", "0100", "0304", "05040000", "0a0c600001000168", "070c030001", "ff04", "010005"];
    const { createSocket } = await import("node:dgram");
    const socket = createSocket("udp4");
    onTestFinished(() => void socket.close());
    for (const hex of garbage) socket.send(Buffer.from(hex, "hex"), gateway.port, "127.0.0.1");
    const client = await loggedIn(gateway.port);
    await client.session.ping(WAIT);
    expect(gateway.clients).toEqual(["modem"]);
  });
});

describe.skipIf(TOOL.skip)(`a gateway of Mosquitto${TOOL.reason}`, () => {
  test.each([0, 1, 2] as const)("carries QoS %d both ways, and retained messages", async (qos) => {
    const { port } = await mosquitto();
    const gateway = await openGateway({ broker: { host: "127.0.0.1", port } });
    const writer = await loggedIn(gateway.port, { clientId: "writer" });
    const topic = { type: TOPIC_TYPE.normal, id: await writer.session.register(PREDEFINED[7]) };
    await writer.session.publish({ topic, payload: ALL_BYTES, qos, retain: true });
    const reader = await loggedIn(gateway.port, { clientId: "reader" });
    // With QoS 0 nobody knows when the broker has it.
    await vi.waitUntil(async () => {
      await reader.session.subscribe(normal("plant/+"), qos);
      return reader.messages.length > 0;
    }, WAIT);
    expect(reader.messages[0]).toMatchObject({ payload: ALL_BYTES, qos, retain: true });
  });
});
