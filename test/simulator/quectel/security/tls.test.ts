import { X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";
import { describe, expect, it } from "vitest";
import { get, read } from "../http/http-host";
import {
  BOTH_CHECKED,
  type Context,
  identity,
  OLD,
  pem,
  SERVER_CHECKED,
  secure,
  secureHost,
  secureServer,
  upload,
} from "./tls-host";

const DONE = "+QHTTPGET: 0,200,5";
const FAILED = "+QHTTPGET: 716";

describe("a security context's level", () => {
  it.each<[string, string, Context, string]>([
    ["0 takes any server", "server", {}, DONE],
    ["0 takes an expired server", "expired", { ignorelocaltime: 0 }, DONE],
    ["0 looks at no host name", "wrong-host", { checkhost: 1 }, DONE],
    ["0 needs no files", "server", { cacert: "none.pem", clientcert: "none.pem", clientkey: "none.key" }, DONE],
    ["1 takes a server that its CA has signed", "server", SERVER_CHECKED, DONE],
    ["1 refuses a server of another CA", "server", { ...SERVER_CHECKED, cacert: "other.pem" }, FAILED],
    ["1 refuses a server that signed itself", "loopback", SERVER_CHECKED, FAILED],
    ["1 needs a CA", "server", { seclevel: 1 }, FAILED],
    ["1 needs the CA's file", "server", { ...SERVER_CHECKED, cacert: "none.pem" }, FAILED],
    ["1 needs a certificate in it", "server", { ...SERVER_CHECKED, cacert: "no-certificate.pem" }, FAILED],
    ["1 takes one of several CAs", "server", { ...SERVER_CHECKED, cacert: "both.pem" }, DONE],
    ["1 takes a CA in DER", "server", { ...SERVER_CHECKED, cacert: "ca.der" }, DONE],
    ["1 takes a CA on the RAM drive", "server", { ...SERVER_CHECKED, cacert: "RAM:ca.pem" }, DONE],
    ["1 looks at no host name", "wrong-host", SERVER_CHECKED, DONE],
    ["1 refuses another host when told to look", "wrong-host", { ...SERVER_CHECKED, checkhost: 1 }, FAILED],
    ["1 takes the right host when told to look", "server", { ...SERVER_CHECKED, checkhost: 1 }, DONE],
    ["2 goes to a server that asks for nothing", "server", BOTH_CHECKED, DONE],
    ["2 checks the server too", "server", { ...BOTH_CHECKED, cacert: "other.pem" }, FAILED],
    ["2 needs a certificate", "server", { ...BOTH_CHECKED, clientcert: "" }, FAILED],
    ["2 needs the certificate's file", "server", { ...BOTH_CHECKED, clientcert: "none.pem" }, FAILED],
    ["2 needs the key's file", "server", { ...BOTH_CHECKED, clientkey: "none.key" }, FAILED],
    ["2 needs a key in it", "server", { ...BOTH_CHECKED, clientkey: "client.pem" }, FAILED],
    ["2 needs the key of the certificate", "server", { ...BOTH_CHECKED, clientkey: "server.key" }, FAILED],
    ["2 can't open an encrypted key", "server", { ...BOTH_CHECKED, clientkey: "encrypted.key" }, FAILED],
  ])("%s", async (_, server, context, outcome) => {
    const { port } = await secureServer(identity(server));
    const host = await secureHost(port);
    await upload(host, "RAM:ca.pem", pem("ca.cert"));
    await upload(host, "other.pem", pem("other-ca.cert"));
    await upload(host, "both.pem", Buffer.concat([pem("other-ca.cert"), pem("ca.cert")]));
    await upload(host, "ca.der", new X509Certificate(pem("ca.cert")).raw);
    await upload(
      host,
      "no-certificate.pem",
      Buffer.from("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"),
    );
    await upload(host, "server.key", pem("server.key"));
    await upload(host, "encrypted.key", pem("client-encrypted.key"));
    await secure(host, context);
    expect(await get(host)).toBe(outcome);
  });
});

describe("a server that wants a certificate", () => {
  const demanding = () => secureServer({ ...identity("server"), ca: pem("ca.cert"), requestCert: true });

  it.each([
    ["RSA", "client.cert", "client.key", "Test Client"],
    ["PKCS#1", "client.cert", "client-pkcs1.key", "Test Client"],
    ["EC", "client-ec.cert", "client-ec.key", "Test EC Client"],
  ])("gets it at level 2, with a key in %s", async (_, certificate, key, name) => {
    const { port, seen } = await demanding();
    const host = await secureHost(port);
    await upload(host, "own.pem", pem(certificate));
    await upload(host, "own.key", pem(key));
    await secure(host, { ...BOTH_CHECKED, clientcert: "own.pem", clientkey: "own.key" });
    expect(await get(host)).toBe(DONE);
    expect(seen[0]?.client).toBe(name);
  });

  it("gets none at level 1", async () => {
    const { port, seen } = await demanding();
    const host = await secureHost(port);
    await secure(host, { ...BOTH_CHECKED, seclevel: 1 });
    expect(await get(host)).toBe(FAILED);
    expect(seen).toEqual([]);
  });
});

describe("validity of certificates", () => {
  const NEVER = undefined;

  it.each<[string, string, string | undefined, Context, string]>([
    ["does not matter by default", "expired", "26/11/22", {}, DONE],
    ["does not matter to a clock that was never set", "server", NEVER, {}, DONE],
    ["is checked when told to", "server", "26/11/22", { ignorelocaltime: 0 }, DONE],
    ["ends", "expired", "26/11/22", { ignorelocaltime: 0 }, FAILED],
    ["ends by the modem's clock, not by any other", "expired", "20/06/01", { ignorelocaltime: 0 }, DONE],
    ["ends by the modem's clock, also ahead of any other", "expires-2040", "41/06/01", { ignorelocaltime: 0 }, FAILED],
    ["has not begun for a clock that was never set", "server", NEVER, { ignorelocaltime: 0 }, FAILED],
  ])("%s", async (_, server, day, context, outcome) => {
    const { port } = await secureServer(identity(server));
    const host = await secureHost(port);
    if (day !== NEVER) await host.command(`AT+CCLK="${day},12:00:00+00"`);
    await secure(host, { ...SERVER_CHECKED, ...context });
    expect(await get(host)).toBe(outcome);
  });

  it("is checked by a clock that the network has set", async () => {
    const { port } = await secureServer(identity("server"));
    const host = await secureHost(port);
    await secure(host, { ...SERVER_CHECKED, ignorelocaltime: 0 });
    expect(await get(host)).toBe(FAILED);
    await host.command("AT+CTZU=1");
    expect(await get(host)).toBe(DONE);
  });
});

describe("sslversion", () => {
  const VERSIONS = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"] as const;

  it.each([
    [0, []],
    [1, ["TLSv1"]],
    [2, ["TLSv1.1"]],
    [3, ["TLSv1.2"]],
    [4, ["TLSv1", "TLSv1.1", "TLSv1.2"]],
  ])("%i connects to servers of %j only", async (sslversion, taken) => {
    const connected: (string | null | undefined)[] = [];
    for (const version of VERSIONS) {
      const server = { ...identity("server"), ...OLD, minVersion: version, maxVersion: version };
      const { port, seen } = await secureServer(server);
      const host = await secureHost(port);
      await secure(host, { ...SERVER_CHECKED, sslversion });
      const outcome = await get(host);
      expect(outcome).toBe(seen.length === 1 ? DONE : FAILED);
      connected.push(...seen.map(({ protocol }) => protocol));
    }
    expect(connected).toEqual(taken);
  });
});

describe("ciphersuite", () => {
  const only = (ciphers: string) => ({ ...identity("server"), ciphers, maxVersion: "TLSv1.2" as const });

  it.each([
    ["0X0035", "AES256-SHA", "TLS_RSA_WITH_AES_256_CBC_SHA"],
    ["0X002F", "AES128-SHA", "TLS_RSA_WITH_AES_128_CBC_SHA"],
    ["0X003D", "AES256-SHA256", "TLS_RSA_WITH_AES_256_CBC_SHA256"],
    ["0XC013", "ECDHE-RSA-AES128-SHA", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"],
    ["0XC014", "ECDHE-RSA-AES256-SHA", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"],
    ["0XC027", "ECDHE-RSA-AES128-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"],
    ["0XC028", "ECDHE-RSA-AES256-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"],
    ["0XC02F", "ECDHE-RSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"],
  ])("%s is the one that is offered", async (ciphersuite, name, suite) => {
    const { port, seen } = await secureServer(only("DEFAULT"));
    const host = await secureHost(port);
    await secure(host, { ciphersuite });
    expect(await get(host)).toBe(DONE);
    expect(seen[0]?.suite).toBe(suite);

    const without = await secureServer(only(`DEFAULT:!${name}`));
    const lacking = await secureHost(without.port);
    await secure(lacking, { ciphersuite });
    expect(await get(lacking)).toBe(FAILED);
    await secure(lacking, { ciphersuite: "0XFFFF" });
    expect(await get(lacking)).toBe(DONE);
  });

  it.each(["0X0005", "0X0004", "0X000A", "0XC011", "0XC012"])(
    "%s, which OpenSSL has lost, offers the rest",
    async (lost) => {
      const { port } = await secureServer(only("AES128-SHA"));
      const host = await secureHost(port);
      await secure(host, { ciphersuite: lost });
      expect(await get(host)).toBe(DONE);
    },
  );

  it("0XFFFF has nothing that a server with an EC key could take", async () => {
    const { port } = await secureServer(identity("server-ec"));
    const host = await secureHost(port);
    expect(await get(host)).toBe(FAILED);
  });
});

describe("sni", () => {
  /** A server for two names, that has a third one's certificate for who says none of them. */
  const twoNames = () => {
    const contexts: Record<string, SecureContext> = {
      "a.example": createSecureContext(identity("name-a")),
      "b.example": createSecureContext(identity("name-b")),
    };
    return secureServer({
      ...identity("server"),
      SNICallback: (name, done) => done(null, contexts[name]),
    });
  };

  it.each([
    ["a.example", 1, DONE, "a.example"],
    ["b.example", 1, DONE, "b.example"],
    ["a.example", 0, FAILED, false],
    // An address is no server name, and the server's own certificate has this one.
    ["127.0.0.1", 1, DONE, false],
  ])("to %s at %i brings %s", async (name, sni, outcome, told) => {
    const { port, seen } = await twoNames();
    const host = await secureHost(port, name);
    await secure(host, { ...SERVER_CHECKED, checkhost: 1, sni });
    expect(await get(host)).toBe(outcome);
    expect(seen[0]?.serverName).toBe(told);
  });
});

describe("a security context", () => {
  it("is the one that sslctxid names when the request begins", async () => {
    const { port } = await secureServer(identity("server"));
    const host = await secureHost(port);
    await secure(host, { seclevel: 1 }, 2);
    await host.command('AT+QHTTPCFG="sslctxid",2');
    expect(await get(host)).toBe(FAILED);
    await secure(host, { cacert: "ca.pem" }, 2);
    expect(await get(host)).toBe(DONE);
    expect(await read(host)).toBe("hello");
  });

  it("is forgotten at a reboot, and its files are not", async () => {
    const { port } = await secureServer(identity("server"));
    const host = await secureHost(port);
    await secure(host, { ...SERVER_CHECKED, sni: 1, checkhost: 1, negotiatetime: 20 });
    host.fault("reboot");
    await host.until(/APP RDY\r\n/);
    await host.quiet();
    const left = [];
    for (const name of ["seclevel", "cacert", "sni", "checkhost", "negotiatetime"]) {
      left.push(...(await host.command(`AT+QSSLCFG="${name}",1`)));
    }
    expect(left.filter((line) => line !== "OK")).toEqual([
      '+QSSLCFG: "seclevel",1,0',
      '+QSSLCFG: "sni",1,0',
      '+QSSLCFG: "checkhost",1,0',
      '+QSSLCFG: "negotiatetime",1,300',
    ]);
    await host.command("AT+QIACT=1");
    await host.setUrl("https://server.example/");
    await secure(host, SERVER_CHECKED);
    expect(await get(host)).toBe(DONE);
  });
});
