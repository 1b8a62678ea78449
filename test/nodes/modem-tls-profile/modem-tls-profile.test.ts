import "../../support/quick-time";
import { createHash, X509Certificate } from "node:crypto";
import helper from "node-red-node-test-helper";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { useNodeRed } from "../support/flow";
import { pem, SecureServer } from "../support/https-server";
import { deploySecureFlow, type SecureFlowOptions } from "../support/secure-flow";

useNodeRed();

const md5 = (name: string) =>
  createHash("md5")
    .update(new X509Certificate(pem(name)).raw)
    .digest("hex");
const refused = (code: string, message = /./) => ({ error: { code, message: expect.stringMatching(message) } });

describe.each(["LARA-R6", "BG96"])("modem-tls-profile on %s", (model) => {
  const flow = (options: SecureFlowOptions = {}) => deploySecureFlow({ model, ...options });

  it("imports, lists, compares and removes certificates", async () => {
    const { ask } = await flow();
    const named = { kind: "ca", certificateName: "root_a" };
    expect(await ask("p", { action: "list" })).toMatchObject({ payload: [] });
    const imported = await ask("p", { action: "import", ...named, payload: pem("ca.cert"), topic: "kept" });
    expect(imported).toMatchObject({ topic: "kept", payload: { kind: "ca", name: "root_a", md5: md5("ca.cert") } });
    expect(await ask("p", { action: "hash", ...named })).toMatchObject({
      payload: { kind: "ca", name: "root_a", md5: md5("ca.cert") },
    });
    const listed = (await ask("p", { action: "list" })).payload;
    expect(listed).toEqual([expect.objectContaining({ kind: "ca", name: "root_a" })]);
    expect(await ask("p", { action: "remove", ...named })).toMatchObject({ payload: { kind: "ca", name: "root_a" } });
    expect(await ask("p", { action: "list" })).toMatchObject({ payload: [] });
    expect(await ask("p", { action: "hash", ...named })).toMatchObject(refused("MODEM_REJECTED"));
  });

  it("imports DER as a Buffer, and leaves neither a key nor its password in the message", async () => {
    const { ask } = await flow();
    const payload = new X509Certificate(pem("client.cert")).raw;
    expect(await ask("p", { action: "import", kind: "cert", certificateName: "c", payload })).toMatchObject({
      payload: { kind: "cert", name: "c", md5: md5("client.cert") },
    });
    const key = { action: "import", kind: "key", certificateName: "k", payload: pem("client.key") };
    const answer = await ask("p", { ...key, password: "not-needed" });
    expect(answer.payload).toEqual({ kind: "key", name: "k", md5: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(JSON.stringify(answer)).not.toMatch(/PRIVATE KEY|not-needed/);
  });

  it("refuses what is no certificate, and says which field it is", async () => {
    const { ask } = await flow();
    const message = { action: "import", kind: "ca", certificateName: "a" };
    expect(await ask("p", { ...message, payload: "no certificate" })).toMatchObject(refused("INVALID_INPUT"));
    expect(await ask("p", { ...message, payload: pem("ca.key") })).toMatchObject(refused("INVALID_INPUT"));
    expect(await ask("p", { ...message, kind: "cert", payload: pem("weak.cert") })).toMatchObject(
      refused("INVALID_INPUT", /1024/),
    );
    expect(await ask("p", message)).toMatchObject(refused("INVALID_INPUT", /^msg\.payload is missing/));
  });

  it("applies a profile, and sends what the modem lacks once", async () => {
    const { ask } = await flow({ profile: { action: "apply" } });
    const certificates = (sent: boolean) => [expect.objectContaining({ kind: "ca", md5: md5("ca.cert"), sent })];
    expect(await ask("p")).toMatchObject({
      payload: { profile: expect.any(Number), certificates: certificates(true) },
    });
    expect(await ask("p")).toMatchObject({ payload: { certificates: certificates(false) } });
  });

  it("needs a profile to apply one or to restore a session", async () => {
    const { ask } = await flow({ profile: { tls: "" } });
    const session = { type: "ticket", encrypted: false, data: "YWJj", size: 4 };
    expect(await ask("p", { action: "apply" })).toMatchObject(refused("INVALID_INPUT", /^tls is missing/));
    expect(await ask("p", { action: "session", payload: session })).toMatchObject(refused("INVALID_INPUT", /^tls/));
    expect(await ask("p", { action: "list" })).toMatchObject({ payload: [] });
  });
});

describe("the sessions of modem-tls-profile", () => {
  let server: SecureServer;

  beforeEach(async () => {
    server = new SecureServer({ maxVersion: "TLSv1.2" });
    await server.start();
  });
  afterEach(() => server.stop());

  const flow = (resumption: string, resumptionEncrypted = false) =>
    deploySecureFlow({ port: server.port, tls: { resumption, resumptionEncrypted } });

  it.each([
    ["id", false],
    ["ticket", false],
    ["ticket", true],
  ])("are told as soon as a connection gives them: %s, encrypted %s", async (resumption, encrypted) => {
    const { ask, events } = await flow(resumption, encrypted);
    expect(await ask("n")).toMatchObject({ payload: "secret" });
    expect(await events.next()).toMatchObject({
      event: "session",
      payload: {
        profile: expect.any(Number),
        type: resumption,
        encrypted,
        data: expect.stringMatching(/^[A-Za-z0-9+/=,]+$/),
        server: "server.example:443",
      },
    });
    expect(await ask("n")).toMatchObject({ payload: "secret" });
    expect(server.resumed).toEqual([false, true]);
  });

  it("are taken up again by a modem that is given them, which is no news", async () => {
    const first = await flow("ticket");
    await first.ask("n");
    const event = await first.events.next();
    await helper.unload();

    const second = await flow("ticket");
    const restored = await second.ask("p", { ...event, action: "session" });
    expect(restored).toMatchObject({ payload: { type: "ticket", server: "server.example:443" } });
    expect(restored.payload).not.toHaveProperty("data");
    expect(await second.ask("n")).toMatchObject({ payload: "secret" });
    expect(server.resumed).toEqual([false, true]);
    const data = (event.payload as { data: string }).data;
    expect(second.events.messages.map(({ payload }) => (payload as { data: string }).data)).not.toContain(data);
  });

  it("are refused where they are of another type than the profile's, without being repeated", async () => {
    const { ask } = await flow("id");
    const payload = { type: "ticket", encrypted: false, data: "c2VjcmV0", size: 9, server: "server.example:443" };
    const answer = await ask("p", { action: "session", payload });
    expect(answer).toMatchObject(refused("INVALID_INPUT", /ticket/));
    expect(JSON.stringify(answer.error)).not.toContain("c2VjcmV0");
  });

  it("are not there on a BG96", async () => {
    const { ask } = await deploySecureFlow({ model: "BG96", tls: { resumption: "ticket" } });
    const payload = { type: "ticket", encrypted: false, data: "YWJj", size: 4 };
    expect(await ask("p", { action: "session", payload })).toMatchObject(refused("NOT_SUPPORTED"));
  });
});
