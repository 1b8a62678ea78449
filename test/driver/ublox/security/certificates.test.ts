import { describe, expect, it } from "vitest";
import { isModemError } from "../../../../driver/errors";
import { ownName, parseCertificate } from "../../../../driver/services/security/certificate";
import type { CertificateKind } from "../../../../driver/services/security/security";
import { UbloxFiles } from "../../../../driver/ublox/files/files";
import { LARA_R6 } from "../../../../driver/ublox/lara-r6";
import { UbloxCertificates } from "../../../../driver/ublox/security/certificates";
import { rejection } from "../../../support/failure";
import type { PeerOptions } from "../../peer";
import { derOf, fixture, KEY_PASSWORD, md5 } from "../../services/security/tls-fixtures";
import { bench, expectExplained } from "../bench";
import { addFiles } from "../lara";
import { addCertificateStore, type StoreOptions } from "./certificate-store";

function manager({ store, peer: options }: { store?: StoreOptions; peer?: PeerOptions } = {}) {
  const parts = bench(options);
  const stored = addCertificateStore(parts.peer, store);
  return {
    ...parts,
    stored,
    certificates: new UbloxCertificates(parts.channel, new UbloxFiles(parts.channel, LARA_R6), LARA_R6),
  };
}

const CA = fixture("ca.cert");
const parsed = (kind: CertificateKind, name: string, password?: string) =>
  parseCertificate(kind, fixture(name), { field: kind, password });
const ca = parsed("ca", "ca.cert");
const ops = (commands: readonly string[]) => commands.map((line) => line.replace(/^AT\+USECMNG=(\d).*/, "$1")).join("");

describe("the list of certificates", () => {
  it("is that of the guide, whatever comes between its lines", async () => {
    const { peer, certificates } = manager({ peer: { between: () => "+UUSOCL: 1" } });
    peer.on(/^AT\+USECMNG=3$/, [
      'CA,"ca_cert","An MQTT broker","2032/10/18 08:23:32"',
      'CC,"client_cert","A client certificate","2032/06/22 12:34:48"',
      "RING",
      'PK,"client_key"',
      'CA, "ThawteCA", "thawte Primary Root CA", "2036/07/17"',
      'SC,"a, b","The "best", they say","2036/07/17"',
      `VC,"utf8","${Buffer.from("Bücher").toString("latin1")}","unknown"`,
      'PU,"public"',
      "+CEREG: 1",
      'XX,"other"',
      "OK",
    ]);
    expect(await certificates.list()).toEqual([
      { kind: "ca", name: "ca_cert", commonName: "An MQTT broker", expires: "2032-10-18T08:23:32Z" },
      { kind: "cert", name: "client_cert", commonName: "A client certificate", expires: "2032-06-22T12:34:48Z" },
      { kind: "key", name: "client_key" },
      { kind: "ca", name: "ThawteCA", commonName: "thawte Primary Root CA", expires: "2036-07-17" },
      { kind: "server", name: "a, b", commonName: 'The "best", they say', expires: "2036-07-17" },
      { kind: "signature-cert", name: "utf8", commonName: "Bücher" },
      { kind: "signature-key", name: "public" },
    ]);
  });

  it("may be empty", async () => {
    expect(await manager().certificates.list()).toEqual([]);
  });
});

