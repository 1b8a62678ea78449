import { afterEach, describe, expect, it, vi } from "vitest";
import type { ModemError } from "../../../../driver/errors";
import type { SecurityProfile } from "../../../../driver/services/security/security";
import { failure } from "../../../support/failure";
import { expectExplained } from "../bench";
import { turns } from "../http/http-client";
import { pem, secureClient, secureGet, tls } from "./fake-tls";

const CA = pem("ca.cert");
const NOW = "26/11/22,03:00:00+04";
const TLS_FAILED = 73;

afterEach(() => void vi.useRealTimers());

/** A modem on which requests fail with a code of class 3, and whose clock is right. */
function failing(code = TLS_FAILED) {
  const parts = secureClient(() => ({ content: "", result: 0 }));
  parts.peer.on(/^AT\+UHTTPER=(\d)$/, ([, profile]) => [`+UHTTPER: ${profile},3,${code}`, "OK"]);
  parts.peer.on(/^AT\+CCLK\?$/, [`+CCLK: "${NOW}"`, "OK"]);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 10, 22, 2) });
  const fail = (profile: SecurityProfile, url = "https://plant.example/x"): Promise<ModemError> =>
    failure(parts.http.request(secureGet(profile, { url })));
  return { ...parts, fail };
}

const mutual = (settings: Partial<SecurityProfile> = {}): SecurityProfile =>
  tls({ validation: "ca", ca: CA, cert: pem("client.cert"), key: pem("client.key"), ...settings });

describe("a TLS connection that failed", () => {
  it("names the request, the modem's numbers, and what to check in the words of the dialog", async () => {
    const { fail, peer } = failing();
    const error = await fail(mutual({ validation: "ca+host+date" }));
    expect(error.code).toBe("TLS_FAILED");
    expect(error.cause).toMatchObject({ errorClass: 3, errorCode: TLS_FAILED, result: "+UHTTPER: 3,73" });
    expect(error.message).toBe(
      "GET https://plant.example/x failed: the secure connection failed (HTTP error 3, 73). " +
        "Check that the server sends a chain of certificates that leads to the CA CN=Test Root CA (ca), " +
        "has a certificate for plant.example (serverName), has a certificate that has not expired (validation), " +
        "has TLS 1.2 or later (minVersion), and trusts the client certificate CN=Test Client (cert, key).",
    );
    expectExplained(peer.commands);
  });

  const clauses: [string, Partial<SecurityProfile>, RegExp][] = [
    [
      "another expected name",
      { validation: "ca+host", ca: CA, serverName: "srv" },
      /has a certificate for srv \(serverName\)/,
    ],
    ["no CA of its own", { validation: "ca" }, /\(ca\)/],
    ["TLS 1.3", { minVersion: "1.3" }, /the server has TLS 1\.3 \(minVersion\)/],
    ["a ticket of TLS 1.3", { resumption: "psk-ticket" }, /psk-ticket needs \(resumption\)/],
    ["one suite", { ciphers: ["TLS_RSA_WITH_AES_128_CBC_SHA"] }, /takes TLS_RSA_WITH_AES_128_CBC_SHA \(ciphers\)/],
    ["no client certificate", {}, /requires no client certificate \(cert, key\)/],
    ["an SNI of its own", { sni: "other.example" }, /knows the name other\.example \(sni\)/],
    ["a pinned key", { pinnedKey: pem("server.cert") }, /still has the pinned key \(pinnedKey\)/],
    [
      "a pre-shared key",
      { psk: { value: "topsecretkey", format: "text" }, pskIdentity: { value: "topsecretid", format: "text" } },
      /\(psk, pskIdentity\)/,
    ],
    ["the root of trust", { rootOfTrustPsk: true }, /root of trust \(rootOfTrustPsk\)/],
  ];
  it.each(clauses)("with %s has that to be checked, and tells no secret", async (_name, settings, words) => {
    const { fail } = failing();
    const error = await fail(tls(settings));
    expect(error.message).toMatch(words);
    expect(error.message + JSON.stringify(error)).not.toContain("topsecret");
  });

  it("to an address says that no server name was sent", async () => {
    const { fail } = failing();
    expect((await fail(tls(), "https://10.0.0.1/")).message).toContain("(sni)");
    expect((await fail(tls())).message).not.toContain("(sni)");
  });

  it("says first what has expired, by the modem's list", async () => {
    const { fail, tls: module, peer } = failing();
    peer.on(/^AT\+USECMNG=3$/, () => [
      ...[...module.certificates.keys()].map((id) => {
        const [type, name] = id.split(" ");
        if (type === "2") return `PK,"${name}"`;
        return `${type === "0" ? "CA" : "CC"},"${name}","X","2021/0${type === "0" ? 1 : 2}/03 00:00:00"`;
      }),
      "OK",
    ]);
    const { message } = await fail(mutual({ validation: "ca+host+date" }));
    expect(message).toMatch(
      /3, 73\)\. The CA certificate CN=Test Root CA expired on 2021-01-03: replace it \(ca\)\. The client certificate CN=Test Client expired on 2021-02-03: replace it \(cert\)\. Check /,
    );
  });

  it("does not blame the date of a CA that the modem does not look at", async () => {
    const { fail, tls: module, peer } = failing();
    peer.on(/^AT\+USECMNG=3$/, () => [
      ...[...module.certificates.keys()].map((id) => `CA,"${id.slice(2)}","X","2021/01/03"`),
      "OK",
    ]);
    const { message } = await fail(tls({ validation: "ca+host", ca: CA }));
    expect(message).not.toContain("expired on");
    expect(peer.commands).not.toContain("AT+CCLK?");
  });

  it("says when the modem's clock was never set, or differs", async () => {
    const { fail, peer } = failing();
    const dated = tls({ validation: "ca+host+date", ca: CA });
    for (const never of ["80/01/06,00:00:12+00", "70/01/01,00:00:00+00", "04/01/01,00:00:00+00", "15/01/01,00:07:00"]) {
      peer.on(/^AT\+CCLK\?$/, [`+CCLK: "${never}"`, "OK"]);
      expect((await fail(dated)).message).toContain(`clock is not set (it shows ${never})`);
    }
    peer.on(/^AT\+CCLK\?$/, ['+CCLK: "24/11/22,03:00:00+04"', "OK"]);
    expect((await fail(dated)).message).toMatch(/clock shows 24\/11\/22.*this computer's 2026-11-22/);
  });

  it("says when the modem has lost a certificate, and sends it again with the next request", async () => {
    const { fail, tls: module, peer } = failing();
    peer.on(/^AT\+UHTTPC=(\d)/, ([, profile]) => {
      module.certificates.clear();
      setImmediate(() => peer.urc(`+UUHTTPCR: ${profile},1,0`));
      return ["OK"];
    });
    const { message } = await fail(mutual());
    for (const property of ["(ca)", "(cert)", "(key)"]) {
      expect(message).toMatch(new RegExp(`The modem no longer holds the [A-Za-z ]+\\${property.replace(")", "\\)")}`));
    }
    const uploads = peer.uploads.length;
    await fail(mutual());
    expect(peer.uploads.length).toBe(2 * uploads);
  });

  it("says when there is no CA on the modem at all", async () => {
    const { fail } = failing();
    expect((await fail(tls({ validation: "ca" }))).message).toContain("The modem holds no CA certificate");
  });
});

