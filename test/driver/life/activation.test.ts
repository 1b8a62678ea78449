import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { useEventLoopClock } from "../../support/clock";
import type { PeerModem } from "./peer-modem";
import { SOON, startLife, type TestLife } from "./start-life";

useEventLoopClock();

/** ms of the test's clock, for ten minutes. */
const CHECK = 2000;
const TIMING = { activationCheck: CHECK };

let life: TestLife;
let peer: PeerModem;

beforeEach(async () => {
  life = await startLife();
  peer = life.peer;
});
afterEach(() => life.end());

describe("F27 an activation that is refused for ever", () => {
  it("F27 is tried three times, then after a reboot three times ten minutes apart, and so on", async () => {
    const attempts: number[] = [];
    const reboots: number[] = [];
    peer.replies.set("AT+CGACT=1,1", () => {
      attempts.push(performance.now());
      return "+CME ERROR: 132";
    });
    peer.replies.set("AT+TREBOOT", () => {
      reboots.push(performance.now());
      peer.reboot();
      return [];
    });
    life.make({}, { timing: TIMING }).modem.open();
    await peer.heard("AT+TREBOOT", 3);
    expect(attempts).toHaveLength(9);
    const [first = 0, second = 0, third = 0] = reboots;
    expect(attempts.filter((time) => time < first)).toHaveLength(3);
    for (const [from, to] of [
      [first, second],
      [second, third],
    ] as const) {
      const checks = attempts.filter((time) => time > from && time < to);
      expect(checks).toHaveLength(3);
      const gaps = checks.slice(1).map((time, index) => time - (checks[index] ?? 0));
      expect(Math.min(...gaps, to - (checks.at(-1) ?? 0))).toBeGreaterThanOrEqual(CHECK);
    }
    const told = life.states.filter((state) => state.includes(":")).map((state) => state.replace(/.*: /, ""));
    expect(new Set(told)).toEqual(new Set(["NO_CONNECTION"]));
  });

  it("F27 neighbour: counts anew once it has worked", async () => {
    let refusals = 4;
    peer.replies.set("AT+CGACT=1,1", () => {
      refusals -= 1;
      if (refusals >= 0) return "+CME ERROR: 132";
      peer.active = true;
      return [];
    });
    const { modem } = await life.up({}, { timing: TIMING });
    expect(peer.count("AT+TREBOOT")).toBe(1);
    refusals = 2;
    peer.active = false;
    peer.print("+CGEV: NW PDN DEACT 1");
    await peer.heard("AT+CGACT=1,1", 8);
    await modem.ready(SOON);
    expect(peer.count("AT+TREBOOT")).toBe(1);
  });

  it("F27 neighbour: goes on checking where the modem refuses the reboot", async () => {
    peer.replies.set("AT+CGACT=1,1", "+CME ERROR: 132");
    peer.replies.set("AT+TREBOOT", "ERROR");
    life.make({}, { timing: TIMING }).modem.open();
    await peer.heard("AT+CGACT=1,1", 7);
    expect(peer.count("AT+TREBOOT")).toBe(2);
  });

  it("F27 neighbour: takes no working connection away for one that is refused", async () => {
    peer.replies.set('AT+CGDCONT=2,"IP","other"', []);
    let second = true;
    peer.replies.set("AT+CGACT=1,2", () => (second ? [] : "+CME ERROR: 132"));
    const { modem } = await life.up({}, { timing: TIMING });
    await modem.connect({ cid: 2, apn: "other" });
    second = false;
    peer.print("+CGEV: NW PDN DEACT 2");
    await peer.heard("AT+CGACT=1,2", 6);
    expect(peer.count("AT+TREBOOT")).toBe(0);
  });
});
