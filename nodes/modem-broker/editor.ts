import type { EditorNodeInstance } from "node-red";
import { migrateInEditor } from "../common/editor/migrations";
import { contextRange, fitting } from "../common/editor/models";
import { mqttText, topic } from "../common/editor/mqtt-validators";
import { securityProfile } from "../common/editor/profile-validator";
import { sharedText } from "../common/editor/texts";
import { checked, decimalNumber, oneOf, type Validator, wholeNumber } from "../common/editor/validators";
import { brokerMisfits } from "../common/model-fit";
import {
  clientId,
  protocolWithSession,
  serverHost,
  user,
  userAndPassword,
  willPayload,
} from "./dialog/broker-validators";
import { showTabs } from "./dialog/tabs";
import { MODEM_BROKER_MIGRATIONS } from "./migrations";
import { presetClientId, presetOf } from "./presets";
import {
  BROKER_PRESETS,
  BROKER_RANGES,
  MODEM_BROKER_DEFAULTS as DEFAULTS,
  type ModemBrokerCredentials,
  type ModemBrokerProperties,
  OUTBOX_PLACES,
  PROTOCOL_VERSIONS,
  usualPort,
} from "./types";

const ANNOUNCEMENTS = ["birth", "close", "will"] as const;
const QOS = oneOf(["0", "1", "2"]);

RED.nodes.registerType<ModemBrokerProperties, Required<ModemBrokerCredentials>>("modem-broker", {
  category: "config",
  defaults: {
    name: { value: "" },
    version: { value: 1, validate: userAndPassword() },
    modem: { value: "", type: "modem", required: true },
    protocol: { value: DEFAULTS.protocol, validate: protocolWithSession() },
    protocolVersion: {
      value: DEFAULTS.protocolVersion,
      validate: fitsModel("protocolVersion", oneOf(PROTOCOL_VERSIONS)),
    },
    host: { value: DEFAULTS.host, validate: serverHost() },
    port: { value: DEFAULTS.port, validate: wholeNumber(BROKER_RANGES.port, { optional: true }) },
    cid: { value: DEFAULTS.cid, validate: fitsModel("cid", wholeNumber(contextRange(), { optional: true })) },
    tls: {
      value: DEFAULTS.tls,
      type: "modem-tls",
      validate: securityProfile((property) =>
        property("preset") === "flex" ? sharedText("validation.profileForFlex") : undefined,
      ),
    },
    clientId: { value: DEFAULTS.clientId, validate: clientId() },
    keepAlive: { value: DEFAULTS.keepAlive, validate: wholeNumber(BROKER_RANGES.keepAlive) },
    cleanSession: { value: DEFAULTS.cleanSession },
    birthTopic: { value: DEFAULTS.birthTopic, validate: fitsModel("birthTopic", topic()) },
    birthPayload: { value: DEFAULTS.birthPayload },
    birthQos: { value: DEFAULTS.birthQos, validate: QOS },
    birthRetain: { value: DEFAULTS.birthRetain },
    closeTopic: { value: DEFAULTS.closeTopic, validate: fitsModel("closeTopic", topic()) },
    closePayload: { value: DEFAULTS.closePayload },
    closeQos: { value: DEFAULTS.closeQos, validate: QOS },
    closeRetain: { value: DEFAULTS.closeRetain },
    willTopic: { value: DEFAULTS.willTopic, validate: fitsModel("willTopic", topic()) },
    willPayload: { value: DEFAULTS.willPayload, validate: willPayload() },
    willQos: { value: DEFAULTS.willQos, validate: QOS },
    willRetain: { value: DEFAULTS.willRetain },
    autoConnect: { value: DEFAULTS.autoConnect },
    autoUnsubscribe: { value: DEFAULTS.autoUnsubscribe },
    outbox: { value: DEFAULTS.outbox, validate: oneOf(OUTBOX_PLACES) },
    outboxLimit: { value: DEFAULTS.outboxLimit, validate: wholeNumber(BROKER_RANGES.outboxLimit) },
    outboxAge: { value: DEFAULTS.outboxAge, validate: decimalNumber(BROKER_RANGES.outboxAge) },
    outboxRate: { value: DEFAULTS.outboxRate, validate: decimalNumber(BROKER_RANGES.outboxRate) },
    preset: { value: DEFAULTS.preset, validate: oneOf(["", ...BROKER_PRESETS]) },
  },
  credentials: {
    user: checked("text", user()),
    password: checked("password", mqttText()),
  },
  label() {
    return this.name || this.host || "modem broker";
  },
  oneditprepare() {
    const labels = {
      connection: this._("modem-broker.tab.connection"),
      security: this._("modem-broker.tab.security"),
      messages: this._("modem-broker.tab.messages"),
    };
    showTabs($("#cellular-modem-broker-tabs"), (name) => labels[name]);
    field("preset").on("change", (event) => {
      // Not while the dialog is filled in: what was changed by hand stays.
      if (event.originalEvent !== undefined) fillInPreset();
      showWhatMatters();
    });
    const deciding = ["protocol", "tls", "outbox", ...ANNOUNCEMENTS.map((name) => `${name}Topic` as const)] as const;
    for (const name of deciding) field(name).on("change input", showWhatMatters);
    showWhatMatters();
  },
  oneditsave() {
    // Hidden fields don't apply, and the runtime refuses what MQTT-SN has not.
    if (field("protocol").val() === "mqtt-sn") {
      for (const name of ["user", "password"] as const) field(name).val("");
      field("protocolVersion").val(DEFAULTS.protocolVersion);
    }
    if (field("outbox").val() === "off")
      for (const name of ["outboxLimit", "outboxAge", "outboxRate"] as const) field(name).val(DEFAULTS[name]);
  },
});

