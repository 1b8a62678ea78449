import { migrateInEditor } from "../common/editor/migrations";
import { contextRange, fitting } from "../common/editor/models";
import { securityProfile } from "../common/editor/profile-validator";
import { sharedText } from "../common/editor/texts";
import { decimalNumber, oneOf, quotable, wholeNumber } from "../common/editor/validators";
import { requestMisfits } from "../common/model-fit";
import { readHeaderList, showHeaderList } from "./dialog/header-list";
import { headerRows, httpUrl } from "./dialog/request-validators";
import { MODEM_HTTP_MIGRATIONS } from "./migrations";
import {
  HTTP_AUTH_TYPES,
  HTTP_METHOD_CHOICES,
  HTTP_OUTBOX_PLACES,
  HTTP_OUTBOX_RANGES,
  HTTP_TIMEOUT_RANGE,
  HTTP_VERIFICATIONS,
  type ModemHttpProperties,
  RETURN_TYPES,
} from "./types";

interface Credentials {
  user: string;
  password: string;
}

RED.nodes.registerType<ModemHttpProperties, Credentials>("modem-http", {
  category: "cellular",
  color: "#8fc1d4",
  icon: "modem-http.svg",
  defaults: {
    name: { value: "" },
    version: { value: 3 },
    modem: { value: "", type: "modem", required: true },
    method: { value: "GET", validate: oneOf(HTTP_METHOD_CHOICES) },
    url: { value: "", validate: httpUrl() },
    ret: { value: "txt", validate: oneOf(RETURN_TYPES) },
    contentType: { value: "", validate: quotable(64) },
    headers: { value: [], validate: fitting("headers", headerRows(), requestMisfits) },
    authType: { value: "none", validate: oneOf(HTTP_AUTH_TYPES) },
    tls: {
      value: "",
      type: "modem-tls",
      validate: securityProfile((property) =>
        /^\s*https:/i.test(String(property("url"))) ? sharedText("validation.profileForHttps") : undefined,
      ),
    },
    timeout: { value: 120, validate: decimalNumber(HTTP_TIMEOUT_RANGE) },
    cid: { value: "", validate: fitting("cid", wholeNumber(contextRange(), { optional: true }), requestMisfits) },
    verify: { value: "auto", validate: oneOf(HTTP_VERIFICATIONS) },
    followRedirects: { value: true },
    outbox: { value: "off", validate: oneOf(HTTP_OUTBOX_PLACES) },
    outboxLimit: { value: 10_000, validate: wholeNumber(HTTP_OUTBOX_RANGES.limit) },
    outboxAge: { value: 0, validate: decimalNumber(HTTP_OUTBOX_RANGES.age) },
  },
  credentials: {
    user: { type: "text" },
    password: { type: "password" },
  },
  inputs: 1,
  outputs: 1,
  paletteLabel: "modem http",
  label() {
    return this.name || "modem http";
  },
  labelStyle() {
    return this.name ? "node_label_italic" : "";
  },
  inputLabels() {
    return this._("modem-http.port.input");
  },
  outputLabels() {
    return this._("modem-http.port.answer");
  },
  oneditprepare() {
    const labels = { name: this._("modem-http.label.headerName"), value: this._("modem-http.label.headerValue") };
    showHeaderList($("#cellular-modem-headers"), this.headers ?? [], labels);
    const method = $("#node-input-method");
    const authType = $("#node-input-authType");
    const outbox = $("#node-input-outbox");
    const update = () => {
      const mayChange = ["POST", "PUT", "DELETE", "use"].includes(String(method.val()));
      $(".cellular-modem-body").toggle(mayChange);
      $(".cellular-modem-kept").toggle(mayChange && outbox.val() !== "off");
      $(".cellular-modem-auth").toggle(authType.val() === "basic");
    };
    method.on("change", update);
    authType.on("change", update);
    outbox.on("change", update);
    update();
  },
  oneditsave() {
    this.headers = readHeaderList($("#cellular-modem-headers"));
  },
});

migrateInEditor("modem-http", MODEM_HTTP_MIGRATIONS);
