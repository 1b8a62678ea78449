import { createHash, X509Certificate } from "node:crypto";
import type { ServerOptions } from "node:https";
import { describe, expect, it, onTestFinished } from "vitest";
import { tcpFace } from "../../../../simulator/faces/server";
import { readOptions } from "../../../../simulator/options";
import { Simulator } from "../../../../simulator/simulator";
import { secureConnections } from "../../../../simulator/ublox/security/connections";
import { AtClient } from "../../../support/at-client";
import { OLD } from "../../internet/secure-server";
import { identity, pem } from "../../internet/tls-servers";
import { route } from "../../modem-host";
import { LaraHost } from "../lara-host";
import {
  importInto,
  outcome,
  run,
  SERVER,
  SUCCESS,
  secure,
  secureHost,
  secureServer,
  TLS_FAILURE,
} from "../security/secure-host";
import { request } from "./http-host";

const roots = { root: pem("ca.cert"), other: pem("other-ca.cert") };

/** A server, and a modem that has `root` imported and is set up to ask it. */
async function ready(options: ServerOptions, ...settings: string[]) {
  const server = await secureServer(options);
  const host = await secureHost(server.port);
  await importInto(host, 0, "root", roots.root);
  await secure(host, ...settings);
  return { server, host };
}

describe("HTTPS by a security profile", () => {
  it.each([
    ["no check", "server", ["0,0"], SUCCESS],
    ["the imported roots", "server", ["0,1"], SUCCESS],
    ["the named root", "server", ["0,1", '3,"root"'], SUCCESS],
    ["a named root that is not imported", "server", ["0,1", '3,"none"'], TLS_FAILURE],
    ["no check of a certificate for another name", "wrong-host", ["0,1"], SUCCESS],
    ["the expected name", "server", ["0,2", `4,"${SERVER}"`], SUCCESS],
    ["another expected name", "server", ["0,2", '4,"elsewhere.example"'], TLS_FAILURE],
    ["a certificate for another name", "wrong-host", ["0,2", `4,"${SERVER}"`], TLS_FAILURE],
    ["no expected name", "server", ["0,2"], TLS_FAILURE],
    ["an expired certificate without a look at its date", "expired", ["0,2", `4,"${SERVER}"`], SUCCESS],
    ["an expired certificate", "expired", ["0,3", `4,"${SERVER}"`], TLS_FAILURE],
    ["name and date", "server", ["0,3", `4,"${SERVER}"`], SUCCESS],
  ])("%s: a server with %s, %j ends with %s", async (_, name, settings, end) => {
    const { host } = await ready(identity(name), ...settings);
    expect(await outcome(host)).toBe(end);
  });

  it("does not trust what another authority signed", async () => {
    const server = await secureServer(identity("server"));
    const host = await secureHost(server.port);
    await secure(host, "0,1");
    expect(await outcome(host)).toBe(TLS_FAILURE);
    await importInto(host, 0, "other", roots.other);
    expect(await outcome(host)).toBe(TLS_FAILURE);
    await importInto(host, 0, "root", roots.root);
    expect(await outcome(host)).toBe(SUCCESS);
    await secure(host, '3,"other"');
    expect(await outcome(host)).toBe(TLS_FAILURE);
    expect(server.seen).toHaveLength(1);
  });

  it("goes by the modem's own clock", async () => {
    const { host } = await ready(identity("expires-2040"), "0,3", `4,"${SERVER}"`);
    expect(await outcome(host)).toBe(SUCCESS);
    await run(host, 'AT+CCLK="41/01/01,00:00:00+00"');
    expect(await outcome(host)).toBe(TLS_FAILURE);
  });

  it("uses the factory settings, which check nothing, when it is given no profile", async () => {
    const { host } = await ready(identity("wrong-host"), "0,3");
    await run(host, "AT+UHTTP=0,6,1");
    expect(await outcome(host)).toBe(SUCCESS);
  });

  it("sends a server name only when one is set", async () => {
    const { server, host } = await ready(identity("server"));
    await outcome(host);
    await secure(host, '10,"sni.example"');
    await outcome(host);
    expect(server.seen.map(({ serverName }) => serverName)).toEqual([false, "sni.example"]);
  });

  it.each([
    ["TLSv1", "1,1"],
    ["TLSv1.1", "1,2"],
    ["TLSv1.2", "1,3"],
  ] as const)("a server of %s is new enough for %s, and too old for the next", async (version, setting) => {
    const { server, host } = await ready({ ...identity("server"), ...OLD, minVersion: version, maxVersion: version });
    for (const lowest of ["1,0", setting]) {
      await secure(host, lowest);
      expect(await outcome(host)).toBe(SUCCESS);
    }
    await secure(host, `1,${Number(setting.slice(2)) + 1}`);
    expect(await outcome(host)).toBe(TLS_FAILURE);
    expect(server.seen.map(({ protocol }) => protocol)).toEqual([version, version]);
  });

  it("has TLS 1.3 when it is asked for", async () => {
    const { server, host } = await ready(identity("server"), "1,4");
    expect(await outcome(host)).toBe(SUCCESS);
    expect(server.seen).toMatchObject([{ protocol: "TLSv1.3" }]);
  });

  it.each([
    ["a legacy number", ["2,33"], "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"],
    ["a code", ['2,99,"C0","2F"'], "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"],
    ["a list of one", ['2,100,"00","9C",0'], "TLS_RSA_WITH_AES_128_GCM_SHA256"],
    ["a suite of TLS 1.3", ['2,99,"13","03"'], "TLS_CHACHA20_POLY1305_SHA256"],
  ])("offers only the suite of %s", async (_, settings, suite) => {
    const { server, host } = await ready({ ...identity("server"), ...OLD, ciphers: "ALL:@SECLEVEL=0" }, ...settings);
    expect(await outcome(host)).toBe(SUCCESS);
    expect(server.seen).toMatchObject([{ suite }]);
  });

  it("fails with a suite that the server lacks, until the list has one that it has", async () => {
    const { server, host } = await ready({
      ...identity("server"),
      maxVersion: "TLSv1.2",
      ciphers: "AES128-GCM-SHA256",
    });
    await secure(host, '2,100,"C0","30",0');
    expect(await outcome(host)).toBe(TLS_FAILURE);
    await secure(host, '2,100,"00","9C",0');
    expect(await outcome(host)).toBe(SUCCESS);
    expect(server.seen).toMatchObject([{ suite: "TLS_RSA_WITH_AES_128_GCM_SHA256" }]);
  });

  it.each(["TLSv1.2", "TLSv1.3"] as const)(
    "tells a failed handshake with a server of %s by +UHTTPER",
    async (version) => {
      const { host } = await ready(
        { ...identity("server"), minVersion: version, maxVersion: version },
        "0,2",
        '4,"no.example"',
      );
      expect(await request(host, 'AT+UHTTPC=0,1,"/","r"')).toBe("+UUHTTPCR: 0,1,0");
      expect(await host.command("AT+UHTTPER=0")).toEqual(["+UHTTPER: 0,3,73", "OK"]);
      expect(await host.command('AT+URDFILE="r"')).toEqual(["+CME ERROR: FILE NOT FOUND"]);
    },
  );
});

