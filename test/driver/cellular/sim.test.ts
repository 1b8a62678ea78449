import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { PinFile } from "../../../driver/cellular/pin-file";
import { PinMemory, type PinRecords } from "../../../driver/cellular/pin-memory";
import { unlockSim } from "../../../driver/cellular/sim";
import type { SimQuestions } from "../../../driver/services/model";
import { pass, useFakeTime } from "../../support/clock";
import { failure, rejection } from "../../support/failure";
import { type Answer, type Script, ScriptedChannel } from "./scripted-channel";

const PIN = "1234";

interface Bench {
  pin?: string;
  pins?: PinMemory;
  port?: string;
  imei?: string;
  questions?: SimQuestions;
}

function setUp(script: Script, { pin = PIN, pins = new PinMemory(), port = "COM1", imei, questions }: Bench = {}) {
  const channel = new ScriptedChannel(script);
  const abort = new AbortController();
  const options = { port, imei, pin, pins, questions, bootTime: 20_000, interval: 1000, signal: abort.signal };
  const unlock = () => unlockSim(channel, options);
  return { channel, abort, unlock, pins };
}

/** What a SIM tells before its PIN. */
function telling(iccid: string | undefined, ...left: (number | undefined)[]): SimQuestions {
  return {
    iccid: async () => iccid,
    pinAttempts: async () => (left.length > 1 ? left.shift() : left[0]),
  };
}

/** How often a PIN went out. */
function tries(...channels: ScriptedChannel[]): number {
  return channels.flatMap(({ sent }) => sent).filter((line) => line.startsWith("AT+CPIN=")).length;
}

/** Answers one after the other, the last one for ever. */
function inTurn(...answers: Answer[]): () => Answer {
  return () => (answers.length > 1 ? answers.shift() : answers[0]) as Answer;
}

