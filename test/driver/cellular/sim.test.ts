import { describe, expect, it, vi } from "vitest";
import { PinMemory, unlockSim } from "../../../driver/cellular/sim";
import { useFakeTime } from "../../support/clock";
import { type Answer, type Script, ScriptedChannel } from "./scripted-channel";

const PIN = "1234";

function setUp(script: Script, { pin = PIN, pins = new PinMemory() }: { pin?: string; pins?: PinMemory } = {}) {
  const channel = new ScriptedChannel(script);
  const abort = new AbortController();
  const unlock = () =>
    unlockSim(channel, { port: "COM1", pin, pins, bootTime: 20_000, interval: 1000, signal: abort.signal });
  return { channel, abort, unlock, pins };
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
    const error = await second.unlock().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "SIM_ERROR" });
    expect(String((error as Error).message)).not.toContain(PIN);
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
    await expect(unlock()).rejects.toMatchObject({ code: "MODEM_TIMEOUT" });
    await expect(unlock()).rejects.toMatchObject({ code: "SIM_ERROR" });
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
