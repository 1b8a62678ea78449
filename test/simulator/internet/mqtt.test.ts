import { expect, onTestFinished, test, vi } from "vitest";
import { MqttConnection } from "../../../simulator/internet/mqtt/connection";
import type { BrokerTarget, Login, ReceivedMessage, SessionEnd } from "../../../simulator/internet/mqtt/types";
import { createInternet } from "../../../simulator/internet/real-internet";
import { innerBroker, mosquitto } from "../../support/brokers";
import { needsTool } from "../../support/needs";
import { ALL_BYTES, tcpServer } from "./servers";
import { ASKING, der, identity, pem } from "./tls-servers";

const WAIT = { timeout: 5000 };
const LOGIN: Login = { version: 4, clientId: "modem", keepAlive: 0, clean: true };
const internet = createInternet({ routes: [], latency: 0, random: () => 0 });

interface Client {
  readonly session: MqttConnection;
  readonly messages: ReceivedMessage[];
  readonly ends: SessionEnd[];
  readonly life: AbortController;
}

async function open(port: number, options: Partial<BrokerTarget> = {}): Promise<Client> {
  const messages: ReceivedMessage[] = [];
  const ends: SessionEnd[] = [];
  const life = new AbortController();
  onTestFinished(() => life.abort());
  const events = {
    message: (message: ReceivedMessage) => void messages.push(message),
    ended: (reason: SessionEnd) => void ends.push(reason),
  };
  const target = { host: "127.0.0.1", port, timeout: 5000, ...options };
  const session = await MqttConnection.open(target, events, { internet, signal: life.signal });
  return { session, messages, ends, life };
}

async function loggedIn(
  port: number,
  login: Partial<Login> = {},
  options: Partial<BrokerTarget> = {},
): Promise<Client> {
  const client = await open(port, options);
  expect(await client.session.login({ ...LOGIN, ...login }, WAIT)).toMatchObject({ code: 0 });
  return client;
}

const arrived = (client: Client, count: number) => vi.waitUntil(() => client.messages.length >= count, WAIT);

const TOOL = needsTool("mosquitto");

test.each([0, 1, 2] as const)("a message of every byte value goes out and comes back with QoS %d", async (qos) => {
  const { port } = await innerBroker();
  const client = await loggedIn(port);
  const topic = "Zähler 1/Größe";
  expect(await client.session.subscribe([{ filter: topic, qos }], WAIT)).toEqual([qos]);
  await client.session.publish({ topic, payload: ALL_BYTES, qos, retain: false }, WAIT);
  await arrived(client, 1);
  expect(client.messages).toMatchObject([{ topic, payload: ALL_BYTES, qos }]);
  await client.session.unsubscribe([topic], WAIT);
  await client.session.ping(WAIT);
  await client.session.disconnect();
  expect(client.ends).toEqual([]);
});

test.skipIf(TOOL.skip).each([3, 4] as const)(`Mosquitto takes protocol version %d${TOOL.reason}`, async (version) => {
  const { port } = await mosquitto({ user: { name: "meter", password: "pass word" } });
  const client = await loggedIn(port, { version, user: "meter", password: Buffer.from("pass word") });
  const filters = [
    { filter: "a/#", qos: 2 },
    { filter: "b/+", qos: 1 },
  ] as const;
  expect(await client.session.subscribe(filters, WAIT)).toEqual([2, 1]);
  for (const qos of [0, 1, 2] as const) {
    await client.session.publish({ topic: "a/x", payload: Buffer.from(`${qos}`), qos, retain: false }, WAIT);
  }
  await arrived(client, 3);
  expect(client.messages.map(({ payload, qos }) => `${payload} ${qos}`)).toEqual(["0 0", "1 1", "2 2"]);
});

test.skipIf(TOOL.skip)(`Mosquitto refuses a wrong password${TOOL.reason}`, async () => {
  const { port } = await mosquitto({ user: { name: "meter", password: "right" } });
  const client = await open(port);
  const login = { ...LOGIN, user: "meter", password: Buffer.from("wrong") };
  expect(await client.session.login(login, WAIT)).toMatchObject({ code: 5 });
});