describe("unlockSim", () => {
  useFakeTime();

  it("sends no PIN to a SIM that is ready", async () => {
    const { channel, unlock } = setUp({ "AT+CPIN?": ["+CPIN: READY"] });
    await unlock();
    expect(channel.sent).toEqual(["AT+CPIN?"]);
  });

  it.each([10, 13, 14, "ERROR"] as const)("waits while the SIM boots (%s)", async (error) => {
    const { unlock } = setUp({ "AT+CPIN?": inTurn(error, error, ["+CPIN: READY"]) });
    const unlocked = unlock();
    await vi.advanceTimersByTimeAsync(2000);
    await unlocked;
    expect(vi.getTimerCount()).toBe(0);
  });

  it("gives up after 20 s without a SIM, saying so", async () => {
    const { unlock } = setUp({ "AT+CPIN?": 10 });
    const failed = expect(unlock()).rejects.toMatchObject({
      code: "SIM_ERROR",
      message: expect.stringMatching(/No SIM.*Insert/),
      cause: { errorCode: 10 },
    });
    await vi.advanceTimersByTimeAsync(21_000);
    await failed;
  });

  it("enters the PIN once, hidden, and goes on when the SIM takes it", async () => {
    const { channel, unlock } = setUp({
      "AT+CPIN?": inTurn(["+CPIN: SIM PIN"], ["+CPIN: READY"]),
      'AT+CPIN="1234"': [],
    });
    await unlock();
    expect(channel.sent).toEqual(["AT+CPIN?", 'AT+CPIN="1234"', "AT+CPIN?"]);
    expect(channel.labels.join()).not.toContain(PIN);
  });

  it("never sends a refused PIN again, not even for another modem object on the same port", async () => {
    const script: Script = { "AT+CPIN?": ["+CPIN: SIM PIN"], 'AT+CPIN="1234"': 16 };
    const first = setUp(script);
    await expect(first.unlock()).rejects.toMatchObject({ code: "SIM_ERROR", message: expect.stringContaining("PIN") });
    const second = setUp(script, { pins: first.pins });
    const error = await failure(second.unlock());
    expect(error).toMatchObject({ code: "SIM_ERROR" });
    expect(String(error.message)).not.toContain(PIN);
    expect([...first.channel.sent, ...second.channel.sent].filter((line) => line.includes(PIN))).toHaveLength(1);
  });

  it("tries a corrected PIN", async () => {
    const script: Script = {
      "AT+CPIN?": inTurn(["+CPIN: SIM PIN"], ["+CPIN: SIM PIN"], ["+CPIN: SIM PIN"], ["+CPIN: READY"]),
      'AT+CPIN="1234"': 16,
      'AT+CPIN="4321"': [],
    };
    const first = setUp(script);
    await expect(first.unlock()).rejects.toMatchObject({ code: "SIM_ERROR" });
    await setUp(script, { pin: "4321", pins: first.pins }).unlock();
  });

  it("takes no second chance after an attempt whose outcome nobody saw", async () => {
    const script: Script = { "AT+CPIN?": ["+CPIN: SIM PIN"], 'AT+CPIN="1234"': "TIMEOUT" };
    const { unlock, channel } = setUp(script);
    await expect(pass(unlock())).rejects.toMatchObject({ code: "SIM_ERROR" });
    await expect(pass(unlock())).rejects.toMatchObject({ code: "SIM_ERROR" });
    expect(channel.sent.filter((line) => line.includes(PIN))).toHaveLength(1);
  });

  it("enters an accepted PIN again after a reboot", async () => {
    const { unlock, channel } = setUp({
      "AT+CPIN?": inTurn(["+CPIN: SIM PIN"], ["+CPIN: READY"], ["+CPIN: SIM PIN"], ["+CPIN: READY"]),
      'AT+CPIN="1234"': [],
    });
    await unlock();
    await unlock();
    expect(channel.sent.filter((line) => line.includes(PIN))).toHaveLength(2);
  });

  it("is patient with a SIM that still asks for a moment after it took the PIN", async () => {
    const { unlock } = setUp({
      "AT+CPIN?": inTurn(["+CPIN: SIM PIN"], ["+CPIN: SIM PIN"], 14, ["+CPIN: READY"]),
      'AT+CPIN="1234"': [],
    });
    const unlocked = unlock();
    await vi.advanceTimersByTimeAsync(3000);
    await unlocked;
  });

  it.each([
    [["+CPIN: SIM PUK"], /PUK/],
    [12, /PUK/],
    [["+CPIN: PH-SIM PIN"], /another SIM/],
    [15, /can't be used/],
  ] as const)("asks for a person at once on %s", async (answer, words) => {
    const { unlock, channel } = setUp({ "AT+CPIN?": answer });
    await expect(unlock()).rejects.toMatchObject({ code: "SIM_ERROR", message: expect.stringMatching(words) });
    expect(channel.sent).toEqual(["AT+CPIN?"]);
  });

  it("asks for a PIN when the settings have none", async () => {
    const { unlock } = setUp({ "AT+CPIN?": ["+CPIN: SIM PIN"] }, { pin: "" });
    await expect(unlock()).rejects.toMatchObject({ code: "SIM_ERROR", message: expect.stringContaining("settings") });
  });

  it("stops waiting when it is aborted", async () => {
    const { unlock, abort } = setUp({ "AT+CPIN?": 14 });
    const failed = expect(unlock()).rejects.toThrow("closed");
    await vi.advanceTimersByTimeAsync(500);
    abort.abort(new Error("closed"));
    await failed;
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("F07 a wrong PIN", () => {
  useFakeTime();

  const LOCKED: Script = { "AT+CPIN?": ["+CPIN: SIM PIN"], 'AT+CPIN="1234"': 16 };
  const CLUELESS = telling(undefined, undefined);

  it.each([
    ["the same SIM on another port", { questions: telling("8988", 3), port: "COM2", imei: "35" }],
    ["the same SIM in another modem", { questions: telling("8988", 3), port: "COM2", imei: "36" }],
    ["the same modem, whose SIM tells no number now", { questions: CLUELESS, port: "COM2", imei: "35" }],
    ["the same port, where nothing else is known", { questions: CLUELESS }],
  ] satisfies [string, Bench][])("F07 neighbour: is not tried again on %s", async (_what, bench) => {
    const first = setUp(LOCKED, { questions: telling("8988", 3, 2), imei: "35" });
    await expect(first.unlock()).rejects.toMatchObject({
      code: "SIM_ERROR",
      message: expect.stringContaining("2 att"),
    });
    const second = setUp(LOCKED, { pins: first.pins, ...bench });
    await expect(second.unlock()).rejects.toMatchObject({ code: "SIM_ERROR" });
    expect(tries(first.channel, second.channel)).toBe(1);
  });

  it("F07 neighbour: is tried on another SIM in the same modem", async () => {
    const first = setUp(LOCKED, { questions: telling("8988", 3, 2), imei: "35" });
    await expect(first.unlock()).rejects.toMatchObject({ code: "SIM_ERROR" });
    const second = setUp(LOCKED, { questions: telling("8989", 3, 2), imei: "35", pins: first.pins });
    await expect(second.unlock()).rejects.toMatchObject({ code: "SIM_ERROR" });
    expect(tries(second.channel)).toBe(1);
  });

  it.each([0, 1])("F07 neighbour: is not tried with %i attempts left, which the error tells", async (left) => {
    const { unlock, channel } = setUp(LOCKED, { questions: telling("8988", left) });
    await expect(unlock()).rejects.toMatchObject({
      code: "SIM_ERROR",
      message: expect.stringContaining(`${left} att`),
    });
    expect(tries(channel)).toBe(0);
  });

  it("F07 neighbour: two at one modem wait for each other", async () => {
    const first = setUp(LOCKED, { questions: telling("8988", 3, 2), imei: "35" });
    const second = setUp(LOCKED, { questions: telling("8988", 2), imei: "35", port: "COM2", pins: first.pins });
    await Promise.allSettled([first.unlock(), second.unlock()]);
    expect(tries(first.channel, second.channel)).toBe(1);
  });

  it("F07 neighbour: one whose answer was lost is tried again only where the SIM shows that it did not count", async () => {
    const lost: Script = { "AT+CPIN?": ["+CPIN: SIM PIN"], 'AT+CPIN="1234"': "TIMEOUT" };
    const notCounted = setUp(lost, { questions: telling("8988", 3) });
    for (let again = 0; again < 4; again += 1) await pass(notCounted.unlock().catch(() => {}));
    expect(tries(notCounted.channel)).toBe(2);
    const counted = setUp(lost, { questions: telling("8988", 3, 2) });
    for (let again = 0; again < 4; again += 1) await pass(counted.unlock().catch(() => {}));
    expect(tries(counted.channel)).toBe(1);
  });

  it("F07 neighbour: one whose answer was lost is accepted where the SIM opens by and by", async () => {
    // Whether the counter can be read or not.
    for (const questions of [telling("8988", 3), telling(undefined, undefined)]) {
      const asks = ["+CPIN: SIM PIN"];
      const slow = inTurn(asks, asks, asks, ["+CPIN: READY"]);
      const { channel, unlock, pins } = setUp({ "AT+CPIN?": slow, 'AT+CPIN="1234"': "TIMEOUT" }, { questions });
      await pass(unlock());
      expect(tries(channel)).toBe(1);
      const iccid = await questions.iccid();
      expect(await pins.recall({ iccid, imei: "", port: "COM1" }, PIN)).toMatchObject({ outcome: "accepted" });
    }
  });

  it("F07 neighbour: one that was accepted and is refused later is not sent again where that can't be kept", async () => {
    let records: PinRecords | undefined;
    const filling = {
      load: async () => records,
      save: async (more: PinRecords) => {
        if (records?.trials.some(({ outcome }) => outcome === "accepted")) throw new Error("disk full");
        records = more;
      },
    };
    const pins = new PinMemory(filling);
    await setUp({ "AT+CPIN?": inTurn(["+CPIN: SIM PIN"], ["+CPIN: READY"]), 'AT+CPIN="1234"': [] }, { pins }).unlock();
    const changed = setUp({ "AT+CPIN?": ["+CPIN: SIM PIN"], 'AT+CPIN="1234"': 16 }, { pins });
    for (let again = 0; again < 4; again += 1)
      await expect(changed.unlock()).rejects.toMatchObject({ code: "SIM_ERROR" });
    expect(tries(changed.channel)).toBe(1);
  });

  it.each([
    ["empty", ""],
    ["cut", '{"salt":"x","trials":[{"outc'],
    ["another program's", '{"salt":"x","trials":[{"pin":"a","port":"b","outcome":"sent","times":-5}]}'],
    [
      "full of counts that are none",
      '{"salt":"x","trials":[{"pin":"a","port":"b","outcome":"sent","times":1,"left":"9"}]}',
    ],
    ["huge", `{"salt":"x","trials":[],"1234":"${"x".repeat(2_000_000)}"}`],
  ])(
    "F07 neighbour: is not sent where the file is %s, and the sentence has nothing of the file",
    async (_what, text) => {
      const file = join(mkdtempSync(join(tmpdir(), "pins-")), "pins.json");
      onTestFinished(() => rmSync(dirname(file), { recursive: true }));
      writeFileSync(file, text);
      const { unlock, channel } = setUp(LOCKED, { pins: new PinMemory(new PinFile(file)) });
      const error = await rejection(unlock());
      expect(error).toMatchObject({ code: "SIM_ERROR", message: expect.stringContaining("not sent") });
      expect(String(error)).not.toMatch(/1234|trials|outc/);
      expect(tries(channel)).toBe(0);
      expect(readFileSync(file, "utf8")).toBe(text);
    },
  );

  it("F07 neighbour: is not sent where what became of it can't be kept, or can't be read", async () => {
    const full = { load: async () => undefined, save: () => Promise.reject(new Error("disk full")) };
    const damaged = { load: () => Promise.reject(new Error("damaged")), save: async () => {} };
    for (const store of [full, damaged]) {
      const { unlock, channel } = setUp(LOCKED, { pins: new PinMemory(store) });
      await expect(unlock()).rejects.toMatchObject({ code: "SIM_ERROR", message: expect.stringContaining("not sent") });
      expect(tries(channel)).toBe(0);
    }
  });
});

describe("F08 a SIM that still boots", () => {
  useFakeTime();

  it.each([3, 4, 100, 13, 14, 10, 60, 515, "ERROR"] as const)("F08 is waited for (%s)", async (error) => {
    const { unlock } = setUp({ "AT+CPIN?": inTurn(error, error, error, ["+CPIN: READY"]) });
    const unlocked = unlock();
    await vi.advanceTimersByTimeAsync(4000);
    await unlocked;
  });

  it("F08 neighbour: is waited for where it says nothing, or something new", async () => {
    const { unlock } = setUp({
      "AT+CPIN?": inTurn([], ["+CPIN: NOT READY"], ["+CPIN: NOT INSERTED"], ["+CPIN: READY"]),
    });
    const unlocked = unlock();
    await vi.advanceTimersByTimeAsync(4000);
    await unlocked;
  });

  it("F08 neighbour: is waited for after the PIN too", async () => {
    const { unlock, channel } = setUp({
      "AT+CPIN?": inTurn(["+CPIN: SIM PIN"], 3, 100, ["+CPIN: READY"]),
      'AT+CPIN="1234"': [],
    });
    const unlocked = unlock();
    await vi.advanceTimersByTimeAsync(4000);
    await unlocked;
    expect(tries(channel)).toBe(1);
  });

  it("F08 neighbour: is given up in the modem's own words when its time is over", async () => {
    const { unlock } = setUp({ "AT+CPIN?": 3 });
    const failed = expect(unlock()).rejects.toMatchObject({ code: "SIM_ERROR", cause: { errorCode: 3 } });
    await vi.advanceTimersByTimeAsync(19_000);
    await vi.advanceTimersByTimeAsync(2000);
    await failed;
  });
});
