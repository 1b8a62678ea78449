import { describe, expect, it } from "vitest";
import { advance, fakeTime } from "../../../support/clock";
import { startSession } from "../session";

describe("BG96 ping", () => {
  it("gives every reply and the modem's sums", async () => {
    const { peer, services } = await startSession();
    peer.on(/^AT\+QPING=1,"example.org",4,4$/, [
      "OK",
      '+QPING: 0,"93.184.216.34",32,198,53',
      '+QPING: 0,"93.184.216.34",32,241,53',
      "+QPING: 569",
      '+QPING: 0,"93.184.216.34",32,216,53',
      "+QPING: 0,4,3,1,198,241,218",
    ]);
    expect(await services.diagnostics.ping("example.org")).toEqual({
      sent: 4,
      received: 3,
      replies: [
        { sequence: 1, address: "93.184.216.34", size: 32, rtt: 198, ttl: 53 },
        { sequence: 2, address: "93.184.216.34", size: 32, rtt: 241, ttl: 53 },
        { sequence: 3, error: "no answer in time" },
        { sequence: 4, address: "93.184.216.34", size: 32, rtt: 216, ttl: 53 },
      ],
      rtt: { min: 198, avg: 218, max: 241 },
    });
  });

  it.each([
    [565, "DNS_FAILED"],
    [570, "NO_CONNECTION"],
  ])("fails with %d as %s", async (number, code) => {
    const { peer, services } = await startSession();
    peer.on(/^AT\+QPING=/, ["OK", `+QPING: ${number}`]);
    await expect(services.diagnostics.ping("nowhere.invalid")).rejects.toMatchObject({
      code,
      cause: { errorCode: number, result: `+QPING: ${number}` },
    });
  });

  it("goes on past lines that the line has damaged, until the modem's sums", async () => {
    const { peer, services } = await startSession();
    peer.on(/^AT\+QPING=/, [
      "OK",
      '+QPING: x,"93.184.216.34",32,198,53',
      '+QPING: 0,"93.184.216.34",32,2x1,53',
      '+QPING: 0,"93.184.216.34",32,216,53',
      "+QPING: 0,4,3,1,1x8,241,218",
    ]);
    expect(await services.diagnostics.ping("example.org", { count: 3 })).toEqual({
      sent: 3,
      received: 1,
      replies: [
        { sequence: 1, error: "the modem reported a reply that can't be read" },
        { sequence: 2, error: "the modem reported a reply that can't be read" },
        { sequence: 3, address: "93.184.216.34", size: 32, rtt: 216, ttl: 53 },
      ],
      rtt: { min: 216, avg: 216, max: 216 },
    });
  });

  it.each([
    ["ttl", { ttl: 10 }, "NOT_SUPPORTED"],
    ["size", { size: 64 }, "NOT_SUPPORTED"],
    ["count", { count: 11 }, "INVALID_INPUT"],
    ["timeout", { timeout: 256_000 }, "INVALID_INPUT"],
  ])("says that %s can't be used", async (option, options, code) => {
    const { peer, services } = await startSession();
    await expect(services.diagnostics.ping("example.org", options)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(option),
    });
    expect(peer.commands).toEqual([]);
  });

  it("lets one ping end before the next begins, though its caller gave up", async () => {
    const { peer, services } = await startSession();
    const abort = new AbortController();
    const sent = new Promise<void>((resolve) => {
      peer.on(/^AT\+QPING=1,"a",/, (_match, print) => {
        print.line("OK");
        resolve();
      });
    });
    peer.on(/^AT\+QPING=1,"b",/, ["OK", '+QPING: 0,"10.0.0.2",32,5,64', "+QPING: 0,1,1,0,5,5,5"]);
    const first = services.diagnostics.ping("a", { signal: abort.signal });
    const second = services.diagnostics.ping("b", { count: 1 });
    await sent;
    abort.abort();
    await expect(first).rejects.toMatchObject({ name: "AbortError" });
    peer.urc('+QPING: 0,"10.0.0.1",32,9,64');
    peer.urc("+QPING: 0,4,1,3,9,9,9");
    expect((await second).replies).toEqual([{ sequence: 1, address: "10.0.0.2", size: 32, rtt: 5, ttl: 64 }]);
  });
});

describe("BG96 name resolution", () => {
  it("collects all lines of the answer and gives the first address", async () => {
    const { peer, services } = await startSession({ between: "+CEREG: 5" });
    peer.on(/^AT\+QIDNSGIP=1,"example.org"$/, [
      "OK",
      '+QIURC: "dnsgip",0,2,600',
      '+QIURC: "dnsgip","93.184.216.34"',
      '+QIURC: "dnsgip","2606:2800:0220:0001:0248:1893:25C8:1946"',
    ]);
    expect(await services.diagnostics.resolve("example.org")).toEqual({
      host: "example.org",
      address: "93.184.216.34",
    });
  });

  it("fails with DNS_FAILED in words", async () => {
    const { peer, services } = await startSession();
    peer.on(/^AT\+QIDNSGIP=/, ["OK", '+QIURC: "dnsgip",565']);
    await expect(services.diagnostics.resolve("nowhere.invalid")).rejects.toMatchObject({
      code: "DNS_FAILED",
      message: expect.stringContaining("could not be resolved (565)"),
    });
  });

  it("takes the first address where the line has damaged their number", async () => {
    const { peer, services } = await startSession();
    peer.on(/^AT\+QIDNSGIP=/, ["OK", '+QIURC: "dnsgip",0,x,600', '+QIURC: "dnsgip","93.184.216.34"']);
    expect(await services.diagnostics.resolve("example.org")).toMatchObject({ address: "93.184.216.34" });
  });

  it("takes no address of an earlier one whose answer was lost", async () => {
    fakeTime();
    const { peer, services } = await startSession();
    peer.on(/^AT\+QIDNSGIP=1,"one"$/, () => undefined).on(/^AT\+QIDNSGIP=1,"two"$/, ["OK"]);
    const first = services.diagnostics.resolve("one");
    const second = services.diagnostics.resolve("two");
    first.catch(() => undefined);
    await advance(10_000);
    peer.urc('+QIURC: "dnsgip",0,1,600');
    peer.urc('+QIURC: "dnsgip","10.0.0.1"');
    await advance(1000);
    peer.urc('+QIURC: "dnsgip",0,1,600');
    peer.urc('+QIURC: "dnsgip","10.0.0.2"');
    await advance(1000);
    expect(await second).toEqual({ host: "two", address: "10.0.0.2" });
    expect(await first).toEqual({ host: "one", address: "10.0.0.1" });
  });

  it("can't turn an address into a name", async () => {
    const { services } = await startSession();
    await expect(services.diagnostics.resolve("10.0.0.1")).rejects.toMatchObject({ code: "NOT_SUPPORTED" });
  });

  it("refuses a host that would become another command", async () => {
    const { peer, services } = await startSession();
    await expect(services.diagnostics.resolve('a"\r\nAT+QPOWD')).rejects.toMatchObject({ code: "INVALID_INPUT" });
    await expect(services.diagnostics.ping("")).rejects.toMatchObject({ code: "INVALID_INPUT" });
    expect(peer.commands).toEqual([]);
  });
});