describe("importing under a name", () => {
  it("sends PEM at the prompt and tells the MD5", async () => {
    const { certificates, peer, stored } = manager();
    const kinds: [CertificateKind, string][] = [
      ["ca", "ca.cert"],
      ["cert", "client.cert"],
      ["key", "client.key"],
      ["server", "server.cert"],
      ["signature-cert", "server-ec.cert"],
    ];
    for (const [index, [kind, file]] of kinds.entries()) {
      const content = fixture(file);
      const hash = { kind, name: `my ${kind}`, md5: md5(derOf(content)) };
      expect(await certificates.import(kind, `my ${kind}`, { content })).toEqual(hash);
      expect(stored.get(`${index} my ${kind}`)).toEqual(content);
      expect(await certificates.hash(kind, `my ${kind}`)).toEqual(hash);
    }
    expectExplained(peer.commands);
  });

  it("sends nothing that the module has under that name, and replaces what is different", async () => {
    const { certificates, peer, stored } = manager();
    await certificates.import("ca", "root", { content: CA });
    await certificates.import("ca", "root", { content: derOf(CA) });
    expect(peer.uploads).toHaveLength(1);
    await certificates.import("ca", "root", { content: fixture("other-ca.cert") });
    expect(stored.get("0 root")).toEqual(fixture("other-ca.cert"));
    expect(ops(peer.commands)).toBe("404" + "420");
  });

  it("takes the password of a key and shows neither", async () => {
    const { certificates, peer, stored, trace } = manager();
    await certificates.import("key", "k", { content: fixture("client-encrypted.key"), password: KEY_PASSWORD });
    expect(peer.commands.at(-1)).toBe(`AT+USECMNG=0,2,"k",${fixture("client-encrypted.key").length},"${KEY_PASSWORD}"`);
    expect(stored.get("2 k")).toEqual(fixture("client-encrypted.key"));
    expect(trace.join("\n")).toContain(`sent AT+USECMNG=0,2,"k",${fixture("client-encrypted.key").length},"***"`);
    for (const secret of [KEY_PASSWORD, ...fixture("client-encrypted.key").toString().split("\n").slice(1, 4)]) {
      expect(trace.join("\n")).not.toContain(secret);
    }
    expectExplained(peer.commands);
  });

  it("takes a file of the module's, which checks as what is sent", async () => {
    const { certificates, peer, stored } = manager();
    const files = addFiles(peer);
    files.set("ca.crt", CA).set("weak.crt", fixture("weak.cert")).set("large", Buffer.alloc(8193));
    peer.on(/^AT\+USECMNG=1,0,"root","ca.crt"$/, () => {
      stored.set("0 root", CA);
      return ['+USECMNG: 1,0,"root","D10137CEE624FCEE624418DB5EAA"', "OK"];
    });
    // The guide prints a hash that is cut short.
    const hash = { kind: "ca", name: "root", md5: md5(derOf(CA)) };
    expect(await certificates.import("ca", "root", { file: "ca.crt" })).toEqual(hash);
    expect(await certificates.import("ca", "root", { file: "ca.crt" })).toEqual(hash);
    expect(ops(peer.commands.filter((line) => line.includes("USECMNG")))).toBe("414");
    expect(peer.uploads).toEqual([]);
    expectExplained(peer.commands);
    await expect(certificates.import("ca", "w", { file: "weak.crt" })).rejects.toThrow(/^file has a key of 1024 bits/);
    await expect(certificates.import("ca", "w", { file: "large" })).rejects.toThrow(/^file is too large: 8193 bytes/);
    await expect(certificates.import("ca", "w", { file: "none" })).rejects.toMatchObject({ code: "MODEM_REJECTED" });
  });

  it("shows nothing of a key's file in the trace, not even where the line damages the answer", async () => {
    const { certificates, peer, trace } = manager();
    const key = fixture("client.key").toString("latin1");
    addFiles(peer, new Map([["my.key", Buffer.from(key)]]));
    peer.on(/^AT\+URDBLOCK=/, [`+URDBOCK: "my.key",${key.length},"${key}"`, "OK"]);
    await expect(certificates.import("key", "mine", { file: "my.key" })).rejects.toMatchObject({
      code: "MODEM_REJECTED",
    });
    const lines = key.split("\n").filter((line) => line.length > 8);
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.filter((line) => trace.join("\n").includes(line))).toEqual([]);
  });

  it("refuses what the command can't carry before anything is sent", async () => {
    const { certificates, peer } = manager();
    const good = { content: CA };
    for (const attempt of [
      () => certificates.import("ca", "", good),
      () => certificates.import("ca", 'a"b', good),
      () => certificates.import("ca", "a\rAT+CFUN=0", good),
      () => certificates.import("ca", "x".repeat(201), good),
      () => certificates.import("ca", "a", { file: 'x",1' }),
      () => certificates.import("nothing" as "ca", "a", good),
      () => certificates.import("ca", "a", { content: fixture("client.key") }),
      () => certificates.remove("ca", 'a"'),
      () => certificates.hash("ca", "a\n"),
      () => certificates.ensure(parsed("key", "client-encrypted.key", KEY_PASSWORD), { password: 'x"y' }),
      () => certificates.ensure({ ...ca, pem: "x".repeat(8193) }),
    ]) {
      const error = await rejection(attempt());
      expect(isModemError(error, "INVALID_INPUT")).toBe(true);
    }
    expect(peer.commands).toEqual([]);
  });

  it("of what isn't there fails for hash and remove in the modem's words", async () => {
    const { certificates } = manager();
    for (const work of [certificates.hash("ca", "none"), certificates.remove("ca", "none")]) {
      await expect(work).rejects.toMatchObject({
        code: "MODEM_REJECTED",
        message: expect.stringContaining("certificate or key not found"),
      });
    }
  });

  it("of what is there ends with remove", async () => {
    const { certificates, stored, peer } = manager();
    await certificates.import("ca", "root", { content: CA });
    await certificates.remove("ca", "root");
    expect(stored.size).toBe(0);
    expectExplained(peer.commands);
  });
});

