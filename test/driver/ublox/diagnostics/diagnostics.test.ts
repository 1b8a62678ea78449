import { describe, expect, it, vi } from "vitest";
import { delay } from "../../../../driver/delay";
import { ModemError } from "../../../../driver/errors";
import { pass, useFakeTime } from "../../../support/clock";
import { failure } from "../../../support/failure";
import type { PeerOptions } from "../../peer";
import { bench, expectExplained } from "../bench";

function tools(options: PeerOptions = {}) {
  const parts = bench(options);
  parts.peer.on(/^AT\+UPING=/, ["OK"]);
  return { ...parts, diagnostics: parts.driver.services.diagnostics };
}

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve));
};

describe("ping", () => {
  it("gives the guide's four replies, and URCs of others between them do no harm", async () => {
    const { diagnostics, peer } = tools();
    const work = diagnostics.ping("www.google.com");
    await turns();
    for (const [index, rtt] of [62, 53, 53, 53].entries()) {
      peer.urc("+CSCON: 1");
      peer.urc(`+UUPING: ${index + 1}, 32, "www.google.com", "216.58.206.68", 115, ${rtt}`);
    }
    expect(await work).toEqual({
      sent: 4,
      received: 4,
      replies: [62, 53, 53, 53].map((rtt, index) => {
        return { sequence: index + 1, address: "216.58.206.68", rtt, ttl: 115, size: 32 };
      }),
      rtt: { min: 53, avg: 55.25, max: 62 },
    });
    expect(peer.commands).toEqual(['AT+UPING="www.google.com"']);
    expectExplained(peer.commands);
  });

  it("sends every option once one is given", async () => {
    const { diagnostics, peer } = tools();
    const work = diagnostics.ping("[2001:db8::1]", { count: 1, size: 64, timeout: 2000, ttl: 9 });
    await turns();
    peer.urc('+UUPING: 1,64,"2001:db8::1","2001:db8::1",9,7');
    expect(await work).toMatchObject({ received: 1 });
    expect(peer.commands).toEqual(['AT+UPING="2001:db8::1",1,64,2000,9,1000']);
    expectExplained(peer.commands);
  });

  it.each([
    ["F31 a timeout and then -2 is a host that is unreachable", [-1, -2], [/no reply within 5 s/, /unreachable/]],
    ["F31 neighbour: every -2 behind the timeout is", [-1, -2, -2], [/no reply/, /unreachable/, /unreachable/]],
    ["F31 neighbour: -2 at first is a TTL that is too low", [-2], [/TTL of 32/]],
    ["F31 neighbour: no reply at all is a result", [-1, -1], [/no reply/, /no reply/]],
  ])("%s", async (_what, times, errors) => {
    const { diagnostics, peer } = tools();
    const work = diagnostics.ping("a.b", { count: times.length });
    await turns();
    for (const [index, rtt] of times.entries()) peer.urc(`+UUPING: ${index + 1},32,"a.b","10.0.0.1",32,${rtt}`);
    expect(await work).toEqual({
      sent: times.length,
      received: 0,
      replies: errors.map((error, index) => ({ sequence: index + 1, error: expect.stringMatching(error) })),
      rtt: { min: 0, avg: 0, max: 0 },
    });
  });

  it.each([
    [8, "DNS_FAILED", /resolved/],
    [17, "NO_CONNECTION", /data connection/],
    [9, "NOT_SUPPORTED", /address/],
    [108, "CONNECT_FAILED", /sent/],
    [4711, "MODEM_REJECTED", /unknown error 4711/],
  ])("fails with +UUPINGER: %i as %s", async (number, code, words) => {
    const { diagnostics, peer } = tools();
    const work = diagnostics.ping("a.b");
    const failed = expect(work).rejects.toMatchObject({
      code,
      message: expect.stringMatching(words),
      cause: { errorCode: number },
    });
    await turns();
    peer.urc(`+UUPINGER: ${number}`);
    await failed;
  });

  it("keeps the replies that came before an error", async () => {
    const { diagnostics, peer } = tools();
    const work = diagnostics.ping("a.b");
    await turns();
    peer.urc('+UUPING: 1,32,"a.b","10.0.0.1",64,20');
    peer.urc("+UUPINGER: 108");
    expect(await work).toMatchObject({ sent: 2, received: 1, rtt: { min: 20, avg: 20, max: 20 } });
    expect((await work).replies[1]).toEqual({ sequence: 2, error: "the echo request could not be sent" });
  });

  it("runs one at a time, as its replies name no command", async () => {
    const { diagnostics, peer } = tools();
    const first = diagnostics.ping("one", { count: 1 });
    const second = diagnostics.ping("two", { count: 1 });
    await turns();
    expect(peer.commands).toHaveLength(1);
    peer.urc('+UUPING: 1,32,"one","10.0.0.1",64,1');
    expect(await first).toMatchObject({ rtt: { max: 1 } });
    await turns();
    peer.urc('+UUPING: 1,32,"two","10.0.0.2",64,2');
    expect(await second).toMatchObject({ rtt: { max: 2 } });
  });

  it("that was given up while the modem took it ends before the next begins", async () => {
    const { diagnostics, peer } = tools();
    peer.on(/^AT\+UPING="one"/, () => undefined);
    const abort = new AbortController();
    const first = expect(diagnostics.ping("one", { count: 1, signal: abort.signal })).rejects.toThrow("enough");
    await turns();
    abort.abort(new Error("enough"));
    await first;
    const second = diagnostics.ping("two", { count: 1 });
    peer.urc("OK");
    await turns();
    expect(peer.commands).toHaveLength(1);
    peer.urc('+UUPING: 1,32,"one","10.0.0.1",64,1');
    await turns();
    peer.urc('+UUPING: 1,32,"two","10.0.0.2",64,2');
    expect((await second).replies).toMatchObject([{ address: "10.0.0.2" }]);
  });

  it("passes over replies whose number the line has damaged", async () => {
    const { diagnostics, peer } = tools();
    const work = diagnostics.ping("a.b", { count: 3 });
    await turns();
    peer.urc('+UUPING: x,32,"a.b","10.0.0.1",64,20');
    peer.urc('+UUPING: 22,32,"a.b","10.0.0.1",64,20');
    peer.urc('+UUPING: 3,32,"a.b","10.0.0.1",64,20');
    expect(await work).toMatchObject({ sent: 3, received: 1, rtt: { min: 20, avg: 20, max: 20 } });
  });

  it("goes by the default context only", async () => {
    const { diagnostics, peer } = tools();
    await expect(diagnostics.ping("a.b", { cid: 2 })).rejects.toMatchObject({ code: "NOT_SUPPORTED" });
    peer.on(/^AT\+UDCONF=19$/, ["+UDCONF: 19,2,0", "OK"]);
    const work = diagnostics.ping("a.b", { cid: 2, count: 1 });
    await turns();
    peer.urc('+UUPING: 1,32,"a.b","10.0.0.1",64,1');
    expect(await work).toMatchObject({ received: 1 });
    expectExplained(peer.commands);
  });

  it.each([
    [{ count: 0 }, /count/],
    [{ count: 65 }, /count/],
    [{ size: 3 }, /size/],
    [{ timeout: 9 }, /timeout/],
    [{ ttl: 256 }, /ttl/],
    [{ size: 1.5 }, /size/],
  ])("refuses %o before anything is sent", async (options, words) => {
    const { diagnostics, peer } = tools();
    await expect(diagnostics.ping("a.b", options)).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringMatching(words),
    });
    expect(peer.commands).toEqual([]);
  });

  it("refuses hosts that a command can't carry", async () => {
    const { diagnostics, peer } = tools();
    for (const host of ["", 'a"b', "a\rAT", "ä.de", "x".repeat(256)]) {
      await expect(diagnostics.ping(host)).rejects.toMatchObject({ code: "INVALID_INPUT" });
      await expect(diagnostics.resolve(host)).rejects.toMatchObject({ code: "INVALID_INPUT" });
    }
    expect(peer.commands).toEqual([]);
  });
});

