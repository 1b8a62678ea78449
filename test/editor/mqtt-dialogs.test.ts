import { describe, expect, it } from "vitest";
import { MODEM_DEFAULTS } from "../../nodes/modem/types";
import { MODEM_BROKER_DEFAULTS } from "../../nodes/modem-broker/types";
import { MODEM_MQTT_DEFAULTS } from "../../nodes/modem-mqtt/types";
import { MODEM_TLS_DEFAULTS } from "../../nodes/modem-tls/types";
import { needsTool } from "../support/needs";
import type { RunningNodeRed } from "../support/node-red";
import type { Dialog, EditorPage } from "./editor-page";
import { type RunningEditor, useEditor } from "./use-editor";

const LARA = { ...MODEM_DEFAULTS, type: "modem", version: 1, port: "/dev/ttyUSB0", model: "LARA-R6" };
const BROKER = { ...MODEM_BROKER_DEFAULTS, type: "modem-broker", version: 1, name: "", modem: "c1" };
const FLOW = [
  { id: "f1", type: "tab", label: "MQTT" },
  { ...LARA, id: "c1", name: "Pump station" },
  { ...MODEM_TLS_DEFAULTS, id: "s1", type: "modem-tls", version: 1, name: "Our servers" },
  { ...BROKER, id: "b1", host: "mqtt.example.com" },
  {
    ...MODEM_MQTT_DEFAULTS,
    ...{ id: "n1", type: "modem-mqtt", z: "f1", version: 1, name: "", broker: "b1", topic: "pumps/#" },
    ...{ x: 200, y: 80, wires: [[], []] },
  },
];

/** For each field: texts that it takes, and texts that it marks, each with words that the message says. */
type Fields = readonly [field: string, valid: readonly string[], invalid: Readonly<Record<string, string>>][];

const MQTT: Fields = [
  [
    "topic",
    ["", "a", "#", "+/a/#", "Raum 1/Wärme"],
    { "a#": "behind a slash", "#/a": "last level", 'a"b': "quotation" },
  ],
  ["publishTopic", ["", "a/b", "pumps/{{payload.id}}"], { "a/+": "Only a subscription", "{{topic": "not closed" }],
];
const CONNECTION: Fields = [
  ["host", ["mqtt.example.com", "192.0.2.1", "2001:db8::1"], { "": "filled in", "a b": "name or the address" }],
  ["port", ["", "8883"], { "0": "from 1 to 65535", mqtt: "whole number" }],
  ["clientId", ["", "pump 7"], { 'a"b': "quotation mark" }],
  ["keepAlive", ["0", "600"], { "": "filled in", "65536": "to 65535" }],
  ["cid", ["", "2"], { "0": "from 1", "9": "LARA-R6 takes at most 8" }],
];
const MESSAGES: Fields = [
  ["outboxLimit", ["10000"], { "0": "from 1", "": "filled in" }],
  ["outboxAge", ["0", "3600"], { "-1": "from 0" }],
  ["outboxRate", ["0", "0.5"], { "1001": "to 1000" }],
  ["birthTopic", ["pumps/7"], { "pumps/+": "Only a subscription", ["ä".repeat(129)]: "LARA-R6 takes at most 256" }],
  ["willTopic", ["pumps/7"], { "a/#": "Only a subscription" }],
  ["willPayload", ["", "gone"], { '{"state":"gone"}': "quotation mark" }],
];

const browserNeed = needsTool("chromium");