describe("the search for the cause", () => {
  it("never hides the failure: not when the modem refuses the questions", async () => {
    const { fail, peer } = failing();
    peer.on(/^AT\+(USECMNG=3|CCLK\?)$/, ["ERROR"]);
    const error = await fail(tls({ validation: "ca+host+date", ca: CA }));
    expect(error.message).toMatch(/^GET https:\/\/plant\.example\/x failed: the secure connection failed.* Check that/);
  });

  it("never hides the failure: not when the modem falls silent", async () => {
    const { http, peer } = failing();
    peer.on(/^AT\+UHTTPER=0$/, () => {
      peer.on(/^AT\+(USECMNG=3|CCLK\?)$/, () => undefined);
      return ["+UHTTPER: 0,3,73", "OK"];
    });
    const profile = tls({ validation: "ca+host+date", ca: CA });
    const error = await failure(http.request(secureGet(profile, { timeout: 400 })));
    expect(error.code).toBe("TLS_FAILED");
    expect(error.cause?.errorCode).toBe(TLS_FAILED);
  });

  it("does not take place where TLS is not the matter", async () => {
    const { fail, peer } = failing(23);
    expect((await fail(mutual())).code).toBe("DNS_FAILED");
    const asked = peer.commands.indexOf("AT+UHTTPER=0");
    expect(peer.commands.slice(asked + 1).filter((line) => line.includes("+USEC"))).toEqual([]);
  });

  it("makes a lost connection a matter of TLS where something is wrong, and else tells of client certificates", async () => {
    const closed = failing(44);
    const error = await closed.fail(tls());
    expect(error.code).toBe("CONNECTION_CLOSED");
    expect(error.message).toContain("check cert and key");
    expect((await closed.fail(mutual())).message).not.toContain("check cert and key");
    expect((await closed.fail(tls({ validation: "ca" }))).code).toBe("CONNECTION_CLOSED");
    const refused = failing(11);
    expect((await refused.fail(tls())).code).toBe("CONNECT_FAILED");
    expect(await refused.fail(tls({ validation: "ca" }))).toMatchObject({
      code: "TLS_FAILED",
      message: expect.stringContaining("no CA certificate"),
      cause: { errorCode: 11 },
    });
  });
});

describe("after TLS failed", () => {
  it("the profile is set up anew, without the session that may be why", async () => {
    const { http, peer, tls: module, files } = failing();
    const profile = tls({ resumption: "ticket" });
    module.connect = () => peer.urc("+UUSECPRF: 0,13,0,1");
    const sessions = {
      load: async () => ({ type: "ticket", encrypted: false, data: "b2xk" }) as const,
      save: async () => undefined,
    };
    await failure(http.request(secureGet({ ...profile, sessions })));
    expect(module.profiles[0]?.data).toBe("b2xk");
    peer.on(/^AT\+UHTTPC=/, () => {
      files.set("nr_http_1_rsp", Buffer.from("HTTP/1.1 204 No Content\r\n\r\n"));
      setImmediate(() => peer.urc("+UUHTTPCR: 1,1,1"));
      return ["OK"];
    });
    await turns();
    expect((await http.request(secureGet({ ...profile, sessions }))).statusCode).toBe(204);
    expect(peer.commands.filter((line) => line.includes("b2xk"))).toHaveLength(1);
    expect(peer.commands.filter((line) => /^AT\+USECPRF=\d$/.test(line))).toHaveLength(2);
  });
});