migrateInEditor("modem-broker", MODEM_BROKER_MIGRATIONS);

// One that goes, or leaves the modem, gives its session free for others.
for (const event of ["nodes:change", "nodes:remove"]) {
  RED.events.on(event, ({ id, type }: { id: string; type: string }) => {
    if (type !== "modem-broker") return;
    RED.nodes.eachConfig((config) => {
      const node = config as { readonly id: string; readonly type: string };
      if (node.type === type && node.id !== id) RED.editor.validateNode(node as EditorNodeInstance);
      return true;
    });
  });
}

function field(name: keyof ModemBrokerProperties | keyof ModemBrokerCredentials): JQuery {
  return $(`#node-config-input-${name}`);
}

function fitsModel(name: keyof ModemBrokerProperties, validate: Validator): Validator {
  return fitting(name, validate, brokerMisfits);
}

/** Of a service of u-blox (guide 7.11, 7.12). */
function fillInPreset(): void {
  const preset = presetOf(field("preset").val());
  if (preset === undefined) return;
  const { host, port, keepAlive } = preset;
  field("protocol").val("mqtt-sn");
  field("host").val(host);
  field("port").val(port);
  field("clientId").val(presetClientId(String(field("clientId").val()), preset));
  if (keepAlive !== undefined) field("keepAlive").val(keepAlive);
  field("cleanSession").prop("checked", true);
  for (const name of ["protocol", "host", "port", "clientId", "keepAlive"] as const) field(name).trigger("change");
}

function showWhatMatters(): void {
  const protocol = String(field("protocol").val());
  const preset = field("preset").val();
  const tls = String(field("tls").val());
  $(".cellular-modem-mqtt").toggle(protocol === "mqtt");
  $(".cellular-modem-mqtt-sn").toggle(protocol === "mqtt-sn");
  for (const name of BROKER_PRESETS) $(`.cellular-modem-preset-${name}`).toggle(preset === name);
  $(".cellular-modem-outbox").toggle(field("outbox").val() !== "off");
  for (const name of ANNOUNCEMENTS) $(`.cellular-modem-${name}`).toggle(field(`${name}Topic`).val() !== "");
  const hasTls = tls !== "" && tls !== "_ADD_";
  field("port").attr("placeholder", String(usualPort(protocol, hasTls)));
}
