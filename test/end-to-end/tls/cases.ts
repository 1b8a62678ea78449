import type { ErrorCode } from "../../../driver/errors";
import type { SecurityProfile, TlsVersion } from "../../../driver/services/security/security";
import type { SecureRequest } from "../../simulator/internet/secure-server";
import type { Model } from "./bench";
import { type ServerName, SHARED_KEY } from "./servers";

/** A security profile with files of the test certificates in place of their content. */
export interface ProfileText
  extends Partial<Pick<SecurityProfile, "validation" | "minVersion" | "ciphers" | "serverName" | "sni">> {
  readonly ca?: string;
  /** Certificate and key, `client` unless named, and how the password of the key fits. */
  readonly client?: string;
  readonly key?: string;
  readonly password?: "right" | "wrong";
  readonly pinned?: string;
  readonly psk?: "text" | "hex" | "wrong" | "other identity";
  readonly rootOfTrustPsk?: true;
}

/** Points of u-blox guide 3.5, and what else a security profile can be wrong about, by their names in the dialog. */
export type Point =
  | "ca"
  | "minVersion"
  | "ciphers"
  | "cert"
  | "serverName"
  | "sni"
  | "date"
  | "pinnedKey"
  | "psk"
  | "rootOfTrustPsk";

/** What the server sees of a connection that comes about. */
export type Accepted = Partial<Pick<SecureRequest, "protocol" | "suite" | "serverName" | "client">>;

export interface Refused {
  readonly code: ErrorCode;
  /** What the message names as likely. */
  readonly point?: Point;
  /** What stands in the message. */
  readonly says?: RegExp;
}

export type Outcome = Accepted | Refused;

export interface TlsCase {
  readonly name: string;
  readonly server: ServerName;
  /** Of the URL; `server.example` when left out. */
  readonly host?: string;
  /** Left out: the request has none. */
  readonly profile?: ProfileText;
  /** CA certificates that a modem of its own holds beforehand. */
  readonly imported?: readonly string[];
  /** ms for the request, which has a modem of its own. */
  readonly timeout?: number;
  readonly outcome: Readonly<Record<Model, Outcome>>;
  /** The same is asked of `openssl s_server`. */
  readonly openssl?: true;
}

const both = (outcome: Outcome) => ({ "LARA-R6": outcome, BG96: outcome });
const each = (lara: Outcome, bg96: Outcome) => ({ "LARA-R6": lara, BG96: bg96 });
const tls = (point?: Point): Refused => ({ code: "TLS_FAILED", ...(point === undefined ? {} : { point }) });
const unsupported = (says: RegExp): Refused => ({ code: "NOT_SUPPORTED", says });
const invalid = (says: RegExp): Refused => ({ code: "INVALID_INPUT", says });