describe("a client certificate", () => {
  const asking = { ...identity("server"), requestCert: true, rejectUnauthorized: true, ca: pem("ca.cert") };
  const names = ['5,"cert"', '6,"key"'];

  it.each([
    ["client", "client.key", undefined, []],
    ["client", "client-pkcs1.key", undefined, []],
    ["client-ec", "client-ec.key", undefined, []],
    ["client", "client-encrypted.key", "key-password", []],
    ["client", "client-encrypted.key", undefined, ['7,"key-password"']],
  ])("%s with %s, password %s at the import, and %j, is shown", async (name, key, password, settings) => {
    const { server, host } = await ready(asking, ...names, ...settings);
    await importInto(host, 1, "cert", pem(`${name}.cert`));
    await importInto(host, 2, "key", pem(key), password);
    expect(await outcome(host)).toBe(SUCCESS);
    expect(server.seen).toMatchObject([{ client: name === "client" ? "Test Client" : "Test EC Client" }]);
  });

  it.each([
    ["without one", [], "client.key"],
    ["without its key", ['5,"cert"'], "client.key"],
    ["with a key that is not imported", ['5,"cert"', '6,"none"'], "client.key"],
    ["with the key of another", names, "client-ec.key"],
    ["with a key that nobody opens", names, "client-encrypted.key"],
    ["with a key and a wrong password", [...names, '7,"wrong"'], "client-encrypted.key"],
  ])("%s the connection fails", async (_, settings, key) => {
    const { server, host } = await ready(asking, ...settings);
    await importInto(host, 1, "cert", pem("client.cert"));
    await importInto(host, 2, "key", pem(key));
    expect(await outcome(host)).toBe(TLS_FAILURE);
    expect(server.seen).toEqual([]);
  });
});

