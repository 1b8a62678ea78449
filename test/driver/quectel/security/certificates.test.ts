import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { AtChannel } from "../../../../driver/at/channel/channel";
import { BG96 } from "../../../../driver/quectel/bg96";
import { QuectelDriver } from "../../../../driver/quectel/driver";
import type { CertificateKind } from "../../../../driver/services/security/security";
import { Peer } from "../../peer";
import { undated } from "../../services/security/tls-fixtures";
import { addFiles } from "../files/fake-files";
import { type Session, startSession } from "../session";
import { addSsl } from "./fake-ssl";
import { CA, CLIENT, pem, profile } from "./tls-profile";

const md5 = (certificate: Buffer): string =>
  createHash("md5").update(new X509Certificate(certificate).raw).digest("hex");
const bytesSent = ({ peer }: Session): number => peer.uploads.reduce((sum, { length }) => sum + length, 0);
const names = ({ files }: Session): string[] => [...files.keys()];

describe("certificates that a profile brings to BG96", () => {
  it("are told with their MD5, and whether they were sent", async () => {
    const { services, files } = await startSession();
    const { certificates } = await services.security.apply(profile(CLIENT));
    expect(certificates).toEqual([
      { kind: "ca", name: expect.stringMatching(/^nr_ca_/), md5: md5(CA), sent: true },
      { kind: "cert", name: expect.stringMatching(/^nr_cert_/), md5: md5(CLIENT.cert), sent: true },
      {
        kind: "key",
        name: expect.stringMatching(/^nr_key_/),
        md5: expect.stringMatching(/^[0-9a-f]{32}$/),
        sent: true,
      },
    ]);
    expect([...files.keys()]).toEqual(certificates.map(({ name }) => name));
  });

  it("are not sent again, by this session or the next", async () => {
    const session = await startSession();
    await session.services.security.apply(profile(CLIENT));
    const sent = bytesSent(session);
    expect(sent).toBe([...session.files.values()].reduce((sum, { length }) => sum + length, 0));
    session.peer.on(/^AT(E1|\+CMEE=1|\+QISDE=0|\+QFOPEN\?)$/, ["OK"]);
    await session.driver.initialise();
    const { certificates } = await session.services.security.apply(profile({ ...CLIENT, id: "another" }));
    expect(certificates.map((certificate) => certificate.sent)).toEqual([false, false, false]);
    expect(bytesSent(session)).toBe(sent);
  });

  it("are sent when they changed, and leave those of others alone", async () => {
    const session = await startSession();
    const { security } = session.services;
    await security.apply(profile());
    const [first = ""] = names(session);
    const { certificates } = await security.apply(profile({ ca: pem("other-ca.cert") }));
    expect(certificates).toMatchObject([{ sent: true, md5: md5(pem("other-ca.cert")) }]);
    expect(names(session)).toEqual([first, certificates[0]?.name]);
    expect(bytesSent(session)).toBe(CA.length + pem("other-ca.cert").length);
  });

  it("are sent anew where half of one was left", async () => {
    const session = await startSession();
    await session.services.security.apply(profile());
    const [name = ""] = names(session);
    session.files.set(name, CA.subarray(0, 100));
    session.peer.on(/^AT(E1|\+CMEE=1|\+QISDE=0|\+QFOPEN\?)$/, ["OK"]);
    await session.driver.initialise();
    await session.services.security.apply(profile());
    expect(session.files.get(name)).toEqual(CA);
  });

  it("are PEM files, whatever they were given as, and keys without a password", async () => {
    const session = await startSession();
    const { security } = session.services;
    const der = new X509Certificate(CA).raw;
    await security.apply(profile({ ...CLIENT, ca: der }));
    const before = names(session);
    expect(session.files.get(before[0] ?? "")).toEqual(CA);
    const encrypted = { cert: CLIENT.cert, key: pem("client-encrypted.key"), keyPassword: "key-password" };
    await security.apply(profile(encrypted));
    await security.apply(profile({ cert: CLIENT.cert, key: pem("client-pkcs1.key") }));
    expect(names(session)).toEqual(before);
    const key = session.files.get(before[2] ?? "") ?? "";
    expect(key.toString()).toMatch(/^-----BEGIN RSA PRIVATE KEY-----\n[A-Za-z0-9+/]/);
    expect(createPrivateKey(key).equals(createPrivateKey(CLIENT.key))).toBe(true);
  });

  it("are checked by their checksum, however slow the line is", async () => {
    const session = await startSession({ bytesPerSecond: 1_000_000 });
    session.peer.on(/^AT\+QFUPL="(.*)",(\d+),\d+$/, async ([, name = "", size], print) => {
      session.files.set(name, await print.take(Number(size)));
      print.line(`+QFUPL: ${size},1`);
      print.line("OK");
    });
    await expect(session.services.security.apply(profile())).rejects.toMatchObject({
      message: expect.stringContaining("checksum"),
    });
    const slow = await startSession({ bytesPerSecond: 960 });
    await slow.services.security.apply(profile());
    expect(slow.peer.commands.filter((line) => line.startsWith("AT+QFUPL="))).toHaveLength(1);
    expect(slow.peer.commands.filter((line) => line.startsWith("AT+QFOPEN="))).toEqual([]);
  });

  it("that the flash has no room for are reported, and tried again", async () => {
    const session = await startSession();
    session.peer.on(/^AT\+QFUPL=/, ["+CME ERROR: 403"]);
    await expect(session.services.security.apply(profile())).rejects.toMatchObject({ code: "MODEM_REJECTED" });
    expect(session.ssl.settings.has("1 cacert")).toBe(false);
    addFiles(session.peer, session.files);
    expect((await session.services.security.apply(profile())).certificates).toMatchObject([{ sent: true }]);
  });
});

