import { createHash, X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { SessionData, SessionRecord } from "../../../../driver/services/security/security";
import { failure } from "../../../support/failure";
import { expectExplained } from "../bench";
import { turns } from "../http/http-client";
import { pem, secureClient, secureGet, tls } from "./fake-tls";

const md5Of = (name: string): string =>
  createHash("md5")
    .update(new X509Certificate(pem(name)).raw)
    .digest("hex");
const count = (commands: readonly string[], pattern: RegExp): number =>
  commands.filter((line) => pattern.test(line)).length;

describe("applying a profile", () => {
  const mutual = tls({
    validation: "ca+host",
    ca: pem("ca.cert"),
    cert: pem("client.cert"),
    key: pem("client.key"),
    serverName: "plant.example",
    sni: "plant.example",
  });

  it("brings certificates and settings onto the modem and tells what it sent", async () => {
    const { security, peer, tls: module } = secureClient();
    const { profile, certificates } = await security.apply(mutual);
    expect(profile).toBe(0);
    expect(certificates).toMatchObject([
      { kind: "ca", md5: md5Of("ca.cert"), sent: true },
      { kind: "cert", md5: md5Of("client.cert"), sent: true },
      { kind: "key", sent: true },
    ]);
    const [ca, cert, key] = certificates.map(({ name }) => name);
    expect(module.profiles[0]?.settings).toEqual(
      expect.arrayContaining([`3,"${ca}"`, '4,"plant.example"', `5,"${cert}"`, `6,"${key}"`, '10,"plant.example"']),
    );
    expectExplained(peer.commands);
  });

  it("leaves nothing to do for the first connection, when the profile names the server", async () => {
    const { security, http, peer } = secureClient();
    await security.apply(mutual);
    peer.commands.length = 0;
    await http.request(secureGet(mutual));
    expect(peer.commands.filter((line) => /^AT\+USEC/.test(line))).toEqual(["AT+USECPRF=0,0"]);
  });

  it("is done anew before a connection when the module has rebooted without a word", async () => {
    const { security, http, peer, tls: module } = secureClient();
    await security.apply(mutual);
    module.reboot();
    peer.commands.length = 0;
    await http.request(secureGet(mutual));
    const number = Number(/^AT\+UHTTP=\d,6,1,(\d)$/m.exec(peer.commands.join("\n"))?.[1]);
    expect(module.profiles[number]?.settings).toEqual(expect.arrayContaining(["0,2", '4,"plant.example"']));
    expectExplained(peer.commands);
  });

  it("is done anew when only a pin, which the module doesn't tell, is there to be lost", async () => {
    const { security, http, peer, tls: module } = secureClient();
    const pinning = tls({ minVersion: "any", pinnedKey: pem("server.cert"), sni: "plant.example" });
    await security.apply(pinning);
    module.reboot();
    await http.request(secureGet(pinning));
    const number = Number(/^AT\+UHTTP=\d,6,1,(\d)$/m.exec(peer.commands.join("\n"))?.[1]);
    expect(module.profiles[number]?.settings).toEqual(expect.arrayContaining([expect.stringMatching(/^12,"/)]));
  });

  it("is done anew for every connection where the module doesn't tell what it holds", async () => {
    const { security, http, peer } = secureClient();
    peer.on(/^AT\+USECPRF=[0-4],[01]$/, ["+CME ERROR: operation not supported"]);
    await security.apply(mutual);
    peer.commands.length = 0;
    await http.request(secureGet(mutual));
    expect(count(peer.commands, /^AT\+USECPRF=\d,0,2$/)).toBe(1);
  });

  it("a second time sends no certificate, and sets nothing anew", async () => {
    const { security, peer } = secureClient();
    await security.apply(mutual);
    const uploads = peer.uploads.length;
    peer.commands.length = 0;
    const { profile, certificates } = await security.apply({ ...mutual });
    expect(profile).toBe(0);
    expect(certificates.map(({ sent }) => sent)).toEqual([false, false, false]);
    expect(peer.uploads).toHaveLength(uploads);
    expect(peer.commands.filter((line) => /^AT\+USECPRF/.test(line))).toEqual(["AT+USECPRF=0,0"]);
  });

  it("refuses material that does not fit together before the first command", async () => {
    const { security, peer } = secureClient();
    const error = await failure(security.apply({ ...mutual, key: pem("server.key") }));
    expect(error.code).toBe("INVALID_INPUT");
    expect(peer.commands).toEqual([]);
  });

  it("ends when its caller gives up", async () => {
    const { security, peer } = secureClient();
    peer.on(/^AT\+USECPRF=0$/, () => undefined);
    const abort = new AbortController();
    const work = security.apply(mutual, { signal: abort.signal });
    const failed = expect(work).rejects.toThrow("flow stopped");
    await turns();
    abort.abort(new Error("flow stopped"));
    await failed;
  });
});

describe("a certificate that was removed or replaced by hand", () => {
  const profile = tls({ validation: "ca", ca: pem("ca.cert") });

  it("is sent again, and the profile is set up anew, by the next request", async () => {
    const { security, http, peer } = secureClient();
    await http.request(secureGet(profile));
    const [stored] = await security.list();
    expect(stored).toMatchObject({ kind: "ca", commonName: "Somebody", expires: "2120-01-01T00:00:00Z" });
    await security.remove("ca", stored?.name ?? "");
    await http.request(secureGet(profile));
    expect(count(peer.commands, /^AT\+USECMNG=0,0/)).toBe(2);
    expect(count(peer.commands, /^AT\+USECPRF=\d,3,/)).toBe(2);
  });

  it("is compared again after an import", async () => {
    const { security, http, peer } = secureClient();
    const { md5 } = await security.import("ca", "mine", { content: pem("ca.cert") });
    expect(md5).toBe(md5Of("ca.cert"));
    expect(await security.hash("ca", "mine")).toEqual({ kind: "ca", name: "mine", md5 });
    await http.request(secureGet(profile));
    expect(peer.commands).toContain('AT+USECPRF=0,3,"mine"');
    await security.import("ca", "mine", { content: pem("other-ca.cert") });
    peer.commands.length = 0;
    await http.request(secureGet(profile));
    expect(count(peer.commands, /^AT\+USECPRF=\d,3,"nr_ca_/)).toBe(1);
  });

  it("is compared again after an import that fails when the old one is gone", async () => {
    const { security, http, peer, tls: module } = secureClient();
    await security.import("ca", "mine", { content: pem("ca.cert") });
    await http.request(secureGet(profile));
    peer.on(/^AT\+USECMNG=0,0,"mine"/, ["+CME ERROR: memory full"]);
    const error = await failure(security.import("ca", "mine", { content: pem("other-ca.cert") }));
    expect(error.code).toBe("MODEM_REJECTED");
    expect(module.certificates.has("0 mine")).toBe(false);
    peer.commands.length = 0;
    await http.request(secureGet(profile));
    expect(count(peer.commands, /^AT\+USECPRF=\d,3,"nr_ca_/)).toBe(1);
  });
});

describe("restoring a session", () => {
  const ticket: SessionData = { type: "ticket", encrypted: false, data: "dGlja2V0", size: 6 };
  const resuming = (settings = {}) => tls({ resumption: "ticket", ...settings });

  it("gives the modem the data for connections to one server, and stores them", async () => {
    const saved: SessionRecord[] = [];
    const sessions = { load: async () => undefined, save: async (record: SessionRecord) => void saved.push(record) };
    const { security, http, peer } = secureClient();
    const profile = resuming({ sessions });
    expect(await security.restoreSession(profile, ticket, { server: "plant.example:443" })).toEqual({ profile: 0 });
    expect(peer.commands).toContain("AT+USECPRF=0,13,3,dGlja2V0,6");
    expect(saved).toEqual([{ ...ticket, profile: 0, server: "plant.example:443" }]);
    peer.commands.length = 0;
    await http.request(secureGet(profile));
    expect(count(peer.commands, /^AT\+USECPRF=\d$/)).toBe(0);
  });

  it("replaces what the modem has, in a profile that is set up already", async () => {
    const { security, http, tls: module } = secureClient();
    await http.request(secureGet(resuming()));
    await security.restoreSession(resuming(), ticket, { server: "Plant.Example:443" });
    expect(module.profiles[0]?.data).toBe("dGlja2V0");
  });

  it("without a server is for all: those that are set up, and those to come", async () => {
    const { security, http, peer, tls: module } = secureClient();
    await http.request(secureGet(resuming(), { url: "https://a.example/" }));
    const { profile } = await security.restoreSession(resuming(), ticket);
    expect(module.profiles[profile]?.data).toBe("dGlja2V0");
    peer.commands.length = 0;
    for (const host of ["a", "b"]) await http.request(secureGet(resuming(), { url: `https://${host}.example/` }));
    const set = peer.commands.filter((line) => line.endsWith(",13,3,dGlja2V0,6"));
    expect(set).toEqual(["AT+USECPRF=0,13,3,dGlja2V0,6", "AT+USECPRF=2,13,3,dGlja2V0,6"]);
  });

  it("without a server is found in the store again by a later session", async () => {
    const records = new Map<string, SessionData>();
    const sessions = {
      load: async (server: string) => records.get(server),
      save: async (record: SessionRecord) => void records.set(record.server, record),
    };
    await secureClient().security.restoreSession(resuming({ sessions }), ticket);
    const { http, peer } = secureClient();
    await http.request(secureGet(resuming({ sessions })));
    expect(peer.commands).toContain("AT+USECPRF=0,13,3,dGlja2V0,6");
  });

  it("ends when its caller gives up", async () => {
    const { security, peer } = secureClient();
    peer.on(/^AT\+USECPRF=0,13,3,/, () => undefined);
    const abort = new AbortController();
    const failed = expect(
      security.restoreSession(resuming(), ticket, { server: "a.b:1", signal: abort.signal }),
    ).rejects.toThrow("flow stopped");
    await turns();
    abort.abort(new Error("flow stopped"));
    await failed;
  });

  it("says when the modem does not take the data", async () => {
    const { security, peer } = secureClient();
    peer.on(/^AT\+USECPRF=0,13,3,/, ["+CME ERROR: operation not allowed"]);
    const error = await failure(security.restoreSession(resuming(), ticket, { server: "a.b:1" }));
    expect(error.code).toBe("MODEM_REJECTED");
    expect(error.message + JSON.stringify(error)).not.toContain("dGlja2V0");
  });

  const refused: [string, Parameters<typeof tls>[0], SessionData, { server?: string }, RegExp][] = [
    ["a profile without resumption", {}, ticket, {}, /resumption is off/],
    ["another type", { resumption: "id" }, ticket, {}, /ticket \(plain\).*id \(plain\)/],
    ["data in plain for encrypted ones", { resumption: "ticket", resumptionEncrypted: true }, ticket, {}, /encrypted/],
    ["what is no base64", { resumption: "ticket" }, { ...ticket, data: 'a"\r' }, {}, /base64/],
    ["an empty text", { resumption: "ticket" }, { ...ticket, data: "" }, {}, /base64/],
    ["two parts", { resumption: "ticket" }, { ...ticket, data: "QUJD,QUJD" }, {}, /base64/],
    ["a size that is none", { resumption: "ticket" }, { ...ticket, size: 1.5 }, {}, /size/],
    ["a server without a port", { resumption: "ticket" }, ticket, { server: "a.b" }, /host:port/],
    ["a server with a path", { resumption: "ticket" }, ticket, { server: "a.b/x:1" }, /host:port/],
    ["a port beyond its range", { resumption: "ticket" }, ticket, { server: "a.b:70000" }, /host:port/],
    ["a server with a line end", { resumption: "ticket" }, ticket, { server: "a\r.b:1" }, /host:port/],
  ];
  it.each(refused)("refuses %s before the first command", async (_name, settings, session, options, words) => {
    const { security, peer } = secureClient();
    const error = await failure(security.restoreSession(tls(settings), session, options));
    expect(error.code).toBe("INVALID_INPUT");
    expect(error.message).toMatch(words);
    expect(peer.commands).toEqual([]);
  });

  it("knows an IPv6 server by the name it has in requests", async () => {
    const { security, http, peer } = secureClient();
    await security.restoreSession(resuming(), ticket, { server: "[2001:DB8:0::1]:8443" });
    peer.commands.length = 0;
    await http.request(secureGet(resuming(), { url: "https://[2001:db8::1]:8443/" }));
    expect(count(peer.commands, /^AT\+USECPRF=\d$/)).toBe(0);
  });
});
