import { describe, expect, it } from "vitest";
import { isModemError } from "../../../../driver/errors";
import type { SecurityProfile } from "../../../../driver/services/security/security";
import { LARA_R6 } from "../../../../driver/ublox/lara-r6";
import { configure, type MaterialNames, planSecurity } from "../../../../driver/ublox/security/settings";
import { fixture, KEY_PASSWORD, securityProfile } from "../../services/security/tls-fixtures";
import { bench, expectExplained } from "../bench";

const HOST = "server.example";
const GCM = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
const TLS13 = "TLS_AES_128_GCM_SHA256";

/** What the module gets for profile 2. */
async function sent(
  changes: Partial<SecurityProfile>,
  { host = HOST, names = {} as MaterialNames, refuses = undefined as RegExp | undefined } = {},
) {
  const { peer, channel, trace } = bench();
  peer.on(/^AT\+USECPRF=/, ["OK"]);
  if (refuses !== undefined) peer.on(refuses, ["+CME ERROR: operation not supported"]);
  const outcome = await configure(channel, 2, planSecurity(securityProfile(changes), host, LARA_R6), names).catch(
    (error: unknown) => error,
  );
  if (refuses === undefined) expectExplained(peer.commands);
  return { commands: peer.commands.map((line) => line.replace("AT+USECPRF=2", "")), outcome, trace };
}

const text = (value: string) => ({ value, format: "text" }) as const;
const hex = (value: string) => ({ value, format: "hex" }) as const;

