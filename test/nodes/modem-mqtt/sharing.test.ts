import type { AedesPublishPacket } from "aedes" with { "resolution-mode": "import" };
import { describe, expect, it } from "vitest";
import { innerBroker } from "../../support/brokers";
import { redeploy, useNodeRed } from "../support/flow";
import { inbox, isEvent, mqttFlow, type TestBroker } from "./mqtt-flow";

useNodeRed();

function publish({ aedes }: TestBroker, topic: string, payload: string, retain = false): Promise<void> {
  const packet = { cmd: "publish", topic, payload, qos: 0, retain, dup: false } as AedesPublishPacket;
  return new Promise((resolve, reject) => aedes.publish(packet, (error) => (error ? reject(error) : resolve())));
}

const RECONNECTS = 20;
const FILTERS = ["a/b/c", "a/b/+", "a/+/c", "+/b/c", "a/#", "#", "+/+/+", "a/b/#", "+/b/#", "a/+/+"];
const NODES = 50;

describe("nodes that share a session on LARA-R6", () => {
  it("get a retained message once for each subscription, over many sessions and a deploy", async () => {
    const broker = await innerBroker();
    await publish(broker, "state/1", "on", true);
    const { out, events, send } = await mqttFlow({
      model: "LARA-R6",
      port: broker.port,
      nodes: { mqtt: {}, one: { topic: "state/1" }, two: { topic: "state/+" } },
    });
    for (let session = 0; session < RECONNECTS; session += 1) {
      await inbox(events).until(isEvent("connected"));
      send({ action: "disconnect" });
      await inbox(events).until(isEvent("disconnected"));
      send({ action: "connect" });
    }
    await inbox(events).until(isEvent("connected"));
    await publish(broker, "state/1", "end", true);
    for (const id of ["one", "two"]) {
      await inbox(out, id).until(({ payload }) => payload === "end");
      expect(inbox(out, id).messages.map(({ payload }) => payload)).toEqual(["on", "end"]);
    }
    await redeploy("one", { name: "deployed again" });
    await publish(broker, "state/1", "last", true);
    for (const id of ["one", "two"]) await inbox(out, id).until(({ payload }) => payload === "last");
    const again = inbox(out, "one").messages.slice(2);
    expect(again).toMatchObject([{ payload: "end", retain: true }, { payload: "last" }]);
  }, 120_000);

  it("get each message once, 50 of them on 10 filters that overlap", async () => {
    const broker = await innerBroker();
    const subscribed: string[] = [];
    broker.aedes.on("subscribe", (filters) => subscribed.push(...filters.map(({ topic }) => topic)));
    const nodes = Object.fromEntries(
      Array.from({ length: NODES }, (_value, index) => [`n${index}`, { topic: FILTERS[index % FILTERS.length] }]),
    );
    const { out } = await mqttFlow({ model: "LARA-R6", port: broker.port, nodes });
    await expect.poll(() => subscribed.length).toBeGreaterThanOrEqual(FILTERS.length);
    const payloads = Array.from({ length: 10 }, (_value, index) => `message ${index}`);
    for (const payload of payloads) await publish(broker, "a/b/c", payload);
    for (const id of Object.keys(nodes)) {
      await inbox(out, id).until(({ payload }) => payload === payloads.at(-1));
      expect(inbox(out, id).messages.map(({ payload }) => payload)).toEqual(payloads);
    }
    expect(subscribed.sort()).toEqual([...FILTERS].sort());
  }, 120_000);
});
