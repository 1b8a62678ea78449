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
import {
  AUTH_TYPES,
  CONNECT_MODES,
  MODEM_DEFAULTS,
  MODEM_RANGES,
  type ModemProperties,
  PARITIES,
  PDP_TYPES,
} from "./types";

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
    port: { value: MODEM_DEFAULTS.port, validate: port() },
    baudRate: { value: MODEM_DEFAULTS.baudRate, validate: wholeNumber(MODEM_RANGES.baudRate) },
    flowControl: { value: MODEM_DEFAULTS.flowControl },
    dataBits: { value: MODEM_DEFAULTS.dataBits, validate: oneOf(["7", "8"]) },
    parity: { value: MODEM_DEFAULTS.parity, validate: oneOf(PARITIES) },
    stopBits: { value: MODEM_DEFAULTS.stopBits, validate: oneOf(["1", "2"]) },
    model: { value: MODEM_DEFAULTS.model, validate: modelOfPort(knownModel()) },
    apn: { value: MODEM_DEFAULTS.apn, validate: quotable(100) },
    pdpType: { value: MODEM_DEFAULTS.pdpType, validate: oneOf(PDP_TYPES) },
    cid: { value: MODEM_DEFAULTS.cid, validate: contextOfModel(wholeNumber(contextRange())) },
    authType: { value: MODEM_DEFAULTS.authType, validate: authentication(oneOf(AUTH_TYPES)) },
    primaryDns: { value: MODEM_DEFAULTS.primaryDns, validate: ipAddress() },
    secondaryDns: { value: MODEM_DEFAULTS.secondaryDns, validate: ipAddress() },
    mnoProfile: {
      value: MODEM_DEFAULTS.mnoProfile,
      validate: ofModel("mnoProfile", wholeNumber(MODEM_RANGES.mnoProfile, { optional: true }), [""]),
    },
    xlat: { value: MODEM_DEFAULTS.xlat, validate: ofModel("xlat", oneOf(["", "on", "off"]), ["", "off"]) },
    connect: { value: MODEM_DEFAULTS.connect, validate: oneOf(CONNECT_MODES) },
    timeout: { value: MODEM_DEFAULTS.timeout, validate: decimalNumber(MODEM_RANGES.timeout) },
    queue: { value: MODEM_DEFAULTS.queue, validate: wholeNumber(MODEM_RANGES.queue) },
    trace: { value: MODEM_DEFAULTS.trace },
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