describe("the settings of a security profile", () => {
  it("begin with a reset and follow the order of the guide", async () => {
    const { commands } = await sent(
      {
        validation: "ca+host+date",
        minVersion: "1.2",
        ciphers: [GCM],
        ca: fixture("ca.cert"),
        cert: fixture("client.cert"),
        key: fixture("client-encrypted.key"),
        keyPassword: KEY_PASSWORD,
        pinnedKey: fixture("server.cert"),
      },
      { names: { ca: "root", cert: "nr_cert", key: "nr_key", pinned: "pin" } },
    );
    expect(commands).toEqual([
      "",
      ",0,3",
      ",1,3",
      ',2,99,"C0","2F"',
      ',3,"root"',
      `,4,"${HOST}"`,
      ',5,"nr_cert"',
      ',6,"nr_key"',
      `,7,"${KEY_PASSWORD}"`,
      `,10,"${HOST}"`,
      ',12,"pin",1',
    ]);
  });

  it("are few for a profile that asks for nothing", async () => {
    expect((await sent({})).commands).toEqual(["", ",0,0", ",1,0", ",2,0", `,10,"${HOST}"`]);
  });

  it.each([
    ["none", "any", ",0,0", ",1,0"],
    ["ca", "1.0", ",0,1", ",1,1"],
    ["ca+host", "1.1", ",0,2", ",1,2"],
    ["ca+host+date", "1.3", ",0,3", ",1,4"],
  ] as const)("have a number for validation %s and version %s", async (validation, minVersion, level, version) => {
    expect((await sent({ validation, minVersion })).commands).toEqual(expect.arrayContaining([level, version]));
  });

  it("ask for TLS 1.3 where tickets of it are to be resumed", async () => {
    expect((await sent({ minVersion: "1.2", resumption: "psk-ticket" })).commands).toContain(",1,4");
    expect((await sent({ minVersion: "1.2", resumption: "ticket" })).commands).toContain(",1,3");
  });

  it.each([
    ["the URL's host", {}, HOST, [`,4,"${HOST}"`, `,10,"${HOST}"`]],
    ["the URL's host without a dot at its end", {}, `${HOST}.`, [`,4,"${HOST}"`, `,10,"${HOST}"`]],
    ["names of its own", { serverName: "a.example", sni: "b.example" }, HOST, [',4,"a.example"', ',10,"b.example"']],
    ["no SNI for an address", {}, "192.0.2.1", [',4,"192.0.2.1"']],
    ["no SNI for an IPv6 address", {}, "[2001:db8::1]", [',4,"2001:db8::1"']],
    ["an SNI of its own for an address", { sni: "b.example" }, "192.0.2.1", [',4,"192.0.2.1"', ',10,"b.example"']],
    ["nothing of a host that is not known", { serverName: "", sni: "" }, "", []],
  ])("name %s", async (_what, changes, host, names) => {
    const { commands } = await sent({ validation: "ca+host", ...changes }, { host });
    expect(commands.filter((line) => /^,(4|10),/.test(line))).toEqual(names);
  });

  it("expect no host name where none is compared", async () => {
    for (const validation of ["none", "ca"] as const) {
      const { commands } = await sent({ validation, serverName: "a.example" });
      expect(commands.filter((line) => line.startsWith(",4,"))).toEqual([]);
    }
  });

  it("have no password for a key that needs none", async () => {
    const material = { cert: fixture("client.cert"), key: fixture("client.key"), keyPassword: "unused" };
    expect((await sent(material)).commands.filter((line) => line.startsWith(",7,"))).toEqual([]);
  });

  it.each([
    ["text", text("the key"), text("me"), ',8,"the key"', ',9,"me"'],
    ["hexadecimal digits", hex("00fF22"), hex("0d0a"), ',8,"00fF22",1', ',9,"0d0a",1'],
    ["text that can't be quoted", text('a"b'), text("Zoë\r\n"), ',8,"612262",1', ',9,"5a6fc3ab0d0a",1'],
  ])("take a pre-shared key and its identity as %s", async (_form, psk, pskIdentity, key, identity) => {
    const { commands } = await sent({ psk, pskIdentity });
    expect(commands.filter((line) => /^,[89],/.test(line))).toEqual([key, identity]);
  });

  it("take the key of the root of trust", async () => {
    expect((await sent({ rootOfTrustPsk: true })).commands).toContain(",11,1");
  });

  it("show no secret in the trace, nor when the module refuses it", async () => {
    const secrets = { psk: text("S3cretKey"), pskIdentity: hex("53ec4e7153ec4e71"), keyPassword: KEY_PASSWORD };
    const material = { cert: fixture("client.cert"), key: fixture("client-encrypted.key"), ...secrets };
    const seen: unknown[] = [];
    for (const op of [7, 8, 9]) {
      const { trace, outcome } = await sent(material, { refuses: new RegExp(`^AT\\+USECPRF=2,${op},`) });
      expect(isModemError(outcome, "MODEM_REJECTED")).toBe(true);
      seen.push(trace, String(outcome), JSON.stringify(outcome));
    }
    seen.push((await sent(material)).trace);
    const all = JSON.stringify(seen);
    expect(all).toContain("AT+USECPRF=2,8,");
    for (const secret of ["S3cret", "53ec4e71", KEY_PASSWORD]) expect(all).not.toContain(secret);
  });
});

