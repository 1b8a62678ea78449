import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { exampleFlows, withoutCredentials } from "../../demo/user-directory";
import { CA, DEVICE, PUBLIC_DEVICE_KEY, SERVER } from "../../simulator/internet/demo-example/certificates";
import { ROOT } from "../support/paths";

const SOURCE = join(ROOT, "simulator", "internet", "demo-example", "certificates.ts");
const HELD: Readonly<Record<string, string>> = {
  ...{ ca: CA, cert: DEVICE, key: PUBLIC_DEVICE_KEY },
  // Of demo.example's broker.
  ...{ user: "demo", password: "demo" },
};
const nodes = exampleFlows(join(ROOT, "examples"));

describe("the demo's certificates", () => {
  it("are the ones in the examples", () => {
    const { credentials } = withoutCredentials(nodes);
    expect(Object.keys(credentials).length).toBeGreaterThan(2);
    for (const [id, given] of Object.entries(credentials)) {
      for (const [name, text] of Object.entries(given as object))
        expect(text, `${name} of ${id}`).toBe(HELD[name]?.trim());
    }
    expect(nodes.find((node) => "template" in node)).toMatchObject({ template: CA });
  });

  it("are valid for longer than anybody will look at them, signed by a CA that says it is a demo's", () => {
    const ca = new X509Certificate(CA);
    expect(ca.subject).toBe("CN=Demo CA (not for real use)");
    for (const pem of [SERVER, DEVICE]) {
      const certificate = new X509Certificate(pem);
      expect(certificate.verify(ca.publicKey)).toBe(true);
      expect(Date.parse(certificate.validFrom)).toBeLessThan(Date.parse("2021-01-01"));
      expect(Date.parse(certificate.validTo)).toBeGreaterThan(Date.parse("2100-01-01"));
    }
  });

  it("come without the CA's key, and say of the others that they are public", () => {
    const source = readFileSync(SOURCE, "utf8");
    expect(source).toMatch(/^\/\*\*[\s\S]{0,200}A key pair here is public/);
    const keys = [...source.matchAll(/^export const (\w+) = `\\\n-----BEGIN PRIVATE KEY-----$/gm)].map(
      ([, name]) => name,
    );
    expect(keys).toEqual(["PUBLIC_SERVER_KEY", "PUBLIC_DEVICE_KEY"]);
    expect(source.match(/PRIVATE KEY-----/g)).toHaveLength(2 * keys.length);
  });
});
