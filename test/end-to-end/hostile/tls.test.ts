import { createPrivateKey } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { useNodeRed } from "../../nodes/support/flow";
import { pem, SecureServer } from "../../nodes/support/https-server";
import type { Wire } from "../wire";
import { CARRIED_ALONG, flow, foreign, type Properties, useWires, wired as wiredTo } from "./flow";
import { carriable, SEED, uncarriable } from "./texts";

const SITE = "https://server.example/";
const CA = pem("ca.cert");
const KEY = pem("client.key");
const MUTUAL = { ca: CA, cert: pem("client.cert"), key: KEY };
const PSK = { psk: "0123456789abcdef", pskIdentity: "sensor-7" };
const PSK_SUITES = ["TLS_PSK_WITH_AES_128_CBC_SHA256"];
const DATA = Buffer.alloc(64, "data").toString("base64");

const server = new SecureServer({ maxVersion: "TLSv1.2", ciphers: "DEFAULT:PSK", pskCallback: () => null });

useNodeRed();
useWires();
beforeAll(() => server.start());
afterAll(() => server.stop());

const wired = (model: string): Promise<Wire> => wiredTo(model, `server.example:443=127.0.0.1:${server.port}`);

/** Its salt is drawn anew each time; one whose base64 reads like a command by chance would look like a hostile text. */
function encryptedKey(passphrase: string): string {
  const key = createPrivateKey(KEY);
  for (;;) {
    const pem = key.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase }).toString();
    if (!CARRIED_ALONG.test(pem.replaceAll("\n", ""))) return pem;
  }
}

/** Of characters that even a file's name may have. */
const PLAIN_COMMAND = ";AT+EVIL=1";
const PASSWORD = "key-password";
const ENCRYPTED = encryptedKey(PASSWORD);
const imported = (more: Properties): Properties => ({
  action: "import",
  kind: "ca",
  certificateName: "a",
  payload: CA,
  ...more,
});
const session = (more: Properties): Properties => ({
  action: "session",
  payload: { type: "ticket", encrypted: false, data: DATA, size: DATA.length, ...more },
});

/** Fields of messages: the node that takes them, and the message. */
const MESSAGES: readonly [field: string, node: string, message: (text: string) => Properties][] = [
  ["action", "profile", (action) => ({ action })],
  ["kind", "profile", (kind) => imported({ kind })],
  ["name of an import", "profile", (certificateName) => imported({ certificateName })],
  ["payload", "profile", (payload) => imported({ payload })],
  ["lines of a PEM", "profile", (text) => imported({ payload: CA.replace("\n", `\n${text}\n`) })],
  ["label of a PEM", "profile", (text) => imported({ payload: CA.replaceAll("CERTIFICATE", text) })],
  ["filename", "profile", (filename) => imported({ payload: "", filename })],
  ["password", "profile", (password) => imported({ kind: "key", payload: ENCRYPTED, password })],
  ["name to hash", "profile", (certificateName) => ({ action: "hash", kind: "ca", certificateName })],
  ["name to remove", "profile", (certificateName) => ({ action: "remove", kind: "ca", certificateName })],
  ["session", "profile", (payload) => ({ action: "session", payload })],
  ["type of a session", "profile", (type) => session({ type })],
  ["whether it is encrypted", "profile", (encrypted) => session({ encrypted })],
  ["data of a session", "profile", (text) => session({ data: DATA + text })],
  ["size of a session", "profile", (size) => session({ size })],
  ["server of a session", "profile", (text) => session({ server: `server.example${text}:443` })],
  ["port of a session's server", "profile", (text) => session({ server: `server.example:443${text}` })],
  ["url", "http", (text) => ({ url: SITE + text })],
  ["host of a url", "http", (text) => ({ url: `https://${text}` })],
  ["user of a url", "http", (text) => ({ url: `https://${text}@server.example/` })],
  ["query", "http", (text) => ({ url: `${SITE}?q=${text}` })],
];
interface Profile {
  readonly properties?: Properties;
  readonly credentials?: Properties;
}