describe("a setting that the firmware refuses", () => {
  it("falls back to the legacy number of a suite", async () => {
    const { commands, outcome } = await sent({ ciphers: [GCM] }, { refuses: /,2,99/ });
    expect(outcome).toBeUndefined();
    expect(commands.filter((line) => line.startsWith(",2,"))).toEqual([',2,99,"C0","2F"', ",2,32"]);
  });

  it.each<[string, Partial<SecurityProfile>, MaterialNames, RegExp, RegExp]>([
    [
      "a suite without a legacy number",
      { ciphers: [TLS13] },
      {},
      /,2,99/,
      /ciphers: .* does not have this cipher suite/,
    ],
    ["a suite by either number", { ciphers: [GCM] }, {}, /,2,/, /ciphers: .* does not have this cipher suite/],
    [
      "a list of suites",
      { ciphers: [GCM, TLS13] },
      {},
      /,2,100/,
      /ciphers: .* takes no list of cipher suites; choose one/,
    ],
    ["TLS 1.3", { minVersion: "1.3" }, {}, /,1,4$/, /minVersion: .* does not have TLS 1\.3/],
    ["the root of trust", { rootOfTrustPsk: true }, {}, /,11,1$/, /rootOfTrustPsk: /],
    ["pinning", { pinnedKey: fixture("server.cert") }, { pinned: "pin" }, /,12,/, /pinnedKey: .* can't pin/],
  ])("is not supported: %s", async (_what, changes, names, refuses, reason) => {
    const { outcome } = await sent(changes, { names, refuses });
    expect(outcome).toMatchObject({
      code: "NOT_SUPPORTED",
      message: expect.stringMatching(reason),
      cause: { errorText: "operation not supported" },
    });
    expect(String(outcome)).toMatch(/^Security profile Test profile: /);
  });

  it("that every firmware has is rejected in the modem's words", async () => {
    const { outcome } = await sent({ validation: "ca" }, { refuses: /,0,1$/ });
    expect(outcome).toMatchObject({ code: "MODEM_REJECTED", message: expect.stringContaining("AT+USECPRF=2,0,1") });
  });
});

describe("planning", () => {
  it.each<[string, Partial<SecurityProfile>, RegExp]>([
    ["a server name with a quotation mark", { validation: "ca+host", serverName: 'a",1' }, /^serverName contains/],
    ["an SNI with a line end", { sni: "a\r\nAT+CFUN=0" }, /^sni contains/],
    ["too long an SNI", { sni: "x".repeat(129) }, /^sni is too long/],
    ["a suite that is none", { ciphers: ["RC5"] }, /^ciphers: "RC5" is no IANA name/],
    ["suites of TLS 1.2 for TLS 1.3", { ciphers: [GCM], minVersion: "1.3" }, /^ciphers: minVersion is 1\.3/],
    ["suites of TLS 1.2 for its tickets", { ciphers: [GCM], resumption: "psk-ticket" }, /^ciphers: a psk-ticket needs/],
    ["a level that is none", { validation: "full" as "ca" }, /^validation must be one of none, ca/],
    ["a version that is none", { minVersion: "__proto__" as "any" }, /^minVersion must be one of any/],
    ["half of a key and its certificate", { cert: fixture("client.cert") }, /^key is missing/],
    [
      "a password that can't be quoted",
      { cert: fixture("client.cert"), key: fixture("client-encrypted.key"), keyPassword: `${KEY_PASSWORD}"` },
      /^key can't be decrypted/,
    ],
    [
      "too long an identity in bytes",
      { psk: text("x"), pskIdentity: text("ö".repeat(65)) },
      /^pskIdentity is too long/,
    ],
  ])("refuses %s", (_what, changes, reason) => {
    const attempt = () => planSecurity(securityProfile(changes), HOST, LARA_R6);
    expect(attempt).toThrow(expect.objectContaining({ code: "INVALID_INPUT", message: expect.stringMatching(reason) }));
  });

  it("gives a fingerprint that is the same for the same settings only, and tells nothing of them", () => {
    const base: Partial<SecurityProfile> = { psk: text("S3cretKey"), pskIdentity: text("me"), validation: "ca+host" };
    const key = (changes: Partial<SecurityProfile> = {}, host = HOST) =>
      planSecurity(securityProfile({ ...base, ...changes }), host, LARA_R6).key;
    expect(key({ id: "another", name: "Another" })).toBe(key());
    expect(key({ serverName: HOST })).toBe(key());
    const client = { cert: fixture("client.cert"), key: fixture("client-encrypted.key"), keyPassword: KEY_PASSWORD };
    const others = [
      key(),
      key({}, "another.example"),
      key({ psk: text("S3cretKez") }),
      key({ psk: hex("616263") }),
      key({ pskIdentity: text("you") }),
      key({ validation: "none" }),
      key({ minVersion: "1.2" }),
      key({ ciphers: [GCM] }),
      key({ ca: fixture("ca.cert") }),
      key({ ca: fixture("other-ca.cert") }),
      key({ pinnedKey: fixture("ca.cert") }),
      key(client),
      key({ ...client, key: fixture("client.key") }),
      key({ resumption: "id" }),
      key({ resumption: "id", resumptionEncrypted: true }),
    ];
    expect(new Set(others).size).toBe(others.length);
    for (const fingerprint of others) expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
  });
});
