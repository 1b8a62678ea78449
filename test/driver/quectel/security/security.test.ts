import { afterEach, describe, expect, it, vi } from "vitest";
import type { SecurityProfile } from "../../../../driver/services/security/security";
import { type Session, startSession } from "../session";
import { CLIENT, pem, profile } from "./tls-profile";

afterEach(() => vi.useRealTimers());

const get = ({ services }: Session, security: SecurityProfile, url = "https://server.example/", timeout = 80_000) =>
  services.http.request({ method: "GET", url, headers: [], timeout, security });

/** What the SSL context in use was told. */
const told = ({ ssl, http }: Session, name: string): string | undefined =>
  ssl.settings.get(`${http.settings.get("sslctxid")} ${name}`);
const lines = ({ peer }: Session, beginning: string): string[] =>
  peer.commands.filter((line) => line.startsWith(beginning));

describe("a security profile on BG96", () => {
  it("3.2.1-get: is told to an SSL context, without certificates", async () => {
    const session = await startSession();
    await get(session, profile({ validation: "none", ca: undefined }));
    expect(lines(session, "AT+QSSLCFG")).toEqual([
      'AT+QSSLCFG="checkhost",1,0',
      'AT+QSSLCFG="sni",1,1',
      'AT+QSSLCFG="sslversion",1,3',
      'AT+QSSLCFG="ciphersuite",1,0XFFFF',
      'AT+QSSLCFG="seclevel",1,0',
      'AT+QSSLCFG="ignorelocaltime",1,1',
      'AT+QSSLCFG="negotiatetime",1,80',
    ]);
    expect(session.http.settings.get("sslctxid")).toBe("1");
    expect(session.files.size).toBe(0);
  });

  it("3.2.2.1-post-serial: names the files of its certificates", async () => {
    const session = await startSession();
    await get(session, profile(CLIENT));
    expect(told(session, "seclevel")).toBe("2");
    const files = ["cacert", "clientcert", "clientkey"].map((name) => told(session, name)?.slice(1, -1) ?? "");
    expect(files).toEqual([
      expect.stringMatching(/^nr_ca_[0-9a-f]{16}\.pem$/),
      expect.stringMatching(/^nr_cert_[0-9a-f]{16}\.pem$/),
      expect.stringMatching(/^nr_key_[0-9a-f]{16}\.pem$/),
    ]);
    expect(session.files.get(files[1] ?? "")?.toString()).toBe(CLIENT.cert.toString());
  });

  it.each([
    [{ validation: "none" }, { seclevel: "0", ignorelocaltime: "1", checkhost: "0", cacert: undefined }],
    [{ validation: "ca" }, { seclevel: "1", ignorelocaltime: "1", checkhost: "0", cacert: expect.any(String) }],
    [{ validation: "ca+host" }, { seclevel: "1", ignorelocaltime: "1", checkhost: "1" }],
    [{ validation: "ca+host+date" }, { seclevel: "1", ignorelocaltime: "0", checkhost: "1" }],
    [
      { ...CLIENT, validation: "ca+host" },
      { seclevel: "2", checkhost: "1" },
    ],
    [{ minVersion: "any" }, { sslversion: "4" }],
    [{ minVersion: "1.0" }, { sslversion: "1" }],
    [{ minVersion: "1.1" }, { sslversion: "2" }],
    [{ minVersion: "1.2" }, { sslversion: "3" }],
    [{ ciphers: ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"] }, { ciphersuite: "0XC02F" }],
    [{ ciphers: ["TLS_RSA_WITH_AES_256_CBC_SHA256", "TLS_RSA_WITH_AES_256_CBC_SHA256"] }, { ciphersuite: "0X003D" }],
    [{ serverName: "SERVER.example", validation: "ca+host" }, { checkhost: "1" }],
    [{ serverName: "other.example", validation: "ca" }, { checkhost: "0" }],
    [{ sni: "server.example" }, { sni: "1" }],
  ] as [Partial<SecurityProfile>, Record<string, unknown>][])("with %j is %j", async (settings, expected) => {
    const session = await startSession();
    await get(session, profile(settings));
    const found = Object.fromEntries(Object.keys(expected).map((name) => [name, told(session, name)]));
    expect(found).toEqual(expected);
  });

  it.each([
    ["https://192.0.2.1/", "0"],
    ["https://[2001:db8::1]/", "0"],
    ["https://server.example:8443/", "1"],
  ])("names the host of %s to the server: %s", async (url, sni) => {
    const session = await startSession();
    await get(session, profile(), url);
    expect(told(session, "sni")).toBe(sni);
  });

  it("takes the URL's host for the name that is asked for, however it is written", async () => {
    const session = await startSession();
    await get(
      session,
      profile({ validation: "ca+host", serverName: "b\u00fccher.example" }),
      "https://B\u00dcCHER.example/",
    );
    expect(session.http.url).toBe("https://xn--bcher-kva.example/");
  });

  it.each([
    [1_000, "10"],
    [45_500, "46"],
    [900_000, "300"],
  ])("of a request with %d ms lets the handshake take %s s", async (timeout, seconds) => {
    const session = await startSession();
    await get(session, profile(), undefined, timeout);
    expect(told(session, "negotiatetime")).toBe(seconds);
  });

  it.each([
    [{ minVersion: "1.3" }, "NOT_SUPPORTED", "minVersion"],
    [{ resumption: "ticket" }, "NOT_SUPPORTED", "resumption"],
    [{ psk: { value: "00", format: "hex" }, pskIdentity: { value: "a", format: "text" } }, "NOT_SUPPORTED", "psk"],
    [{ rootOfTrustPsk: true }, "NOT_SUPPORTED", "rootOfTrustPsk"],
    [{ pinnedKey: pem("server.cert") }, "NOT_SUPPORTED", "pinnedKey"],
    [{ ...CLIENT, validation: "none" }, "NOT_SUPPORTED", "choose validation ca"],
    [{ ciphers: ["TLS_AES_128_GCM_SHA256"] }, "NOT_SUPPORTED", "TLS_AES_128_GCM_SHA256"],
    [
      { ciphers: ["TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_AES_256_CBC_SHA"] },
      "NOT_SUPPORTED",
      "TLS_RSA_WITH_AES_128_CBC_SHA, TLS_RSA_WITH_AES_256_CBC_SHA",
    ],
    [{ serverName: "other.example", validation: "ca+host" }, "NOT_SUPPORTED", "serverName"],
    [{ sni: "other.example" }, "NOT_SUPPORTED", "sni"],
    [{ ca: undefined }, "INVALID_INPUT", "ca"],
    [{ ca: undefined, validation: "ca+host+date" }, "INVALID_INPUT", "ca"],
    [{ ca: Buffer.from("no certificate") }, "INVALID_INPUT", "ca"],
    [{ cert: CLIENT.cert }, "INVALID_INPUT", "key"],
    [{ cert: CLIENT.cert, key: pem("client-ec.key") }, "INVALID_INPUT", "key"],
    [{ cert: pem("weak.cert"), key: pem("weak.key") }, "INVALID_INPUT", "2048"],
  ] as [Partial<SecurityProfile>, string, string][])(
    "that asks for what BG96 can't do is refused, and nothing sent (%#)",
    async (settings, code, words) => {
      const session = await startSession();
      const refused = { code, message: expect.stringContaining(words) };
      await expect(get(session, profile(settings))).rejects.toMatchObject(refused);
      expect(session.peer.commands).toEqual([]);
    },
  );

  it("refuses session data: they could not be used", async () => {
    const { services } = await startSession();
    const data = { type: "ticket", encrypted: false, data: "AAAA" } as const;
    await expect(services.security.restoreSession(profile(), data)).rejects.toMatchObject({ code: "NOT_SUPPORTED" });
  });
});

describe("firmware of BG96 without server names", () => {
  const old = async (): Promise<Session> => {
    const session = await startSession();
    session.ssl.missing.add("sni").add("checkhost");
    return session;
  };

  it("is asked once, and goes on where nobody depends on it", async () => {
    const session = await old();
    await get(session, profile());
    await get(session, profile({ minVersion: "any" }));
    expect(lines(session, 'AT+QSSLCFG="sni"')).toHaveLength(1);
    expect(lines(session, 'AT+QSSLCFG="checkhost"')).toHaveLength(1);
    expect(lines(session, "AT+QHTTPGET")).toHaveLength(2);
  });

  it.each([
    [{ validation: "ca+host" }, "validation ca+host"],
    [{ validation: "ca+host+date" }, "validation ca+host+date"],
    [{ sni: "server.example" }, "sni"],
  ] as [Partial<SecurityProfile>, string][])("never goes on without %j", async (settings, words) => {
    const session = await old();
    const refused = { code: "NOT_SUPPORTED", message: expect.stringContaining(words) };
    await expect(get(session, profile(settings))).rejects.toMatchObject(refused);
    // Neither does a context that the usual settings were good enough for.
    await get(session, profile());
    await expect(get(session, profile(settings))).rejects.toMatchObject(refused);
    expect(lines(session, "AT+QHTTPGET")).toHaveLength(1);
  });

  it("is asked again after a reboot, which may have brought other firmware", async () => {
    const session = await old();
    session.peer.on(/^AT(E1|\+CMEE=1|\+QISDE=0|\+QFOPEN\?)$/, ["OK"]);
    await get(session, profile());
    session.ssl.missing.clear();
    await session.driver.initialise();
    await get(session, profile({ validation: "ca+host" }));
    expect(told(session, "checkhost")).toBe("1");
  });
});

describe("a check of dates by BG96", () => {
  const dated = profile({ validation: "ca+host+date" });

  it("leaves a clock alone that shows a time", async () => {
    const session = await startSession();
    await get(session, dated);
    expect(lines(session, "AT+CCLK")).toEqual(["AT+CCLK?"]);
  });

  it.each(["80/01/06,00:00:17+00", "1980/01/06,00:00:00+00", "04/01/01,00:00:00+00", ""])(
    "sets a clock that shows %j by this computer's",
    async (clock) => {
      vi.useFakeTimers({ now: Date.UTC(2027, 2, 4, 5, 6, 7), toFake: ["Date"] });
      const session = await startSession();
      session.ssl.clock = clock;
      await get(session, dated);
      expect(session.ssl.clock).toBe("27/03/04,05:06:07+00");
    },
  );

  it("fails when this computer does not know the date either", async () => {
    vi.useFakeTimers({ now: 12_345, toFake: ["Date"] });
    const session = await startSession();
    session.ssl.clock = "80/01/06,00:00:17+00";
    const failure = { code: "TLS_FAILED", message: expect.stringContaining("clock") };
    await expect(get(session, dated)).rejects.toMatchObject(failure);
    expect(lines(session, "AT+CCLK=")).toEqual([]);
    expect(lines(session, "AT+QHTTPGET")).toEqual([]);
  });

  it("is not asked for without need", async () => {
    const session = await startSession();
    await get(session, profile({ validation: "ca+host" }));
    expect(lines(session, "AT+CCLK")).toEqual([]);
  });
});
