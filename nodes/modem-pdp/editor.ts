import { migrateInEditor } from "../common/editor/migrations";
import { contextRange, fitting } from "../common/editor/models";
import { host, ipAddress, oneOf, quotable, wholeNumber } from "../common/editor/validators";
import { requestMisfits } from "../common/model-fit";
import { PDP_TYPES } from "../modem/types";
import { MODEM_PDP_MIGRATIONS } from "./migrations";
import { type ModemPdpProperties, PDP_ACTION_CHOICES } from "./types";

RED.nodes.registerType<ModemPdpProperties>("modem-pdp", {
  category: "cellular",
  color: "#8fc1d4",
  icon: "modem-pdp.svg",
  defaults: {
    name: { value: "" },
    version: { value: 1 },
    modem: { value: "", type: "modem", required: true },
    action: { value: "msg", validate: oneOf(PDP_ACTION_CHOICES) },
    host: { value: "", validate: host() },
    apn: { value: "", validate: quotable(100) },
    pdpType: { value: "", validate: oneOf(["", ...PDP_TYPES]) },
    cid: { value: "", validate: fitting("cid", wholeNumber(contextRange(), { optional: true }), requestMisfits) },
    primaryDns: { value: "", validate: ipAddress() },
    secondaryDns: { value: "", validate: ipAddress() },
  },
  inputs: 1,
  outputs: 2,
  paletteLabel: "modem pdp",
  label() {
    return this.name || (this.action === "msg" ? "modem pdp" : this.action);
  },
  labelStyle() {
    return this.name ? "node_label_italic" : "";
  },
  inputLabels() {
    return this._("modem-pdp.port.input");
  },
  outputLabels(index) {
    return this._(index === 0 ? "modem-pdp.port.answer" : "modem-pdp.port.event");
  },
  oneditprepare() {
    const action = $("#node-input-action");
    const update = () => {
      const value = String(action.val());
      $(".cellular-modem-host").toggle(["msg", "ping", "resolve"].includes(value));
      $(".cellular-modem-context").toggle(["msg", "activate"].includes(value));
    };
    action.on("change", update);
    update();
  },
});

migrateInEditor("modem-pdp", MODEM_PDP_MIGRATIONS);