describe.skipIf(browserNeed.skip)(`the dialogs of MQTT in Chromium${browserNeed.reason}`, { timeout: 90_000 }, () => {
  let nodeRed: RunningNodeRed;
  let editor: EditorPage;
  let openDark: RunningEditor["openDark"];
  let mqtt: Dialog;

  useEditor(FLOW, (running) => {
    ({ nodeRed, editor, openDark } = running);
  });

  async function openBroker(): Promise<Dialog> {
    mqtt = await editor.openDialog(await editor.find("modem-mqtt"));
    return editor.openConfig("broker");
  }
  async function showTab(name: string, { page }: EditorPage = editor): Promise<void> {
    const pane = page.locator(`#cellular-modem-broker-${name.toLowerCase()}`);
    // The editor takes a second click within 400 ms for a double one, on whichever tab.
    while (!(await pane.isVisible())) await page.locator(".cellular-modem-dialog .red-ui-tab").getByText(name).click();
    // Node-RED 5 shows the tab's name beside a mouse that stays there.
    await page.mouse.move(0, 0);
    await expect.poll(() => page.locator(".red-ui-popover").filter({ visible: true }).count()).toBe(0);
  }
  const saved = async (id: string) =>
    (await (await nodeRed.get("flows")).json()).find((one: { id: string }) => one.id === id);
  const shown = async (dialog: Dialog, fields: readonly string[]) => {
    const visible = await Promise.all(fields.map((field) => dialog.field(field).isVisible()));
    return fields.filter((_, index) => visible[index]);
  };

  async function check(dialog: Dialog, cases: Fields): Promise<void> {
    for (const [field, valid, invalid] of cases) {
      for (const [text, words] of Object.entries(invalid)) {
        await dialog.fill(field, text);
        expect(await dialog.complaint(field), `${field}: ${text}`).toContain(words);
      }
      for (const text of valid) {
        await dialog.fill(field, text);
        expect(await dialog.complaint(field), `${field}: ${text}`).toBeUndefined();
      }
    }
  }

  it("modem-mqtt: marks what is invalid and says why, and keeps what is saved", async () => {
    const dialog = await editor.openDialog(await editor.find("modem-mqtt"));
    await check(dialog, MQTT);
    expect(await dialog.misplacedBoxes()).toEqual([]);
    await dialog.field("qos").selectOption("1");
    await dialog.field("ret").selectOption("obj");
    await dialog.field("publishQos").selectOption("2");
    await dialog.field("retain").check();
    await dialog.save();
    await editor.deploy();
    const kept = { topic: "Raum 1/Wärme", qos: "1", ret: "obj", publishTopic: "pumps/{{payload.id}}", publishQos: "2" };
    expect(await saved("n1")).toMatchObject({ ...kept, retain: true, broker: "b1" });
    await editor.reload();
    const again = await editor.openDialog(await editor.find("modem-mqtt"));
    expect(await again.field("topic").inputValue()).toBe("Raum 1/Wärme");
    expect(await again.field("publishQos").inputValue()).toBe("2");
    expect(await again.field("retain").isChecked()).toBe(true);
    await again.cancel();
  });

  it("modem-broker: marks what is invalid in each tab and says why", async () => {
    const broker = await openBroker();
    await check(broker, CONNECTION);
    expect(await broker.misplacedBoxes()).toEqual([]);
    await showTab("Security");
    expect(await shown(broker, ["host", "tls", "user", "password"])).toEqual(["tls", "user", "password"]);
    await broker.fill("password", "secret");
    expect(await broker.complaint("user")).toContain("needs a user");
    await broker.fill("user", "pump");
    expect(await broker.complaint("user")).toBeUndefined();
    await showTab("Messages");
    expect(await shown(broker, ["birthPayload", "willPayload"])).toEqual([]);
    await check(broker, MESSAGES);
    expect(await shown(broker, ["birthPayload", "willPayload"])).toEqual(["birthPayload", "willPayload"]);
    expect(await broker.misplacedBoxes()).toEqual([]);
    await broker.field("outbox").selectOption("off");
    expect(await broker.field("outboxLimit").isVisible()).toBe(false);
    await broker.cancel();
    await mqtt.cancel();
  });

  it("modem-broker: keeps what is saved, the password where nobody sees it", async () => {
    const broker = await openBroker();
    await broker.fill("keepAlive", "30");
    await broker.field("cleanSession").uncheck();
    await showTab("Security");
    await broker.field("tls").selectOption("s1");
    await broker.fill("user", "pump");
    await broker.fill("password", "a secret");
    await showTab("Messages");
    await broker.field("outbox").selectOption("memory");
    await broker.fill("willTopic", "pumps/7");
    await broker.fill("willPayload", "gone");
    await broker.field("willQos").selectOption("1");
    await broker.field("willRetain").check();
    await broker.save();
    await mqtt.save();
    await editor.deploy();
    const kept = { keepAlive: "30", cleanSession: false, tls: "s1", outbox: "memory", willTopic: "pumps/7" };
    expect(await saved("b1")).toMatchObject({ ...kept, willPayload: "gone", willQos: "1", willRetain: true });
    expect(JSON.stringify(await (await nodeRed.get("flows")).json())).not.toContain("a secret");
    await editor.reload();
    const again = await openBroker();
    expect(await again.field("cleanSession").isChecked()).toBe(false);
    expect(await again.field("port").getAttribute("placeholder")).toBe("8883");
    await editor.picture("modem-broker-dialog", 720, "dialog");
    await showTab("Security");
    expect(await again.field("user").inputValue()).toBe("pump");
    expect(await again.field("password").inputValue()).not.toContain("secret");
    await showTab("Messages");
    expect(await again.field("willRetain").isChecked()).toBe(true);
    await again.cancel();
    await mqtt.cancel();
  });

  it("modem-broker: a service fills in what it needs, says what else, and MQTT-SN hides and drops what it has not", async () => {
    const broker = await openBroker();
    await broker.fill("clientId", "0f6a");
    await broker.field("preset").selectOption("anywhere");
    const values = async () =>
      Promise.all(["protocol", "host", "port", "clientId", "keepAlive"].map((name) => broker.field(name).inputValue()));
    expect(await values()).toEqual(["mqtt-sn", "10.7.0.55", "2442", "identity:0f6a", "600"]);
    expect(await broker.field("cleanSession").isChecked()).toBe(true);
    const note = (name: string) => editor.page.locator(`.cellular-modem-preset-${name}`);
    expect(await note("anywhere").textContent()).toContain("tsudp");
    await broker.field("preset").selectOption("flex");
    expect((await values()).slice(1, 4)).toEqual(["mqtt-flex.thingstream.io", "2443", "device:0f6a"]);
    expect([await note("anywhere").isVisible(), await note("flex").isVisible()]).toEqual([false, true]);
    await broker.fill("clientId", "device:");
    expect(await broker.complaint("clientId")).toContain("number that the service gave");
    await broker.fill("clientId", "device:0f6a");
    expect(await shown(broker, ["protocolVersion"])).toEqual([]);
    expect(await broker.hardToRead()).toEqual([]);
    await showTab("Security");
    expect(await shown(broker, ["tls", "user", "password"])).toEqual(["tls"]);
    await broker.save();
    await mqtt.save();
    await editor.deploy();
    expect(await saved("b1")).toMatchObject({ preset: "flex", protocol: "mqtt-sn", tls: "s1" });
    expect(await (await nodeRed.get("credentials/modem-broker/b1")).json()).not.toMatchObject({ has_password: true });
    await editor.reload();
    const again = await openBroker();
    expect(await again.field("keepAlive").inputValue()).toBe("600");
    await again.field("preset").selectOption("");
    await again.field("protocol").selectOption("mqtt");
    await again.save();
    await mqtt.save();
    await editor.deploy();
  });

  it("modem-broker: is marked while another one has the modem's only session", async () => {
    const valid = async (id: string) => (await editor.nodes()).find((node) => node.id === id)?.valid;
    const second = { ...BROKER, id: "b2", name: "Second", host: "second.example.com" };
    await editor.page.evaluate(`RED.nodes.import(${JSON.stringify([second])}, { generateIds: false })`);
    const broker = await openBroker();
    expect(await broker.complaint("protocol")).toContain("LARA-R6 has 1 of these sessions");
    expect(await broker.complaint("protocol")).toContain("Second");
    await broker.save();
    await mqtt.save();
    expect(await valid("b1")).toBe(false);
    await editor.page.evaluate('RED.nodes.remove("b2")');
    expect(await valid("b1")).toBe(true);
  });

  it.each(["light", "dark"] as const)("both are readable in the %s theme, and have their help", async (theme) => {
    const themed = theme === "light" ? editor : await openDark();
    const dialog = await themed.openDialog(await themed.find("modem-mqtt"));
    expect(await dialog.hardToRead()).toEqual([]);
    const broker = await themed.openConfig("broker");
    for (const name of ["Connection", "Security", "Messages"]) {
      await showTab(name, themed);
      expect(await broker.hardToRead()).toEqual([]);
    }
    expect(await broker.help()).toContain("A session with an MQTT broker or an MQTT-SN gateway");
    await broker.cancel();
    await dialog.cancel();
    if (theme === "light") return;
    expect(themed.problems).toEqual([]);
    await themed.page.close();
  });
});
