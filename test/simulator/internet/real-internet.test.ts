import { describe, expect, it, vi } from "vitest";
import { ping } from "../../../simulator/internet/ping";
import { createInternet, parseRoute } from "../../../simulator/internet/real-internet";
import { useEventLoopClock } from "../../support/clock";

// No guard time or pause is waited for in real time.
vi.mock("../../../simulator/clock", () => vi.importActual("../../support/simulator-clock"));
useEventLoopClock();

const signal = new AbortController().signal;

function internet(...routes: string[]) {
  return createInternet({ routes: routes.map(parseRoute), latency: 0, random: () => 0.5 });
}

describe("parseRoute", () => {
  it.each([
    ["example.org:80=127.0.0.1:8080", { name: "example.org", port: 80, target: { host: "127.0.0.1", port: 8080 } }],
    [
      "Example.ORG.:*=localhost:*",
      { name: "example.org", port: undefined, target: { host: "localhost", port: undefined } },
    ],
    ["[2001:DB8::1]:443=[::1]:8443", { name: "2001:db8::1", port: 443, target: { host: "::1", port: 8443 } }],
  ])("reads %s", (text, route) => {
    expect(parseRoute(text)).toEqual(route);
  });

  it.each([
    ["example.org:80", /expected NAME:PORT=HOST:PORT/],
    ["a:80=b:80=c:80", /expected NAME:PORT=HOST:PORT/],
    ["example.org=127.0.0.1:8080", /"example.org" is not a name and a port/],
    ["a:80=::1:80", /in brackets/],
    ["a:0=b:80", /port 0 is not in 1-65535/],
    ["a:80=b:65536", /port 65536 is not in 1-65535/],
    ["a:http=b:80", /is not a name and a port/],
    [":80=b:80", /is not a name and a port/],
  ])("refuses %s and says why", (text, message) => {
    expect(() => parseRoute(text)).toThrow(message);
  });
});

describe("target", () => {
  it("prefers the exact port to every port, in any order", () => {
    const bent = internet("a.test:*=127.0.0.2:*", "a.test:80=127.0.0.1:8080");
    expect(bent.target("A.test", 80)).toEqual({ host: "127.0.0.1", port: 8080 });
    expect(bent.target("a.test.", 81)).toEqual({ host: "127.0.0.2", port: 81 });
  });

  it("leaves what has no route alone", () => {
    expect(internet("a.test:80=127.0.0.1:8080").target("a.test", 443)).toEqual({ host: "a.test", port: 443 });
    expect(internet().target("[::1]", 80)).toEqual({ host: "::1", port: 80 });
  });
});

describe("lookup", () => {
  it("gives the address of a route's target for a routed name", async () => {
    expect(await internet("a.test:80=127.0.0.5:8080").lookup("a.test")).toEqual(["127.0.0.5"]);
  });

  it("gives an address as it is", async () => {
    expect(await internet().lookup("192.0.2.7")).toEqual(["192.0.2.7"]);
  });

  it("fails with dns for a name that does not exist and for none", async () => {
    await expect(internet().lookup("no-such-host.invalid")).rejects.toMatchObject({ failure: "dns" });
    await expect(internet().lookup("")).rejects.toMatchObject({ failure: "dns" });
  });

  it("finds the name of a routed address", async () => {
    expect(await internet("a.test:80=127.0.0.5:8080").reverse("127.0.0.5")).toBe("a.test");
  });

  it("fails with dns for an address without a name", async () => {
    await expect(internet().reverse("192.0.2.7")).rejects.toMatchObject({ failure: "dns" });
    await expect(internet().reverse("not an address")).rejects.toMatchObject({ failure: "dns" });
  });
});

describe("delay", () => {
  it("waits the latency, more or less a tenth", async () => {
    for (const random of [0, 0.999]) {
      const slow = createInternet({ routes: [], latency: 40, random: () => random });
      const start = performance.now();
      await slow.delay();
      expect(performance.now() - start).toBeGreaterThanOrEqual(random === 0 ? 35 : 42);
    }
  });

  it("ends when the modem is switched off", async () => {
    const power = new AbortController();
    const slow = createInternet({ routes: [], latency: 60_000, random: () => 0.5 });
    const waiting = slow.delay(power.signal);
    power.abort();
    await expect(waiting).rejects.toMatchObject({ failure: "closed" });
  });
});

describe("ping", () => {
  it("takes a refused connection as a proof of the host", async () => {
    const outcome = await ping(internet(), "127.0.0.1", { timeout: 1000, ttl: 32, signal });
    expect(outcome).toMatchObject({ kind: "reply", ttl: 52 });
  });

  it("reports a request whose TTL is too low for the way", async () => {
    expect(await ping(internet(), "127.0.0.1", { timeout: 1000, ttl: 3, signal })).toEqual({ kind: "ttl-exceeded" });
  });

  it("reports a host that can't be reached as a timeout", async () => {
    expect(await ping(internet(), "255.255.255.255", { timeout: 200, ttl: 32, signal })).toEqual({ kind: "timeout" });
  });

  it("counts the added latency into the round trip", async () => {
    const slow = createInternet({ routes: [], latency: 60, random: () => 0.5 });
    const outcome = await ping(slow, "127.0.0.1", { timeout: 1000, ttl: 32, signal });
    expect(outcome.kind === "reply" && outcome.rtt).toBeGreaterThanOrEqual(58);
  });

  it("reports a round trip longer than the timeout as a timeout", async () => {
    const slow = createInternet({ routes: [], latency: 60, random: () => 0.5 });
    expect(await ping(slow, "127.0.0.1", { timeout: 30, ttl: 32, signal })).toEqual({ kind: "timeout" });
  });
});
