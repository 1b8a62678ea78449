import "../support/quick-time";
import { describe, expect, it } from "vitest";
import { MODEM_DEFAULTS } from "../../nodes/modem/types";
import { MODEM_BROKER_DEFAULTS } from "../../nodes/modem-broker/types";
import { editorVerdict } from "../editor/definitions";
import { deploy, deployNode, Inbox, useNodeRed } from "./support/flow";

useNodeRed();

let number = 0;
const simulated = (model: string) => `sim:${model}?name=fit-${process.pid}-${++number}`;
const rows = (count: number, more: object = {}) =>
  Array.from({ length: count }, (_, index) => ({
    keyType: "other",
    keyValue: `x-${index}`,
    valueType: "other",
    valueValue: "1",
    ...more,
  }));
const SOCKET = { type: "modem-socket", host: "a.example", port: 7 };
const HTTP = { type: "modem-http", url: "http://a.example/" };

const WRONG = [
  ["LARA-R6", { ...HTTP, headers: rows(6) }, "headers", "INVALID_INPUT"],
  ["LARA-R6", { ...HTTP, cid: "9" }, "cid", "INVALID_INPUT"],
  ["LARA-R6", { type: "modem-pdp", action: "status", cid: 9 }, "cid", "INVALID_INPUT"],
  ["LARA-R6", { ...SOCKET, linger: 33 }, "linger", "INVALID_INPUT"],
  ["LARA-R6", { ...SOCKET, cid: 9 }, "cid", "INVALID_INPUT"],
  ["BG96", { ...SOCKET, keepAlive: "60" }, "keepAlive", "NOT_SUPPORTED"],
  ["BG96", { ...SOCKET, linger: "0" }, "linger", "NOT_SUPPORTED"],
  ["BG96", { ...SOCKET, protocol: "udp", ttl: 10 }, "ttl", "NOT_SUPPORTED"],
  ["BG96", { ...SOCKET, tos: 0 }, "tos", "NOT_SUPPORTED"],
] as const;

const RIGHT = [
  ["BG96", { ...HTTP, headers: rows(6) }],
  ["LARA-R6", { ...HTTP, headers: [...rows(5), ...rows(1, { valueType: "msg" }), ...rows(1, { valueValue: "" })] }],
  ["LARA-R6", { ...HTTP, headers: [...rows(5), ...rows(1, { keyValue: "Content-Type" })] }],
  ["BG96", { ...HTTP, cid: 16 }],
  ["LARA-R6", { ...SOCKET, linger: 32, keepAlive: 60, ttl: 3, tos: 4 }],
  ["BG96", { ...SOCKET, keepAlive: 0 }],
  ["BG96", { ...SOCKET, protocol: "udp", keepAlive: 60, linger: 5 }],
] as const;

/** A node beside its broker, and what Catch nodes get. */
async function deployMqtt(broker: object, modem: object, node: object = {}): Promise<{ errors: Inbox }> {
  await deploy([
    { ...MODEM_DEFAULTS, ...modem, id: "m", type: "modem" },
    { ...broker, id: "b", type: "modem-broker" },
    { ...node, id: "n", type: "modem-mqtt", broker: "b", wires: [[], []] },
    { id: "catch", type: "catch", scope: null, wires: [["errors"]] },
    { id: "errors", type: "helper" },
  ]);
  return { errors: new Inbox("errors") };
}

