import { migrateInEditor } from "../common/editor/migrations";
import { fitting } from "../common/editor/models";
import { filter, topicOrTemplate } from "../common/editor/mqtt-validators";
import { oneOf } from "../common/editor/validators";
import { sessionMisfits } from "../common/model-fit";
import { protocolOf, publishQos } from "./dialog/mqtt-validators";
import { MODEM_MQTT_MIGRATIONS } from "./migrations";
import { MODEM_MQTT_DEFAULTS as DEFAULTS, type ModemMqttProperties, MQTT_RETURN_TYPES } from "./types";

RED.nodes.registerType<ModemMqttProperties>("modem-mqtt", {
  category: "cellular",
  color: "#8fc1d4",
  icon: "modem-mqtt.svg",
  defaults: {
    name: { value: "" },
    version: { value: 1 },
    broker: { value: "", type: "modem-broker", required: true },
    topic: { value: DEFAULTS.topic, validate: fitting("topic", filter(), sessionMisfits) },
    qos: { value: DEFAULTS.qos, validate: oneOf(["0", "1", "2"]) },
    ret: { value: DEFAULTS.ret, validate: oneOf(MQTT_RETURN_TYPES) },
    publishTopic: {
      value: DEFAULTS.publishTopic,
      validate: fitting("publishTopic", topicOrTemplate(), sessionMisfits),
    },
    publishQos: { value: DEFAULTS.publishQos, validate: publishQos() },
    retain: { value: DEFAULTS.retain },
  },
  inputs: 1,
  outputs: 2,
  paletteLabel: "modem mqtt",
  label() {
    return this.name || this.topic || this.publishTopic || "modem mqtt";
  },
  labelStyle() {
    return this.name ? "node_label_italic" : "";
  },
  inputLabels() {
    return this._("modem-mqtt.port.input");
  },
  outputLabels(index) {
    return this._(index === 0 ? "modem-mqtt.port.received" : "modem-mqtt.port.event");
  },
  oneditprepare() {
    const broker = $("#node-input-broker");
    const update = () => {
      const withoutSession = $("#node-input-publishQos option.cellular-modem-mqtt-sn");
      withoutSession.prop("hidden", protocolOf(broker.val()) === "mqtt");
    };
    broker.on("change", update);
    update();
  },
});

migrateInEditor("modem-mqtt", MODEM_MQTT_MIGRATIONS);
