import { createPrivateKey } from "node:crypto";
import { getEventListeners } from "node:events";
import { createSecureContext, type SecureVersion } from "node:tls";
import { describe, expect, it } from "vitest";
import { exchange } from "../../../simulator/internet/http/http";
import { createInternet } from "../../../simulator/internet/real-internet";
import { TLS_VERSIONS, type TlsSettings } from "../../../simulator/internet/tls/types";
import { closedPort, tcpServer } from "./servers";
import { ASKING, CHECKED, der, identity, only, open, pem, talk, tlsServer, visit } from "./tls-servers";

const REFUSED = { failure: "tls" };
const internet = createInternet({ routes: [], latency: 0, random: () => 0.5 });

/** What the client's hello offers (RFC 5246 7.4.1.2), but for the mark of safe renegotiation (RFC 5746 3.3). */
async function offeredSuites(settings: Partial<TlsSettings>): Promise<number[]> {
  const offered: number[] = [];
  const port = await tcpServer((socket) => {
    socket.once("data", (hello) => {
      const start = 44 + hello.readUInt8(43);
      for (let at = start + 2; at < start + 2 + hello.readUInt16BE(start); at += 2)
        offered.push(hello.readUInt16BE(at));
      socket.destroy();
    });
  });
  await expect(open(port, settings)).rejects.toMatchObject(REFUSED);
  return offered.filter((code) => code !== 0x00ff);
}

const KEY = Buffer.from("0123456789abcdef");

/** The bytes in a PEM block. */
function derOf(name: string): Buffer {
  return Buffer.from(
    pem(name)
      .toString("latin1")
      .replace(/-----.*-----/g, ""),
    "base64",
  );
}

/** A server without a certificate that knows the key of "me", and of what can't be told in UTF-8. */
function keyServer(version: SecureVersion) {
  return tlsServer({
    ...only(version),
    ciphers: "PSK:TLS_AES_128_GCM_SHA256:@SECLEVEL=0",
    cert: undefined,
    key: undefined,
    pskIdentityHint: "hint",
    pskCallback: (_, name) => (name === "me" || name === "\ufffd" ? KEY : null),
  });
}

/** A server with another certificate for each of two names. */
function byName() {
  return tlsServer({
    SNICallback: (name, done) => done(null, createSecureContext(identity(name === "a.example" ? "name-a" : "name-b"))),
  });
}

function get(port: number, tls: TlsSettings) {
  const request = Buffer.from("GET / HTTP/1.1\r\n\r\n");
  const { signal } = new AbortController();
  return exchange({ host: "127.0.0.1", port, tls, request, headOnly: false, timeout: 5000, signal }, internet);
}

describe("versions and suites", () => {
  it.each(TLS_VERSIONS)("speaks %s", async (version) => {
    const { port, seen } = await tlsServer(only(version));
    expect(await talk(await open(port))).toContain("hello");
    expect(seen[0]?.version).toBe(version);
  });

  it("fails where the server speaks only an earlier version than the least allowed", async () => {
    const { port } = await tlsServer(only("TLSv1.1"));
    await expect(open(port, { versions: { min: "TLSv1.2", max: "TLSv1.3" } })).rejects.toMatchObject(REFUSED);
  });

  it("fails where the server speaks only a later version than the last allowed", async () => {
    const { port } = await tlsServer(only("TLSv1.3"));
    await expect(open(port, { versions: { min: "TLSv1", max: "TLSv1.2" } })).rejects.toMatchObject(REFUSED);
  });

  it.each([
    [0x002f, "AES128-SHA"],
    [0xc030, "ECDHE-RSA-AES256-GCM-SHA384"],
    [0x1301, "TLS_AES_128_GCM_SHA256"],
  ])("offers only the one suite that was asked for, %i", async (code, suite) => {
    const { port, seen } = await tlsServer({ minVersion: "TLSv1", ciphers: "ALL:TLS_AES_128_GCM_SHA256:@SECLEVEL=0" });
    await visit(port, { suites: [code] });
    expect(seen[0]?.suite).toBe(suite);
    expect(await offeredSuites({ suites: [code] })).toEqual([code]);
  });

  it("offers no suite that goes without authentication or encryption", async () => {
    const offered = await offeredSuites({});
    expect(offered).toEqual(expect.arrayContaining([0x002f, 0xc02b, 0xc030, 0x1301, 0x1302, 0x1303]));
    for (const code of [0x0000, 0x0001, 0x0002, 0x0034, 0x003a, 0x006c, 0x00a6, 0xc018]) {
      expect(offered).not.toContain(code);
    }
  });

  it("offers suites of all versions side by side", async () => {
    const suites = [0x1302, 0xc02f];
    const later = await tlsServer(only("TLSv1.2"));
    const earlier = await tlsServer({ minVersion: "TLSv1.3" });
    await visit(later.port, { suites });
    await visit(earlier.port, { suites });
    expect(later.seen[0]?.suite).toBe("ECDHE-RSA-AES128-GCM-SHA256");
    expect(earlier.seen[0]?.suite).toBe("TLS_AES_256_GCM_SHA384");
  });

  it("fails where the server lacks the suite", async () => {
    const { port } = await tlsServer({ maxVersion: "TLSv1.2", ciphers: "ECDHE-RSA-AES128-GCM-SHA256" });
    await expect(open(port, { suites: [0xc030] })).rejects.toMatchObject(REFUSED);
  });

  it("does not offer what OpenSSL does not have, nor fails for that alone", async () => {
    const { port, seen } = await tlsServer(only("TLSv1.2"));
    await visit(port, { suites: [0x0005, 0x000a, 0xffff, 0x009c] });
    expect(seen[0]?.suite).toBe("AES128-GCM-SHA256");
  });

  it.each([
    ["no suite that OpenSSL has", { suites: [0x0004, 0x0005] }],
    ["no suite of an allowed version", { suites: [0x1301], versions: { min: "TLSv1", max: "TLSv1.2" } }],
    ["session ids of TLS 1.3", { session: { kind: "id" }, versions: { min: "TLSv1.3", max: "TLSv1.3" } }],
  ] as [string, Partial<TlsSettings>][])("fails with %s", async (_, settings) => {
    const { port } = await tlsServer();
    await expect(open(port, settings)).rejects.toMatchObject(REFUSED);
  });
});

