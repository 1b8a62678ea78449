import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { clockTime } from "../../cellular/time";
import { NetworkError } from "../../internet/network";
import type { TlsSettings, TlsVersion } from "../../internet/tls/types";
import { CommandError } from "../../line/command-error";
import type { Modem } from "../../modem";
import { filePath, readFile } from "../files/store";
import { ALL_SUITES, CIPHER_SUITES, type SecurityContext, securityContext } from "./security";

/** By "sslversion"; 0 is SSL 3.0, which no TLS library offers any more. */
const VERSIONS: ReadonlyMap<number, TlsSettings["versions"]> = new Map([
  [1, only("TLSv1")],
  [2, only("TLSv1.1")],
  [3, only("TLSv1.2")],
  [4, { min: "TLSv1", max: "TLSv1.2" }],
]);
/**
 * RC4 and 3DES: the modem has them, OpenSSL is built without them. The manual's own examples ask for RC4 (HTTP manual
 * 3.2.1), so that a context set to one of these offers what is left of the modem's suites.
 */
const EXTINCT_SUITES: readonly number[] = [0x0004, 0x0005, 0x000a, 0xc011, 0xc012];
const LIVING_SUITES = CIPHER_SUITES.filter((suite) => !EXTINCT_SUITES.includes(suite));

/** "seclevel": nobody is asked for a certificate, the server is, both are. */
const CHECKS_SERVER = 1;
const SHOWS_CERTIFICATE = 2;

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

function only(version: TlsVersion): TlsSettings["versions"] {
  return { min: version, max: version };
}

/**
 * What a security context, and the files it names, make of a connection. Files are looked at now and not before: what
 * is missing or no good fails the connection, as on the modem; whether key and certificate fit shows in the handshake.
 * @param id the context, 0 to 5
 * @param host name or address in the URL
 * @throws {NetworkError} `tls` with the reason
 */
export function tlsSettings(modem: Modem, id: number, host: string): TlsSettings {
  const context = securityContext(modem, id);
  const versions = VERSIONS.get(context.number("sslversion"));
  if (versions === undefined) throw new NetworkError("tls", "SSL 3.0 is not offered");
  const level = context.number("seclevel");
  const checked = level >= CHECKS_SERVER;
  return {
    versions,
    suites: suites(context.number("ciphersuite")),
    verify: checked ? verification(modem, context, host) : { chain: false, dates: false },
    trusted: checked ? certificates(modem, context, "cacert").map(({ raw }) => raw) : [],
    ...(level >= SHOWS_CERTIFICATE ? { client: client(modem, context) } : {}),
    // RFC 6066 section 3: an address is no server name.
    ...(context.number("sni") === 1 && isIP(host) === 0 ? { sni: host } : {}),
  };
}

function suites(chosen: number): readonly number[] {
  return chosen === ALL_SUITES || EXTINCT_SUITES.includes(chosen) ? LIVING_SUITES : [chosen];
}

/** With "ignorelocaltime" 0 the modem's own clock decides, and one that nobody has set makes everything too new. */
function verification(modem: Modem, context: SecurityContext, host: string): TlsSettings["verify"] {
  return {
    chain: true,
    dates: context.number("ignorelocaltime") === 0,
    now: clockTime(modem),
    ...(context.number("checkhost") === 1 ? { host } : {}),
  };
}

function client(modem: Modem, context: SecurityContext): NonNullable<TlsSettings["client"]> {
  const [{ raw }] = certificates(modem, context, "clientcert");
  return { certificate: raw, key: content(modem, context, "clientkey") };
}

type FileSetting = "cacert" | "clientcert" | "clientkey";

/** All certificates of a file, PEM or DER; at least one. */
function certificates(
  modem: Modem,
  context: SecurityContext,
  name: FileSetting,
): [X509Certificate, ...X509Certificate[]] {
  const file = content(modem, context, name);
  const [first = file, ...others] = file.toString("latin1").match(PEM_CERTIFICATE) ?? [];
  try {
    return [new X509Certificate(first), ...others.map((one) => new X509Certificate(one))];
  } catch {
    throw new NetworkError("tls", `${name} is no certificate`);
  }
}

function content(modem: Modem, context: SecurityContext, name: FileSetting): Buffer {
  try {
    return readFile(filePath(modem, context.text(name)));
  } catch (error) {
    if (error instanceof CommandError) throw new NetworkError("tls", `${name}: there is no such file`);
    throw error;
  }
}
