import { describe, expect, it, vi } from "vitest";
import { ModemError } from "../../../../driver/errors";
import { useFakeTime } from "../../../support/clock";
import { failure } from "../../../support/failure";
import { client, get, ok, turns } from "./http-client";

describe("time", () => {
  useFakeTime();

  /** In steps, so that the peer's answers arrive in the meantime. */
  async function pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 500) {
      await vi.advanceTimersByTimeAsync(500);
      await turns();
    }
  }

  it("tells the modem the request's limit within what the modem allows", async () => {
    for (const [timeout, seconds] of [
      [5000, 30],
      [90_500, 91],
      [999_000, 180],
    ] as const) {
      const { http, peer } = client();
      await http.request(get({ timeout }));
      expect(peer.commands).toContain(`AT+UHTTP=0,7,${seconds}`);
    }
  });

  it("over, the request fails, but its profile is not used again before the modem is done", async () => {
    const { http, peer, files } = client(() => undefined);
    const late = failure(http.request(get({ timeout: 5000 })));
    await turns();
    await vi.advanceTimersByTimeAsync(5000);
    const error = await late;
    expect(error.code).toBe("MODEM_TIMEOUT");
    expect(error.message).toContain("5 s");
    const others = Array.from({ length: 4 }, () => http.request(get({ timeout: 60_000 })));
    await turns();
    const used = (): number => peer.commands.filter((line) => line.startsWith("AT+UHTTPC=0,")).length;
    expect(used()).toBe(1);
    files.set("nr_http_0_rsp", ok("late"));
    peer.urc("+UUHTTPCR: 0,1,1");
    await turns();
    expect(used()).toBe(2);
    expect(files.has("nr_http_0_rsp")).toBe(false);
    for (const profile of [0, 1, 2, 3]) {
      files.set(`nr_http_${profile}_rsp`, ok());
      peer.urc(`+UUHTTPCR: ${profile},1,1`);
    }
    await Promise.all(others);
  });

  it("without a result gives the profile back in the end", async () => {
    const { http, peer } = client(() => undefined);
    const late = Array.from({ length: 4 }, () => failure(http.request(get({ timeout: 5000 }))));
    await turns();
    await vi.advanceTimersByTimeAsync(5000);
    expect((await Promise.all(late)).map(({ code }) => code)).toEqual(Array(4).fill("MODEM_TIMEOUT"));
    const next = http.request(get({ timeout: 60_000 }));
    const before = peer.commands.length;
    await pass(40_000);
    expect(peer.commands.slice(before)).toContain('AT+UHTTPC=0,1,"/","nr_http_0_rsp"');
    peer.urc("+UUHTTPCR: 0,1,0");
    expect((await failure(next)).code).toBe("MODEM_REJECTED");
  });

  it("ends for who aborts, at once", async () => {
    const { http } = client(() => undefined);
    const abort = new AbortController();
    const work = failure(http.request(get({ signal: abort.signal })));
    await turns();
    abort.abort(new ModemError("MODEM_OFFLINE", "node closed"));
    expect((await work).message).toBe("node closed");
  });

  it("given up while the modem takes the request leaves the profile to it until its result", async () => {
    const { http, peer, files } = client(() => undefined);
    let take = (): void => undefined;
    peer.on(/^AT\+UHTTPC=0,1,"\/first"/, () => {
      take = () => peer.urc("OK");
      return undefined;
    });
    const abort = new AbortController();
    const first = failure(http.request(get({ url: "http://a.b/first", signal: abort.signal })));
    await turns();
    abort.abort(new ModemError("MODEM_OFFLINE", "node closed"));
    expect((await first).message).toBe("node closed");
    take();
    await turns();
    const others = Array.from({ length: 4 }, () => http.request(get({ url: "http://a.b/other" })));
    await turns();
    expect(peer.commands.filter((line) => line.startsWith("AT+UHTTPC=0,"))).toHaveLength(1);
    files.set("nr_http_0_rsp", ok("of the first"));
    peer.urc("+UUHTTPCR: 0,1,1");
    await turns();
    for (const profile of [0, 1, 2, 3]) {
      files.set(`nr_http_${profile}_rsp`, ok("of another"));
      peer.urc(`+UUHTTPCR: ${profile},1,1`);
    }
    const bodies = (await Promise.all(others)).map(({ body }) => body.toString());
    expect(bodies).toEqual(Array(4).fill("of another"));
  });

  it("without an answer to the request itself is the module's to end: its result counts", async () => {
    const { http, peer, files } = client(() => undefined);
    peer.on(/^AT$/, ["OK"]);
    peer.on(/^AT\+UHTTPC=0,1,"\/first"/, () => undefined);
    const first = http.request(get({ url: "http://a.b/first", timeout: 60_000 }));
    await pass(30_000);
    const others = Array.from({ length: 4 }, () => http.request(get({ url: "http://a.b/other", timeout: 60_000 })));
    await turns();
    expect(peer.commands.filter((line) => line.startsWith("AT+UHTTPC=0,"))).toHaveLength(1);
    files.set("nr_http_0_rsp", ok("of the first"));
    peer.urc("+UUHTTPCR: 0,1,1");
    await turns();
    expect((await first).body.toString()).toBe("of the first");
    for (const profile of [0, 1, 2, 3]) {
      files.set(`nr_http_${profile}_rsp`, ok());
      peer.urc(`+UUHTTPCR: ${profile},1,1`);
    }
    await Promise.all(others);
  });

  it("without an answer to the request itself, and without a result, gives the profile back in the end", async () => {
    const { http, peer } = client(() => undefined);
    peer.on(/^AT$/, ["OK"]);
    peer.on(/^AT\+UHTTPC=0,1,"\/first"/, () => undefined);
    const first = failure(http.request(get({ url: "http://a.b/first", timeout: 60_000 })));
    await pass(61_000);
    expect((await first).code).toBe("MODEM_TIMEOUT");
    const others = Array.from({ length: 4 }, () => http.request(get({ timeout: 90_000 })).catch(() => undefined));
    await pass(60_000);
    expect(peer.commands.filter((line) => line.startsWith("AT+UHTTPC=0,"))).toHaveLength(2);
    for (const profile of [0, 1, 2, 3]) peer.urc(`+UUHTTPCR: ${profile},1,0`);
    await Promise.all(others);
  });

  it("for one that waits for a profile ends as busy", async () => {
    const { http } = client(() => undefined);
    for (let index = 0; index < 4; index++) void failure(http.request(get({ timeout: 60_000 })));
    const fifth = failure(http.request(get({ timeout: 1000 })));
    await turns();
    await vi.advanceTimersByTimeAsync(1000);
    const error = await fifth;
    expect(error.code).toBe("MODEM_BUSY");
    expect(error.message).toContain("4 HTTP profiles");
  });

  it("is not spent on a profile that an earlier session left busy while another is free", async () => {
    const { http, peer, files } = client();
    peer.on(/^AT\+UHTTPC=0,/, ["ERROR"]);
    peer.on(/^AT\+UHTTPER=0$/, ["+UHTTPER: 0,3,30", "OK"]);
    peer.on(/^AT\+UHTTPC=1,/, () => {
      files.set("nr_http_1_rsp", ok());
      setImmediate(() => peer.urc("+UUHTTPCR: 1,1,1"));
      return ["OK"];
    });
    expect((await http.request(get())).statusCode).toBe(200);
  });

  it("is given to profiles that are all still busy: they are tried again", async () => {
    const { http, peer, files } = client();
    let tries = 0;
    peer.on(/^AT\+UHTTPC=(\d),/, ([, profile]) => {
      if (++tries < 6) return ["ERROR"];
      files.set(`nr_http_${profile}_rsp`, ok());
      setImmediate(() => peer.urc(`+UUHTTPCR: ${profile},1,1`));
      return ["OK"];
    });
    peer.on(/^AT\+UHTTPER=(\d)$/, ([, profile]) => [`+UHTTPER: ${profile},3,30`, "OK"]);
    const work = http.request(get());
    for (let second = 0; second < 3; second++) {
      await turns();
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect((await work).statusCode).toBe(200);
    expect(tries).toBe(6);
  });
});
