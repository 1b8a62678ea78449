import helper from "node-red-node-test-helper";
import { describe, expect, it } from "vitest";
import { innerBroker } from "../../support/brokers";
import { mqttNodes } from "../modem-mqtt/mqtt-flow";
import { deploy, Inbox, setFlows, useNodeRed } from "../support/flow";

useNodeRed();

const TAB = { id: "tab", type: "tab", label: "test" };

describe("a broker that finds its LARA-R6 taken", () => {
  it("says who has it, and takes over when that one is deleted by a deploy of what has changed", async () => {
    const { port } = await innerBroker();
    const nodes = mqttNodes({ model: "LARA-R6", port, modem: { model: "LARA-R6" }, broker: { name: "first" } });
    const second = { id: "b2", type: "modem-broker", modem: "m", host: "broker.test", port: 1883, outbox: "memory" };
    const user = { id: "late", type: "modem-mqtt", broker: "b2", wires: [["mqtt-out"], ["late-events"]] };
    const flow = [...nodes, second, user, { id: "late-events", type: "helper" }];
    await deploy(flow as never);
    const errors = new Inbox("errors");
    const events = new Inbox("late-events");
    const { error } = await errors.next();
    expect(error).toMatchObject({ code: "MODEM_BUSY", message: expect.stringContaining("first") });
    helper.getNode("late").receive({ topic: "a", payload: "a" } as never);
    expect((await errors.until((message) => message.topic === "a")).error).toMatchObject({ code: "MODEM_BUSY" });
    const left = [TAB, ...flow.filter(({ id }) => id !== "b" && id !== "mqtt")];
    const offTab = ["tab", "modem", "modem-broker"];
    await setFlows(
      left.map((node) => (offTab.includes(node.type) ? node : { x: 100, y: 100, ...node, z: "tab" })),
      "nodes",
    );
    helper.getNode("late").receive({ topic: "a", payload: "a" } as never);
    expect(await events.until((message) => (message as { event?: string }).event === "published")).toMatchObject({
      topic: "a",
    });
  });
});