describe("what a profile needs", () => {
  it("is sent once, under a name made from it", async () => {
    const { certificates, peer, stored } = manager();
    const first = await certificates.ensure(ca);
    expect(first).toEqual({ kind: "ca", name: ownName(ca), md5: md5(derOf(CA)), sent: true });
    expect(await certificates.ensure(ca)).toEqual({ ...first, sent: false });
    expect(peer.uploads).toEqual([CA]);
    expect([...stored.keys()]).toEqual([`0 ${ownName(ca)}`]);
    expectExplained(peer.commands);
  });

  it("is not sent by a new session, a reboot of the gateway or another form of the file", async () => {
    const { certificates, channel, peer } = manager();
    await certificates.ensure(ca);
    const later = new UbloxCertificates(channel, new UbloxFiles(channel, LARA_R6), LARA_R6);
    const der = parseCertificate("ca", derOf(CA), { field: "ca" });
    expect((await later.ensure(der)).sent).toBe(false);
    expect(peer.uploads).toHaveLength(1);
  });

  it("is found under a name that somebody else gave, among those of its kind", async () => {
    const { certificates, peer } = manager();
    await certificates.import("ca", "other", { content: fixture("other-ca.cert") });
    await certificates.import("server", "not a root", { content: CA });
    await certificates.import("ca", "root", { content: CA });
    const uploads = peer.uploads.length;
    expect(await certificates.ensure(ca)).toEqual({ kind: "ca", name: "root", md5: md5(derOf(CA)), sent: false });
    expect(peer.uploads).toHaveLength(uploads);
  });

  it("that changed is sent and leaves the old one to other profiles", async () => {
    const { certificates, stored } = manager();
    await certificates.ensure(ca);
    expect((await certificates.ensure(parsed("ca", "other-ca.cert"))).sent).toBe(true);
    expect([...stored.values()]).toEqual([CA, fixture("other-ca.cert")]);
  });

  it("is sent again when the module has something else under its name", async () => {
    const { certificates, stored } = manager();
    stored.set(`0 ${ownName(ca)}`, fixture("other-ca.cert"));
    expect((await certificates.ensure(ca)).sent).toBe(true);
    expect(stored.get(`0 ${ownName(ca)}`)).toEqual(CA);
  });

  it("is sent once when many ask at the same time", async () => {
    const { certificates, peer } = manager();
    const answers = await Promise.all(Array.from({ length: 5 }, () => certificates.ensure(ca)));
    expect(answers.filter(({ sent }) => sent)).toHaveLength(1);
    expect(peer.uploads).toHaveLength(1);
  });

  it("may be a key with a password, which the module knows by another hash", async () => {
    const { certificates, peer, trace } = manager({ store: { hash: () => "00112233445566778899aabbccddeeff" } });
    const key = parsed("key", "client-encrypted.key", KEY_PASSWORD);
    const options = { password: KEY_PASSWORD };
    expect(await certificates.ensure(key, options)).toMatchObject({ name: ownName(key), sent: true });
    expect(await certificates.ensure(key, options)).toMatchObject({ name: ownName(key), sent: false });
    expect(peer.uploads).toHaveLength(1);
    expect(trace.join()).not.toContain(KEY_PASSWORD);
  });

  it("may be a key that the module keeps in a form of its own", async () => {
    const { certificates } = manager({ store: { hash: () => "00112233445566778899aabbccddeeff" } });
    const key = parsed("key", "client.key");
    expect((await certificates.ensure(key)).md5).toBe("00112233445566778899aabbccddeeff");
    expect((await certificates.ensure(key)).sent).toBe(false);
  });

  it("is taken for there by its name where the firmware tells no hashes, or mutilated ones", async () => {
    const silent = manager();
    silent.peer.on(/^AT\+USECMNG=4/, ["+CME ERROR: operation not supported"]);
    const mutilated = manager({ store: { hash: () => "d10137cee624fcee624418db5eaa" } });
    for (const { certificates, peer } of [silent, mutilated]) {
      expect((await certificates.ensure(ca)).sent).toBe(true);
      expect((await certificates.ensure(ca)).sent).toBe(false);
      expect(peer.uploads).toHaveLength(1);
    }
  });

  it("may be waited for until the caller gives up", async () => {
    const { certificates, peer } = manager();
    peer.on(/^AT\+USECMNG=4/, () => undefined);
    const first = certificates.ensure(ca);
    const abort = new AbortController();
    const second = certificates.ensure(ca, { signal: abort.signal });
    abort.abort(new Error("enough"));
    await expect(second).rejects.toThrow("enough");
    certificates.dispose(new Error("over"));
    await expect(certificates.ensure(ca)).rejects.toThrow("over");
    peer.urc("ERROR");
    expect((await first).sent).toBe(true);
  });
});

