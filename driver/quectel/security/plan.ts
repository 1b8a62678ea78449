import { isIP } from "node:net";
import { domainToASCII } from "node:url";
import { ModemError } from "../../errors";
import { checkMaterial } from "../../services/security/profile-material";
import type { SecurityProfile, TlsVersion } from "../../services/security/security";
import type { QuectelTraits } from "../traits";
import { type CertificateFile, certificateFile } from "./certificate-file";
import { cipherSuiteCode } from "./cipher-suites";
import type { SslParameters } from "./settings";

/** The modem can't be told "at least", so the lowest version that is accepted is the only one. */
const VERSIONS: Readonly<Partial<Record<TlsVersion, SslParameters["sslversion"]>>> = {
  any: 4,
  "1.0": 1,
  "1.1": 2,
  "1.2": 3,
};
/** s, of QSSLCFG "negotiatetime". */
const NEGOTIATION_S = { min: 10, max: 300 } as const;

/** The connection that a profile is for, as far as it is known. */
export interface SslTarget {
  /** Of the URL; an IPv6 address without brackets. */
  readonly host?: string;
  /** ms for the whole operation. */
  readonly timeout?: number;
}

/** A security profile as an SSL context takes it, checked. */
export interface SslPlan {
  readonly profile: SecurityProfile;
  /** Without the names of files. */
  readonly parameters: Omit<SslParameters, "cacert" | "clientcert" | "clientkey" | "negotiatetime">;
  readonly negotiatetime: number | undefined;
  readonly files: readonly CertificateFile[];
  readonly sni: 0 | 1;
  readonly needsSni: boolean;
  readonly checkhost: 0 | 1;
  /** Equal for profiles that set an SSL context up in the same way. */
  readonly key: string;
}

/** @throws {ModemError} `INVALID_INPUT`, `NOT_SUPPORTED` for what the modem has no setting for */
export function planSsl(profile: SecurityProfile, model: QuectelTraits, target: SslTarget = {}): SslPlan {
  const { name } = model;
  for (const [asked, sentence] of REFUSALS) if (asked(profile)) throw new ModemError("NOT_SUPPORTED", sentence(name));
  const { validation } = profile;
  checkNames(profile, target.host, name);
  const sslversion = VERSIONS[profile.minVersion];
  if (sslversion === undefined) throw new ModemError("NOT_SUPPORTED", `minVersion: ${name} has no TLS 1.3; choose 1.2`);
  const ciphersuite = cipherSuiteCode(profile.ciphers, model);
  const files = filesOf(profile, name);
  const seclevel = validation === "none" ? 0 : files.some(({ kind }) => kind === "key") ? 2 : 1;
  const parameters = {
    sslversion,
    ciphersuite,
    seclevel,
    ignorelocaltime: validation === "ca+host+date" ? 0 : 1,
  } as const;
  const sni = target.host !== undefined && isIP(target.host) > 0 ? 0 : 1;
  const checkhost = validation === "ca+host" || validation === "ca+host+date" ? 1 : 0;
  // A name that is asked for has to be sent, the usual one only where the firmware can.
  const needsSni = (profile.sni ?? "") !== "";
  const key = JSON.stringify([parameters, files.map(({ name }) => name), sni, needsSni, checkhost]);
  return { profile, parameters, negotiatetime: negotiationTime(target.timeout), files, sni, needsSni, checkhost, key };
}

/** What no firmware can do, and what to do about it. */
const REFUSALS: readonly (readonly [
  asked: (profile: SecurityProfile) => boolean,
  sentence: (model: string) => string,
])[] = [
  [
    ({ resumption }) => resumption !== "off",
    (model) => `resumption: ${model} does not resume TLS sessions; turn it off`,
  ],
  [
    ({ psk, pskIdentity }) => psk !== undefined || pskIdentity !== undefined,
    (model) => `psk: ${model} has no pre-shared keys; use certificates`,
  ],
  [
    ({ rootOfTrustPsk }) => rootOfTrustPsk,
    (model) => `rootOfTrustPsk: ${model} has no root of trust; use certificates`,
  ],
  [
    ({ pinnedKey }) => pinnedKey !== undefined,
    (model) =>
      `pinnedKey: ${model} does not compare the server's key; give the server's CA certificate with validation ca`,
  ],
  [
    ({ validation, cert, key }) => validation === "none" && (cert !== undefined || key !== undefined),
    (model) =>
      `validation none with a client certificate: ${model} shows its certificate only to a server that it checks; choose validation ca and give ca`,
  ],
];

/** The modem compares with the URL's host, and names it to the server, or does neither: there is no name to set. */
function checkNames(
  { validation, serverName = "", sni = "" }: SecurityProfile,
  host: string | undefined,
  model: string,
): void {
  if (host === undefined) return;
  const expected = validation === "none" || validation === "ca" ? "" : serverName;
  for (const [field, name] of [
    ["serverName", expected],
    ["sni", sni],
  ] as const) {
    if (name === "" || [name, domainToASCII(name)].some((form) => form.toLowerCase() === host.toLowerCase())) continue;
    throw new ModemError(
      "NOT_SUPPORTED",
      `${field}: ${model} takes the URL's host (${host}) and no other; leave it empty`,
    );
  }
}

/** Opening an encrypted key takes long by design: once a profile is enough. */
const made = new WeakMap<SecurityProfile, readonly CertificateFile[]>();

function filesOf(profile: SecurityProfile, model: string): readonly CertificateFile[] {
  const files = made.get(profile) ?? makeFiles(profile, model);
  made.set(profile, files);
  return files;
}

function makeFiles(profile: SecurityProfile, model: string): CertificateFile[] {
  const { ca, cert, key } = checkMaterial(profile);
  if (profile.validation === "none") return [];
  if (ca === undefined) {
    const message = `ca: ${model} has no root certificates of its own; validation ${profile.validation} needs the server's CA certificate`;
    throw new ModemError("INVALID_INPUT", message);
  }
  return [
    certificateFile("ca", ca),
    ...(cert === undefined ? [] : [certificateFile("cert", cert)]),
    ...(key === undefined ? [] : [certificateFile("key", key, { password: profile.keyPassword })]),
  ];
}

function negotiationTime(timeout: number | undefined): number | undefined {
  if (timeout === undefined) return undefined;
  return Math.min(NEGOTIATION_S.max, Math.max(NEGOTIATION_S.min, Math.ceil(timeout / 1000)));
}