describe("certificates on BG96", () => {
  it("are found among the files, with their names and last days", async () => {
    const session = await startSession();
    const { files, services } = session;
    await services.security.apply(profile(CLIENT));
    files.set("root.crt", pem("other-ca.cert"));
    files.set("device", pem("expires-2040.cert"));
    files.set("device.key", pem("client-encrypted.key"));
    files.set("weak.pem", pem("weak.cert"));
    files.set("notes.txt", Buffer.alloc(200, "no certificate "));
    files.set("large.pem", Buffer.alloc(8_193, CA));
    files.set("short.pem", Buffer.from("-----BEGIN"));
    const list = await services.security.list();
    const own = names(session).slice(0, 3);
    expect(list).toEqual([
      { kind: "ca", name: own[0], commonName: "Test Root CA", expires: "2126-01-01T00:00:00Z" },
      { kind: "cert", name: own[1], commonName: "Test Client", expires: "2126-01-01T00:00:00Z" },
      { kind: "key", name: own[2] },
      { kind: "ca", name: "root.crt", commonName: "Another Root CA", expires: "2126-01-01T00:00:00Z" },
      { kind: "cert", name: "device", commonName: "server.example", expires: "2040-01-15T12:00:00Z" },
      { kind: "key", name: "device.key" },
      { kind: "cert", name: "weak.pem", commonName: "Weak Client", expires: "2126-01-01T00:00:00Z" },
    ]);
  });

  it("are listed beside one whose dates are none", async () => {
    const { files, services } = await startSession();
    files.set("undated.pem", undated(CA));
    files.set("root.pem", CA);
    expect(await services.security.list()).toEqual([
      { kind: "ca", name: "undated.pem", commonName: "Test Root CA" },
      { kind: "ca", name: "root.pem", commonName: "Test Root CA", expires: "2126-01-01T00:00:00Z" },
    ]);
    await services.security.remove("ca", "undated.pem");
    expect([...files.keys()]).toEqual(["root.pem"]);
  });

  it("are read once, and again when their size changed", async () => {
    const { peer, files, services } = await startSession();
    const downloads = () => peer.commands.filter((line) => line.startsWith("AT+QFDWL=")).length;
    files.set("a.pem", CA);
    await services.security.list();
    await services.security.list();
    expect(downloads()).toBe(1);
    files.set("a.pem", pem("client-ec.cert"));
    expect(await services.security.list()).toMatchObject([{ kind: "cert", commonName: "Test EC Client" }]);
    expect(downloads()).toBe(2);
  });

  it("are read again when a file of the same size took their place", async () => {
    const { services } = await startSession();
    for (const der of [Buffer.alloc(60, 1), Buffer.alloc(60, 2)]) {
      const file = `-----BEGIN PRIVATE KEY-----\n${der.toString("base64")}\n-----END PRIVATE KEY-----\n`;
      await services.files.write("device.key", Buffer.from(file));
      const md5 = createHash("md5").update(der).digest("hex");
      expect(await services.security.hash("key", "device.key")).toMatchObject({ md5 });
    }
  });

  it("are imported under their name from bytes and from a file, hashed, and removed", async () => {
    const { files, services } = await startSession();
    const { security } = services;
    files.set("upload.der", new X509Certificate(CLIENT.cert).raw);
    const imported = await security.import("cert", "device", { file: "upload.der" });
    expect(imported).toEqual({ kind: "cert", name: "device", md5: md5(CLIENT.cert) });
    expect(files.get("device")).toEqual(CLIENT.cert);
    expect(await security.hash("cert", "device")).toEqual(imported);
    const source = { content: pem("client-encrypted.key"), password: "key-password" };
    const key = await security.import("key", "device.key", source);
    expect(await security.hash("key", "device.key")).toEqual(key);
    await security.remove("cert", "device");
    expect([...files.keys()]).toEqual(["upload.der", "device.key"]);
  });

  it("are not sent twice under one name, and replaced when they differ", async () => {
    const session = await startSession();
    const { security } = session.services;
    await security.import("ca", "root", { content: CA });
    await security.import("ca", "root", { content: new X509Certificate(CA).raw });
    expect(bytesSent(session)).toBe(CA.length);
    // The same length, another content.
    session.files.set("root", Buffer.alloc(CA.length, "x"));
    await security.import("ca", "root", { content: CA });
    expect(session.files.get("root")).toEqual(CA);
    await security.import("ca", "root", { content: pem("other-ca.cert") });
    expect(await security.hash("ca", "root")).toMatchObject({ md5: md5(pem("other-ca.cert")) });
  });

  it("keep the kind that they were imported as", async () => {
    const { services } = await startSession();
    await services.security.import("ca", "own-root", { content: pem("server.cert") });
    expect(await services.security.list()).toMatchObject([{ kind: "ca", name: "own-root" }]);
  });

  it.each([["server"], ["signature-cert"], ["signature-key"]] as [CertificateKind][])(
    "are never of the kind %s",
    async (kind) => {
      const { peer, services } = await startSession();
      const refused = { code: "NOT_SUPPORTED", message: expect.stringContaining(kind) };
      const { security } = services;
      await expect(security.import(kind, "a", { content: CA })).rejects.toMatchObject(refused);
      await expect(security.remove(kind, "a")).rejects.toMatchObject(refused);
      await expect(security.hash(kind, "a")).rejects.toMatchObject(refused);
      expect(peer.commands).toEqual([]);
    },
  );

  it("are refused under a name that profiles use, and where they are none", async () => {
    const { peer, services } = await startSession();
    const { security } = services;
    const own = "nr_ca_0123456789abcdef.pem";
    for (const refused of [
      security.import("ca", own, { content: CA }),
      security.import("ca", "a", { content: Buffer.from("no certificate") }),
      security.import("key", "a", { content: CA }),
      security.import("cert", "a", { content: pem("weak.cert") }),
      security.import("ca", 'a"b', { content: CA }),
    ]) {
      await expect(refused).rejects.toMatchObject({ code: "INVALID_INPUT" });
    }
    expect(peer.commands).toEqual([]);
  });

  it("are not read from files that are too large for one", async () => {
    const { peer, files, services } = await startSession();
    files.set("large.bin", Buffer.alloc(10_000));
    const { security } = services;
    await expect(security.import("ca", "a", { file: "large.bin" })).rejects.toMatchObject({ code: "INVALID_INPUT" });
    await expect(security.import("ca", "a", { file: "none" })).rejects.toMatchObject({ code: "MODEM_REJECTED" });
    expect(peer.commands.filter((line) => line.startsWith("AT+QFDWL="))).toEqual([]);
  });

  it("are the only files that removing them removes", async () => {
    const { files, services } = await startSession();
    files.set("data.bin", Buffer.alloc(500, "data"));
    files.set("large.bin", Buffer.alloc(10_000));
    files.set("root.pem", CA);
    const missing = { code: "MODEM_REJECTED" };
    await expect(services.security.remove("ca", "data.bin")).rejects.toMatchObject(missing);
    await expect(services.security.remove("cert", "large.bin")).rejects.toMatchObject(missing);
    await expect(services.security.remove("key", "root.pem")).rejects.toMatchObject(missing);
    await expect(services.security.remove("ca", "none")).rejects.toMatchObject(missing);
    await expect(services.security.hash("ca", "data.bin")).rejects.toMatchObject(missing);
    expect(files.size).toBe(3);
  });

  it("that are removed are sent again by the profile that uses them", async () => {
    const session = await startSession();
    const { security } = session.services;
    await security.apply(profile());
    const [name = ""] = names(session);
    await security.remove("ca", name);
    expect(session.files.size).toBe(0);
    expect((await security.apply(profile())).certificates).toMatchObject([{ name, sent: true }]);
    expect(session.files.get(name)).toEqual(CA);
  });
});

