import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InternetError } from "../internet";
import { identityText, privateKey } from "../tls/options";
import { isTls13Suite, SUITES } from "../tls/suites";
import type { TlsSettings } from "../tls/types";

/** OpenSSL's highest security levels refuse what the modem's profile asks for. */
const LOWEST_SECURITY = "@SECLEVEL=0";
/** No modem has suites without authentication. */
const ALL_SUITES = "ALL:!aNULL";
/** Real chains are shorter. */
const LONGEST_CHAIN = "10";

/** What `openssl s_client` is told, and the files that it reads in the handshake. */
export interface ClientOptions {
  readonly args: readonly string[];
  /** Removes the files. */
  dispose(): void;
}

/** @throws {InternetError} `tls` if the settings leave nothing to offer, or hold what DTLS can't have here */
export function clientOptions(settings: TlsSettings): ClientOptions {
  const { versions, pinned, session } = settings;
  const kind = session?.kind;
  if (versions.min === "TLSv1.3" || versions.max < "TLSv1.2" || kind === "psk-ticket") {
    throw new InternetError("tls", "no version of DTLS is left to offer");
  }
  if (pinned !== undefined) throw new InternetError("tls", "a certificate can't be pinned with DTLS");
  const plain = ["-cipher", cipherList(settings), ...nameOptions(settings), ...pskOptions(settings)];
  const folder = mkdtempSync(join(tmpdir(), "modem-dtls-"));
  const dispose = () => rmSync(folder, { recursive: true, force: true });
  try {
    const write = (name: string, content: string) => {
      const file = join(folder, name);
      writeFileSync(file, content, { mode: 0o600 });
      return file;
    };
    return { args: [...plain, ...verifyOptions(settings, write), ...identityOptions(settings, write)], dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

type Write = (name: string, content: string) => string;

function cipherList({ suites }: TlsSettings): string {
  if (suites === undefined) return `${ALL_SUITES}:${LOWEST_SECURITY}`;
  const names = suites.filter((code) => !isTls13Suite(code)).flatMap((code) => SUITES.get(code) ?? []);
  if (names.length === 0) throw new InternetError("tls", "no cipher suite is left to offer");
  return [...names, LOWEST_SECURITY].join(":");
}

/** An address is not a server name (RFC 6066 3). */
function nameOptions({ sni = "" }: TlsSettings): readonly string[] {
  return sni === "" || isIP(sni) !== 0 ? ["-noservername"] : ["-servername", sni];
}

function pskOptions({ psk }: TlsSettings): readonly string[] {
  return psk === undefined ? [] : ["-psk_identity", identityText(psk.identity), "-psk", psk.key.toString("hex")];
}

function verifyOptions({ verify, trusted }: TlsSettings, write: Write): readonly string[] {
  const none = ["-no-CAfile", "-no-CApath", "-no-CAstore"];
  if (!verify.chain) return none;
  const { dates, now = new Date(), host } = verify;
  const roots = trusted.map((der) => new X509Certificate(der).toString());
  return [
    ...none.slice(roots.length === 0 ? 0 : 1),
    ...(roots.length === 0 ? [] : ["-CAfile", write("roots.pem", roots.join(""))]),
    ...["-verify", LONGEST_CHAIN, "-verify_return_error", "-partial_chain"],
    ...(dates ? ["-attime", `${Math.floor(now.getTime() / 1000)}`] : ["-no_check_time"]),
    ...(host === undefined ? [] : [isIP(host) === 0 ? "-verify_hostname" : "-verify_ip", host]),
  ];
}

function identityOptions({ client }: TlsSettings, write: Write): readonly string[] {
  if (client === undefined) return [];
  const certificate = new X509Certificate(client.certificate).toString();
  const key = privateKey(client.key, client.password).export({ type: "pkcs8", format: "pem" });
  return ["-cert", write("client.pem", certificate), "-key", write("client.key", `${key}`)];
}
