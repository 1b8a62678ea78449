import { createHash } from "node:crypto";
import { createServer as createHttpServer } from "node:http";
import type { ServerOptions } from "node:https";
import { createServer, type Server } from "node:net";
import { createSecureContext, type SecureVersion } from "node:tls";
import { type SecureRequest, startSecureServer } from "../../simulator/internet/secure-server";
import { openServer } from "../../support/listen";
import { identity, pem, pemPath } from "./bench";

export interface Started {
  readonly port: number;
  readonly seen: readonly SecureRequest[];
  stop(): Promise<void>;
}

export interface ServerDefinition {
  /** For the page. */
  readonly about: string;
  start(): Promise<Started>;
  /** Options by which `openssl s_server` is the same. */
  readonly openssl?: readonly string[];
}

/** The shared key, which the servers below know, as text; and the identity that goes with it. */
export const SHARED_KEY = { identity: "sensor-7", key: "0123456789abcdef" } as const;
/** Of every simulated modem that is given no other. */
export const IMEI = "357862090033897";

/** OpenSSL 3 keeps TLS 1.0 and 1.1 behind its lowest security level. */
const ANY_SUITE = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:ALL:@SECLEVEL=0";
const OPENSSL_ANY = ["-cipher", "ALL:@SECLEVEL=0"];

const secure = (about: string, options: ServerOptions, openssl?: readonly string[]): ServerDefinition => ({
  about,
  start: () => startSecureServer(options),
  ...(openssl === undefined ? {} : { openssl }),
});

const files = (name: string) => ["-cert", pemPath(`${name}.cert`), "-key", pemPath(`${name}.key`)];

function only(version: "1.0" | "1.1" | "1.2" | "1.3"): ServerDefinition {
  const secureVersion: SecureVersion = version === "1.0" ? "TLSv1" : `TLSv${version}`;
  const options = { ...identity("server"), minVersion: secureVersion, maxVersion: secureVersion, ciphers: ANY_SUITE };
  const flag = version === "1.0" ? "-tls1" : `-tls${version.replace(".", "_")}`;
  return secure(`TLS ${version} alone`, options, [...files("server"), flag, ...OPENSSL_ANY]);
}

function asking(version: "1.2" | "1.3"): ServerDefinition {
  const secureVersion: SecureVersion = `TLSv${version}`;
  const asks = { requestCert: true, rejectUnauthorized: true, ca: [pem("ca.cert")] };
  const options = { ...identity("server"), ...asks, minVersion: secureVersion, maxVersion: secureVersion };
  const flag = `-tls${version.replace(".", "_")}`;
  const openssl = [...files("server"), flag, "-Verify", "1", "-verify_return_error", "-CAfile", pemPath("ca.cert")];
  return secure(`TLS ${version}, requires a client certificate of Test Root CA`, options, openssl);
}

/** Servers with a shared key show no certificate. */
function sharing(version: "1.2" | "1.3", about: string, known: { identity: string; key: Buffer }): ServerDefinition {
  const secureVersion: SecureVersion = `TLSv${version}`;
  const options = {
    minVersion: secureVersion,
    maxVersion: secureVersion,
    ciphers: "TLS_AES_128_GCM_SHA256:PSK",
    pskCallback: (_socket: unknown, given: string) => (given === known.identity ? known.key : null),
  };
  const flags = ["-nocert", `-tls${version.replace(".", "_")}`, "-cipher", "PSK"];
  const openssl = [...flags, "-psk_identity", known.identity, "-psk", known.key.toString("hex")];
  return secure(`TLS ${version}, ${about}`, options, openssl);
}

const byName = (fallback: string | undefined): ServerOptions => ({
  ...(fallback === undefined ? {} : identity(fallback)),
  SNICallback: (name, done) => {
    const known = { "a.example": "name-a", "b.example": "name-b" }[name];
    if (known === undefined) done(null);
    else done(null, createSecureContext(identity(known)));
  },
});

const chained = {
  cert: Buffer.concat([pem("by-intermediate.cert"), pem("intermediate.cert")]),
  key: pem("by-intermediate.key"),
};

export const SERVERS = {
  server: secure("certificate for server.example, by Test Root CA", identity("server"), files("server")),
  otherName: secure("certificate for elsewhere.example", identity("wrong-host"), files("wrong-host")),
  expired: secure("certificate that expired in 2021", identity("expired"), files("expired")),
  ec: secure("certificate with an EC key", identity("server-ec"), files("server-ec")),
  chain: secure("certificate by an intermediate CA, which is sent along", chained),
  brokenChain: secure("certificate by an intermediate CA, which is not sent", identity("by-intermediate")),
  falseChain: secure("certificate by one that is flagged as no CA", {
    ...identity("by-server"),
    cert: Buffer.concat([pem("by-server.cert"), pem("server.cert")]),
  }),
  tls10: only("1.0"),
  tls11: only("1.1"),
  tls12: only("1.2"),
  tls13: only("1.3"),
  asking12: asking("1.2"),
  asking13: asking("1.3"),
  oneSuite: secure(
    "TLS 1.2, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 alone",
    { ...identity("server"), maxVersion: "TLSv1.2", ciphers: "ECDHE-RSA-AES128-GCM-SHA256" },
    [...files("server"), "-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"],
  ),
  shared12: sharing("1.2", "pre-shared key", sharedKey()),
  shared13: sharing("1.3", "pre-shared key", sharedKey()),
  rootOfTrust: sharing("1.2", "the key of the modem's root of trust", rootOfTrust()),
  names: secure("certificates for a.example and b.example, chosen by SNI, else for server.example", {
    ...byName("server"),
  }),
  namesOnly: secure("certificates for a.example and b.example, chosen by SNI, else none", byName(undefined)),
  plain: { about: "HTTP without TLS", start: startPlain },
  silent: { about: "takes the connection, and is silent", start: startSilent },
  refusing: { about: "takes no connection", start: startRefusing },
} as const satisfies Record<string, ServerDefinition>;

export type ServerName = keyof typeof SERVERS;

function sharedKey() {
  return { identity: SHARED_KEY.identity, key: Buffer.from(SHARED_KEY.key) };
}

/** What the simulated modem has in place of what production puts in (docs/simulator.md). */
function rootOfTrust() {
  return { identity: IMEI, key: createHash("sha256").update(`root of trust ${IMEI}`).digest() };
}

async function startPlain(): Promise<Started> {
  return listen(createHttpServer((_request, response) => response.end("hello")));
}

async function startSilent(): Promise<Started> {
  return listen(createServer(() => {}));
}

/** A port that was free a moment ago. */
async function startRefusing(): Promise<Started> {
  const { port, stop } = await listen(createServer());
  await stop();
  return { port, seen: [], stop: async () => {} };
}

async function listen(server: Server): Promise<Started> {
  const { port, close } = await openServer(server);
  return { port, seen: [], stop: close };
}
