import { dialogProperty, type ValidatedNode } from "../common/editor/dialog-property";
import { migrateInEditor } from "../common/editor/migrations";
import { contextRange, fitting } from "../common/editor/models";
import { securityProfile } from "../common/editor/profile-validator";
import { sharedText } from "../common/editor/texts";
import { host, isBlank, oneOf, template, type Validator, validator, wholeNumber } from "../common/editor/validators";
import { socketMisfits } from "../common/model-fit";
import { MODEM_SOCKET_MIGRATIONS } from "./migrations";
import {
  type ModemSocketProperties,
  SOCKET_MODES,
  SOCKET_PROTOCOLS,
  SOCKET_RANGES,
  SOCKET_RETURN_TYPES,
  SOCKET_ROLES,
} from "./types";

RED.nodes.registerType<ModemSocketProperties>("modem-socket", {
  category: "cellular",
  color: "#8fc1d4",
  icon: "modem-socket.svg",
  defaults: {
    name: { value: "" },
    version: { value: 1 },
    modem: { value: "", type: "modem", required: true },
    protocol: { value: "tcp", validate: oneOf(SOCKET_PROTOCOLS) },
    role: { value: "connect", validate: oneOf(SOCKET_ROLES) },
    host: { value: "", validate: host() },
    port: { value: "", validate: portOrTemplate() },
    localPort: { value: "", validate: localPort() },
    tls: { value: "", type: "modem-tls", validate: securityProfile(() => undefined) },
    keepAlive: { value: 0, validate: fitting("keepAlive", wholeNumber(SOCKET_RANGES.keepAlive), socketMisfits) },
    ret: { value: "buffer", validate: oneOf(SOCKET_RETURN_TYPES) },
    delimiter: { value: "" },
    mode: { value: "command", validate: oneOf(SOCKET_MODES) },
    cid: { value: "", validate: fitting("cid", wholeNumber(contextRange(), { optional: true }), socketMisfits) },
    linger: {
      value: "",
      validate: fitting("linger", wholeNumber(SOCKET_RANGES.linger, { optional: true }), socketMisfits),
    },
    ttl: { value: "", validate: fitting("ttl", wholeNumber(SOCKET_RANGES.ttl, { optional: true }), socketMisfits) },
    tos: { value: "", validate: fitting("tos", wholeNumber(SOCKET_RANGES.tos, { optional: true }), socketMisfits) },
    appendDelimiter: { value: false },
  },
  inputs: 1,
  outputs: 2,
  paletteLabel: "modem socket",
  label() {
    return this.name || "modem socket";
  },
  labelStyle() {
    return this.name ? "node_label_italic" : "";
  },
  inputLabels() {
    return this._("modem-socket.port.input");
  },
  outputLabels(index) {
    return this._(index === 0 ? "modem-socket.port.data" : "modem-socket.port.event");
  },
  oneditprepare() {
    const update = () => {
      const { isTcp, listens } = choices();
      $(".cellular-modem-target").toggle(!(isTcp && listens));
      $(".cellular-modem-tls").toggle(!listens);
      $(".cellular-modem-stream").toggle(isTcp);
      $(".cellular-modem-mode").toggle(isTcp && !listens);
      $(".cellular-modem-direct").toggle(field("mode").val() === "direct");
      const chosen = this._("modem-socket.placeholder.localPort");
      field("localPort").attr("placeholder", listens ? this._("modem-socket.placeholder.localPortToListen") : chosen);
    };
    for (const name of ["protocol", "role", "mode"] as const) field(name).on("change", update);
    update();
  },
  oneditsave() {
    // Hidden fields don't apply, and the runtime refuses them.
    const { isTcp, listens } = choices();
    if (!isTcp || listens) field("mode").val("command");
    if (listens) field("tls").val("_ADD_");
  },
});

migrateInEditor("modem-socket", MODEM_SOCKET_MIGRATIONS);

function field(name: keyof ModemSocketProperties): JQuery {
  return $(`#node-input-${name}`);
}

function choices(): { readonly isTcp: boolean; readonly listens: boolean } {
  return { isTcp: field("protocol").val() === "tcp", listens: field("role").val() === "listen" };
}

type Check = (value: unknown, options: unknown) => true | string;

/** A port, a template for one, or nothing. */
function portOrTemplate(): Validator {
  const isTemplate = template() as unknown as Check;
  const isPort = wholeNumber(SOCKET_RANGES.port, { optional: true }) as unknown as Check;
  return validator((value) =>
    String(value ?? "").includes("{{") ? isTemplate(value, undefined) : isPort(value, undefined),
  );
}

/** A port; required for a listening socket. */
function localPort(): Validator {
  const isPort = wholeNumber(SOCKET_RANGES.port, { optional: true }) as unknown as Check;
  const validate = function (this: ValidatedNode, value: unknown, options: unknown): true | string {
    const isMissing = dialogProperty(this, "role") === "listen" && isBlank(value);
    return isMissing ? sharedText("validation.required") : isPort(value, options);
  };
  return validate as unknown as Validator;
}
