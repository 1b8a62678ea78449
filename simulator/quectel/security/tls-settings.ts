import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { clockTime } from "../../cellular/time";
import { InternetError } from "../../internet/internet";
import type { TlsSettings, TlsVersion } from "../../internet/tls/types";
import { CommandError } from "../../line/command-error";
import type { Modem } from "../../modem";
import { filePath, readFile } from "../files/store";
import { ALL_SUITES, CIPHER_SUITES, type SecurityContext, securityContext } from "./security";

/** By "sslversion"; 0 is SSL 3.0, which TLS libraries no longer offer. */
const VERSIONS: ReadonlyMap<number, TlsSettings["versions"]> = new Map([
  [1, only("TLSv1")],
  [2, only("TLSv1.1")],
  [3, only("TLSv1.2")],
  [4, { min: "TLSv1", max: "TLSv1.2" }],
]);
/**
 * RC4 and 3DES: the modem has them, but OpenSSL is built without them. The manual's own examples ask for RC4 (HTTP
 * manual 3.2.1), so a context set to one of these offers the modem's other suites.
 */
const REMOVED_SUITES: readonly number[] = [0x0004, 0x0005, 0x000a, 0xc011, 0xc012];
const SUPPORTED_SUITES = CIPHER_SUITES.filter((suite) => !REMOVED_SUITES.includes(suite));

/** "seclevel": certificates of neither side (0), of the server, of both. */
const CHECKS_SERVER = 1;
const SHOWS_CERTIFICATE = 2;

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

function only(version: TlsVersion): TlsSettings["versions"] {
  return { min: version, max: version };
}

/**
 * The TLS settings from a security context and its files. Files are read only now: a missing or invalid one fails the
 * connection, as on the modem. Whether key and certificate match shows in the handshake.
 * @param id the context, 0 to 5
 * @param host name or address in the URL
 * @throws {InternetError} `tls` with the reason
 */
export function tlsSettings(modem: Modem, id: number, host: string): TlsSettings {
  const context = securityContext(modem, id);
  const versions = VERSIONS.get(context.number("sslversion"));
  if (versions === undefined) throw new InternetError("tls", "SSL 3.0 is not offered");
  const level = context.number("seclevel");
  const checked = level >= CHECKS_SERVER;
  return {
    versions,
    suites: suites(context.number("ciphersuite")),
    verify: checked ? verification(modem, context, host) : { chain: false, dates: false },
    trusted: checked ? certificates(modem, context, "cacert").map(({ raw }) => raw) : [],
    ...(level >= SHOWS_CERTIFICATE ? { client: client(modem, context) } : {}),
    // An address is not a server name (RFC 6066 section 3).
    ...(context.number("sni") === 1 && isIP(host) === 0 ? { sni: host } : {}),
  };
}

function suites(chosen: number): readonly number[] {
  return chosen === ALL_SUITES || REMOVED_SUITES.includes(chosen) ? SUPPORTED_SUITES : [chosen];
}

/** With "ignorelocaltime" 0 the modem's own clock counts; if it was never set, no certificate is valid yet. */
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
    throw new InternetError("tls", `${name} is not a certificate`);
  }
}

function content(modem: Modem, context: SecurityContext, name: FileSetting): Buffer {
  try {
    return readFile(filePath(modem, context.text(name)));
  } catch (error) {
    if (error instanceof CommandError) throw new InternetError("tls", `${name}: there is no such file`);
    throw error;
  }
}
