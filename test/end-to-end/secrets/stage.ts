import { createHash, createPrivateKey, randomBytes } from "node:crypto";
import { pem, SecureServer } from "../../nodes/support/https-server";
import { Tap, type Trouble } from "../tap";
import { type Ended, type Target, WatchedNodeRed } from "../watched-node-red";
import { PlantedSecrets } from "./planted";

export const MODELS = ["LARA-R6", "BG96"] as const;
export type Model = (typeof MODELS)[number];

/** Of every simulated modem that is given no other. */
const IMEI = "357862090033897";

export const KEY_PASSWORD = "Kp4!xQ~9zR-tW2mB";
export const WRONG_PASSWORD = "Wp7+uS=3yM%gN8dC";
const PSK = { key: "Ps1/kE*5vL@hT6bF", identity: "Id2?wO&0jX;cV9aZ" };
const HEX = { key: randomBytes(24).toString("hex"), identity: Buffer.from("Ix5(rE)8mY=dU3sQ").toString("hex") };
/** What the modem's root of trust holds in place of what production puts in (docs/simulator.md). */
const ROOT_OF_TRUST = createHash("sha256").update(`root of trust ${IMEI}`).digest();
const HTTP = { user: "somebody", password: "Hp6)nA_4iK{rJ5lU" };
export const APN = { user: "Au8]bC.2mE[xY0wT", password: "Av9}gR,6oZ<kS3hQ" };
/** For commands that a flow's author writes. */
export const RAW = { password: "Rp5>dL|1fN:zX7vM", key: "Rk0#tB$8uW'jG4cI", user: "Ru2`eH~9pO!qK6sY" };
const DAMAGED_LINES = ["TyLq7Rw2Zk9XmVb4Nc8JhG5fDs1Pa3Qe6Uo0Ii", "this line is Gf5!rT8^zX2-secret-lost in PEM"];

export const ENCRYPTED_KEY = createPrivateKey(pem("client.key"))
  .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: KEY_PASSWORD })
  .toString();
export const DAMAGED_KEY = ["-----BEGIN PRIVATE KEY-----", ...DAMAGED_LINES, "-----END PRIVATE KEY-----"].join("\n");
/** Without its first line: it looks like a path. */
export const HEADLESS_KEY = pem("name-b.key").split("\n").slice(1, -2).join("\n");
/** For import by messages. */
export const IMPORTED_KEY = pem("name-a.key");
/** Session data that no server has given. */
export const FOREIGN = {
  id: `${randomBytes(32).toString("base64")},${randomBytes(48).toString("base64")}`,
  ticket: randomBytes(240).toString("base64"),
};

export interface Profile {
  readonly properties?: object;
  readonly credentials: Readonly<Record<string, string>>;
}

const PSK_SUITES = ["TLS_PSK_WITH_AES_128_CBC_SHA256"];
const SESSIONS = ["id", "ticket", "psk-ticket"].flatMap((resumption) =>
  [false, true].map((resumptionEncrypted) => ({ resumption, resumptionEncrypted })),
);
const MUTUAL = { ca: pem("ca.cert"), cert: pem("client.cert"), key: pem("client.key") };
const ENCRYPTED = { ...MUTUAL, key: ENCRYPTED_KEY, keyPassword: KEY_PASSWORD };

