import { migrateInEditor } from "../common/editor/migrations";
import { securityProfile } from "../common/editor/profile-validator";
import { sharedText } from "../common/editor/texts";
import { oneOf } from "../common/editor/validators";
import { MODEM_TLS_PROFILE_MIGRATIONS } from "./migrations";
import { type ModemTlsProfileProperties, TLS_PROFILE_ACTIONS } from "./types";

/** Actions on a profile, as opposed to the modem's store. */
const NEED_PROFILE = ["apply", "session"];

RED.nodes.registerType<ModemTlsProfileProperties>("modem-tls-profile", {
  category: "cellular",
  color: "#8fc1d4",
  icon: "modem-tls-profile.svg",
  defaults: {
    name: { value: "" },
    version: { value: 1 },
    modem: { value: "", type: "modem", required: true },
    action: { value: "msg", validate: oneOf(TLS_PROFILE_ACTIONS) },
    tls: {
      value: "",
      type: "modem-tls",
      validate: securityProfile((property) =>
        NEED_PROFILE.includes(String(property("action"))) ? sharedText("validation.profileForAction") : undefined,
      ),
    },
  },
  inputs: 1,
  outputs: 2,
  paletteLabel: "modem tls profile",
  label() {
    return this.name || (this.action === "msg" ? "modem tls profile" : this.action);
  },
  labelStyle() {
    return this.name ? "node_label_italic" : "";
  },
  inputLabels() {
    return this._("modem-tls-profile.port.input");
  },
  outputLabels(index) {
    return this._(index === 0 ? "modem-tls-profile.port.answer" : "modem-tls-profile.port.session");
  },
  oneditprepare() {
    const action = $("#node-input-action");
    const update = () => $(".cellular-modem-profile").toggle(["msg", ...NEED_PROFILE].includes(String(action.val())));
    action.on("change", update);
    update();
  },
});

migrateInEditor("modem-tls-profile", MODEM_TLS_PROFILE_MIGRATIONS);