describe("F19 what a node's modem can't do, where its model is known", () => {
  it.each(WRONG)("F19 %s: %j is marked at %s and said at deploy", async (model, properties, field, code) => {
    const port = simulated(model);
    for (const config of [
      { port, model: "auto" },
      { port: "/dev/ttyUSB0", model },
    ]) {
      const { type, ...fields } = properties;
      expect(await editorVerdict(type, { modem: "m", ...fields }, { m: config })).toHaveProperty(field);
    }
    const node = await deployNode(properties, { port });
    expect(await node.errors.next()).toMatchObject({
      error: { code, message: expect.stringMatching(`${field}.*${model}`), source: { id: "n" } },
    });
    node.receive({ payload: "a" });
    expect(await node.errors.next()).toMatchObject({ payload: "a", error: { code } });
    expect(node.errors.messages).toHaveLength(2);
  });

  it.each(RIGHT)("F19 neighbour: %s can do %j", async (model, { type, ...fields }) => {
    const marked = await editorVerdict(
      type,
      { modem: "m", ...fields },
      { m: { port: simulated(model), model: "auto" } },
    );
    expect(marked).toEqual({});
  });

  it("F19 neighbour: of a model that is not known nothing is marked", async () => {
    for (const [, { type, ...fields }] of WRONG) {
      const config = { port: "/dev/ttyUSB0", model: "auto" };
      expect(await editorVerdict(type, { modem: "m", ...fields }, { m: config })).toEqual({});
    }
    const variables = { host: "a.example", port: 7, keepAlive: "$".concat("{K}") };
    expect(await editorVerdict("modem-socket", { modem: "m", ...variables }, { m: { model: "BG96" } })).toEqual({});
  });

  it.each([
    ["BG96", { mnoProfile: "100" }, "mnoProfile"],
    ["BG96", { xlat: "on" }, "xlat"],
    ["LARA-R6", { cid: 9 }, "cid"],
    ["LARA-R6", { model: "BG96" }, "model"],
  ] as const)("F19 the modem's own settings: %s with %j", async (model, fields, field) => {
    const port = simulated(model);
    expect(await editorVerdict("modem", { port, ...fields })).toHaveProperty(field);
    const node = await deployNode({ type: "modem-pdp", action: "status" }, { port, ...fields });
    const said = await node.errors.next();
    expect(said).toMatchObject({ error: { message: expect.stringContaining(field), source: { id: "m" } } });
    expect(["NOT_SUPPORTED", "INVALID_INPUT"]).toContain(said.error?.code);
  });

  it("F19 neighbour: settings that it has are taken", async () => {
    expect(await editorVerdict("modem", { port: "sim:LARA-R6", mnoProfile: 100, xlat: "on", cid: 8 })).toEqual({});
    expect(await editorVerdict("modem", { port: "sim:BG96", model: "BG96", xlat: "off", cid: 16 })).toEqual({});
  });

  it.each([
    [{ authType: "pap" }, {}, "apnUser"],
    [{}, { pin: "12a4" }, "pin"],
  ] as const)("a credential that is missing or wrong is named at deploy: %j %j", async (fields, secrets, field) => {
    const node = await deployNode(
      { type: "modem-pdp", action: "status" },
      { port: simulated("BG96"), ...fields },
      { m: secrets },
    );
    expect(await node.errors.next()).toMatchObject({
      error: { code: "INVALID_INPUT", message: expect.stringContaining(field), source: { id: "m" } },
    });
    const marked = await editorVerdict("modem", { port: "sim:BG96", ...fields, credentials: secrets });
    expect(Object.values(marked)).toHaveLength(1);
    const kept = { has_apnUser: true, has_pin: true };
    expect(await editorVerdict("modem", { port: "sim:BG96", ...fields, credentials: kept })).toEqual({});
    expect(await editorVerdict("modem", { port: "sim:BG96", ...fields })).toEqual({});
  });

  const BROKER = { ...MODEM_BROKER_DEFAULTS, name: "Ours", modem: "m", host: "broker.example" };
  const LONG = "ä".repeat(129);

  it.each([
    ["LARA-R6", { protocolVersion: "3.1" }, "protocolVersion", "NOT_SUPPORTED"],
    ["LARA-R6", { birthTopic: LONG }, "birthTopic", "INVALID_INPUT"],
    ["LARA-R6", { protocol: "mqtt-sn", willTopic: LONG }, "willTopic", "INVALID_INPUT"],
    ["LARA-R6", { cid: 9 }, "cid", "INVALID_INPUT"],
    ["BG96", { protocol: "mqtt-sn" }, "protocol", "NOT_SUPPORTED"],
  ] as const)("a broker on %s with %j is marked at %s and said at deploy", async (model, fields, field, code) => {
    const port = simulated(model);
    const configs = { m: { port, model: "auto" } };
    expect(await editorVerdict("modem-broker", { ...BROKER, ...fields }, configs)).toHaveProperty(field);
    const node = await deployMqtt({ ...BROKER, ...fields }, { port });
    expect(await node.errors.next()).toMatchObject({
      error: { code, message: expect.stringMatching(`${field}.*${model}`), source: { id: "b" } },
    });
  });

  it("a filter that the broker's modem has no room for is marked, and said at deploy", async () => {
    const port = simulated("LARA-R6");
    const configs = { m: { port, model: "auto" }, b: { ...BROKER, type: "modem-broker" } };
    const node = { type: "modem-mqtt", broker: "b", topic: LONG };
    expect(await editorVerdict("modem-mqtt", node, configs)).toHaveProperty("topic");
    const deployed = await deployMqtt(BROKER, { port }, node);
    expect(await deployed.errors.next()).toMatchObject({
      error: { code: "INVALID_INPUT", message: expect.stringMatching("topic.*LARA-R6.*256"), source: { id: "n" } },
    });
  });

  it("a broker is marked when others have all sessions of its protocol on its modem", async () => {
    const other = { ...BROKER, type: "modem-broker", name: "Other" };
    const verdict = (protocol: string, model: string, others: readonly object[]) =>
      editorVerdict(
        "modem-broker",
        { ...BROKER, protocol },
        {
          m: { port: simulated(model), model: "auto" },
          ...Object.fromEntries(others.map((one, at) => [`b${at}`, one])),
        },
      );
    expect(await verdict("mqtt", "LARA-R6", [other])).toEqual({ protocol: expect.stringContaining("sessions") });
    expect(await verdict("mqtt-sn", "LARA-R6", [other])).toEqual({});
    expect(
      await verdict("mqtt", "LARA-R6", [
        { ...other, d: true },
        { ...other, modem: "m2" },
      ]),
    ).toEqual({});
  });

  it("F23 neighbour: a certificate without its key stays marked", async () => {
    const cert = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----";
    expect(Object.keys(await editorVerdict("modem-tls", { credentials: { cert, has_key: false } }))).toEqual([
      "version",
    ]);
    expect(await editorVerdict("modem-tls", { credentials: { cert, has_key: true } })).toEqual({});
    expect(await editorVerdict("modem-tls", {})).toEqual({});
  });
});
