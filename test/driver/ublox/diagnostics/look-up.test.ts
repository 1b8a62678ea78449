import { describe, expect, it, vi } from "vitest";
import { ModemError } from "../../../../driver/errors";
import { query } from "../../../../driver/ublox/commands";
import { pass, turns as runTurns, useFakeTime } from "../../../support/clock";
import { failure } from "../../../support/failure";
import { bench, expectExplained } from "../bench";

const turns = (): Promise<void> => runTurns(30);

function tools() {
  const parts = bench();
  return { ...parts, diagnostics: parts.driver.services.diagnostics };
}

describe("F25 neighbour: a name that takes long to look up", () => {
  useFakeTime();
  const ASKED = 'AT+UDNSRN=0,"a.b",1';

  function slow() {
    const parts = tools();
    parts.peer.on(/^AT\+UDNSRN=0,"[^"]+",1$/, ["OK"]).on(/^AT\+CSQ$/, ["+CSQ: 20,99", "OK"]);
    return parts;
  }

  it.each(['0,"192.0.2.7"', '"192.0.2.7"', '0,"192.0.2.7","192.0.2.8"', ' "192.0.2.7"'])(
    "leaves the line to others until +UUDNSRN: %s",
    async (told) => {
      const { diagnostics, peer, channel } = slow();
      const work = diagnostics.resolve("a.b");
      await turns();
      expect((await channel.send(query("+CSQ", []))).lines[0]?.text).toBe("+CSQ: 20,99");
      peer.urc(`+UUDNSRN: ${told}`);
      expect(await work).toEqual({ host: "a.b", address: "192.0.2.7" });
      expect(peer.commands).toEqual([ASKED, "AT+CSQ"]);
      expectExplained(peer.commands.slice(0, 1));
    },
  );

  it("tells that it is unknown, with the modem's number", async () => {
    const { diagnostics, peer } = slow();
    const work = failure(diagnostics.resolve("a.b"));
    await turns();
    await vi.advanceTimersByTimeAsync(3000);
    peer.urc("+UUDNSRN: 8");
    expect(await work).toMatchObject({ code: "DNS_FAILED", cause: { errorCode: 8 } });
    expect(peer.commands).toEqual([ASKED]);
  });

  it("is asked in the form that holds the line where the other is refused, from then on", async () => {
    const { diagnostics, peer } = tools();
    peer.on(/^AT\+UDNSRN=0,"a\.b",1$/, ["+CME ERROR: operation not allowed"]);
    peer.on(/^AT\+UDNSRN=0,"a\.b"$/, ['+UDNSRN: "192.0.2.7"', "OK"]);
    expect((await pass(diagnostics.resolve("a.b"))).address).toBe("192.0.2.7");
    expect((await pass(diagnostics.resolve("a.b"))).address).toBe("192.0.2.7");
    expect(peer.commands).toEqual([ASKED, 'AT+UDNSRN=0,"a.b"', 'AT+UDNSRN=0,"a.b"']);
  });

  it.each(['+UUDNSRN: 0,"192.0.2', "+UUDNSRN: 0", '+UUDNSRN: 0,"2.7"', '+UUDNSRN: 3,"192.0.2.7",1'])(
    "is asked for again where the line has damaged its outcome to %s",
    async (told) => {
      const { diagnostics, peer } = slow();
      peer.on(/^AT\+UDNSRN=0,"a\.b"$/, ['+UDNSRN: "192.0.2.7"', "OK"]);
      const work = diagnostics.resolve("a.b");
      await turns();
      peer.urc(told);
      expect((await pass(work)).address).toBe("192.0.2.7");
    },
  );

  it("that was given up leaves its outcome to no other", async () => {
    const { diagnostics, peer } = slow();
    const abort = new AbortController();
    const first = failure(diagnostics.resolve("a.b", { signal: abort.signal }));
    await turns();
    abort.abort(new ModemError("MODEM_TIMEOUT", "enough"));
    expect((await first).message).toBe("enough");
    const second = diagnostics.resolve("c.d");
    await turns();
    expect(peer.commands).toEqual([ASKED]);
    peer.urc('+UUDNSRN: 0,"192.0.2.7"');
    await turns();
    peer.urc('+UUDNSRN: 0,"192.0.2.9"');
    expect((await pass(second)).address).toBe("192.0.2.9");
  });

  it("that was given up and is never told of holds the next one for some seconds only", async () => {
    const { diagnostics, peer } = slow();
    peer.on(/^AT\+UDNSRN=0,"c\.d"$/, ['+UDNSRN: "192.0.2.9"', "OK"]);
    const abort = new AbortController();
    const first = failure(diagnostics.resolve("a.b", { signal: abort.signal }));
    await turns();
    abort.abort(new ModemError("MODEM_TIMEOUT", "enough"));
    await first;
    const since = performance.now();
    expect((await pass(diagnostics.resolve("c.d"))).address).toBe("192.0.2.9");
    expect(performance.now() - since).toBeLessThan(17_000);
  });

  it("leaves no timer over a thousand times", async () => {
    const { diagnostics, peer } = slow();
    for (let round = 0; round < 1000; round += 1) {
      const work = diagnostics.resolve("a.b");
      await turns();
      peer.urc('+UUDNSRN: 0,"192.0.2.7"');
      await pass(work);
    }
    expect(vi.getTimerCount()).toBe(0);
  });
});
