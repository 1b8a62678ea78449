import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { contextOf } from "../../../driver/life/connections";
import { Refusals } from "../../../driver/life/refusals";
import { turns, useEventLoopClock } from "../../support/clock";
import type { PeerModem } from "./peer-modem";
import { SETTINGS, SOON, startLife, type TestLife } from "./start-life";

useEventLoopClock();

/** ms of the test's clock, for ten minutes. */
const CHECK = 2000;
const TIMING = { activationCheck: CHECK };

const kept = (file: string): number => (existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).length : 0);

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

  it("F27 neighbour: goes the same way where the network does not let the modem attach", async () => {
    peer.replies.set("AT+CGACT=1,1", "+CME ERROR: 107");
    life.make({}, { timing: TIMING }).modem.open();
    await peer.heard("AT+TREBOOT", 2);
    expect(peer.count("AT+CGACT=1,1")).toBe(6);
  });

  it("F27 neighbour: takes up a connection that a flow makes while it waits for the next check", async () => {
    peer.replies.set("AT+CGACT=1,1", "+CME ERROR: 132");
    const { modem } = life.make({}, { timing: { activationCheck: 600_000 } });
    modem.open();
    await peer.heard("AT+TREBOOT");
    await peer.heard("AT+CGACT=1,1", 4);
    peer.replies.set('AT+CGDCONT=1,"IP","right"', () => {
      peer.replies.set("AT+CGACT=1,1", () => {
        peer.active = true;
        return [];
      });
      return [];
    });
    await modem.connect({ apn: "right" });
    await modem.ready(SOON);
  });

  it("F27 neighbour: is ready without the connection when a flow gives it up meanwhile", async () => {
    peer.replies.set("AT+CGACT=1,1", "+CME ERROR: 132");
    const { modem } = life.make({}, { timing: { activationCheck: 600_000 } });
    modem.open();
    await peer.heard("AT+CGACT=1,1", 4);
    await modem.disconnect();
    await modem.ready(SOON);
  });

  it("F27 neighbour: tries again when the modem has registered anew", async () => {
    peer.replies.set("AT+CGACT=1,1", "+CME ERROR: 132");
    const { modem } = life.make({}, { timing: { activationCheck: 600_000 } });
    modem.open();
    await peer.heard("AT+CGACT=1,1", 4);
    await turns(50);
    peer.registered = false;
    peer.print("+CREG: 2");
    await peer.heard("AT+COPS?");
    peer.replies.set("AT+CGACT=1,1", () => {
      peer.active = true;
      return [];
    });
    peer.registered = true;
    peer.print("+CREG: 1");
    await modem.ready(SOON);
  });

  it("F27 neighbour: is refused ten times an hour at most, however often the process starts, unless settings change", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "refusals-")), "kept.json");
    onTestFinished(() => rmSync(dirname(file), { recursive: true }));
    peer.replies.set("AT+CGACT=1,1", "+CME ERROR: 132");
    for (let start = 1; start <= 6; start += 1) {
      const refusals = new Refusals(file);
      const { modem } = life.make({ apnUser: "joe", apnPassword: "pa55word" }, { refusals });
      modem.open();
      if (start < 6) while (kept(file) < 2 * start) await turns();
      else await expect(modem.ready({ timeout: 5000 })).rejects.toThrow(/refused so often within an hour/);
      await modem.close();
    }
    expect(peer.count("AT+CGACT=1,1")).toBe(10);
    expect(readFileSync(file, "utf8")).not.toMatch(/joe|pa55|351234567890123/);
    peer.replies.set('AT+CGDCONT=1,"IP","other"', []);
    life.make({ apn: "other" }, { refusals: new Refusals(file) }).modem.open();
    await peer.heard("AT+CGACT=1,1", 11);
  });

  it("F27 neighbour: an active connection is used, however often it was refused before", async () => {
    const refusals = new Refusals();
    const settings = JSON.stringify([contextOf({ ...SETTINGS, port: peer.url })]);
    for (let refused = 0; refused < 30; refused += 1) await refusals.take("351234567890123", settings);
    peer.active = true;
    await life.up({}, { refusals });
  });

  it("F27 neighbour: a connection that never lasts is put back ever more slowly", async () => {
    let last = 0;
    peer.replies.set("AT+CGACT=1,1", () => {
      peer.active = true;
      setTimeout(() => {
        peer.active = false;
        peer.print("+CGEV: NW PDN DEACT 1");
      }, 50);
      last = performance.now();
      return [];
    });
    const { modem } = life.make({}, { timing: { backoffMin: 1000, flapMax: 180_000 } });
    const start = performance.now();
    modem.open();
    await peer.heard("AT+CGACT=1,1", 11);
    expect(last - start).toBeGreaterThan(60_000);
  });

  it("F27 neighbour: what a flow tried in vain does not stand in for what is wanted", async () => {
    const { modem } = await life.up();
    peer.replies.set('AT+CGDCONT=1,"IP","bad"', () => {
      peer.active = false;
      return [];
    });
    const works = peer.replies.get("AT+CGACT=1,1");
    peer.replies.set("AT+CGACT=1,1", "+CME ERROR: 132");
    await expect(modem.connect({ apn: "bad" })).rejects.toMatchObject({ code: "NO_CONNECTION" });
    if (works !== undefined) peer.replies.set("AT+CGACT=1,1", works);
    const before = peer.count('AT+CGDCONT=1,"IP","internet"');
    peer.print("+CGEV: NW PDN DEACT 1");
    await peer.heard("AT+CGACT=1,1", 3);
    await modem.ready(SOON);
    expect(peer.count('AT+CGDCONT=1,"IP","internet"')).toBe(before + 1);
  });
});