describe("what the server learns", () => {
  it.each([
    ["a.example", "a.example"],
    ["b.example", "b.example"],
  ])("names the server %s as set, which decides on the certificate", async (sni, host) => {
    const { port, seen } = await byName();
    await visit(port, { sni, verify: { ...CHECKED.verify, host } });
    expect(seen[0]?.servername).toBe(sni);
    const other = host === "a.example" ? "b.example" : "a.example";
    await expect(open(port, { sni, verify: { ...CHECKED.verify, host: other } })).rejects.toMatchObject(REFUSED);
  });

  it.each([undefined, "127.0.0.1"])("sends no name where %s is set", async (sni) => {
    const { port, seen } = await tlsServer();
    await visit(port, { sni });
    expect(seen[0]?.servername).toBe(false);
  });

  const encrypted = { key: pem("client-encrypted.key"), password: "key-password" };
  it.each([
    ["PKCS#8", { key: pem("client.key") }],
    ["PKCS#1", { key: pem("client-pkcs1.key") }],
    ["PKCS#8 in DER", { key: derOf("client.key") }],
    ["PKCS#1 in DER", { key: derOf("client-pkcs1.key") }],
    ["encrypted PKCS#8", encrypted],
    ["encrypted PKCS#8 in DER", { ...encrypted, key: derOf("client-encrypted.key") }],
    ["PKCS#8 with a password that it does not need", { key: pem("client.key"), password: "key-password" }],
  ])("shows the client's certificate by a key in %s", async (_, key) => {
    const { port, seen } = await tlsServer(ASKING);
    await visit(port, { client: { certificate: der("client"), ...key } });
    expect(seen[0]?.clientName).toBe("Test Client");
  });

  it("shows an EC certificate by a key in SEC 1", async () => {
    const { port, seen } = await tlsServer(ASKING);
    const key = createPrivateKey(pem("client-ec.key")).export({ type: "sec1", format: "der" });
    await visit(port, { client: { certificate: der("client-ec"), key } });
    expect(seen[0]?.clientName).toBe("Test EC Client");
  });

  it.each([
    ["a wrong password", { ...encrypted, password: "wrong" }],
    ["no password", { key: encrypted.key }],
    ["a key that can't be read", { key: Buffer.from("nonsense") }],
    ["the key of another certificate", { key: pem("server.key") }],
  ])("fails with %s", async (_, key) => {
    const { port } = await tlsServer(ASKING);
    await expect(open(port, { client: { certificate: der("client"), ...key } })).rejects.toMatchObject(REFUSED);
  });

  describe.each(["TLSv1.2", "TLSv1.3"] as const)("of a client in %s", (version) => {
    it("is refused without a certificate, however late the server says so", async () => {
      const { port } = await tlsServer({ ...ASKING, ...only(version) });
      await expect(get(port, CHECKED)).rejects.toMatchObject(REFUSED);
    });

    it("is refused with a certificate of an unknown authority, by a server that just hangs up", async () => {
      const { port } = await tlsServer({ ...ASKING, ...only(version), ca: [pem("other-ca.cert")] });
      const client = { certificate: der("client"), key: pem("client.key") };
      await expect(get(port, { ...CHECKED, client })).rejects.toMatchObject(REFUSED);
    });

    it("is not taken for refused when a server that asked for nothing hangs up", async () => {
      const { port } = await tlsServer(only(version), (socket) => socket.end());
      await expect(get(port, CHECKED)).rejects.toMatchObject({ failure: "closed" });
    });

    it("is accepted with a pre-shared key, which stands for a certificate", async () => {
      const { port, seen } = await keyServer(version);
      const connection = await visit(port, { psk: { identity: Buffer.from("me"), key: KEY } });
      expect(seen).toHaveLength(1);
      expect(connection.reused).toBe(false);
    });

    it.each([
      ["the wrong key", { identity: Buffer.from("me"), key: Buffer.alloc(16) }],
      ["an unknown identity", { identity: Buffer.from("you"), key: KEY }],
      ["an identity that is no UTF-8, as Node can't send it", { identity: Buffer.from([0xff]), key: KEY }],
      ["an identity with a zero in it", { identity: Buffer.from("me\0"), key: KEY }],
    ])("is refused with %s", async (_, psk) => {
      const { port } = await keyServer(version);
      await expect(open(port, { psk })).rejects.toMatchObject(REFUSED);
    });
  });

  it("tells no identity, not even one that is too long", async () => {
    const { port } = await keyServer("TLSv1.2");
    const psk = { identity: Buffer.alloc(257, "secret"), key: KEY };
    await expect(open(port, { psk })).rejects.toMatchObject({
      ...REFUSED,
      message: expect.not.stringContaining("secret"),
    });
  });

  it("offers the one suite of pre-shared keys that was asked for", async () => {
    const { port, seen } = await keyServer("TLSv1.2");
    await visit(port, { psk: { identity: Buffer.from("me"), key: KEY }, suites: [0x008c] });
    expect(seen[0]?.suite).toBe("PSK-AES128-CBC-SHA");
  });
});

