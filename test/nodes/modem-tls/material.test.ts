import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readMaterial } from "../../../nodes/modem-tls/material";
import { pem, pemPath } from "../support/https-server";

const folder = mkdtempSync(join(tmpdir(), "material-"));
afterAll(() => rmSync(folder, { recursive: true }));

const refusal = (message: RegExp) =>
  expect.objectContaining({ code: "INVALID_INPUT", message: expect.stringMatching(message) });

describe("a certificate or key of the dialog", () => {
  it("is PEM text, or a file on the gateway, whatever is in that", () => {
    const der = join(folder, "a.der");
    writeFileSync(der, Buffer.from([0x30, 0x00, 0xff]));
    expect(readMaterial(pem("ca.cert"), "ca")?.toString()).toBe(pem("ca.cert").trim());
    expect(readMaterial(`\n  ${pemPath("ca.cert")} \n`, "ca")?.toString()).toBe(pem("ca.cert"));
    expect(readMaterial(der, "ca")).toEqual(Buffer.from([0x30, 0x00, 0xff]));
    for (const empty of ["", "  \n", undefined, null]) expect(readMaterial(empty, "ca")).toBeUndefined();
  });

  it("is refused by the name of its field where there is no such file, or none that ends", () => {
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    const large = join(folder, "large");
    writeFileSync(large, Buffer.alloc(100_001));
    expect(() => readMaterial(join(folder, "none"), "cert")).toThrow(refusal(/^cert is neither PEM .*\(ENOENT\)$/));
    expect(() => readMaterial(folder, "ca")).toThrow(refusal(/^ca is neither PEM text nor a regular file/));
    expect(() => readMaterial(pipe, "ca")).toThrow(refusal(/^ca is neither PEM text nor a regular file/));
    expect(() => readMaterial("/dev/zero", "ca")).toThrow(refusal(/^ca is neither PEM text nor a regular file/));
    expect(() => readMaterial(large, "ca")).toThrow(refusal(/^ca is a file of more than 100000 bytes/));
    expect(() => readMaterial("a\u0000b", "ca")).toThrow(refusal(/^ca is neither PEM text/));
    expect(() => readMaterial({ path: "a" }, "ca")).toThrow(refusal(/^ca must be a text/));
  });

  it("holds no private key where everybody can read it", () => {
    const bundle = pem("client.cert") + pem("client.key");
    for (const field of ["ca", "cert", "pinnedKey"]) {
      expect(() => readMaterial(bundle, field)).toThrow(refusal(new RegExp(`^${field} holds a private key`)));
    }
    const file = join(folder, "bundle.pem");
    writeFileSync(file, bundle);
    expect(readMaterial(file, "cert")?.toString()).toBe(bundle);
    expect(readMaterial(bundle, "key")?.toString()).toBe(bundle.trim());
  });

  it("is not quoted when it can't be used: a key without its first line looks like a path", () => {
    const secret = pem("client.key").split("\n").slice(1, -2).join("\n");
    for (const text of [secret, secret.replaceAll("\n", "")]) {
      try {
        readMaterial(text, "key");
        expect.unreachable();
      } catch (error) {
        expect(String(error)).toMatch(/^key is neither PEM text/);
        expect(String(error)).not.toContain(secret.slice(0, 20));
      }
    }
  });
});
