import { describe, expect, it, onTestFinished } from "vitest";
import { AtChannel } from "../../../../driver/at/channel/channel";
import { BG96 } from "../../../../driver/quectel/bg96";
import { QuectelDriver } from "../../../../driver/quectel/driver";
import type { BrokerSession, MqttOptions } from "../../../../driver/services/mqtt/mqtt";
import { SimulatedTransport } from "../../../../driver/transport/simulated";
import { type MosquittoOptions, mosquitto } from "../../../support/brokers";
import { failure } from "../../../support/failure";
import { needsTool } from "../../../support/needs";
import { CLIENT, profile } from "../security/tls-profile";
import { message, OPTIONS, Owner, WAIT } from "./mqtt-session";

const need = needsTool("mosquitto");
const BYTES = Buffer.from(Array.from({ length: 1548 }, (_value, index) => (index * 7) % 256));
const LENGTHS = [0, 1, 511, 512, 513, 1023, 1024, 1548];

/** A driver on a simulated modem whose network leads every port of `server.test` to a broker here. */
async function start(options: MosquittoOptions = {}, faults = "") {
  const broker = await mosquitto(options);
  const transport = new SimulatedTransport(`sim:BG96?route=server.test:*=127.0.0.1:${broker.port}${faults}`);
  const channel = new AtChannel(transport);
  await transport.open();
  channel.useDialect(BG96.dialect);
  const driver = new QuectelDriver(channel, BG96);
  onTestFinished(() => transport.close());
  onTestFinished(() => driver.dispose(new Error("closed")));
  await driver.initialise();
  const { packetData, mqtt } = driver.services;
  await packetData.define({ cid: 1, apn: "a.test", pdpType: "IPV4V6", authType: "none" });
  await packetData.activate(1);
  const owner = new Owner();
  const connect = (more: Partial<MqttOptions> = {}, own = owner): Promise<BrokerSession> =>
    mqtt.connect({ ...OPTIONS, host: "server.test", ...more }, own);
  return { broker, channel, owner, connect, driver };
}

/** Sends messages of every length, and says what came back. */
async function echo(session: BrokerSession, { messages }: Owner, lengths: readonly number[]): Promise<Buffer[]> {
  const before = messages.length;
  await session.subscribe("e/#", 2, WAIT);
  for (const [index, length] of lengths.entries()) {
    const qos = (index % 3) as 0 | 1 | 2;
    await session.publish(message(BYTES.subarray(0, length), { topic: `e/${index}`, qos }), WAIT);
  }
  await expect.poll(() => messages.length - before, { timeout: 10_000 }).toBe(lengths.length);
  return messages.slice(before).map(({ payload }) => payload);
}