describe("a handshake that does not come about", () => {
  it("is a failed connection where nobody listens", async () => {
    await expect(open(await closedPort())).rejects.toMatchObject({ failure: "connect" });
  });

  it("is a timeout where the server stays silent", async () => {
    const port = await tcpServer(() => undefined);
    await expect(open(port, {}, { timeout: 50 })).rejects.toMatchObject({ failure: "timeout" });
  });

  it.each([
    ["speaks plain HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n"],
    ["hangs up", ""],
  ])("is a failure of TLS where the server %s", async (_, text) => {
    const port = await tcpServer((socket) => socket.once("data", () => socket.end(text)));
    await expect(open(port)).rejects.toMatchObject(REFUSED);
  });

  it("ends when the modem is switched off, and closes the connection", async () => {
    const power = new AbortController();
    let closed: Promise<unknown> = Promise.resolve();
    const port = await tcpServer((socket) => {
      closed = new Promise((resolve) => socket.once("close", resolve));
      socket.once("data", () => power.abort());
    });
    await expect(open(port, {}, { signal: power.signal })).rejects.toMatchObject({ failure: "closed" });
    await closed;
  });

  it("does not begin when the modem is off", async () => {
    let connections = 0;
    const port = await tcpServer(() => connections++);
    await expect(open(port, {}, { signal: AbortSignal.abort() })).rejects.toMatchObject({ failure: "closed" });
    expect(connections).toBe(0);
  });

  it("leaves the signal as it was", async () => {
    const { signal } = new AbortController();
    const { port } = await tlsServer();
    await talk(await open(port, {}, { signal }));
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });
});

describe("an exchange over TLS", () => {
  it("tells how the connection was secured before it gives the answer", async () => {
    const { port } = await tlsServer();
    const { signal } = new AbortController();
    const events: string[] = [];
    const answer = await exchange(
      {
        host: "127.0.0.1",
        port,
        tls: { ...CHECKED, session: { kind: "psk-ticket" } },
        onTls: (connection) => events.push(`session ${connection.session() !== undefined}`),
        request: Buffer.from("GET / HTTP/1.1\r\n\r\n"),
        headOnly: false,
        timeout: 5000,
        signal,
      },
      internet,
    );
    events.push(answer.body.toString());
    expect(events).toEqual(["session true", "hello"]);
  });
});