/** Fields of the config node. */
const FIELDS: readonly [field: string, profile: (text: string) => Profile][] = [
  ["serverName", (serverName) => ({ properties: { validation: "ca+host", serverName }, credentials: { ca: CA } })],
  ["sni", (sni) => ({ properties: { sni } })],
  ["ciphers", (text) => ({ properties: { ciphers: [text] } })],
  ["ciphers as a text", (ciphers) => ({ properties: { ciphers } })],
  ["end of a cipher's name", (text) => ({ properties: { ciphers: [`TLS_AES_128_GCM_SHA256${text}`] } })],
  ["validation", (validation) => ({ properties: { validation } })],
  ["minVersion", (minVersion) => ({ properties: { minVersion } })],
  ["resumption", (resumption) => ({ properties: { resumption } })],
  ["resumptionEncrypted", (resumptionEncrypted) => ({ properties: { resumption: "id", resumptionEncrypted } })],
  ["rootOfTrustPsk", (rootOfTrustPsk) => ({ properties: { rootOfTrustPsk } })],
  ["pinnedKey", (pinnedKey) => ({ properties: { pinnedKey } })],
  ["ca", (ca) => ({ credentials: { ca } })],
  ["cert", (cert) => ({ credentials: { ...MUTUAL, cert } })],
  ["key", (key) => ({ credentials: { ...MUTUAL, key } })],
  ["keyPassword", (keyPassword) => ({ credentials: { ...MUTUAL, key: ENCRYPTED, keyPassword } })],
  ["pskFormat", (pskFormat) => ({ properties: { pskFormat }, credentials: PSK })],
  ["pskIdentityFormat", (pskIdentityFormat) => ({ properties: { pskIdentityFormat }, credentials: PSK })],
  ["psk in hex", (psk) => ({ properties: { pskFormat: "hex" }, credentials: { ...PSK, psk } })],
  [
    "pskIdentity in hex",
    (pskIdentity) => ({ properties: { pskIdentityFormat: "hex" }, credentials: { ...PSK, pskIdentity } }),
  ],
];
/** What goes to the modem as the digits of its bytes, where a string can't carry it, or not at all. */
const CODED: typeof FIELDS = [
  ["name", (name) => ({ properties: { name } })],
  ["psk", (psk) => ({ properties: { ciphers: PSK_SUITES }, credentials: { ...PSK, psk: psk.slice(0, 60) } })],
  ["pskIdentity", (text) => ({ properties: { ciphers: PSK_SUITES }, credentials: { ...PSK, pskIdentity: text } })],
];

/** Config nodes, each with a flow node that applies it and one that connects by it. */
function deployed(fields: typeof FIELDS, texts: readonly string[]) {
  const all = fields.flatMap(([field, profile]) =>
    texts.map((text, index) => ({ field, text, id: `${field} ${index}`, ...profile(text) })),
  );
  return {
    all,
    configs: all.map(({ id, properties }) => ({ id, type: "modem-tls", validation: "none", ...properties })),
    nodes: all.flatMap(({ id }) => [
      { id: `apply ${id}`, type: "modem-tls-profile", tls: id, action: "apply" },
      { id: `get ${id}`, type: "modem-http", tls: id, url: SITE, timeout: 5 },
    ]),
    credentials: Object.fromEntries(all.map(({ id, credentials = {} }) => [id, credentials])),
  };
}

const PLAIN = { id: "plain", type: "modem-tls", validation: "none" };
const TICKET = { id: "tickets", type: "modem-tls", validation: "none", resumption: "ticket" };
const NODES = [
  { id: "profile", type: "modem-tls-profile", tls: "tickets" },
  { id: "http", type: "modem-http", tls: "plain", timeout: 5 },
  { id: "get", type: "modem-http", tls: "plain", url: SITE },
];