/** Every feature of security profiles, by the ids of config nodes. */
export const PROFILES: Readonly<Record<string, Profile>> = {
  mutual: { credentials: MUTUAL },
  encrypted: { credentials: ENCRYPTED },
  ec: { credentials: { ...MUTUAL, cert: pem("client-ec.cert"), key: pem("client-ec.key") } },
  "psk-text": { properties: { ciphers: PSK_SUITES }, credentials: { psk: PSK.key, pskIdentity: PSK.identity } },
  "psk-hex": {
    properties: { ciphers: PSK_SUITES, pskFormat: "hex", pskIdentityFormat: "hex" },
    credentials: { psk: HEX.key, pskIdentity: HEX.identity },
  },
  "root-of-trust": { properties: { ciphers: PSK_SUITES, rootOfTrustPsk: true }, credentials: {} },
  pinned: { properties: { pinnedKey: pem("server.cert") }, credentials: MUTUAL },
  ...Object.fromEntries(
    SESSIONS.map((properties) => [
      `${properties.resumption}-${properties.resumptionEncrypted ? "encrypted" : "plain"}`,
      { properties, credentials: { ca: MUTUAL.ca } },
    ]),
  ),
};
/** The server, or the modem, refuses these. */
export const FAILING: Readonly<Record<string, Profile>> = {
  "wrong-ca": { credentials: { ...ENCRYPTED, ca: pem("other-ca.cert") } },
  "wrong-host": { properties: { validation: "ca+host", serverName: "other.example" }, credentials: ENCRYPTED },
  "wrong-psk": {
    properties: { ciphers: PSK_SUITES },
    credentials: { psk: PSK.identity, pskIdentity: PSK.identity },
  },
};
/** Refused when they are deployed. */
export const BAD: Readonly<Record<string, Profile>> = {
  "bad-content": { credentials: { ...MUTUAL, key: DAMAGED_KEY } },
  "bad-password": { credentials: { ...ENCRYPTED, keyPassword: WRONG_PASSWORD } },
  "bad-pair": { credentials: { ...ENCRYPTED, cert: pem("client-ec.cert") } },
  "bad-path": { credentials: { ...MUTUAL, key: HEADLESS_KEY } },
  "bad-digits": {
    properties: { pskFormat: "hex", pskIdentityFormat: "hex" },
    credentials: { psk: PSK.key, pskIdentity: PSK.identity },
  },
  "bad-length": { credentials: { psk: PSK.key.repeat(9), pskIdentity: PSK.identity } },
};
const ALL = { ...PROFILES, ...FAILING, ...BAD };

export const outcome = ({ kind, error }: Ended): string =>
  kind === "error" ? (error?.code ?? "error without a code") : kind;

/** Servers, modems and a Node-RED whose flows hold secrets of every kind. */
export class SecretsStage {
  readonly planted = plantedSecrets();
  readonly taps = new Map<string, Tap>();
  readonly server: SecureServer;
  readonly server13 = new SecureServer({ minVersion: "TLSv1.3", requestCert: true, rejectUnauthorized: false });
  #watched: WatchedNodeRed | undefined;

  constructor() {
    const keys = new Map([
      [PSK.identity, Buffer.from(PSK.key)],
      [Buffer.from(HEX.identity, "hex").toString(), Buffer.from(HEX.key, "hex")],
      [IMEI, ROOT_OF_TRUST],
    ]);
    this.server = new SecureServer({
      maxVersion: "TLSv1.2",
      ciphers: "DEFAULT:PSK",
      requestCert: true,
      rejectUnauthorized: false,
      pskCallback: (_socket, identity) => keys.get(identity) ?? null,
    });
  }

