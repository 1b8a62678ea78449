import { describe, expect, it } from "vitest";
import { innerBroker } from "../../support/brokers";
import { useNodeRed } from "../support/flow";
import { inbox, isEvent, mqttFlow, published } from "./mqtt-flow";

useNodeRed();

describe.each(["LARA-R6", "BG96"])("a session on %s", (model) => {
  it("says birth and close, and keeps the will for a loss", async () => {
    const broker = await innerBroker();
    const seen = published(broker);
    const { events, send } = await mqttFlow({
      model,
      port: broker.port,
      broker: {
        ...{ birthTopic: "state", birthPayload: "up", birthRetain: true, birthQos: 1 },
        ...{ closeTopic: "state", closePayload: "down", willTopic: "state", willPayload: "lost" },
      },
    });
    await inbox(events).until(isEvent("connected"));
    send({ action: "disconnect" });
    await inbox(events).until(isEvent("disconnected"));
    await expect.poll(() => seen).toEqual(["state up 1 retain", "state down 0"]);
  });
});
