import { describe, expect, it } from "vitest";
import { innerBroker } from "../../support/brokers";
import { useNodeRed } from "../support/flow";
import { inbox, isEvent, mqttFlow } from "./mqtt-flow";

useNodeRed();

const PROBE = { topic: "probe", payload: "a" };

describe.each(["LARA-R6", "BG96"])("modem-mqtt on %s takes msg.broker", (model) => {
  it("by the core node's names as well as by its own", async () => {
    const { port, aedes } = await innerBroker();
    const clients: string[] = [];
    aedes.on("client", ({ id }) => void clients.push(id));
    const { events, send } = await mqttFlow({ model, port, broker: { host: "elsewhere.test", autoConnect: false } });
    send({ action: "connect", broker: { broker: "broker.test", clientid: "core", username: "a", password: "b" } });
    await inbox(events).until(isEvent("connected"));
    send({ action: "connect", broker: { clientId: "ours", force: "true" } });
    await inbox(events).until(isEvent("connected"));
    expect(clients).toEqual(["core", "ours"]);
  });

  it.each([
    ["a quotation mark in the password", { username: "a", password: 'secret"s' }, "msg.broker.password"],
    ["a line end in the user name", { username: "a\rAT" }, "msg.broker.username"],
    ["a line end in the client id", { clientId: "a\nb" }, "msg.broker.clientId"],
    ["a URL", { url: "mqtt://other.test" }, "msg.broker.url"],
  ])("but refuses %s before the session is ended", async (_what, login, field) => {
    const { port, aedes } = await innerBroker();
    let logins = 0;
    aedes.on("client", () => {
      logins += 1;
    });
    const { events, errors, send } = await mqttFlow({ model, port });
    await inbox(events).until(isEvent("connected"));
    send({ action: "connect", broker: { ...login, force: true } });
    const { error } = await errors.next();
    expect(error).toMatchObject({ code: "INVALID_INPUT", message: expect.stringContaining(field) });
    expect(error?.message).not.toContain("secret");
    send({ ...PROBE, qos: 1 });
    await inbox(events).until(isEvent("published"));
    expect(logins).toBe(1);
  });

  it("of whoever says so last", async () => {
    const { port, aedes } = await innerBroker();
    const clients: string[] = [];
    aedes.on("client", ({ id }) => void clients.push(id));
    const { out, events, send } = await mqttFlow({ model, port, broker: { clientId: "dialog" } });
    await inbox(events).until(isEvent("connected"));
    send({ action: "connect", broker: { clientId: "one", force: true } });
    send({ action: "connect", broker: { clientId: "two", force: true } });
    send({ action: "connect" });
    await inbox(events).until(isEvent("connected"));
    send({ ...PROBE, qos: 1 });
    await inbox(events).until(isEvent("published"));
    expect(clients).toEqual(["dialog", "two"]);
    send({ action: "connect", broker: { clientId: "three", force: true } });
    send({ action: "disconnect" });
    await inbox(events).until(isEvent("disconnected"));
    send({ action: "status" });
    expect(await inbox(out).next()).toMatchObject({ payload: { state: "closed" } });
    send({ action: "connect" });
    await inbox(events).until(isEvent("connected"));
    expect(clients).toEqual(["dialog", "two", "three"]);
  });
});

describe.each(["LARA-R6", "BG96"])("modem-mqtt on %s, of a subscription that a message asks for", (model) => {
  it("keeps none that the modem or the broker refuses", async () => {
    const { port } = await innerBroker();
    const { events, out, errors, send } = await mqttFlow({ model, port });
    await inbox(events).until(isEvent("connected"));
    const long = "a".repeat(5000);
    send({ action: "subscribe", topic: ["a", { topic: long, qos: 1 }] });
    expect((await errors.next()).error).toMatchObject({ code: "INVALID_INPUT" });
    send({ action: "getSubscriptions" });
    expect((await inbox(out).next()).payload).toEqual([{ topic: "a", qos: 0 }]);
  });
});

it("modem-mqtt refuses a user of MQTT-SN in a message as well", async () => {
  const { port } = await innerBroker();
  const { errors, send } = await mqttFlow({
    model: "LARA-R6",
    port,
    broker: { protocol: "mqtt-sn", autoConnect: false },
  });
  send({ action: "connect", broker: { username: "a", password: "b" } });
  expect((await errors.next()).error).toMatchObject({
    code: "INVALID_INPUT",
    message: expect.stringContaining("msg.broker.username"),
  });
});
