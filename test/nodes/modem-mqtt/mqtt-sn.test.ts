import "../../support/quick-time";
import { describe, expect, it } from "vitest";
import { innerGateway } from "../../support/mqtt-sn";
import { useNodeRed } from "../support/flow";
import { inbox, isEvent, type MqttFlowOptions, mqttFlow, published } from "./mqtt-flow";

useNodeRed();

/** A flow whose broker is a gateway of MQTT-SN. */
function snFlow(port: number, options: Partial<MqttFlowOptions> = {}) {
  return mqttFlow({ model: "LARA-R6", ...options, port, broker: { protocol: "mqtt-sn", port, ...options.broker } });
}

describe("modem-mqtt by MQTT-SN", () => {
  it("publishes by name, by number and by two letters, at each QoS", async () => {
    const { gateway, broker } = await innerGateway();
    const seen = published(broker);
    const { send, events } = await snFlow(gateway.port);
    send({ topic: "room/temperature", payload: "21 °C", qos: 1 });
    send({ topicType: "predefined", topicId: 7, payload: Buffer.from([0x22, 0x0d]), qos: 2 });
    send({ topic: "ab", topicType: "short", payload: "short" });
    for (let count = 0; count < 3; count += 1) await inbox(events).until(isEvent("published"));
    await expect.poll(() => seen).toHaveLength(3);
    expect(seen.map((text) => text.split(" ")[0]).sort()).toEqual(["ab", "plant/alarm", "room/temperature"]);
  });

  it("publishes at QoS -1 without a session", async () => {
    const { gateway, broker } = await innerGateway();
    const seen = published(broker);
    const { send, events } = await snFlow(gateway.port, { broker: { autoConnect: false } });
    send({ topicType: "predefined", topicId: 7, payload: "alarm", qos: -1 });
    await inbox(events).until(isEvent("published"));
    await expect.poll(() => seen).toEqual([expect.stringMatching(/^plant\/alarm alarm 0/)]);
    expect(gateway.clients).toEqual([]);
  });

  it("brings messages by their names, and again after the gateway has forgotten its ids", async () => {
    const { gateway } = await innerGateway();
    const { send, out, events } = await snFlow(gateway.port, { nodes: { mqtt: { topic: "room/temperature" } } });
    await inbox(events).until(isEvent("connected"));
    send({ topic: "room/temperature", payload: "first", qos: 1 });
    expect(await inbox(out).next()).toMatchObject({ topic: "room/temperature", payload: "first" });
    gateway.forgetTopics();
    send({ topic: "room/humidity", payload: "second", qos: 1 });
    await inbox(events).until(({ payload }) => payload === "second");
  });

  it("says at deploy that there is no user and no password", async () => {
    const { errors } = await mqttFlow({
      model: "LARA-R6",
      port: 1,
      broker: { protocol: "mqtt-sn" },
      credentials: { user: "somebody", password: "secret" },
    });
    const { error } = await errors.next();
    expect(error).toMatchObject({ code: "INVALID_INPUT", message: expect.stringContaining("user") });
  });

  it("says at deploy that a BG96 has no MQTT-SN", async () => {
    const { errors } = await snFlow(1, { model: "BG96" });
    expect((await errors.next()).error).toMatchObject({ code: "NOT_SUPPORTED" });
  });

  it("says at deploy that a LARA-R6 has one session, and who has it", async () => {
    const { errors } = await snFlow(1, { twin: { name: "the second one" }, broker: { name: "the first one" } });
    expect((await errors.next()).error).toMatchObject({
      code: "MODEM_BUSY",
      message: expect.stringMatching(/the first one|the second one/),
    });
  });
});