describe.skipIf(need.skip)(`MQTT by the simulated BG96 and a real broker${need.reason}`, () => {
  it("messages of every length and byte go out and come back as they are", async () => {
    const { connect, owner } = await start();
    const session = await connect();
    expect(await session.subscribe("Küche 1/+", 2, WAIT)).toBe(2);
    expect(await echo(session, owner, LENGTHS)).toEqual(LENGTHS.map((length) => BYTES.subarray(0, length)));
    await session.publish(message(BYTES, { topic: "Küche 1/Höhe", retain: true }), WAIT);
    await expect.poll(() => owner.topics.at(-1)).toBe("Küche 1/Höhe");
    await session.unsubscribe("Küche 1/+", WAIT);
    await session.ping(WAIT);
    const other = new Owner();
    const second = await connect({ clientId: "second" }, other);
    await second.subscribe("Küche 1/Höhe", 1, WAIT);
    await expect.poll(() => other.messages.map(({ payload }) => payload.equals(BYTES))).toEqual([true]);
    // An empty message clears the retained one.
    await session.publish(message("", { topic: "Küche 1/Höhe", retain: true }), WAIT);
    const late = new Owner();
    const third = await connect({ clientId: "third" }, late);
    await third.subscribe("Küche 1/Höhe", 1, WAIT);
    for (const each of [session, second, third]) await each.disconnect(WAIT);
    expect([late.messages, owner.ends, other.ends]).toEqual([[], [], []]);
  });

  it.each([
    [
      "a password",
      { user: { name: "me", password: "pass word: 1,2;é" } },
      { user: "me", password: "pass word: 1,2;é" },
    ],
    ["TLS", { tls: "server" }, { port: 8883, security: profile() }],
    ["mutual TLS", { tls: "mutual" }, { port: 8883, security: profile({ ...CLIENT }) }],
  ] as const)("goes by %s", async (_name, server, options) => {
    const { connect, owner } = await start(server);
    const session = await connect(options);
    expect(await echo(session, owner, [0, 256, 1548])).toEqual(
      [0, 256, 1548].map((length) => BYTES.subarray(0, length)),
    );
    await session.disconnect(WAIT);
  });

  it("tells a wrong password, and a client without a certificate", async () => {
    const { connect } = await start({ user: { name: "me", password: "right" } });
    const wrong = await failure(connect({ user: "me", password: "wrong-one" }));
    expect(wrong.code).toBe("PROTOCOL_ERROR");
    const secure = await start({ tls: "mutual" });
    expect((await failure(secure.connect({ port: 8883, security: profile() }))).code).toMatch(
      /TLS_FAILED|CONNECT_FAILED/,
    );
  });

  it("publishes its will when the broker is gone for it, and none when it leaves", async () => {
    const { connect, channel } = await start();
    const watching = new Owner();
    const watcher = await connect({ clientId: "watcher" }, watching);
    await watcher.subscribe("will/#", 1, WAIT);
    const will = { topic: "will/1", payload: Buffer.from("gone: 1; 2, ü"), qos: 1, retain: false } as const;
    await (await connect({ clientId: "one", will })).disconnect(WAIT);
    const second = await connect({ clientId: "two", will: { ...will, topic: "will/2" } });
    await channel.send({ line: "AT+QMTCLOSE=2", label: "AT+QMTCLOSE=2", timeout: 5000 });
    await expect
      .poll(() => watching.messages.map(({ topic, payload }) => [topic, String(payload)]))
      .toEqual([["will/2", "gone: 1; 2, ü"]]);
    expect((await failure(second.publish(message("x"), WAIT))).code).toBe("CONNECTION_CLOSED");
  });

  it("gets what was sent while it was away, where its session was kept", async () => {
    const { connect, owner } = await start();
    const kept = { clientId: "kept", cleanSession: false } as const;
    const session = await connect(kept);
    await session.subscribe("kept/#", 1, WAIT);
    await session.disconnect(WAIT);
    const sender = await connect({ clientId: "sender" }, new Owner());
    for (let count = 0; count < 5; count += 1) await sender.publish(message(`${count}`, { topic: "kept/x" }), WAIT);
    await connect(kept);
    await expect.poll(() => owner.messages.map(({ payload }) => String(payload))).toEqual(["0", "1", "2", "3", "4"]);
  });

  it("tells when the broker goes, and comes back", async () => {
    const { connect, owner, broker } = await start();
    const session = await connect();
    await broker.stop();
    await expect.poll(() => owner.ends.map(({ code }) => code)).toEqual(["CONNECTION_CLOSED"]);
    await session.disconnect(WAIT);
    expect((await failure(connect())).code).toBe("CONNECT_FAILED");
    await broker.start();
    await (await connect()).publish(message("x"), WAIT);
  });

  it("does without lengths on old firmware, and says what that can't carry", async () => {
    const { connect, owner, channel } = await start({}, "&fault=mqtt-old");
    const session = await connect();
    await session.subscribe("e/#", 1, WAIT);
    await session.publish(message('{"t":21.5,"u":"ü"}', { topic: "e/1" }), WAIT);
    await session.publish(message("", { topic: "e/2" }), WAIT);
    await expect.poll(() => owner.messages.map(({ payload }) => String(payload))).toEqual(['{"t":21.5,"u":"ü"}', ""]);
    expect((await failure(session.publish(message(Buffer.from([0x1a])), WAIT))).code).toBe("INVALID_INPUT");
    await channel.send({ line: "AT", label: "AT", timeout: 1000 });
  });
});
