import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import helper from "node-red-node-test-helper";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { serveCertificates } from "../../../nodes/modem-tls/certificates";
import { CERTIFICATES_PATH } from "../../../nodes/modem-tls/types";
import { deploy, useNodeRed } from "../support/flow";
import { pem, pemPath } from "../support/https-server";

useNodeRed();
const folder = mkdtempSync(join(tmpdir(), "certificates-"));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

/** What the editor gets for what stands in its dialog. */
async function ask(question: unknown, stored: object = {}, tls: object = {}) {
  await deploy([{ id: "t", type: "modem-tls", ...tls }], { t: stored });
  const response = await helper
    .request()
    .post(`/${CERTIFICATES_PATH}`)
    .send(question as object);
  await helper.unload();
  return { status: response.status, answer: response.body, text: response.text };
}

describe("what the editor is told of certificates and keys", () => {
  it("is subject, dates and algorithm of each that stands in the dialog, by PEM or by path", async () => {
    vi.useFakeTimers({ now: new Date("2040-01-03T12:00:00Z"), toFake: ["Date"] });
    const { answer } = await ask({
      id: "t",
      ca: pem("ca.cert"),
      cert: pemPath("client-ec.cert"),
      key: pemPath("client-ec.key"),
      pinnedKey: pem("expires-2040.cert"),
    });
    expect(answer).toEqual({
      ca: {
        subject: "CN=Test Root CA",
        validFrom: "2020-01-01T00:00:00.000Z",
        expires: "2126-01-01T00:00:00.000Z",
        daysLeft: expect.any(Number),
        algorithm: "RSA 2048",
      },
      cert: {
        subject: "CN=Test EC Client",
        validFrom: "2020-01-01T00:00:00.000Z",
        expires: "2126-01-01T00:00:00.000Z",
        daysLeft: expect.any(Number),
        algorithm: "EC 256",
      },
      key: { algorithm: "EC 256" },
      pinnedKey: expect.objectContaining({ expires: "2040-01-15T12:00:00.000Z", daysLeft: 12 }),
    });
  });

  it("comes from the stored credentials where the dialog leaves it, and not where it is empty there", async () => {
    const stored = {
      ca: pem("ca.cert"),
      cert: pem("client.cert"),
      key: pem("client-encrypted.key"),
      keyPassword: "key-password",
    };
    const { answer } = await ask({ id: "t", ca: "", key: "__PWRD__" }, stored);
    expect(Object.keys(answer).sort()).toEqual(["cert", "key"]);
    expect(answer.cert.subject).toBe("CN=Test Client");
    expect(answer.key).toEqual({ algorithm: "RSA 2048" });
  });

  it("comes from environment variables", async () => {
    vi.stubEnv("TEST_CA_FILE", pemPath("ca.cert"));
    const { answer } = await ask({ id: "t", ca: "${TEST_CA_FILE}", cert: "${TEST_NO_SUCH_FILE}" });
    expect(answer.ca.subject).toBe("CN=Test Root CA");
    expect(answer.cert.problem).toMatch(/^cert is neither PEM/);
  });

  it("says in a sentence what is wrong", async () => {
    const wrong = async (question: object) => (await ask({ id: "t", ...question })).answer;
    expect((await wrong({ cert: pem("client.cert"), key: pem("server.key") })).key).toEqual({
      algorithm: "RSA 2048",
      problem: "key does not belong to cert: their public keys differ",
    });
    expect((await wrong({ cert: pem("weak.cert") })).cert.problem).toMatch(/1024 bits.*2048/);
    expect((await wrong({ key: pem("client-encrypted.key") })).key.problem).toMatch(/^key is encrypted/);
    expect((await wrong({ ca: "/no/such/file" })).ca.problem).toMatch(/ENOENT/);
    expect((await wrong({ ca: pem("expired.cert") })).ca.daysLeft).toBeLessThan(0);
  });

  it("holds nothing of a file or a key, whatever is wrong with it", async () => {
    const file = join(folder, "shadow");
    writeFileSync(file, "root:$6$verysecret:19000:0:99999:7:::\n");
    const secret = pem("client.key").split("\n").slice(1, -2).join("");
    const questions = [
      { ca: file, cert: file, key: file, pinnedKey: file },
      { key: secret },
      { key: `-----BEGIN PRIVATE KEY-----\n${secret.slice(1)}\n-----END PRIVATE KEY-----` },
      { key: pem("client-encrypted.key"), keyPassword: "my-guess" },
      { cert: pem("client.cert"), key: pem("client.key") },
    ];
    for (const question of questions) {
      const { text } = await ask({ id: "t", ...question });
      for (const part of ["verysecret", secret.slice(8, 40), "my-guess", "shadow"]) expect(text).not.toContain(part);
    }
  });

  it("is nothing, and no failure, for what is no question", async () => {
    const unreadable = [{ ca: { toString: null } }, { id: { toString: 1 }, ca: "" }];
    const odd = [{ id: { a: 1 } }, { id: "__proto__" }, { ca: 7, cert: ["a"], key: { b: 1 } }, {}, ...unreadable];
    for (const question of odd) {
      expect(await ask(question), JSON.stringify(question)).toMatchObject({ status: 200, answer: {}, text: "{}" });
    }
    expect(await ask([])).toMatchObject({ status: 400, answer: {} });
    expect((await ask({ id: "t", ca: "a".repeat(1_000_001) })).status).toBe(413);
    expect((await ask({ id: "t", ca: `-----BEGIN${"a".repeat(200_000)}` })).answer.ca.problem).toMatch(/too large/);
  });

  it("needs the right to change flows", () => {
    const needed: string[] = [];
    serveCertificates({
      auth: { needsPermission: (permission: string) => needed.push(permission) },
      httpAdmin: { post: () => {} },
    } as never);
    expect(needed).toEqual(["flows.write"]);
  });
});
