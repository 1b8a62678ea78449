import "../../support/quick-time";
import type { AedesPublishPacket } from "aedes" with { "resolution-mode": "import" };
import { describe, expect, it } from "vitest";
import { innerBroker } from "../../support/brokers";
import { useNodeRed } from "../support/flow";
import { inbox, isEvent, mqttFlow, published, type TestBroker } from "./mqtt-flow";

useNodeRed();

function publish({ aedes }: TestBroker, topic: string, payload: string | Buffer, qos: 0 | 1 = 0): Promise<void> {
  const packet = { cmd: "publish", topic, payload, qos, retain: false, dup: false } as AedesPublishPacket;
  return new Promise((resolve, reject) => aedes.publish(packet, (error) => (error ? reject(error) : resolve())));
}

/** Resolves when clients have subscribed to so many filters. */
function subscriptions({ aedes }: TestBroker, count: number): Promise<void> {
  let seen = 0;
  return new Promise((resolve) => {
    aedes.on("subscribe", (filters) => {
      seen += filters.length;
      if (seen >= count) resolve();
    });
  });
}

describe.each(["LARA-R6", "BG96"])("modem-mqtt on %s", (model) => {
  it("publishes, and passes the message on when the broker has it", async () => {
    const broker = await innerBroker();
    const seen = published(broker);
    const { send, events } = await mqttFlow({ model, port: broker.port });
    send({ topic: "room/1", payload: "21 °C", qos: 1, own: { left: "alone" } });
    const done = await inbox(events).until(isEvent("published"));
    expect(done).toMatchObject({ topic: "room/1", payload: "21 °C", own: { left: "alone" }, event: "published" });
    expect(seen).toEqual(["room/1 21 °C 1"]);
  });

  it.each([
    ["an object as JSON", { a: 1 }, '{"a":1}'],
    ["a number as a text", 21.5, "21.5"],
    ["a boolean as a text", false, "false"],
    ["an empty text", "", ""],
    ["bytes as they are", Buffer.from("ab\r\nOK\r\n"), "ab\r\nOK\r\n"],
  ])("publishes %s", async (_name, payload, text) => {
    const broker = await innerBroker();
    const seen = published(broker);
    const { send, events } = await mqttFlow({
      model,
      port: broker.port,
      nodes: { mqtt: { publishTopic: "t/{{id}}" } },
    });
    send({ id: 7, payload, retain: "true" });
    await inbox(events).until(isEvent("published"));
    expect(seen).toEqual([`t/7 ${text} 0 retain`]);
  });

  it("publishes nothing without msg.payload, and is done", async () => {
    const broker = await innerBroker();
    const seen = published(broker);
    const { send, events } = await mqttFlow({ model, port: broker.port });
    send({ topic: "a" });
    send({ topic: "a", payload: "second" });
    await inbox(events).until(isEvent("published"));
    expect(seen).toEqual(["a second 0"]);
  });

  it("brings what it subscribes to, as its return type says", async () => {
    const broker = await innerBroker();
    const subscribed = subscriptions(broker, 4);
    const { out } = await mqttFlow({
      model,
      port: broker.port,
      nodes: {
        auto: { topic: "a/+" },
        buffer: { topic: "a/#", ret: "buffer", qos: 1 },
        json: { topic: "a/json", ret: "obj" },
        base64: { topic: "a/b", ret: "base64" },
      },
    });
    await subscribed;
    await publish(broker, "a/b", Buffer.from([0, 0xff, 0x22]), 1);
    await publish(broker, "a/json", '{"x":[1]}');
    expect((await inbox(out, "json").next()).payload).toEqual({ x: [1] });
    expect((await inbox(out, "auto").until(({ topic }) => topic === "a/json")).payload).toBe('{"x":[1]}');
    expect((await inbox(out, "base64").next()).payload).toBe("AP8i");
    const received = await inbox(out, "buffer").next();
    expect(received).toMatchObject({ topic: "a/b", payload: Buffer.from([0, 0xff, 0x22]), qos: expect.any(Number) });
    expect(received).not.toHaveProperty("retain");
  });

  it("tells a login that the broker refuses once, in words, and no password", async () => {
    const broker = await innerBroker();
    let logins = 0;
    broker.aedes.authenticate = (_client, _user, _password, done) => {
      logins += 1;
      done(Object.assign(new Error("no"), { returnCode: 5 }) as never, false);
    };
    const { errors } = await mqttFlow({
      model,
      port: broker.port,
      credentials: { user: "somebody", password: "wrong secret" },
      nodes: { mqtt: { topic: "a" } },
    });
    const { error } = await errors.next();
    expect(error).toMatchObject({ code: "PROTOCOL_ERROR" });
    expect(JSON.stringify(error)).not.toContain("wrong secret");
    expect(logins).toBeGreaterThan(0);
    expect(errors.messages).toHaveLength(1);
  });

  it("subscribes and unsubscribes by messages as the core node does", async () => {
    const broker = await innerBroker();
    const { out, events, send } = await mqttFlow({ model, port: broker.port });
    await inbox(events).until(isEvent("connected"));
    send({ action: "subscribe", topic: [{ topic: "a", qos: 1 }, "b"] });
    const subscribed = await inbox(events).until(isEvent("subscribed"));
    expect(subscribed.payload).toEqual([
      { topic: "a", qos: 1 },
      { topic: "b", qos: 0 },
    ]);
    await publish(broker, "b", "hello");
    expect(await inbox(out).next()).toMatchObject({ topic: "b", payload: "hello" });
    send({ action: "unsubscribe", topic: "b" });
    send({ action: "getSubscriptions" });
    expect(await inbox(out).next()).toMatchObject({ topic: "subscriptions", payload: [{ topic: "a", qos: 1 }] });
  });
});
