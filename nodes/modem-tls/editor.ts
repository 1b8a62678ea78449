import { RESUMPTION_TYPES, TLS_VERSIONS, VALIDATION_LEVELS } from "../../driver/services/security/security";
import { migrateInEditor } from "../common/editor/migrations";
import { checked, oneOf, quotable } from "../common/editor/validators";
import { isCipherSuiteName, SUGGESTED_CIPHER_SUITES } from "./cipher-suites";
import { showCertificateReports } from "./dialog/certificate-reports";
import { readNameList, showNameList } from "./dialog/name-list";
import { showPemField } from "./dialog/pem-field";
import {
  cipherSuiteNames,
  credentialPairs,
  hostName,
  pemOrPath,
  pemOrPathWith,
  sharedSecret,
} from "./dialog/security-validators";
import { MODEM_TLS_MIGRATIONS } from "./migrations";
import { type ModemTlsCredentials, type ModemTlsProperties, SECRET_FORMATS } from "./types";

RED.nodes.registerType<ModemTlsProperties, Required<ModemTlsCredentials>>("modem-tls", {
  category: "config",
  defaults: {
    name: { value: "" },
    version: { value: 1, validate: credentialPairs() },
    validation: { value: "ca", validate: oneOf(VALIDATION_LEVELS) },
    minVersion: { value: "1.2", validate: oneOf(TLS_VERSIONS) },
    ciphers: { value: [], validate: cipherSuiteNames() },
    serverName: { value: "", validate: hostName({ orAddress: true }) },
    sni: { value: "", validate: hostName({ orAddress: false }) },
    resumption: { value: "off", validate: oneOf(["off", ...RESUMPTION_TYPES]) },
    resumptionEncrypted: { value: false },
    pinnedKey: { value: "", validate: pemOrPath() },
    pskFormat: { value: "text", validate: oneOf(SECRET_FORMATS) },
    pskIdentityFormat: { value: "text", validate: oneOf(SECRET_FORMATS) },
    rootOfTrustPsk: { value: false },
  },
  credentials: {
    ca: checked("text", pemOrPath()),
    cert: checked("text", pemOrPathWith("key")),
    key: checked("password", pemOrPathWith("cert")),
    keyPassword: checked("password", quotable(128)),
    psk: checked("password", sharedSecret("pskIdentity", "pskFormat", { text: 64, hex: 128 })),
    pskIdentity: checked("password", sharedSecret("psk", "pskIdentityFormat", { text: 128, hex: 128 })),
  },
  label() {
    return this.name || `TLS ${this.validation}`;
  },
  oneditprepare() {
    for (const name of PEM_FIELDS) showPemField(field(name));
    const labels = { label: this._("modem-tls.label.cipher"), suggestions: SUGGESTED_CIPHER_SUITES };
    showNameList($("#cellular-modem-ciphers"), this.ciphers ?? [], { ...labels, isValid: isCipherSuiteName });
    showWhatMatters();
    showCertificateReports(
      this.id,
      {
        ca: field("ca"),
        cert: field("cert"),
        key: field("key"),
        pinnedKey: field("pinnedKey"),
        keyPassword: field("keyPassword"),
      },
      { ca: report("ca"), cert: report("cert"), key: report("key"), pinnedKey: report("pinnedKey") },
    );
  },
  oneditsave() {
    this.ciphers = readNameList($("#cellular-modem-ciphers"));
    // Hidden fields don't apply, and the runtime refuses a key beside that of the root of trust.
    if (field("rootOfTrustPsk").prop("checked"))
      for (const name of ["psk", "pskIdentity"] as const) field(name).val("");
    if (field("key").val() === "") field("keyPassword").val("");
  },
});

migrateInEditor("modem-tls", MODEM_TLS_MIGRATIONS);

const PEM_FIELDS = ["ca", "cert", "key", "pinnedKey"] as const;

function field(name: keyof ModemTlsProperties | keyof ModemTlsCredentials): JQuery {
  return $(`#node-config-input-${name}`);
}

function report(name: (typeof PEM_FIELDS)[number]): JQuery {
  return $(`#cellular-modem-${name}-report`);
}

/** Shows the parts of the dialog that the current settings need. */
function showWhatMatters(): void {
  const update = () => {
    const validation = String(field("validation").val());
    const resumption = String(field("resumption").val());
    $(".cellular-modem-unchecked").toggle(validation === "none");
    $(".cellular-modem-ca").toggle(validation !== "none");
    $(".cellular-modem-host").toggle(["ca+host", "ca+host+date"].includes(validation));
    $(".cellular-modem-key-password").toggle(field("key").val() !== "");
    $(".cellular-modem-psk").toggle(!field("rootOfTrustPsk").prop("checked"));
    $(".cellular-modem-resumption").toggle(resumption !== "off");
    $(".cellular-modem-psk-ticket").toggle(resumption === "psk-ticket");
  };
  for (const name of ["validation", "key", "rootOfTrustPsk", "resumption"] as const)
    field(name).on("change input", update);
  update();
}
