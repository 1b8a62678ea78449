import { createHash, generateKeyPairSync, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { pem } from "../../internet/tls-servers";
import { LaraHost } from "../lara-host";
import { importInto, run } from "./secure-host";

const md5 = (content: Buffer) => createHash("md5").update(content).digest("hex");
const derOf = (name: string) => new X509Certificate(pem(name)).raw;
/** What stands in the armour. */
const unarmoured = (name: string) =>
  Buffer.from(
    pem(name)
      .toString()
      .replace(/-----[^-]+-----/g, ""),
    "base64",
  );
const INVALID = "+CME ERROR: USECMNG invalid certificate/key format";
const NOT_FOUND = "+CME ERROR: USECMNG internal name not found";

const ecKey = (namedCurve: string) =>
  generateKeyPairSync("ec", {
    namedCurve,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
const rsaKey = (modulusLength: number) =>
  generateKeyPairSync("rsa", {
    modulusLength,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
const publicKey = Buffer.from(ecKey("prime256v1").publicKey);

describe("+USECMNG imports", () => {
  it.each([
    [0, "CA certificate", pem("ca.cert"), derOf("ca.cert")],
    [1, "client certificate", pem("client.cert"), derOf("client.cert")],
    [1, "EC client certificate", pem("client-ec.cert"), derOf("client-ec.cert")],
    [2, "PKCS#8 key", pem("client.key"), unarmoured("client.key")],
    [2, "PKCS#1 key", pem("client-pkcs1.key"), unarmoured("client-pkcs1.key")],
    [2, "EC key", pem("client-ec.key"), unarmoured("client-ec.key")],
    [3, "server certificate", pem("server.cert"), derOf("server.cert")],
    [4, "certificate that checks signatures", pem("server-ec.cert"), derOf("server-ec.cert")],
    [5, "public key", publicKey, Buffer.from(publicKey.toString().replace(/-----[^-]+-----/g, ""), "base64")],
  ])("type %i, a %s, in PEM and in DER, and tells the MD5 of the DER", async (type, _, content, der) => {
    const host = await LaraHost.open();
    const told = `+USECMNG: 0,${type},"mine","${md5(der)}"`;
    expect((await importInto(host, type, "mine", content)).split("\r\n")[0]).toBe(told);
    expect((await importInto(host, type, "mine", der)).split("\r\n")[0]).toBe(told);
    expect(await host.command(`AT+USECMNG=4,${type},"mine"`)).toEqual([told.replace(" 0", " 4"), "OK"]);
  });

  it("from a file, and says so in the first field", async () => {
    const host = await LaraHost.open();
    const content = pem("ca.cert");
    await host.upload(`AT+UDWNFILE="ca.crt",${content.length}`, content);
    expect(await host.command('AT+USECMNG=1,0,"root","ca.crt"')).toEqual([
      `+USECMNG: 1,0,"root","${md5(derOf("ca.cert"))}"`,
      "OK",
    ]);
    expect(await host.command('AT+USECMNG=1,0,"root","none.crt"')).toEqual(["+CME ERROR: FILE NOT FOUND"]);
  });

  it("passes over text before the armour", async () => {
    const host = await LaraHost.open();
    const content = Buffer.concat([Buffer.from("Subject: somebody\n"), pem("ca.cert")]);
    expect(await importInto(host, 0, "root", content)).toContain(md5(derOf("ca.cert")));
  });

  it("keeps an encrypted key encrypted, with its password or without", async () => {
    const host = await LaraHost.open();
    const content = pem("client-encrypted.key");
    const hash = md5(unarmoured("client-encrypted.key"));
    expect(await importInto(host, 2, "a", content)).toContain(hash);
    expect(await importInto(host, 2, "b", content, "key-password")).toContain(hash);
  });

  it("puts a new one in the place of one with the same type and name", async () => {
    const host = await LaraHost.open();
    await importInto(host, 0, "one", pem("ca.cert"));
    await importInto(host, 1, "one", pem("client.cert"));
    await importInto(host, 0, "one", pem("other-ca.cert"));
    expect(await host.command("AT+USECMNG=3")).toEqual([
      'CA,"one","Another Root CA","2126/01/01 00:00:00"',
      'CC,"one","Test Client","2126/01/01 00:00:00"',
      "OK",
    ]);
  });

  it.each<[string, number, Buffer, string?]>([
    ["garbage", 0, Buffer.from("no certificate at all")],
    ["half a certificate", 0, pem("ca.cert").subarray(0, 500)],
    ["cut DER", 0, derOf("ca.cert").subarray(0, 500)],
    ["a key for a certificate", 0, pem("client.key")],
    ["a certificate for a key", 2, pem("client.cert")],
    ["a certificate for a public key", 5, pem("client.cert")],
    ["a private key for a public key", 5, pem("client.key")],
    ["a public key for a private key", 2, publicKey],
    ["the certificate of an RSA key of 1024 bits", 1, pem("weak.cert")],
    ["an RSA key of 1024 bits", 2, pem("weak.key")],
    ["a public RSA key of 1024 bits", 5, Buffer.from(rsaKey(1024).publicKey)],
    ["an EC key of 112 bits", 2, Buffer.from(ecKey("secp112r1").privateKey)],
    [
      "an Ed25519 key",
      2,
      Buffer.from(generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" })),
    ],
    ["a wrong password", 2, pem("client-encrypted.key"), "wrong"],
  ])("refuses %s", async (_, type, content, password) => {
    const host = await LaraHost.open();
    expect(await importInto(host, type, "mine", content, password)).toBe(INVALID);
    expect(await host.command("AT+USECMNG=3")).toEqual(["OK"]);
    await run(host, "AT+CMEE=1");
    expect(await importInto(host, type, "mine", content, password)).toBe("+CME ERROR: 1913");
  });
});

describe("+USECMNG", () => {
  it("lists what there is, without a prefix", async () => {
    const host = await LaraHost.open();
    expect(await host.command("AT+USECMNG=3")).toEqual(["OK"]);
    await importInto(host, 2, "key", pem("client.key"));
    await importInto(host, 0, "root", pem("ca.cert"));
    await importInto(host, 3, "server", pem("expires-2040.cert"));
    await importInto(host, 5, "signer", publicKey);
    expect(await host.command("AT+USECMNG=3")).toEqual([
      'PK,"key"',
      'CA,"root","Test Root CA","2126/01/01 00:00:00"',
      'SC,"server","server.example","2040/01/15 12:00:00"',
      'PU,"signer"',
      "OK",
    ]);
  });

  it("leaves out of a common name what would end the line or the string", async () => {
    const host = await LaraHost.open();
    const der = derOf("client.cert");
    const name = der.indexOf("Test Client");
    der.write('a"\r\nOK\r\nbc\n', name, "latin1");
    await importInto(host, 1, "hostile", der);
    expect(await host.command("AT+USECMNG=3")).toEqual(['CC,"hostile","aOKbc","2126/01/01 00:00:00"', "OK"]);
  });

  it("removes one, and knows it no more", async () => {
    const host = await LaraHost.open();
    await importInto(host, 0, "root", pem("ca.cert"));
    await importInto(host, 1, "root", pem("client.cert"));
    await run(host, 'AT+USECMNG=2,0,"root"');
    expect(await host.command("AT+USECMNG=3")).toEqual(['CC,"root","Test Client","2126/01/01 00:00:00"', "OK"]);
    for (const line of ['AT+USECMNG=2,0,"root"', 'AT+USECMNG=4,0,"root"']) {
      expect(await host.command(line)).toEqual([NOT_FOUND]);
    }
  });

  it("keeps everything over a reboot", async () => {
    const host = await LaraHost.open();
    await importInto(host, 0, "root", pem("ca.cert"));
    await importInto(host, 2, "key", pem("client-encrypted.key"), "key-password");
    const lines = await host.command("AT+USECMNG=3");
    const hash = await host.command('AT+USECMNG=4,2,"key"');
    await host.reboot();
    expect(await host.command("AT+USECMNG=3")).toEqual(lines);
    expect(await host.command('AT+USECMNG=4,2,"key"')).toEqual(hash);
  });

  it("keeps everything in a state file, for the next modem that starts from it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "state-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const state = join(folder, "modem.json");
    const first = await LaraHost.open([`state=${state}`]);
    await importInto(first, 0, "root", pem("ca.cert"));
    expect(readFileSync(state, "utf8")).toContain("root");
    const second = await LaraHost.open([`state=${state}`]);
    expect(await second.command('AT+USECMNG=4,0,"root"')).toEqual([
      `+USECMNG: 4,0,"root","${md5(derOf("ca.cert"))}"`,
      "OK",
    ]);
  });

  it("tells its ranges", async () => {
    const host = await LaraHost.open();
    expect(await host.command("AT+USECMNG=?")).toEqual(["+USECMNG: (0-4),(0-5)", "OK"]);
  });

  it("takes a name of 200 characters and a content of 8192 bytes", async () => {
    const host = await LaraHost.open();
    const content = Buffer.concat([Buffer.alloc(8192 - pem("ca.cert").length, "\n"), pem("ca.cert")]);
    expect(await importInto(host, 0, "n".repeat(200), content)).toMatch(/OK$/);
  });

  it.each([
    ["AT+USECMNG=5", "incorrect parameters"],
    ['AT+USECMNG=0,6,"n",10', "incorrect parameters"],
    ['AT+USECMNG=0,0,"",10', "incorrect parameters"],
    [`AT+USECMNG=0,0,"${"n".repeat(201)}",10`, "text string too long"],
    ['AT+USECMNG=0,0,"n"', "incorrect parameters"],
    ['AT+USECMNG=0,0,"n",0', "incorrect parameters"],
    ['AT+USECMNG=0,0,"n",8193', "USECMNG import file size exceeds limit"],
    [`AT+USECMNG=0,2,"n",10,"${"p".repeat(129)}"`, "text string too long"],
    ['AT+USECMNG=0,2,"n",10,"p",1', "incorrect parameters"],
    ["AT+USECMNG=1,0,n,f", "incorrect parameters"],
    ["AT+USECMNG=2,0", "incorrect parameters"],
    ['AT+USECMNG=2,0,"n",1', "incorrect parameters"],
    ["AT+USECMNG=3,0", "incorrect parameters"],
    ["AT+USECMNG?", "operation not supported"],
  ])("refuses %s: %s", async (line, words) => {
    const host = await LaraHost.open();
    expect(await host.command(line)).toEqual([`+CME ERROR: ${words}`]);
  });

  it("refuses a file that is too large", async () => {
    const host = await LaraHost.open();
    await host.upload('AT+UDWNFILE="big",8193', Buffer.alloc(8193));
    expect(await host.command('AT+USECMNG=1,0,"n","big"')).toEqual([
      "+CME ERROR: USECMNG import file size exceeds limit",
    ]);
  });
});
