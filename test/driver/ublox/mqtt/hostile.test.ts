import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isModemError } from "../../../../driver/errors";
import type { MqttOptions } from "../../../../driver/services/mqtt/mqtt";
import type { SnTopic } from "../../../../driver/services/mqtt-sn/mqtt-sn";
import { RANDOM_TIMEOUT_MS, randomRuns } from "../../../support/random";
import { expectExplained } from "../bench";
import { snBench } from "../mqtt-sn/fake-mqtt-sn";
import { mqttBench, WAIT } from "./fake-mqtt";

const nasty = fc.constantFrom("\r", "\n", '"', ";", "\x1a", "\x1b", "+++", "\0", "AT", ",", "\\", "+", "#", "/");
const wild = fc.constantFrom('";+CFUN=16', '"\rAT+CFUN=16\r', "\u2028", "ÿ", "\x7f", "\x85", "💥", "\ud800", "č\u010a");
const text = fc
  .array(fc.oneof(fc.string({ unit: "grapheme", maxLength: 12 }), fc.string({ maxLength: 20 }), nasty, wild), {
    maxLength: 5,
  })
  .map((parts) => parts.join(""));
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 1100 }),
  text.map((one) => Buffer.from(one)),
);
const qos = fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0, max: 2 }) }, { weight: 1, arbitrary: fc.double() });

async function refusedOrDone(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!isModemError(error)) throw error;
    expect(["INVALID_INPUT", "NOT_SUPPORTED"]).toContain(error.code);
  });
}

describe("whatever a flow asks for", () => {
  it("MQTT gets the commands that are meant, and no other", { timeout: RANDOM_TIMEOUT_MS }, async () => {
    const { connect, peer, fake, trace } = mqttBench();
    const check = async (
      host: string,
      clientId: string,
      user: string,
      secret: string,
      topic: string,
      payload: Uint8Array,
      level: number,
    ): Promise<void> => {
      peer.commands.length = 0;
      trace.length = 0;
      fake.published.length = 0;
      const password = `hidden${secret}`;
      const options = { host, clientId, user, password, will: { topic, payload, qos: level, retain: true } };
      await refusedOrDone(connect(options as Partial<MqttOptions>).then((session) => session.disconnect(WAIT)));
      await refusedOrDone(connect({ user, password }).then((session) => session.disconnect(WAIT)));
      const session = await connect();
      const message = { topic, payload, qos: level as 0, retain: false };
      await refusedOrDone(session.publish(message, WAIT));
      await refusedOrDone(session.subscribe(topic, level as 0, WAIT));
      await refusedOrDone(session.unsubscribe(topic, WAIT));
      await session.disconnect(WAIT);
      for (const published of fake.published) {
        expect(published.topic).toBe(topic);
        expect(published.payload.equals(Buffer.from(payload))).toBe(true);
      }
      expect(trace.join("\n")).not.toContain("hidden");
      expectExplained(peer.commands);
    };
    const property = fc.asyncProperty(text, text, text, text, text, bytes, qos, check);
    await fc.assert(property, randomRuns(20_000));
  });

  it("MQTT-SN gets the commands that are meant, and no other", { timeout: RANDOM_TIMEOUT_MS }, async () => {
    const { connect, peer, fake, mqttSn } = snBench();
    const id = fc.oneof(fc.integer({ min: -2, max: 70_000 }), fc.double());
    const topics: fc.Arbitrary<SnTopic> = fc.oneof(
      text.map((name) => ({ type: "normal", name }) as const),
      text.map((name) => ({ type: "short", name: name.slice(0, 3) }) as const),
      id.map((number) => ({ type: "predefined", id: number }) as const),
    );
    const check = async (host: string, topic: SnTopic, payload: Uint8Array, level: number): Promise<void> => {
      peer.commands.length = 0;
      fake.published.length = 0;
      const session = await connect();
      await refusedOrDone(session.publish({ topic, payload, qos: level as 0, retain: false }, WAIT));
      await refusedOrDone(session.subscribe(topic, level as 0, WAIT));
      await refusedOrDone(session.unsubscribe(topic, WAIT));
      const name = "name" in topic ? topic.name : String(topic.id);
      await refusedOrDone(session.updateWill({ topic: name, payload, qos: level as 0, retain: false }, WAIT));
      await session.disconnect(WAIT);
      if (topic.type !== "normal") {
        const datagram = { host, port: 1883, topic, payload, retain: false, timeout: 5000 };
        await refusedOrDone(mqttSn.send(datagram));
      }
      for (const published of fake.published) expect(published.payload.equals(Buffer.from(payload))).toBe(true);
      expectExplained(peer.commands);
    };
    await fc.assert(fc.asyncProperty(text, topics, bytes, qos, check), randomRuns(10_000));
  });
});
