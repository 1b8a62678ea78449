import { createHash } from "node:crypto";
import { clockTime } from "../../cellular/time";
import { InternetError } from "../../internet/internet";
import type { TlsSettings, TlsVersion } from "../../internet/tls/types";
import type { Modem } from "../../modem";
import type { CertificateType } from "./certificate-format";
import { certificateStore } from "./certificate-store";
import { offeredSuites } from "./cipher-suites";
import type { SecurityProfile } from "./profile";
import { readSession } from "./session-data";

const CHAIN = 1;
const HOST_NAME = 2;
const DATES = 3;

/** Lowest version by the value of op 1. */
const LOWEST_VERSION: readonly TlsVersion[] = ["TLSv1", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];
const TLS_1_3 = 4;

/** Only this pinning level compares whole certificates; the lower ones compare public keys. */
const WHOLE_CERTIFICATE = 2;

/**
 * The TLS settings from a security profile.
 * @throws {InternetError} `tls` if it names something that is not imported, or lacks something that it needs
 */
export function tlsSettings(modem: Modem, profile: SecurityProfile): TlsSettings {
  const { validation } = profile;
  const suites = offeredSuites(profile.suites);
  return {
    versions: { min: LOWEST_VERSION[profile.version] ?? "TLSv1", max: "TLSv1.3" },
    verify: {
      chain: validation >= CHAIN,
      dates: validation >= DATES,
      now: clockTime(modem),
      ...(validation >= HOST_NAME ? { host: expectedHost(profile) } : {}),
    },
    trusted: validation >= CHAIN ? trustedRoots(modem, profile) : [],
    ...(suites === undefined ? {} : { suites }),
    ...(profile.serverNameIndication === "" ? {} : { sni: profile.serverNameIndication }),
    ...clientIdentity(modem, profile),
    ...pinnedCertificate(modem, profile),
    ...sharedKey(modem, profile),
    ...session(modem, profile),
  };
}

/** Whether the profile's versions allow its kind of session: TLS 1.3 has PSK tickets only (guide 3.4.4). */
function canResume({ resumption, version }: SecurityProfile): boolean {
  return resumption.enabled && (resumption.type.kind === "psk-ticket") === (version === TLS_1_3);
}

function expectedHost({ hostName }: SecurityProfile): string {
  if (hostName === "") throw new InternetError("tls", "the profile has no expected host name");
  return hostName;
}

function trustedRoots(modem: Modem, { root }: SecurityProfile): readonly Buffer[] {
  return root === "" ? certificateStore(modem).roots() : [named(modem, "CA", root)];
}

function named(modem: Modem, type: CertificateType, name: string): Buffer {
  const der = certificateStore(modem).der(type, name);
  if (der === undefined) throw new InternetError("tls", `${type} "${name}" is not imported`);
  return der;
}

function clientIdentity(modem: Modem, profile: SecurityProfile): Pick<TlsSettings, "client"> {
  const { clientCertificate, clientKey } = profile;
  if (clientCertificate === "" && clientKey === "") return {};
  const password = profile.keyPassword || certificateStore(modem).password(clientKey);
  return {
    client: {
      certificate: named(modem, "CC", clientCertificate),
      key: named(modem, "PK", clientKey),
      ...(password === undefined ? {} : { password }),
    },
  };
}

function pinnedCertificate(modem: Modem, { pinned, pinningLevel }: SecurityProfile): Pick<TlsSettings, "pinned"> {
  if (pinned === "") return {};
  const compare = pinningLevel === WHOLE_CERTIFICATE ? "certificate" : "public key";
  return { pinned: { certificate: named(modem, "SC", pinned), compare } };
}

function sharedKey(modem: Modem, profile: SecurityProfile): Pick<TlsSettings, "psk"> {
  if (profile.rootOfTrust) return { psk: rootOfTrustKey(modem) };
  const { psk: key, pskIdentity: identity } = profile;
  return key.length === 0 ? {} : { psk: { identity, key } };
}

/**
 * Identity and key of the root of trust. A real modem gets them in production; here they derive from the IMEI, so that
 * a test server can know them.
 */
function rootOfTrustKey(modem: Modem): NonNullable<TlsSettings["psk"]> {
  const { imei } = modem.options;
  return {
    identity: Buffer.from(imei),
    key: createHash("sha256").update(`root of trust ${imei}`).digest(),
  };
}

function session(modem: Modem, profile: SecurityProfile): Pick<TlsSettings, "session"> {
  if (!canResume(profile)) return {};
  const { type, data: values } = profile.resumption;
  const data = values === undefined ? undefined : readSession(modem, type, values);
  return { session: { kind: type.kind, ...(data === undefined ? {} : { data }) } };
}