const ACCEPTED: Accepted = {};
const CA = { ca: "ca" } as const;
const HOST = { ...CA, validation: "ca+host" } as const;
const DATE = { ...CA, validation: "ca+host+date" } as const;
const NONE = { validation: "none" } as const;
const GCM = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
const CBC = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256";
const NO_PSK = unsupported(/^psk: BG96 has no pre-shared keys/);
const NO_PIN = unsupported(/^pinnedKey: BG96 does not compare the server's key/);
const NO_ROOTS = invalid(/^ca: BG96 has no root certificates of its own/);
const OWN_NAME = (field: "serverName" | "sni") => unsupported(new RegExp(`^${field}: BG96 takes the URL's host`));

const server: readonly TlsCase[] = [
  { name: "right CA", server: "server", profile: CA, outcome: both(ACCEPTED), openssl: true },
  { name: "wrong CA", server: "server", profile: { ca: "other-ca" }, outcome: both(tls("ca")), openssl: true },
  {
    name: "no CA, the modem has two",
    server: "server",
    profile: {},
    imported: ["other-ca", "ca"],
    outcome: each(ACCEPTED, NO_ROOTS),
  },
  {
    name: "no CA, the modem has another",
    server: "server",
    profile: {},
    imported: ["other-ca"],
    outcome: each(tls("ca"), NO_ROOTS),
  },
  {
    name: "no CA, the modem has none",
    server: "server",
    profile: {},
    imported: [],
    outcome: each({ code: "TLS_FAILED", says: /The modem holds no CA certificate/ }, NO_ROOTS),
  },
  { name: "nothing checked", server: "otherName", profile: NONE, outcome: both(ACCEPTED), openssl: true },
  { name: "intermediate CA, sent along", server: "chain", profile: DATE, outcome: both(ACCEPTED) },
  { name: "intermediate CA, missing", server: "brokenChain", profile: CA, outcome: both(tls("ca")) },
  { name: "issuer is flagged as no CA", server: "falseChain", profile: CA, outcome: both(tls("ca")) },
  { name: "right host name", server: "server", profile: HOST, outcome: both(ACCEPTED) },
  {
    name: "right address",
    server: "server",
    host: "127.0.0.1",
    profile: HOST,
    outcome: both({ serverName: false }),
  },
  { name: "wrong host name, not checked", server: "otherName", profile: CA, outcome: both(ACCEPTED) },
  {
    name: "wrong host name",
    server: "otherName",
    profile: HOST,
    outcome: both(tls("serverName")),
    openssl: true,
  },
  {
    name: "other host name, expected",
    server: "otherName",
    profile: { ...HOST, serverName: "elsewhere.example" },
    outcome: each({ serverName: "server.example" }, OWN_NAME("serverName")),
  },
  {
    name: "other host name, another expected",
    server: "otherName",
    profile: { ...HOST, serverName: "a.example" },
    outcome: each(tls("serverName"), OWN_NAME("serverName")),
  },
  { name: "expired, date not checked", server: "expired", profile: HOST, outcome: both(ACCEPTED) },
  { name: "expired", server: "expired", profile: DATE, outcome: both(tls("date")), openssl: true },
  { name: "all is checked, and right", server: "server", profile: DATE, outcome: both(ACCEPTED), openssl: true },
  {
    name: "EC key of the server",
    server: "ec",
    profile: DATE,
    outcome: each(ACCEPTED, tls("ciphers")),
    openssl: true,
  },
];

/** A certificate that is required, or not, and what the client has, with TLS 1.2 and 1.3. */
const mutual = (["1.2", "1.3"] as const).flatMap((version): TlsCase[] => {
  const asking = version === "1.2" ? "asking12" : "asking13";
  const shown = (client: string): Accepted => ({ client, protocol: `TLSv${version}` });
  const tooNew = version === "1.3" ? tls("minVersion") : undefined;
  const row = (name: string, profile: ProfileText, lara: Outcome, bg96: Outcome = lara): TlsCase => ({
    name: `TLS ${version}, client certificate: ${name}`,
    server: asking,
    profile: { ...CA, ...profile },
    outcome: each(lara, "code" in bg96 && bg96.code === "INVALID_INPUT" ? bg96 : (tooNew ?? bg96)),
  });
  return [
    { ...row("none", {}, tls("cert")), openssl: true },
    { ...row("right", { client: "client" }, shown("Test Client")), openssl: true },
    row("of another CA", { client: "loopback" }, tls("cert")),
    row("EC key", { client: "client-ec" }, shown("Test EC Client")),
    row("key in PKCS#1", { client: "client", key: "client-pkcs1" }, shown("Test Client")),
    row(
      "encrypted key, right password",
      { client: "client", key: "client-encrypted", password: "right" },
      shown("Test Client"),
    ),
    row(
      "encrypted key, wrong password",
      { client: "client", key: "client-encrypted", password: "wrong" },
      invalid(/^key can't be decrypted: its password is wrong/),
    ),
    row("encrypted key, no password", { client: "client", key: "client-encrypted" }, invalid(/password is missing/)),
    row("key of another", { client: "client", key: "client-ec" }, invalid(/^key does not belong to cert/)),
    row("RSA below 2048 bits", { client: "weak" }, invalid(/^(?:cert|key) .*1024/)),
  ];
});

const unasked: TlsCase = {
  name: "client certificate that nobody asks for",
  server: "server",
  profile: { ...CA, client: "client" },
  outcome: both({ client: undefined }),
};

const VERSIONS = ["1.0", "1.1", "1.2", "1.3"] as const;
const ONLY = { "1.0": "tls10", "1.1": "tls11", "1.2": "tls12", "1.3": "tls13" } as const;

/** Every version alone against every lowest one. BG96 can't be told "at least" and has no TLS 1.3. */
const versions = VERSIONS.flatMap((spoken) =>
  (["any", ...VERSIONS] as const).map((minVersion): TlsCase => {
    const protocol = spoken === "1.0" ? "TLSv1" : `TLSv${spoken}`;
    return {
      name: `TLS ${spoken} alone, ${minVersion === "any" ? "any" : `${minVersion} or later`} accepted`,
      server: ONLY[spoken],
      profile: { ...CA, minVersion },
      outcome: each(
        minVersion === "any" || minVersion <= spoken ? { protocol } : tls("minVersion"),
        bg96Version(spoken, minVersion, protocol),
      ),
      ...(minVersion === "any" || minVersion === "1.2" ? { openssl: true } : {}),
    };
  }),
);

function bg96Version(spoken: TlsVersion, minVersion: TlsVersion, protocol: string): Outcome {
  if (minVersion === "1.3") return unsupported(/^minVersion: BG96 has no TLS 1\.3/);
  const fits = minVersion === "any" ? spoken !== "1.3" : minVersion === spoken;
  return fits ? { protocol } : tls("minVersion");
}

const ciphers: readonly TlsCase[] = [
  {
    name: "one cipher suite, which the server has",
    server: "oneSuite",
    profile: { ...CA, ciphers: [GCM] },
    outcome: both({ suite: GCM }),
    openssl: true,
  },
  {
    name: "one cipher suite, out of the many that the server has",
    server: "tls12",
    profile: { ...CA, ciphers: [CBC] },
    outcome: both({ suite: CBC }),
  },
  {
    name: "one cipher suite, which the server lacks",
    server: "oneSuite",
    profile: { ...CA, ciphers: [CBC] },
    outcome: both(tls("ciphers")),
    openssl: true,
  },
  {
    name: "two cipher suites, of which the server has one",
    server: "oneSuite",
    profile: { ...CA, ciphers: [CBC, GCM] },
    outcome: each({ suite: GCM }, unsupported(/^ciphers: BG96 offers one suite or all of its own/)),
  },
  {
    name: "two cipher suites, which the server lacks",
    server: "oneSuite",
    profile: { ...CA, ciphers: [CBC, "TLS_RSA_WITH_AES_256_CBC_SHA256"] },
    outcome: each(tls("ciphers"), unsupported(/^ciphers: BG96 offers one suite or all of its own/)),
  },
  {
    name: "cipher suite of TLS 1.3",
    server: "server",
    profile: { ...CA, minVersion: "1.3", ciphers: ["TLS_AES_128_GCM_SHA256"] },
    outcome: each({ suite: "TLS_AES_128_GCM_SHA256" }, unsupported(/^minVersion: BG96 has no TLS 1\.3/)),
  },
  {
    name: "cipher suite of TLS 1.2, TLS 1.3 accepted alone",
    server: "server",
    profile: { ...CA, minVersion: "1.3", ciphers: [GCM] },
    outcome: each(invalid(/^ciphers: minVersion is 1\.3/), unsupported(/^minVersion: BG96 has no TLS 1\.3/)),
  },
  {
    name: "cipher suite that there is not",
    server: "server",
    profile: { ...CA, ciphers: ["ECDHE-RSA-AES128-GCM-SHA256"] },
    outcome: each(invalid(new RegExp(`no IANA name .*${GCM}`)), unsupported(/^ciphers: BG96 does not have/)),
  },
];

const shared = (["1.2", "1.3"] as const).flatMap((version): TlsCase[] => {
  const server = version === "1.2" ? "shared12" : "shared13";
  const row = (name: string, psk: NonNullable<ProfileText["psk"]>, outcome: Outcome): TlsCase => ({
    name: `TLS ${version}, pre-shared key: ${name}`,
    server,
    profile: { ...NONE, psk },
    outcome: each(outcome, NO_PSK),
  });
  const protocol = `TLSv${version}`;
  return [
    { ...row("text", "text", { protocol }), openssl: true },
    row("hex", "hex", { protocol }),
    { ...row("wrong", "wrong", tls("psk")), openssl: true },
    row("under another identity", "other identity", tls("psk")),
    // As a new profile is: there is no certificate to check.
    { ...row("text, a certificate would be checked", "text", { protocol }), profile: { psk: "text" } },
  ];
});

const rootOfTrust: readonly TlsCase[] = [
  {
    name: "key of the root of trust, which the server knows",
    server: "rootOfTrust",
    profile: { ...NONE, rootOfTrustPsk: true },
    outcome: each({ protocol: "TLSv1.2" }, unsupported(/^rootOfTrustPsk: BG96 has no root of trust/)),
  },
  {
    name: "key of the root of trust, of which the server knows nothing",
    server: "shared12",
    profile: { ...NONE, rootOfTrustPsk: true },
    outcome: each(tls("rootOfTrustPsk"), unsupported(/^rootOfTrustPsk: BG96 has no root of trust/)),
  },
];

const names: readonly TlsCase[] = [
  {
    name: "SNI left to the URL",
    server: "names",
    host: "a.example",
    profile: HOST,
    outcome: both({ serverName: "a.example" }),
  },
  {
    name: "SNI left to the URL, of a name that the server does not know",
    server: "names",
    host: "elsewhere.example",
    profile: HOST,
    outcome: both(tls("serverName")),
  },
  {
    name: "SNI of another name, whose certificate does not fit the URL",
    server: "names",
    host: "a.example",
    profile: { ...HOST, sni: "b.example" },
    outcome: each(tls("sni"), OWN_NAME("sni")),
  },
  {
    name: "SNI of another name, which is expected",
    server: "names",
    host: "a.example",
    profile: { ...HOST, sni: "b.example", serverName: "b.example" },
    outcome: each({ serverName: "b.example" }, OWN_NAME("serverName")),
  },
  {
    name: "no SNI to an address, which the server needs",
    server: "namesOnly",
    host: "127.0.0.1",
    profile: CA,
    outcome: both(tls("sni")),
  },
  {
    name: "SNI to an address",
    server: "namesOnly",
    host: "127.0.0.1",
    profile: { ...CA, sni: "a.example" },
    outcome: each({ serverName: "a.example" }, OWN_NAME("sni")),
  },
];

const pinned: readonly TlsCase[] = [
  {
    name: "pinned certificate",
    server: "server",
    profile: { ...NONE, pinned: "server" },
    outcome: each(ACCEPTED, NO_PIN),
  },
  {
    name: "pinned certificate of another server",
    server: "server",
    profile: { ...CA, pinned: "wrong-host" },
    outcome: each(tls("pinnedKey"), NO_PIN),
  },
];

const other: readonly TlsCase[] = [
  { name: "no security profile", server: "server", outcome: both(invalid(/^tls: .*security profile/)) },
  {
    name: "connection refused",
    server: "refusing",
    profile: CA,
    outcome: both({ code: "CONNECT_FAILED" }),
  },
  {
    name: "name unknown",
    server: "server",
    host: "name.invalid",
    profile: CA,
    outcome: both({ code: "DNS_FAILED" }),
  },
  { name: "HTTP where HTTPS is asked for", server: "plain", profile: CA, outcome: both(tls()) },
  {
    name: "no answer to the handshake",
    server: "silent",
    profile: CA,
    timeout: 1500,
    outcome: both({ code: "MODEM_TIMEOUT" }),
  },
];

/** What becomes of a request over TLS: the one table of tests and page. */
export const CASES: readonly TlsCase[] = [
  ...server,
  ...mutual,
  unasked,
  ...versions,
  ...ciphers,
  ...shared,
  ...rootOfTrust,
  ...names,
  ...pinned,
  ...other,
];

/** How a profile's pre-shared key is written. */
export function sharedSecrets(psk: NonNullable<ProfileText["psk"]>): Pick<SecurityProfile, "psk" | "pskIdentity"> {
  const { key } = SHARED_KEY;
  const identity = psk === "other identity" ? "sensor-8" : SHARED_KEY.identity;
  if (psk === "hex") {
    const hex = (text: string) => ({ value: Buffer.from(text).toString("hex"), format: "hex" }) as const;
    return { psk: hex(key), pskIdentity: hex(identity) };
  }
  const value = psk === "wrong" ? `${key.slice(1)}0` : key;
  return { psk: { value, format: "text" }, pskIdentity: { value: identity, format: "text" } };
}