describe.each(["LARA-R6", "BG96"])(`hostile texts (seed ${SEED}) about TLS on a %s`, (model) => {
  it("in a message are refused before anything is sent", async () => {
    const wire = await wired(model);
    const { give } = await flow([{ port: wire.port }, PLAIN, TICKET], NODES);
    await give("get", {});
    const before = wire.conversation.uploads.length;
    for (const text of uncarriable(100)) {
      const codes = await Promise.all(
        MESSAGES.map(async ([field, node, message]) => `${field}: ${(await give(node, message(text)))?.code}`),
      );
      expect(codes, JSON.stringify(text)).toEqual(MESSAGES.map(([field]) => `${field}: INVALID_INPUT`));
    }
    expect(foreign(model, wire)).toEqual([]);
    expect(wire.conversation.uploads).toHaveLength(before);
    expect(await give("get", {})).toBeUndefined();
  }, 60_000);

  it("in a message stay within their string where it can carry them", async () => {
    const wire = await wired(model);
    const { give } = await flow([{ port: wire.port }, PLAIN, TICKET], NODES);
    const texts = [PLAIN_COMMAND, ...carriable(4)];
    await Promise.all(MESSAGES.flatMap(([, node, message]) => texts.map((text) => give(node, message(text)))));
    expect(foreign(model, wire)).toEqual([]);
    expect(wire.conversation.commands.join()).toMatch(CARRIED_ALONG);
    expect(await give("get", {})).toBeUndefined();
  }, 60_000);

  it("around and inside PEM never reach the modem", async () => {
    const wire = await wired(model);
    const { give } = await flow([{ port: wire.port }, PLAIN, TICKET], NODES);
    const keys = ["RSA PRIVATE KEY", "PRIVATE KEY"].map((label) =>
      pem("client-pkcs1.key").replaceAll("RSA PRIVATE KEY", label),
    );
    const texts = uncarriable(3);
    for (const text of texts) {
      expect(await give("profile", imported({ payload: `${text}\n${CA}${text}` }))).toBeUndefined();
      const header = `\nX: ${text.replace(/[\r\n]+/g, " ")}\n\n`;
      for (const payload of keys) {
        await give("profile", imported({ kind: "key", certificateName: "k", payload: payload.replace("\n", header) }));
      }
    }
    expect(foreign(model, wire)).toEqual([]);
    expect(wire.conversation.uploads.length).toBeGreaterThan(0);
    expect(wire.conversation.uploads.filter((upload) => CARRIED_ALONG.test(upload.toString()))).toEqual([]);
  }, 60_000);

  it("in a security profile are refused when it is deployed", async () => {
    const wire = await wired(model);
    const { all, configs, nodes, credentials } = deployed(FIELDS, uncarriable(40));
    const { give } = await flow([{ port: wire.port }, PLAIN, TICKET, ...configs], [...NODES, ...nodes], credentials);
    await give("get", {});
    const codes = await Promise.all(
      all.flatMap(({ id }) =>
        ["apply", "get"].map(async (node) => `${id}: ${(await give(`${node} ${id}`, {}))?.code}`),
      ),
    );
    expect(codes).toEqual(all.flatMap(({ id }) => [`${id}: INVALID_INPUT`, `${id}: INVALID_INPUT`]));
    expect(foreign(model, wire)).toEqual([]);
    expect(await give("get", {})).toBeUndefined();
  }, 60_000);

  it("in a security profile stay within their string, or are told in digits", async () => {
    const wire = await wired(model);
    const texts = [PLAIN_COMMAND, ...carriable(3)];
    const carried = deployed([...FIELDS, ...CODED], texts);
    const coded = deployed(
      CODED.map(([field, profile]) => [`coded ${field}`, profile]),
      uncarriable(6),
    );
    const passwords = [...texts.map((text) => `${text}-`), ...uncarriable(2)].map((keyPassword, index) => ({
      id: `password ${index}`,
      credentials: { ...MUTUAL, key: encryptedKey(keyPassword), keyPassword },
    }));
    const own = passwords.map(({ id }) => ({ id: `apply ${id}`, type: "modem-tls-profile", tls: id, action: "apply" }));
    const configs = passwords.map(({ id }) => ({ id, type: "modem-tls" }));
    const { give } = await flow(
      [{ port: wire.port }, PLAIN, TICKET, ...carried.configs, ...coded.configs, ...configs],
      [...NODES, ...carried.nodes, ...coded.nodes, ...own],
      {
        ...carried.credentials,
        ...coded.credentials,
        ...Object.fromEntries(passwords.map(({ id, credentials }) => [id, credentials])),
      },
    );
    await Promise.all([...carried.nodes, ...coded.nodes, ...own].map(({ id }) => give(id, {})));
    expect(foreign(model, wire)).toEqual([]);
    if (model === "LARA-R6") expect(wire.conversation.commands.join()).toMatch(CARRIED_ALONG);
    expect(wire.conversation.uploads.filter((upload) => CARRIED_ALONG.test(upload.toString()))).toEqual([]);
    expect(await give("get", {})).toBeUndefined();
  }, 60_000);
});