describe("name resolution", () => {
  it("gives a name's address and an address's name", async () => {
    const { diagnostics, peer } = tools();
    peer.on(/^AT\+UDNSRN=0,"www\.google\.com"$/, ['+UDNSRN: "216.239.59.147"', "OK"]);
    peer.on(/^AT\+UDNSRN=1,"8\.8\.8\.8"$/, ['+UDNSRN: "dns.google"', "OK"]);
    expect(await diagnostics.resolve("www.google.com")).toEqual({ host: "www.google.com", address: "216.239.59.147" });
    expect(await diagnostics.resolve("8.8.8.8")).toEqual({ host: "dns.google", address: "8.8.8.8" });
    expectExplained(peer.commands);
  });

  it("takes IPv6 literals with and without brackets", async () => {
    const { diagnostics, peer } = tools();
    peer.on(/^AT\+UDNSRN=1,"2001:db8::1"$/, ['+UDNSRN: "six"', "OK"]);
    for (const host of ["2001:db8::1", "[2001:db8::1]"]) {
      expect(await diagnostics.resolve(host)).toEqual({ host: "six", address: "2001:db8::1" });
    }
  });
});

describe("a ping whose answer was lost", () => {
  useFakeTime();

  it("goes on, and the next one waits for its last reply", async () => {
    const { diagnostics, peer } = tools();
    peer.on(/^AT$/, ["OK"]);
    peer.on(/^AT\+UPING="one"/, () => undefined);
    const first = diagnostics.ping("one", { count: 2 });
    const second = diagnostics.ping("two", { count: 1 });
    await turns();
    peer.urc('+UUPING: 1,32,"one","10.0.0.1",64,1');
    await pass(delay(25_000, new AbortController().signal));
    peer.urc('+UUPING: 2,32,"one","10.0.0.1",64,3');
    await turns();
    peer.urc('+UUPING: 1,32,"two","10.0.0.2",64,2');
    await turns();
    expect(await first).toMatchObject({ sent: 2, received: 2, rtt: { min: 1, avg: 2, max: 3 } });
    expect((await second).replies).toMatchObject([{ address: "10.0.0.2" }]);
  });
});

