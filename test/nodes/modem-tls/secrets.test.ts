import "../../support/quick-time";
import { createPrivateKey } from "node:crypto";
import helper from "node-red-node-test-helper";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SessionRecord } from "../../../driver/services/security/security";
import { useNodeRed } from "../support/flow";
import { pem, SecureServer } from "../support/https-server";
import { deploySecureFlow, type SecureFlowOptions } from "../support/secure-flow";

useNodeRed();

const PASSWORD = "key-password";
const PSK = { psk: "psk-s3cret-Qx7", pskIdentity: "1dentity-Wz4" };

/** The private parts of the client's key: text that stands in nothing else. */
const key = createPrivateKey(pem("client.key"));
const numbers = Object.entries(key.export({ format: "jwk" }))
  .filter(([name]) => ["d", "p", "q", "dp", "dq", "qi"].includes(name))
  .map(([, value]) => Buffer.from(String(value), "base64url"));
const forms = (text: string) => [text, Buffer.from(text).toString("hex"), Buffer.from(text).toString("base64")];
const SECRETS = [
  ...[PASSWORD, ...Object.values(PSK)].flatMap(forms),
  ...numbers.flatMap((bytes) => [bytes.toString("hex"), bytes.toString("latin1").slice(0, 24)]),
  ...["client.key", "client-encrypted.key"].flatMap((name) => pem(name).split("\n").slice(1, -2)),
];

let server: SecureServer;

beforeEach(async () => {
  server = new SecureServer({
    maxVersion: "TLSv1.2",
    requestCert: true,
    rejectUnauthorized: false,
    ciphers: "DEFAULT:PSK",
    pskCallback: (_socket, identity) => (identity === PSK.pskIdentity ? Buffer.from(PSK.psk) : null),
  });
  await server.start();
});
afterEach(() => server.stop());

/** Everything that a person gets to see while `work` runs with the trace switched on, the author's own messages apart. */
async function told(options: SecureFlowOptions, work: (flow: Awaited<ReturnType<typeof deploySecureFlow>>) => unknown) {
  const flow = await deploySecureFlow({ port: server.port, modem: { trace: true }, ...options });
  await work(flow);
  const log = helper.log().args.map(([entry]: unknown[]) => entry);
  // What comes to a Catch node holds what its author has sent.
  const messages = flow.answers.messages.map(({ payload, error }) => error ?? payload);
  const statuses = flow.status.messages.map(({ status }) => status);
  await helper.unload();
  return { text: JSON.stringify([log, messages, statuses]), sessions: flow.events.messages };
}

const found = (text: string, secrets: readonly string[]) =>
  secrets.filter((secret) => text.includes(JSON.stringify(secret).slice(1, -1)));

describe.each(["LARA-R6", "BG96"])("no secret of a security profile is told with a %s", (model) => {
  const mutual = { ca: pem("ca.cert"), cert: pem("client.cert") };

  it("that uses a client's key", async () => {
    const { text } = await told({ model, credentials: { ...mutual, key: pem("client.key") } }, async ({ ask }) => {
      await ask("n");
      await ask("p", { action: "list" });
      await ask("p", { action: "import", kind: "key", certificateName: "k", payload: pem("client.key") });
    });
    expect(server.clients).toEqual(["Test Client"]);
    expect(text).toContain("> AT+");
    expect(found(text, SECRETS)).toEqual([]);
  });

  it("that does not take an encrypted key, or takes it", async () => {
    const credentials = { ...mutual, key: pem("client-encrypted.key"), keyPassword: PASSWORD };
    const { text } = await told({ model, credentials }, async ({ ask }) => {
      await ask("n");
      const message = { action: "import", kind: "key", certificateName: "k", payload: pem("client-encrypted.key") };
      await ask("p", { ...message, password: PASSWORD });
      await ask("p", { ...message, password: `${PASSWORD}?` });
    });
    expect(found(text, SECRETS)).toEqual([]);
  });

  it("that uses a pre-shared key, or can't", async () => {
    const tls = { ciphers: ["TLS_PSK_WITH_AES_128_CBC_SHA256"] };
    const { text } = await told({ model, tls, credentials: PSK }, async ({ ask }) => {
      const outcome = model === "LARA-R6" ? { payload: "secret" } : { error: { code: "NOT_SUPPORTED" } };
      expect(await ask("n")).toMatchObject(outcome);
    });
    expect(found(text, SECRETS)).toEqual([]);
  });
});

describe("no session data are told with a LARA-R6", () => {
  it.each([
    ["id", false],
    ["id", true],
    ["ticket", false],
    ["ticket", true],
  ])("by %s, encrypted %s, but on the second output", async (resumption, resumptionEncrypted) => {
    const options = { tls: { resumption, resumptionEncrypted } };
    const { text, sessions } = await told(options, async ({ ask, events }) => {
      await ask("n");
      const { payload } = await events.next();
      await ask("n");
      await ask("p", { action: "session", payload });
      await ask("p", { action: "session", payload: { ...(payload as object), type: "psk-ticket" } });
      await ask("n");
    });
    expect(server.resumed).toEqual([false, true, true]);
    expect(sessions.length).toBeGreaterThan(0);
    const parts = sessions.flatMap(({ payload }) => (payload as SessionRecord).data.split(","));
    expect(found(text, parts)).toEqual([]);
  });
});
