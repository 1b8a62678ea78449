import { describe, expect, it } from "vitest";
import { pass, useFakeTime } from "../../../support/clock";
import { failure } from "../../../support/failure";
import { expectExplained } from "../bench";
import type { HttpCall } from "../lara";
import { pem, secureClient, secureGet, tls } from "../security/fake-tls";
import { get, ok, turns } from "./http-client";

const securityCommands = (commands: readonly string[]): string[] => commands.filter((line) => /^AT\+USEC/.test(line));

describe("HTTPS on LARA-R6", () => {
  it("sets a security profile up, says so to the HTTP profile, and sets the port by hand", async () => {
    const { http, peer } = secureClient();
    const response = await http.request(secureGet(tls()));
    expect(response.body.toString()).toBe("hello");
    const start = peer.commands.indexOf("AT+UHTTP=0");
    expect(peer.commands.slice(start, start + 6)).toEqual([
      "AT+UHTTP=0",
      'AT+UHTTP=0,1,"plant.example"',
      "AT+UHTTP=0,6,1,0",
      "AT+UHTTP=0,5,443",
      "AT+UHTTP=0,7,30",
      'AT+UHTTPC=0,1,"/","nr_http_0_rsp"',
    ]);
    expect(securityCommands(peer.commands)[0]).toBe("AT+USECPRF=0");
    expectExplained(peer.commands);
  });

  it("takes another port from the URL, and a plain request leaves TLS off", async () => {
    const { http, peer } = secureClient();
    await http.request(secureGet(tls(), { url: "https://plant.example:8443/x" }));
    expect(peer.commands).toContain("AT+UHTTP=0,5,8443");
    peer.commands.length = 0;
    await http.request(get({ security: tls() }));
    expect(peer.commands.filter((line) => /^AT\+(USEC|UHTTP=\d,6)/.test(line))).toEqual([]);
  });

  it("sets a profile up once for all requests that have its settings, at once or one after the other", async () => {
    const { http, peer } = secureClient();
    const ca = pem("ca.cert");
    const profile = tls({ validation: "ca", ca });
    await Promise.all([1, 2, 3].map(() => http.request(secureGet(profile))));
    await http.request(secureGet(tls({ validation: "ca", ca })));
    const commands = securityCommands(peer.commands);
    expect(commands.filter((line) => line === "AT+USECPRF=0")).toHaveLength(1);
    expect(commands.filter((line) => line.startsWith("AT+USECMNG=0"))).toHaveLength(1);
    expect(commands.filter((line) => /^AT\+USECPRF=[1-4]/.test(line))).toEqual([]);
  });

  it("serves six profiles with five numbers: the one used longest ago is set up anew", async () => {
    const { http, peer } = secureClient();
    const hosts = ["a", "b", "c", "d", "e", "f", "e", "a"];
    for (const host of hosts) await http.request(secureGet(tls(), { url: `https://${host}.example/` }));
    expect(securityCommands(peer.commands).filter((line) => /^AT\+USECPRF=\d$/.test(line))).toEqual(
      [0, 1, 2, 3, 4, 0, 1].map((number) => `AT+USECPRF=${number}`),
    );
    const last = peer.commands.filter((line) => /^AT\+UHTTP=\d,6,1/.test(line)).slice(-2);
    expect(last.map((line) => line.slice(-1))).toEqual(["4", "1"]);
  });

  it("does not remember a profile whose set-up failed", async () => {
    const { http, peer } = secureClient();
    let refusals = 1;
    peer.on(/^AT\+USECPRF=0,0,0$/, () => (refusals-- > 0 ? ["+CME ERROR: operation not allowed"] : ["OK"]));
    expect((await failure(http.request(secureGet(tls())))).code).toBe("MODEM_REJECTED");
    expect((await http.request(secureGet(tls()))).statusCode).toBe(200);
    expect(peer.commands.filter((line) => /^AT\+USECPRF=\d$/.test(line))).toHaveLength(2);
  });

  it("refuses what can't be set before the first command", async () => {
    const { http, peer } = secureClient();
    const error = await failure(http.request(secureGet(tls({ cert: pem("client.cert") }))));
    expect(error).toMatchObject({ code: "INVALID_INPUT", message: expect.stringContaining("key") });
    expect(peer.commands).toEqual([]);
  });
});