describe("name resolution that fails", () => {
  useFakeTime();

  it("at once is tried once more", async () => {
    const { diagnostics, peer } = tools();
    let tries = 0;
    peer.on(/^AT\+UDNSRN=/, () => (++tries === 1 ? ["ERROR"] : ['+UDNSRN: "10.0.0.1"', "OK"]));
    const work = diagnostics.resolve("a.b");
    await turns();
    await vi.advanceTimersByTimeAsync(500);
    expect(await work).toEqual({ host: "a.b", address: "10.0.0.1" });
    expect(tries).toBe(2);
  });

  it("twice is DNS_FAILED, naming the host", async () => {
    const { diagnostics, peer } = tools();
    peer.on(/^AT\+UDNSRN=/, ["ERROR"]);
    const failed = expect(diagnostics.resolve("no.such")).rejects.toMatchObject({
      code: "DNS_FAILED",
      message: expect.stringContaining("no.such"),
    });
    await turns();
    await vi.advanceTimersByTimeAsync(500);
    await failed;
    expect(peer.commands).toHaveLength(2);
  });

  it("after seconds is not tried again", async () => {
    const { diagnostics, peer } = tools();
    peer.on(/^AT\+UDNSRN=/, () => {
      setTimeout(() => peer.urc("ERROR"), 3000);
      return undefined;
    });
    const failed = expect(diagnostics.resolve("no.such")).rejects.toMatchObject({ code: "DNS_FAILED" });
    await turns();
    await vi.advanceTimersByTimeAsync(3000);
    await turns();
    await failed;
    expect(peer.commands).toHaveLength(1);
  });

  it("by abort ends at once", async () => {
    const { diagnostics, peer } = tools();
    peer.on(/^AT\+UDNSRN=/, () => undefined);
    const abort = new AbortController();
    const failed = expect(diagnostics.resolve("a.b", { signal: abort.signal })).rejects.toThrow("enough");
    await turns();
    abort.abort(new Error("enough"));
    await failed;
  });

  it("by the end of the session gives its reason", async () => {
    const { diagnostics, driver, peer } = tools();
    peer.on(/^AT\+UDNSRN=/, () => undefined);
    const failed = expect(diagnostics.resolve("a.b")).rejects.toMatchObject({ code: "MODEM_RESTARTED" });
    await turns();
    driver.dispose(new ModemError("MODEM_RESTARTED", "rebooted"));
    await failed;
  });
});

describe("F31 an APN that leads nowhere", () => {
  useFakeTime();

  it("F31 says where an empty APN may be the reason that a name can't be resolved", async () => {
    for (const [apn, words] of [
      ["", /APN/],
      ["internet", /^(?!.*APN)/],
    ] as const) {
      const { diagnostics, driver, peer } = tools();
      peer.on(/^AT\+(CGDCONT|UAUTHREQ|CFUN)=/, ["OK"]).on(/^AT\+UMNOPROF\?$/, ["+UMNOPROF: 90", "OK"]);
      peer.on(/^AT\+CGDCONT\?$/, ["OK"]).on(/^AT\+CFUN\?$/, ["+CFUN: 1", "OK"]);
      peer.on(/^AT\+UDNSRN=/, ["+CME ERROR: DNS error"]);
      await driver.services.packetData.define({ cid: 1, apn, pdpType: "IPV4V6", authType: "none" });
      const error = await pass(failure(diagnostics.resolve("a.b")));
      expect(error).toMatchObject({ code: "DNS_FAILED", message: expect.stringMatching(words) });
    }
  });
});