describe("keys and passwords on their way to BG96", () => {
  it("are in no trace and in no error", async () => {
    const texts: string[] = [];
    const peer = new Peer();
    addFiles(peer, new Map());
    const ssl = addSsl(peer);
    const channel = new AtChannel(peer, { onTrace: ({ text }) => texts.push(text) });
    channel.useDialect({ ...BG96.dialect, gap: 0 });
    const { security } = new QuectelDriver(channel, BG96).services;
    const secret = profile({ cert: CLIENT.cert, key: pem("client-encrypted.key"), keyPassword: "key-password" });
    await security.apply(secret);
    await security.list();
    const told = (error: unknown) => texts.push(String(error), JSON.stringify(error));
    await security.apply({ ...secret, keyPassword: "another-password" }).catch(told);
    await security.import("key", "k", { content: pem("client-encrypted.key"), password: "bad-password" }).catch(told);
    peer.on(/^AT\+QFUPL=/, ["+CME ERROR: 403"]);
    ssl.missing.add("sni");
    await security.apply({ ...secret, ca: pem("other-ca.cert") }).catch(told);
    await security.apply({ ...secret, sni: "a.example" }).catch(told);
    const all = texts.join("\n");
    expect(texts.length).toBeGreaterThan(30);
    expect(all).not.toMatch(/password(?! is wrong| is missing)/);
    const body = CLIENT.key.toString().split("\n").slice(1, 20);
    const traditional = createPrivateKey(CLIENT.key).export({ type: "pkcs1", format: "pem" }).toString().split("\n");
    for (const line of [...body, ...traditional.slice(1, 20)]) expect(all).not.toContain(line);
  });

  it.each(["AT+QFDWL", "AT+QFREAD"])("are in no trace where the line damages what announces them: %s", async (read) => {
    const texts: string[] = [];
    const peer = new Peer(read === "AT+QFDWL" ? {} : { bytesPerSecond: 100 });
    const files = new Map([["k", CLIENT.key]]);
    addFiles(peer, files);
    peer.on(/^AT\+(QFDWL|QFREAD)=/, (_match, print) => {
      print.line("CONNCT");
      print.raw(CLIENT.key);
      print.line("OK");
    });
    const channel = new AtChannel(peer, {
      onTrace: ({ text }) => texts.push(text),
      onNoise: (bytes) => texts.push(`${bytes}`),
    });
    channel.useDialect({ ...BG96.dialect, gap: 0 });
    const { security } = new QuectelDriver(channel, BG96).services;
    await expect(security.import("key", "mine", { file: "k" })).rejects.toMatchObject({ code: "MODEM_REJECTED" });
    expect(peer.commands.some((line) => line.startsWith(read))).toBe(true);
    const body = CLIENT.key.toString().split("\n").slice(1, 20);
    expect(body.filter((line) => texts.join("\n").includes(line))).toEqual([]);
  });
});
