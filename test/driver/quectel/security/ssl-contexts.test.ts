import { describe, expect, it } from "vitest";
import type { HttpRequest } from "../../../../driver/services/http/http";
import type { SecurityProfile } from "../../../../driver/services/security/security";
import { type Session, startSession } from "../session";
import { profile } from "./tls-profile";

const get = ({ services }: Session, security: SecurityProfile, more: Partial<HttpRequest> = {}) =>
  services.http.request({
    method: "GET",
    url: "https://server.example/",
    headers: [],
    timeout: 80_000,
    security,
    ...more,
  });
const count = ({ peer }: Session, beginning: string): number =>
  peer.commands.filter((line) => line.startsWith(beginning)).length;

/** Profiles that differ. */
const SUITES = [
  "TLS_RSA_WITH_AES_128_CBC_SHA",
  "TLS_RSA_WITH_AES_256_CBC_SHA",
  "TLS_RSA_WITH_AES_256_CBC_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
  "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
  "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
];
const different = (index: number): SecurityProfile => profile({ id: String(index), ciphers: [SUITES[index] ?? ""] });

describe("the SSL contexts of BG96", () => {
  it("are set up once for a profile, whichever request needs it", async () => {
    const session = await startSession();
    await get(session, profile());
    session.peer.commands.length = 0;
    await get(session, profile());
    expect(session.peer.commands.slice(0, 5)).toEqual([
      'AT+QSSLCFG="seclevel",1',
      "AT+QIACT?",
      'AT+QHTTPCFG="sslctxid",1',
      "AT+QHTTPURL=23,10",
      "AT+QHTTPGET=80",
    ]);
  });

  it("are set up again when the modem has lost what it was told without a word", async () => {
    const session = await startSession();
    await get(session, profile());
    session.ssl.settings.clear();
    await get(session, profile());
    const context = session.http.settings.get("sslctxid");
    expect(session.ssl.settings.get(`${context} seclevel`)).toBe("1");
    expect(session.ssl.settings.get(`${context} cacert`)).toBeDefined();
  });

  it("are the ones that HTTP uses, also after the modem has lost which one it was told", async () => {
    const session = await startSession();
    for (const index of SUITES.keys()) if (index < 6) await get(session, different(index));
    expect(session.http.settings.get("sslctxid")).toBe("0");
    session.ssl.settings.clear();
    session.http.settings.set("sslctxid", "1");
    await get(session, different(5));
    const context = session.http.settings.get("sslctxid");
    expect(session.ssl.settings.get(`${context} seclevel`)).toBe("1");
  });

  it("differ between profiles, and are told only what differs when one is taken over", async () => {
    const session = await startSession();
    const used: (string | undefined)[] = [];
    for (const index of SUITES.keys()) {
      await get(session, different(index));
      used.push(session.http.settings.get("sslctxid"));
    }
    // The seventh takes the place of the first, which was used longest ago.
    expect(used).toEqual(["1", "2", "3", "4", "5", "0", "1"]);
    expect(session.peer.commands.filter((line) => line.startsWith('AT+QSSLCFG="ciphersuite",1,'))).toEqual([
      'AT+QSSLCFG="ciphersuite",1,0X002F',
      'AT+QSSLCFG="ciphersuite",1,0XC02F',
    ]);
    expect(count(session, 'AT+QSSLCFG="seclevel",1,')).toBe(1);
    await get(session, different(1));
    expect(session.http.settings.get("sslctxid")).toBe("2");
    await get(session, different(0));
    expect(session.http.settings.get("sslctxid")).toBe("3");
    expect(session.ssl.settings.get("3 ciphersuite")).toBe("0X002F");
  });

  it("are not taken for http:, which ignores its profile", async () => {
    const session = await startSession();
    const impossible = profile({ minVersion: "1.3" });
    await get(session, impossible, { url: "http://server.example/" });
    expect(count(session, "AT+QSSLCFG")).toBe(0);
    expect(session.http.settings.has("sslctxid")).toBe(false);
  });

  it("serve http: and https: in turn on the one client", async () => {
    const session = await startSession();
    await get(session, profile());
    await get(session, profile(), { url: "http://server.example/" });
    expect(session.http.url).toBe("http://server.example/");
    expect(count(session, 'AT+QHTTPCFG="sslctxid"')).toBe(1);
    await get(session, profile());
    expect(session.http.url).toBe("https://server.example/");
  });

  it("are told everything again after a reboot", async () => {
    const session = await startSession();
    session.peer.on(/^AT(E1|\+CMEE=1|\+QISDE=0|\+QFOPEN\?)$/, ["OK"]);
    await get(session, profile());
    const before = count(session, "AT+QSSLCFG");
    await session.driver.initialise();
    await get(session, profile());
    expect(count(session, "AT+QSSLCFG")).toBe(2 * before);
    expect(count(session, 'AT+QHTTPCFG="sslctxid"')).toBe(2);
    expect(count(session, "AT+QFUPL=")).toBe(1);
  });

  it("are set up again after a setting was refused", async () => {
    const session = await startSession();
    session.ssl.missing.add("seclevel");
    await expect(get(session, profile())).rejects.toMatchObject({ code: "MODEM_REJECTED" });
    expect(count(session, "AT+QHTTPGET")).toBe(0);
    session.ssl.missing.clear();
    await get(session, profile());
    expect(session.ssl.settings.get(`${session.http.settings.get("sslctxid")} seclevel`)).toBe("1");
  });

  it.each([
    ["the server can't be found", "+CME ERROR: 714"],
    ["the handshake fails", "+CME ERROR: 716"],
    ["the modem refuses", "ERROR"],
  ])("are given back when %s", async (_what, answer) => {
    const session = await startSession();
    const { peer } = session;
    peer.on(/^AT\+QHTTPGET=/, [answer]);
    for (const index of SUITES.keys()) {
      await expect(get(session, different(index), { timeout: 20_000 })).rejects.toMatchObject({
        code: expect.not.stringMatching(/MODEM_BUSY|MODEM_TIMEOUT/),
      });
    }
  });

  it("are given back by a caller that left, as soon as the modem is done", async () => {
    const session = await startSession();
    const leave = new AbortController();
    const gone = new Error("gone");
    session.peer.on(/^AT\+QSSLCFG="seclevel"/, (_match, print) => {
      leave.abort(gone);
      print.line("OK");
    });
    for (const index of SUITES.keys()) {
      const controller = index === 0 ? { signal: leave.signal } : {};
      await (index === 0
        ? expect(get(session, different(index), controller)).rejects.toBe(gone)
        : get(session, different(index), controller));
    }
    expect(count(session, "AT+QHTTPGET")).toBe(SUITES.length - 1);
  });

  it("end what waits for them when the modem is put away", async () => {
    const session = await startSession();
    const gone = new Error("gone");
    session.peer.on(/^AT\+QFLST=/, (_match, print) => {
      session.driver.dispose(gone);
      print.line("OK");
    });
    const first = session.services.security.list();
    await expect(session.services.security.list()).rejects.toBe(gone);
    await first;
    await expect(session.services.security.apply(profile())).rejects.toBe(gone);
  });
});