describe("four secure connections", () => {
  /** Requests that stay until the test ends them. */
  const hanging = () => {
    const calls: HttpCall[] = [];
    const parts = secureClient((call) => {
      calls.push(call);
      return undefined;
    });
    const finish = (profile: number): void => {
      parts.files.set(`nr_http_${profile}_rsp`, ok());
      parts.peer.urc(`+UUHTTPCR: ${profile},1,1`);
    };
    return { ...parts, calls, finish };
  };

  it("work side by side; a fifth waits for them and leaves no profile to be had by others", async () => {
    const { http, calls, finish, peer } = hanging();
    const four = [0, 1, 2, 3].map((index) => http.request(secureGet(tls(), { url: `https://a.b/${index}` })));
    await turns();
    const fifth = http.request(secureGet(tls(), { url: "https://a.b/4" }));
    await turns();
    expect(calls).toHaveLength(4);
    finish(2);
    expect((await four[2])?.statusCode).toBe(200);
    await turns();
    expect(calls[4]?.path).toBe("/4");
    for (const profile of [0, 1, 2, 3]) finish(profile);
    await Promise.all([...four, fifth]);
    expect(peer.commands.filter((line) => line === "AT+USECPRF=0")).toHaveLength(1);
  });

  it("are the reason, with their owners' names, for which a fifth is refused in the end", async () => {
    const { http, finish } = hanging();
    const four = [0, 1, 2, 3].map((index) => http.request(secureGet(tls(), { url: `https://a.b/${index}` })));
    await turns();
    const error = await failure(http.request(secureGet(tls(), { timeout: 20 })));
    expect(error.code).toBe("MODEM_BUSY");
    expect(error.message).toMatch(/All 4 secure connections.*GET https:\/\/a\.b\/0; GET https:\/\/a\.b\/1/);
    for (const profile of [0, 1, 2, 3]) finish(profile);
    await Promise.all(four);
  });

  it("stay taken while the module is busy for a caller who gave up", async () => {
    const { http, calls, finish } = hanging();
    const abort = new AbortController();
    const gone = failure(http.request(secureGet(tls(), { signal: abort.signal, timeout: 5000 }))).catch(String);
    const others = [1, 2, 3].map((index) => http.request(secureGet(tls(), { url: `https://a.b/${index}` })));
    await turns();
    abort.abort(new Error("flow stopped"));
    expect(await gone).toContain("flow stopped");
    const fifth = http.request(secureGet(tls(), { url: "https://a.b/5" }));
    await turns();
    expect(calls).toHaveLength(4);
    finish(0);
    await turns();
    expect(calls[4]?.path).toBe("/5");
    for (const profile of [0, 1, 2, 3]) finish(profile);
    await Promise.all([...others, fifth]);
  });

  describe("whose request runs out of time", () => {
    useFakeTime();

    it("while a profile is set up tell the request's own limit", async () => {
      const { http, peer } = hanging();
      peer.on(/^AT\+USECPRF=0$/, () => undefined);
      const error = await failure(pass(http.request(secureGet(tls(), { timeout: 2000 }))));
      expect(error).toMatchObject({ code: "MODEM_TIMEOUT", message: expect.stringContaining("within 2 s") });
    });

    it("are given back by a request that gave up while it waited for an HTTP profile", async () => {
      const { http, calls, finish } = hanging();
      const plain = [0, 1, 2, 3].map((index) => http.request(get({ url: `http://a.b/${index}` })));
      await turns();
      for (let turn = 0; turn < 5; turn++) {
        expect((await failure(pass(http.request(secureGet(tls(), { timeout: 1000 }))))).message).toContain(
          "HTTP profiles",
        );
      }
      for (const profile of [0, 1, 2, 3]) finish(profile);
      await Promise.all(plain);
      const secure = http.request(secureGet(tls()));
      await turns();
      expect(calls).toHaveLength(5);
      finish(calls[4]?.profile ?? 0);
      expect((await secure).statusCode).toBe(200);
    });
  });

  it("end with the modem, and nobody waits on", async () => {
    const { http, driver } = hanging();
    const five = [0, 1, 2, 3, 4].map((index) => http.request(secureGet(tls(), { url: `https://a.b/${index}` })));
    await turns();
    const fifth = expect(five[4]).rejects.toThrow("unplugged");
    driver.dispose(new Error("unplugged"));
    await fifth;
    void Promise.allSettled(five);
  });
});