describe("a pinned server certificate", () => {
  it.each([
    ["server", 0, SUCCESS],
    ["server", 1, SUCCESS],
    ["server", 2, SUCCESS],
    ["wrong-host", 0, TLS_FAILURE],
    ["wrong-host", 1, TLS_FAILURE],
    ["wrong-host", 2, TLS_FAILURE],
  ])("%s at level %i: %s", async (name, level, end) => {
    const { host } = await ready(identity("server"), `12,"pin",${level}`);
    await importInto(host, 3, "pin", pem(`${name}.cert`));
    expect(await outcome(host)).toBe(end);
  });

  it.each([
    [0, SUCCESS],
    [1, SUCCESS],
    [2, TLS_FAILURE],
  ])("with the server's key in another certificate at level %i: %s", async (level, end) => {
    const { host } = await ready(identity("server"), `12,"pin",${level}`);
    const other = new X509Certificate(pem("server.cert")).raw;
    // The last byte is the signature's.
    other[other.length - 1] = ~(other[other.length - 1] ?? 0);
    await importInto(host, 3, "pin", other);
    expect(await outcome(host)).toBe(end);
  });

  it("fails while it is not imported", async () => {
    const { host } = await ready(identity("server"), '12,"pin",0');
    expect(await outcome(host)).toBe(TLS_FAILURE);
  });
});

describe("a pre-shared key", () => {
  const key = Buffer.from("000102fe", "hex");
  const server = (known: { readonly [identity: string]: Buffer }): ServerOptions => ({
    ciphers: "PSK:@SECLEVEL=0",
    maxVersion: "TLSv1.2",
    pskCallback: (_socket, name) => known[name] ?? null,
  });

  it.each([
    ["as text", ['8,"shared key"', '9,"me"'], { me: Buffer.from("shared key") }, SUCCESS],
    ["as digits", ['8,"000102fe",1', '9,"6d65",1'], { me: key }, SUCCESS],
    ["that the server does not have", ['8,"other"', '9,"me"'], { me: key }, TLS_FAILURE],
    ["of nobody the server knows", ['8,"000102fe",1', '9,"you"'], { me: key }, TLS_FAILURE],
  ])("%s", async (_, settings, known, end) => {
    const { host } = await ready(server(known), ...settings);
    expect(await outcome(host)).toBe(end);
  });

  it("of the root of trust belongs to the module and goes before a set one", async () => {
    const imei = "490154203237518";
    const known = { [imei]: createHash("sha256").update(`root of trust ${imei}`).digest() };
    const { port, seen } = await secureServer(server(known));
    const host = await secureHost(port, `imei=${imei}`);
    await secure(host, '8,"other"', '9,"me"', "11,1");
    expect(await outcome(host)).toBe(SUCCESS);
    await secure(host, "11,0");
    expect(await outcome(host)).toBe(TLS_FAILURE);
    expect(seen).toHaveLength(1);
  });
});

describe("secure connections of one modem", () => {
  it("are four at once", async () => {
    const waiting: (() => void)[] = [];
    const { port } = await secureServer(identity("server"), { answer: (finish) => void waiting.push(finish) });
    const host = await LaraHost.open([route(SERVER, 443, port)]);
    for (const profile of [0, 1, 2, 3]) {
      await run(
        host,
        `AT+UHTTP=${profile},1,"${SERVER}"`,
        `AT+UHTTP=${profile},6,1`,
        `AT+UHTTPC=${profile},1,"/","${profile}"`,
      );
    }
    await expect.poll(() => waiting.length).toBe(4);
    for (const finish of waiting) finish();
    for (const _ of waiting) expect(await host.urc(/\+UUHTTPCR: /)).toMatch(/,1$/);
  });

  it("are refused from the fifth on, until one has ended", async () => {
    const { port } = await secureServer(identity("server"));
    const simulator = new Simulator(readOptions("LARA-R6", new Map([["route", [`${SERVER}:443=127.0.0.1:${port}`]]])));
    const face = tcpFace(simulator.line, 0);
    const client = await AtClient.tcp(Number((await face.open()).split(":").at(-1)));
    onTestFinished(async () => {
      client.close();
      await face.close();
      simulator.close();
    });
    for (const line of ["+CGACT=1,1", `+UHTTP=0,1,"${SERVER}"`, "+UHTTP=0,6,1"]) await client.send(`AT${line}`);
    // As other services of the modem hold them.
    const others = [1, 2, 3, 4].map(() => secureConnections(simulator.modem).claim());
    await client.send('AT+UHTTPC=0,1,"/","r"');
    expect(await client.urc(/UUHTTPCR/)).toBe("+UUHTTPCR: 0,1,0");
    expect((await client.send("AT+UHTTPER=0")).lines).toEqual(["+UHTTPER: 0,3,73"]);
    for (let i = 0; i < 2; i += 1) others[0]?.release();
    for (let i = 0; i < 2; i += 1) {
      await client.send('AT+UHTTPC=0,1,"/","r"');
      expect(await client.urc(/UUHTTPCR/)).toBe("+UUHTTPCR: 0,1,1");
    }
    const last = secureConnections(simulator.modem).claim();
    expect(() => secureConnections(simulator.modem).claim()).toThrow("4 secure connections");
    last.release();
  });
});
