import type {
  SecurityProfile,
  SharedSecret,
  TlsVersion,
  ValidationLevel,
} from "../../driver/services/security/security";

/** Properties of the config node as the editor saves them. */
export interface ModemTlsProperties {
  name: string;
  version: number;
  validation: ValidationLevel;
  minVersion: TlsVersion;
  /** IANA names. */
  ciphers: string[];
  serverName: string;
  sni: string;
  resumption: SecurityProfile["resumption"];
  resumptionEncrypted: boolean;
  /** The server's certificate: PEM or a path on the gateway. */
  pinnedKey: string;
  pskFormat: SharedSecret["format"];
  pskIdentityFormat: SharedSecret["format"];
  /** Use the modem's key from u-blox's root of trust instead of `psk`. */
  rootOfTrustPsk: boolean;
}

export const SECRET_FORMATS = ["text", "hex"] as const satisfies readonly SharedSecret["format"][];

/** PEM text or the path of a file on the gateway; the last three are plain text. */
export interface ModemTlsCredentials {
  ca?: string;
  cert?: string;
  key?: string;
  keyPassword?: string;
  psk?: string;
  pskIdentity?: string;
}

/** The defaults of the contract. */
export const MODEM_TLS_DEFAULTS: Readonly<Omit<ModemTlsProperties, "name" | "version">> = {
  validation: "ca",
  minVersion: "1.2",
  ciphers: [],
  serverName: "",
  sni: "",
  resumption: "off",
  resumptionEncrypted: false,
  pinnedKey: "",
  pskFormat: "text",
  pskIdentityFormat: "text",
  rootOfTrustPsk: false,
};

/** Below Node-RED's admin root; the editor posts a `CertificateQuestion` and gets a `CertificateAnswer`. */
export const CERTIFICATES_PATH = "cellular-modem/certificates";

/** The dialog's fields. Those left out come from the stored credentials of the node `id`. */
export interface CertificateQuestion {
  readonly id: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly keyPassword?: string;
  readonly pinnedKey?: string;
}

/** Public facts about a certificate or key. */
export interface CertificateReport {
  /** Why it can't be used, as a sentence. */
  readonly problem?: string;
  /** `CN=Test Client`, lines joined by commas; certificates only, like the two dates. */
  readonly subject?: string;
  /** ISO 8601 */
  readonly validFrom?: string;
  readonly expires?: string;
  /** Whole days from now, negative once expired. */
  readonly daysLeft?: number;
  /** `RSA 2048`, `EC 256`. */
  readonly algorithm?: string;
}

/** Warn from this many days before a certificate expires. */
export const EXPIRY_WARNING_DAYS = 30;

/** One report for each field that is filled in, in the dialog or in the stored credentials. */
export interface CertificateAnswer {
  readonly ca?: CertificateReport;
  readonly cert?: CertificateReport;
  readonly key?: CertificateReport;
  readonly pinnedKey?: CertificateReport;
}