  get nodeRed(): WatchedNodeRed {
    if (this.#watched === undefined) throw new Error("Node-RED does not run");
    return this.#watched;
  }

  async start(): Promise<void> {
    await Promise.all([this.server.start(), this.server13.start()]);
    this.#watched = await WatchedNodeRed.start();
  }

  async stop(): Promise<void> {
    await this.#watched?.stop();
    await Promise.all([...this.taps.values()].map((tap) => tap.stop()));
    await Promise.all([this.server.stop(), this.server13.stop()]);
  }

  /** A modem as a config node of that id. */
  async modem(id: string, model: Model, options = "", troubles: readonly Trouble[] = []): Promise<object> {
    const routes = [
      `server.example:443=127.0.0.1:${this.server.port}`,
      `tls13.example:443=127.0.0.1:${this.server13.port}`,
    ];
    const access = `apn-user=${encodeURIComponent(APN.user)}&apn-password=${encodeURIComponent(APN.password)}`;
    const port = `sim:${model}?name=${id}-${process.pid}&route=${routes.join("&route=")}&${access}${options}`;
    const tap = await Tap.start(port, troubles);
    this.taps.set(id, tap);
    return { id, type: "modem", port: tap.port, trace: true, timeout: 60, authType: "chap", apn: "internet" };
  }

  /** Deploys modems with flow nodes for profiles: `<modem>/http/<profile>`, `<modem>/profile/<profile>`, `<modem>/at`. */
  async deploy(modems: readonly object[], profiles: readonly string[]): Promise<void> {
    const ids = modems.map((modem) => String(Reflect.get(modem, "id")));
    const targets = ids.flatMap((modem) => flowNodes(modem, profiles));
    const configs = profiles.map((id) => ({ id, type: "modem-tls", ...ALL[id]?.properties }));
    await this.nodeRed.deploy([...modems, ...configs], targets, {
      ...Object.fromEntries(profiles.map((id) => [id, ALL[id]?.credentials ?? {}])),
      ...Object.fromEntries(targets.filter(({ type }) => type === "modem-http").map(({ id }) => [id, HTTP])),
      ...Object.fromEntries(ids.map((id) => [id, { apnUser: APN.user, apnPassword: APN.password }])),
    });
  }

  /** Where something of a secret stands that anybody gets to see, each with what stands before it. */
  async leaks(): Promise<string[]> {
    this.#plantSessions();
    const found = [...(await this.nodeRed.everything())].flatMap(([place, text]) => this.planted.find(place, text));
    return found.map(({ place, context }) => `${place}: ${context}`);
  }

  /** What flows got of sessions, what stood on the lines of modems, and what the servers know of connections. */
  #plantSessions(): void {
    for (const { payload } of this.nodeRed.events) {
      if (typeof payload.data === "string") this.planted.session(`session of type ${payload.type}`, payload.data);
    }
    for (const { told, said } of this.taps.values()) {
      const lines = `${told}\n${said}`.split(/[\r\n]+/).filter((line) => /USECPRF.*,13,/.test(line));
      for (const data of lines.flatMap((line) => line.match(/[A-Za-z0-9+/]{32,}={0,2}/g) ?? [])) {
        this.planted.session("session on the line", data);
      }
    }
    for (const line of [...this.server.secrets, ...this.server13.secrets]) {
      const [name = "", , secret = ""] = line.split(" ");
      this.planted.bytes(`secret of a connection, ${name}`, Buffer.from(secret, "hex"));
    }
  }
}

function plantedSecrets(): PlantedSecrets {
  const planted = new PlantedSecrets();
  for (const name of ["ca", "other-ca", "client", "client-ec", "server", "name-a"]) planted.open(pem(`${name}.cert`));
  for (const name of ["client", "client-ec", "name-a", "name-b"]) planted.key(`key ${name}`, pem(`${name}.key`));
  planted.key("encrypted key", ENCRYPTED_KEY, KEY_PASSWORD);
  const groups = { PSK, APN, RAW, password: { KEY_PASSWORD, WRONG_PASSWORD }, HTTP: { password: HTTP.password } };
  for (const [group, texts] of Object.entries(groups)) {
    for (const [name, text] of Object.entries(texts)) planted.text(`${group} ${name}`, text);
  }
  for (const [name, digits] of Object.entries(HEX)) planted.bytes(`PSK in hex, ${name}`, Buffer.from(digits, "hex"));
  planted.bytes("key of the root of trust", ROOT_OF_TRUST);
  for (const line of DAMAGED_LINES) planted.text("line of a damaged key", line);
  for (const [name, data] of Object.entries(FOREIGN)) planted.session(`foreign session, ${name}`, data);
  return planted;
}

function flowNodes(modem: string, profiles: readonly string[]): Target[] {
  const at = { id: `${modem}/at`, type: "modem-at", modem, timeout: 10, urcs: ["+UUSECPRF", "+USECPRF"] };
  const nodes = profiles.flatMap((tls): Target[] => [
    {
      id: `${modem}/http/${tls}`,
      type: "modem-http",
      modem,
      tls,
      url: `https://${tls.startsWith("psk-ticket") ? "tls13" : "server"}.example/`,
      authType: "basic",
      timeout: 30,
    },
    { id: `${modem}/profile/${tls}`, type: "modem-tls-profile", modem, tls },
  ]);
  const uncaught = { id: `${modem}/uncaught`, type: "modem-tls-profile", modem, z: "uncaught" };
  return [...nodes, at, uncaught];
}