test("a will goes out when the session breaks, and not after a goodbye", async () => {
  const { port } = await innerBroker();
  const watcher = await loggedIn(port, { clientId: "watcher" });
  await watcher.session.subscribe([{ filter: "will/#", qos: 1 }], WAIT);
  const will = (name: string) =>
    ({ topic: `will/${name}`, payload: Buffer.from("gone"), qos: 1, retain: false }) as const;
  const polite = await loggedIn(port, { clientId: "polite", will: will("polite") });
  await polite.session.disconnect();
  const broken = await loggedIn(port, { clientId: "broken", will: will("broken") });
  broken.life.abort();
  await arrived(watcher, 1);
  expect(watcher.messages.map(({ topic }) => topic)).toEqual(["will/broken"]);
  expect(broken.ends).toEqual([]);
  await expect(broken.session.ping(WAIT)).rejects.toMatchObject({ failure: "closed" });
});

test("mutual TLS by a security profile's settings", async () => {
  const { port } = await innerBroker({ ...identity("server"), ...ASKING });
  const tls = {
    versions: { min: "TLSv1.2", max: "TLSv1.3" },
    verify: { chain: true, dates: false },
    trusted: [der("ca")],
    client: { certificate: der("client"), key: pem("client.key") },
  } as const;
  const client = await loggedIn(port, {}, { tls });
  await client.session.publish({ topic: "a", payload: ALL_BYTES, qos: 2, retain: false }, WAIT);
  const { client: _none, ...without } = tls;
  const refused = await open(port, { tls: without });
  await expect(refused.session.login(LOGIN, WAIT)).rejects.toMatchObject({ failure: "tls" });
});

test("a publish without an answer goes out again, marked as a duplicate", async () => {
  const seen: boolean[] = [];
  // A broker that answers nothing until it has seen the message three times.
  const port = await tcpServer((socket) => {
    socket.on("data", ([first = 0]: Buffer) => {
      if (first === 0x10) socket.write(Buffer.from([0x20, 2, 0, 0]));
      if (first >> 4 !== 3) return;
      seen.push((first & 8) !== 0);
      if (seen.length === 3) socket.write(Buffer.from([0x40, 2, 0, 7]));
    });
  });
  const client = await loggedIn(port);
  const retried: number[] = [];
  const wait = { timeout: 50, retries: 3, retried: (count: number) => void retried.push(count) };
  await client.session.publish({ topic: "a", payload: Buffer.alloc(3), qos: 1, retain: false }, wait, 7);
  expect(seen).toEqual([false, true, true]);
  expect(retried).toEqual([1, 2]);
});

test("the broker's end is told once, and nobody waits any more", async () => {
  const { port, aedes } = await innerBroker();
  const client = await loggedIn(port);
  aedes.close();
  await vi.waitUntil(() => client.ends.length > 0, WAIT);
  expect(client.ends).toEqual(["closed"]);
  await expect(client.session.ping(WAIT)).rejects.toMatchObject({ failure: "closed" });
});

test.each([
  ["what is no packet", Buffer.from([0xf0, 0])],
  ["a packet that clients send", Buffer.from([0xc0, 0])],
  ["a packet without end", Buffer.concat([Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]), Buffer.alloc(2 ** 21)])],
])("%s ends the session", async (_, bytes) => {
  const port = await tcpServer((socket) => void socket.once("data", () => socket.write(bytes)));
  const client = await open(port);
  await expect(client.session.login(LOGIN, WAIT)).rejects.toMatchObject({ failure: "protocol" });
  expect(client.ends).toEqual(["protocol"]);
});

test("a message of QoS 2 that the broker repeats is delivered once", async () => {
  const publish = Buffer.from([0x34, 6, 0, 1, 0x61, 0, 9, 0x78]);
  const released = Buffer.from([0x62, 2, 0, 9]);
  const answers: number[] = [];
  const port = await tcpServer((socket) => {
    socket.once("data", () => {
      socket.write(Buffer.concat([Buffer.from([0x20, 2, 0, 0]), publish, publish, released, publish]));
      socket.on("data", (bytes: Buffer) => answers.push(...bytes));
    });
  });
  const client = await loggedIn(port);
  await vi.waitUntil(() => answers.length >= 16, WAIT);
  expect(client.messages).toHaveLength(2);
  expect(answers.filter((_, index) => index % 4 === 0)).toEqual([0x50, 0x50, 0x70, 0x50]);
});
