import { describe, expect, it } from "vitest";
import { simulatorFor } from "../../../../simulator/faces/in-process";
import { failure } from "../../../support/failure";
import { innerGateway } from "../../../support/mqtt-sn";
import { onSimulator } from "../mqtt/on-simulator";
import { normal, WAIT } from "./fake-mqtt-sn";

const BYTES = Buffer.from(Array.from({ length: 1017 }, (_value, index) => (index * 7) % 256));
const message = (topic: ReturnType<typeof normal>, payload: Uint8Array | string, qos: 0 | 1 | 2 = 1) => ({
  topic,
  payload: Buffer.from(payload as string),
  qos,
  retain: false,
});

describe("by the simulated modem and a real gateway", () => {
  it("messages of every length and byte go out and come back as they are", async () => {
    const { gateway } = await innerGateway();
    const { connectSn, snOwner } = await onSimulator(gateway.port);
    const session = await connectSn();
    expect(await session.subscribe(normal("room/temperature"), 1, WAIT)).toBe(1);
    const lengths = [0, 1, 511, 512, 513, 1017];
    for (const length of lengths)
      await session.publish(message(normal("room/temperature"), BYTES.subarray(0, length)), WAIT);
    await session.publish(message(normal("room/temperature"), "plain text"), WAIT);
    await expect.poll(() => snOwner.messages.length, { timeout: 10_000 }).toBe(lengths.length + 1);
    expect(snOwner.messages.map(({ payload }) => payload)).toEqual([
      ...lengths.map((length) => BYTES.subarray(0, length).toString("latin1")),
      "plain text",
    ]);
    expect(new Set(snOwner.messages.map(({ topic }) => JSON.stringify(topic)))).toEqual(
      new Set([JSON.stringify(normal("room/temperature"))]),
    );
    await session.unsubscribe(normal("room/temperature"), WAIT);
    await session.ping(WAIT);
    await session.disconnect(WAIT);
    expect(snOwner.closed).toEqual([]);
  });

  it("short and predefined topics go by themselves, and those of a wildcard by their id", async () => {
    const { gateway } = await innerGateway();
    const { connectSn, snOwner } = await onSimulator(gateway.port);
    const session = await connectSn();
    await session.subscribe({ type: "short", name: "aa" }, 0, WAIT);
    await session.subscribe({ type: "predefined", id: 7 }, 1, WAIT);
    await session.publish(message({ type: "short", name: "aa" }, "short"), WAIT);
    await session.publish(message({ type: "predefined", id: 7 }, "predefined"), WAIT);
    await expect.poll(() => snOwner.messages.length, { timeout: 10_000 }).toBe(2);
    expect(snOwner.messages.map(({ topic }) => topic)).toEqual([
      { type: "short", name: "aa" },
      { type: "predefined", id: 7 },
    ]);
    await session.subscribe(normal("wild/+"), 1, WAIT);
    const { connectSn: connectOther } = await onSimulator(gateway.port, "other.test");
    const other = await connectOther({ clientId: "other" });
    await other.publish(message(normal("wild/one"), "by a wildcard"), WAIT);
    await expect.poll(() => snOwner.messages.length, { timeout: 10_000 }).toBe(3);
    expect(snOwner.messages[2]).toMatchObject({ topic: { type: "normal", id: expect.any(Number) } });
  });

  it("a message without a session reaches the gateway", async () => {
    const { gateway, broker } = await innerGateway();
    const seen: string[] = [];
    broker.aedes.on("publish", ({ topic, payload }) => {
      if (topic === "plant/alarm") seen.push(payload.toString());
    });
    const { driver } = await onSimulator(gateway.port);
    await driver.services.mqttSn.send({
      host: "broker.test",
      port: 10_000,
      topic: { type: "predefined", id: 7 },
      payload: Buffer.from("fire"),
      retain: false,
      timeout: 20_000,
    });
    await expect.poll(() => seen, { timeout: 10_000 }).toEqual(["fire"]);
  });

  it("a gateway that has forgotten its ids gets the topic registered anew", async () => {
    const { gateway } = await innerGateway();
    const { connectSn, transport } = await onSimulator(gateway.port);
    const session = await connectSn();
    await session.publish(message(normal("a/b"), "1"), WAIT);
    simulatorFor(transport.name).fault("mqtt-sn-forgotten-ids");
    await session.publish(message(normal("a/b"), "2"), WAIT);
  });

  it("a will is changed while the session runs, and published when it is lost", async () => {
    const { gateway, broker } = await innerGateway();
    const { connectSn, snOwner, transport } = await onSimulator(gateway.port);
    const wills: string[] = [];
    broker.aedes.on("publish", ({ topic, payload }) => {
      if (topic === "late") wills.push(payload.toString());
    });
    const session = await connectSn({ will: { topic: "gone", payload: Buffer.from("bye"), qos: 0, retain: false } });
    await session.updateWill({ topic: "late", payload: Buffer.from("ciao"), qos: 1, retain: false }, WAIT);
    simulatorFor(transport.name).fault("mqtt-sn-dropped=101");
    await expect.poll(() => snOwner.closed.length, { timeout: 10_000 }).toBe(1);
    expect(wills.length).toBeLessThanOrEqual(1);
  });

  it("a connect that the gateway refuses is told in words", async () => {
    const { gateway } = await innerGateway();
    const { connectSn, transport } = await onSimulator(gateway.port);
    simulatorFor(transport.name).fault("mqtt-sn-refused");
    const error = await failure(connectSn());
    expect(error.message).toContain("MQTT-SN session with broker.test:10000");
    await (await connectSn()).disconnect(WAIT);
  });
});
