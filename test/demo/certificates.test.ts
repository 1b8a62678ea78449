import { X509Certificate } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { exampleFlows, withoutCredentials } from "../../demo/user-directory";
import { ROOT } from "../support/paths";

const FOLDER = join(ROOT, "simulator", "internet", "demo-example", "certificates");
/** What a file holds, from its first PEM block on. */
const read = (name: string) => /-----BEGIN[\s\S]*/.exec(readFileSync(join(FOLDER, name), "utf8"))?.[0].trim() ?? "";
const FILES = { ca: "ca.cert.pem", cert: "device.cert.pem", key: "device.key.pem" } as const;
const nodes = exampleFlows(join(ROOT, "examples"));

describe("the demo's certificates", () => {
  it("are the ones in the examples", () => {
    const { credentials } = withoutCredentials(nodes);
    expect(Object.keys(credentials).length).toBeGreaterThan(2);
    for (const [id, given] of Object.entries(credentials)) {
      for (const [name, text] of Object.entries(given as Record<keyof typeof FILES, string>)) {
        expect(text, `${name} of ${id}`).toBe(read(FILES[name as keyof typeof FILES]));
      }
    }
    expect(nodes.find((node) => "template" in node)).toMatchObject({ template: `${read("ca.cert.pem")}\n` });
  });

  it("are valid for longer than anybody will look at them, signed by a CA that says it is a demo's", () => {
    const ca = new X509Certificate(read("ca.cert.pem"));
    expect(ca.subject).toBe("CN=Demo CA (not for real use)");
    for (const name of ["server.cert.pem", "device.cert.pem"]) {
      const certificate = new X509Certificate(read(name));
      expect(certificate.verify(ca.publicKey)).toBe(true);
      expect(Date.parse(certificate.validFrom)).toBeLessThan(Date.parse("2021-01-01"));
      expect(Date.parse(certificate.validTo)).toBeGreaterThan(Date.parse("2100-01-01"));
    }
  });

  it("come without the CA's key, and say of the others that they are public", () => {
    expect(readdirSync(FOLDER).filter((name) => name.endsWith(".key.pem"))).toEqual([
      "device.key.pem",
      "server.key.pem",
    ]);
    for (const name of ["device.key.pem", "server.key.pem"]) {
      expect(readFileSync(join(FOLDER, name), "utf8")).toMatch(
        /^A public key pair of the demo: .* protects nothing\.\n/,
      );
    }
  });
});