describe("a line that loses bytes", () => {
  const lossy = (times: number): StoreOptions => {
    let left = times;
    return {
      receive: (data) => (left-- > 0 ? Buffer.from(data.toString().replace(/[A-Z]{2}\n/, "\n")) : data),
      hash: (content) => md5(content.equals(CA) ? derOf(CA) : content),
    };
  };

  it("is overcome by sending once more", async () => {
    const { certificates, stored, peer } = manager({ store: lossy(1) });
    expect(await certificates.ensure(ca)).toMatchObject({ md5: md5(derOf(CA)), sent: true });
    expect(stored.get(`0 ${ownName(ca)}`)).toEqual(CA);
    expect(peer.uploads).toHaveLength(2);
  });

  it("fails the import when it goes on, and nothing damaged stays", async () => {
    const { certificates, stored } = manager({ store: lossy(9) });
    await expect(certificates.ensure(ca)).rejects.toMatchObject({
      code: "MODEM_REJECTED",
      message: expect.stringMatching(/the modem got something else than was sent, 2 times\. Check cable/),
    });
    expect(stored.size).toBe(0);
  });
});

describe("a full store", () => {
  const fill = async (certificates: UbloxCertificates) => {
    await certificates.import("ca", "mine", { content: fixture("other-ca.cert") });
    await certificates.ensure(parsed("cert", "client.cert"));
  };

  it("gives room where the driver left things that no profile of this session uses", async () => {
    const { certificates, channel, stored, peer } = manager({ store: { limit: 3 } });
    await fill(new UbloxCertificates(channel, new UbloxFiles(channel, LARA_R6), LARA_R6));
    await certificates.ensure(parsed("key", "client.key"));
    expect((await certificates.ensure(ca)).sent).toBe(true);
    expect([...stored.keys()]).toEqual(["0 mine", `2 ${ownName(parsed("key", "client.key"))}`, `0 ${ownName(ca)}`]);
    expectExplained(peer.commands);
  });

  it("is an error when there is no such thing", async () => {
    const { certificates, stored } = manager({ store: { limit: 2 } });
    await fill(certificates);
    await expect(certificates.ensure(ca)).rejects.toMatchObject({
      code: "MODEM_REJECTED",
      message: expect.stringContaining("memory full"),
    });
    expect(stored.size).toBe(2);
  });

  it("is not made empty for a certificate that the module doesn't understand", async () => {
    const { certificates, channel, stored, peer } = manager();
    await fill(new UbloxCertificates(channel, new UbloxFiles(channel, LARA_R6), LARA_R6));
    peer.on(/^AT\+USECMNG=0/, ["+CME ERROR: invalid certificate/key format"]);
    await expect(certificates.ensure(ca)).rejects.toMatchObject({ code: "MODEM_REJECTED" });
    expect(stored.size).toBe(2);
  });
});
