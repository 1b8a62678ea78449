import { migrateInEditor } from "../common/editor/migrations";
import { decimalNumber, oneOf, template } from "../common/editor/validators";
import { MODEM_AT_MIGRATIONS } from "./migrations";
import { AT_RETURN_TYPES, AT_TIMEOUT_RANGE, type ModemAtProperties } from "./types";

RED.nodes.registerType<ModemAtProperties>("modem-at", {
  category: "cellular",
  color: "#8fc1d4",
  icon: "modem-at.svg",
  defaults: {
    name: { value: "" },
    version: { value: 1 },
    modem: { value: "", type: "modem", required: true },
    command: { value: "", validate: template() },
    timeout: { value: 60, validate: decimalNumber(AT_TIMEOUT_RANGE) },
    ret: { value: "lines", validate: oneOf(AT_RETURN_TYPES) },
    urcs: { value: "" },
  },
  inputs: 1,
  outputs: 2,
  paletteLabel: "modem at",
  label() {
    return this.name || this.command || "modem at";
  },
  labelStyle() {
    return this.name ? "node_label_italic" : "";
  },
  inputLabels() {
    return this._("modem-at.port.input");
  },
  outputLabels(index) {
    return this._(index === 0 ? "modem-at.port.answer" : "modem-at.port.urc");
  },
});

migrateInEditor("modem-at", MODEM_AT_MIGRATIONS);
