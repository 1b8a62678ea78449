import { kindOfPort } from "../../driver/transport/port-text";
import { migrateInEditor } from "../common/editor/migrations";
import { contextRange, models } from "../common/editor/models";
import {
  checked,
  decimalNumber,
  ipAddress,
  oneOf,
  quotable,
  validator,
  wholeNumber,
} from "../common/editor/validators";
import { authentication, contextOfModel, modelOfPort, ofModel, pin, pinOfCredentials } from "./dialog/modem-validators";
import { port } from "./dialog/port-validator";
import { offerPorts } from "./dialog/ports";
import { MODEM_MIGRATIONS } from "./migrations";
import { AUTH_TYPES, CONNECT_MODES, MODEM_RANGES, type ModemProperties, PARITIES, PDP_TYPES } from "./types";

interface Credentials {
  pin: string;
  apnUser: string;
  apnPassword: string;
}

RED.nodes.registerType<ModemProperties, Credentials>("modem", {
  category: "config",
  defaults: {
    name: { value: "" },
    version: { value: 1, validate: pinOfCredentials() },
    port: { value: "", validate: port() },
    baudRate: { value: 115200, validate: wholeNumber(MODEM_RANGES.baudRate) },
    flowControl: { value: false },
    dataBits: { value: 8, validate: oneOf(["7", "8"]) },
    parity: { value: "none", validate: oneOf(PARITIES) },
    stopBits: { value: 1, validate: oneOf(["1", "2"]) },
    model: { value: "auto", validate: modelOfPort(knownModel()) },
    apn: { value: "", validate: quotable(100) },
    pdpType: { value: "IPV4V6", validate: oneOf(PDP_TYPES) },
    cid: { value: 1, validate: contextOfModel(wholeNumber(contextRange())) },
    authType: { value: "none", validate: authentication(oneOf(AUTH_TYPES)) },
    primaryDns: { value: "", validate: ipAddress() },
    secondaryDns: { value: "", validate: ipAddress() },
    mnoProfile: {
      value: "",
      validate: ofModel("mnoProfile", wholeNumber(MODEM_RANGES.mnoProfile, { optional: true }), [""]),
    },
    xlat: { value: "", validate: ofModel("xlat", oneOf(["", "on", "off"]), ["", "off"]) },
    connect: { value: "auto", validate: oneOf(CONNECT_MODES) },
    timeout: { value: 60, validate: decimalNumber(MODEM_RANGES.timeout) },
    queue: { value: 1000, validate: wholeNumber(MODEM_RANGES.queue) },
    trace: { value: false },
  },
  credentials: {
    pin: checked("password", pin()),
    apnUser: { type: "password" },
    apnPassword: { type: "password" },
  },
  label() {
    return this.name || this.port || "modem";
  },
  oneditprepare() {
    offerModels(this.model);
    offerPorts($("#node-config-input-port"), $("#cellular-modem-list-ports"));
    showLineSettings();
    showAuthentication();
  },
});

migrateInEditor("modem", MODEM_MIGRATIONS);

/** Without a list from the runtime, every model is accepted. */
function knownModel(): ReturnType<typeof oneOf> {
  const names = models().map(({ name }) => name);
  return names.length === 0 ? validator(() => true) : oneOf(["auto", ...names]);
}

/** The dialog is filled in before its options exist. */
function offerModels(chosen: string): void {
  const select = $("#node-config-input-model");
  for (const { name, manufacturer } of models())
    $("<option>").val(name).text(`${manufacturer} ${name}`).appendTo(select);
  select.val(chosen);
}

/**
 * Framing is set on a serial port only. The speed is that of the line behind a device server, too: it paces what is sent
 * and how long answers may take. A simulated modem has its own.
 */
function showLineSettings(): void {
  const input = $("#node-config-input-port");
  const update = () => {
    const kind = kindOfPort(String(input.val()).trim());
    $(".cellular-modem-line").toggle(kind !== "simulated");
    $(".cellular-modem-serial").toggle(kind === "serial");
  };
  input.on("change input", update);
  update();
}

function showAuthentication(): void {
  const select = $("#node-config-input-authType");
  const update = () => $(".cellular-modem-auth").toggle(select.val() !== "none");
  select.on("change", update);
  update();
}
