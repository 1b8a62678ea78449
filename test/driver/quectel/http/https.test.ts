import { describe, expect, it } from "vitest";
import type { HttpRequest } from "../../../../driver/services/http/http";
import { fakeTime, pass } from "../../../support/clock";
import { failure } from "../../../support/failure";
import { CLIENT, pem, profile } from "../security/tls-profile";
import { type Session, startSession } from "../session";

const EXPIRED_CA = pem("expired-ca.cert");
const EXPIRED = { cert: pem("expired.cert"), key: pem("expired.key") };

const request = ({ services }: Session, more: Partial<HttpRequest> = {}) =>
  services.http.request({
    method: "GET",
    url: "https://server.example:8443/a?token=secret",
    headers: [],
    timeout: 80_000,
    security: profile(),
    ...more,
  });
const sockets = ({ peer }: Session): string[] => peer.commands.filter((line) => /^AT\+QI(OPEN|CLOSE)=/.test(line));
const failing = (session: Session, more?: Partial<HttpRequest>) => failure(request(session, more));

describe("an HTTPS request by BG96", () => {
  it("3.2.2.1-post-serial: is one over HTTP with an SSL context", async () => {
    const session = await startSession();
    const body = Buffer.from("Message=1111&Appleqty=2222&Orangeqty=3333&find=1");
    session.http.answer = { response: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", outcome: "0,200,2" };
    const answer = await request(session, { method: "POST", body, contentType: "application/x-www-form-urlencoded" });
    expect(answer.body.toString()).toBe("ok");
    expect(session.http).toMatchObject({ url: "https://server.example:8443/a?token=secret", body });
    expect(session.peer.commands.slice(-5)).toEqual([
      'AT+QHTTPCFG="contenttype",0',
      'AT+QHTTPCFG="sslctxid",1',
      "AT+QHTTPURL=42,10",
      "AT+QHTTPPOST=48,11,80",
      "AT+QHTTPREAD=30",
    ]);
  });

  it("waits for CONNECT, which comes after the handshake, as long as that may take", async () => {
    fakeTime();
    const session = await startSession();
    // Longer than any other wait for CONNECT.
    const shaken = new Promise((resolve) => setTimeout(resolve, 70_000));
    session.peer.on(/^AT\+QHTTPPOST=(\d+),/, async ([, length], print) => {
      await shaken;
      await print.take(Number(length));
      print.line("OK");
      print.line("+QHTTPPOST: 0,200");
    });
    const posted = request(session, { method: "POST", body: Buffer.from("a") });
    expect(await pass(posted)).toMatchObject({ statusCode: 200 });
  });
});

describe("an HTTPS request by BG96 that fails", () => {
  it.each([701, 715, 716])(
    "after TCP could be connected (%d) is a failed handshake, with what to check",
    async (number) => {
      const session = await startSession();
      session.http.answer = { response: "", outcome: String(number) };
      const error = await failing(session);
      expect(error).toMatchObject({
        code: "TLS_FAILED",
        cause: { errorCode: number, result: `+QHTTPGET: ${number}` },
        message: expect.stringContaining("the TLS handshake failed"),
      });
      for (const word of ["ca (", "minVersion (", "ciphers (", "cert and key (", "sni ("]) {
        expect(error.message).toContain(word);
      }
      expect(error.message).not.toContain("secret");
      expect(sockets(session)).toEqual(['AT+QIOPEN=1,11,"TCP","server.example",8443,0,0', "AT+QICLOSE=11,1"]);
    },
  );

  it.each([
    ["a CA certificate", { validation: "ca+host+date", ca: EXPIRED_CA }, "CA certificate CN=Former Root CA", "ca"],
    ["a client certificate", EXPIRED, "client certificate CN=server.example", "cert"],
  ] as const)("with %s that has expired says so", async (_what, changes, words, property) => {
    const session = await startSession();
    session.http.answer = { response: "", outcome: "716" };
    const error = await failing(session, { security: profile(changes) });
    expect(error).toMatchObject({ code: "TLS_FAILED" });
    expect(error.message).toContain(`The ${words} expired on 2021-01-01: replace it (${property})`);
  });

  it("with a CA certificate that has expired says nothing of it where nobody looks at dates", async () => {
    const session = await startSession();
    session.http.answer = { response: "", outcome: "716" };
    const error = await failing(session, { security: profile({ ca: EXPIRED_CA }) });
    expect(error.message).not.toContain("expired on");
  });

  it("before CONNECT is one just as well", async () => {
    const session = await startSession();
    session.peer.on(/^AT\+QHTTPPOST=/, ["+CME ERROR: 716"]);
    expect(await failing(session, { method: "POST", body: Buffer.from("a") })).toMatchObject({
      code: "TLS_FAILED",
      cause: { result: "+CME ERROR: 716", errorCode: 716 },
    });
  });

  it("names what concerns its profile, and nothing else", async () => {
    const session = await startSession();
    session.ssl.missing.add("sni");
    session.http.answer = { response: "", outcome: "716" };
    const bare = await failing(session, { security: profile({ validation: "none" }) });
    expect(bare.message).not.toMatch(/ca \(|serverName|clock/);
    expect(bare.message).toContain("no server name is sent");
    const full = await failing(session, { security: profile({ ...CLIENT, validation: "ca+host+date" }) });
    expect(full.message).toMatch(/validation is ca\+host\+date.*serverName.*clock.*must trust the issuer/);
  });

  it.each([565, 566, 569])("when TCP can't be connected either (%d) is a failed connection", async (number) => {
    const session = await startSession();
    session.http.answer = { response: "", outcome: "716" };
    session.ssl.connect = number;
    expect(await failing(session)).toMatchObject({
      code: "CONNECT_FAILED",
      message: expect.stringContaining("server.example, port 8443"),
    });
    expect(sockets(session).at(-1)).toBe("AT+QICLOSE=11,1");
  });

  it.each(["ERROR", "+CME ERROR: 563"])("where that can't be found out (%s) says both", async (answer) => {
    const session = await startSession();
    session.http.answer = { response: "", outcome: "716" };
    session.ssl.connect = answer;
    expect(await failing(session)).toMatchObject({
      code: "TLS_FAILED",
      message: expect.stringContaining("the TLS handshake or the connection"),
    });
    // What the modem would not open is not closed: it may be somebody else's.
    expect(sockets(session)).toHaveLength(1);
  });

  it("does not close a socket that another uses", async () => {
    const session = await startSession();
    session.http.answer = { response: "", outcome: "716" };
    session.ssl.connect = 563;
    expect(await failing(session)).toMatchObject({ code: "TLS_FAILED" });
    expect(sockets(session)).toHaveLength(1);
  });

  it("is not looked into when there is hardly time left", async () => {
    const session = await startSession();
    session.http.answer = { response: "", outcome: "716" };
    expect(await failing(session, { timeout: 3_000 })).toMatchObject({ code: "TLS_FAILED" });
    expect(sockets(session)).toEqual([]);
  });

  it("is not looked into for a host that +QIOPEN does not take", async () => {
    const session = await startSession();
    session.http.answer = { response: "", outcome: "716" };
    const url = `https://${"long.".repeat(32)}example/`;
    expect(await failing(session, { url })).toMatchObject({ code: "TLS_FAILED" });
    expect(sockets(session)).toEqual([]);
  });

  it.each([
    [714, "DNS_FAILED"],
    [719, "CONNECTION_CLOSED"],
    [728, "MODEM_TIMEOUT"],
  ])("with %d, which is no handshake, is %s as over HTTP", async (number, code) => {
    const session = await startSession();
    session.http.answer = { response: "", outcome: String(number) };
    expect(await failing(session)).toMatchObject({ code });
    expect(sockets(session)).toEqual([]);
  });

  it("over HTTP is not looked into", async () => {
    const session = await startSession();
    session.http.answer = { response: "", outcome: "716" };
    expect(await failing(session, { url: "http://server.example/" })).toMatchObject({ code: "CONNECT_FAILED" });
    expect(sockets(session)).toEqual([]);
  });

  it("has its certificates looked for before the next, and those that are gone sent", async () => {
    const session = await startSession();
    session.http.answer = { response: "", outcome: "716" };
    session.peer.on(/^AT\+QHTTPGET=/, (_match, print) => {
      // Without its CA certificate the modem can't check anybody.
      print.line("OK");
      print.line(session.files.size === 0 ? "+QHTTPGET: 716" : "+QHTTPGET: 0,204");
    });
    session.http.answer = { response: "HTTP/1.1 204 No Content\r\n\r\n" };
    await request(session);
    session.files.clear();
    expect(await failing(session)).toMatchObject({ code: "TLS_FAILED" });
    expect(await request(session)).toMatchObject({ statusCode: 204 });
  });
});
