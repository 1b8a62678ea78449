import { describe, expect, it } from "vitest";
import { rejection } from "../../driver/at/errors";
import { asModemError, inSeconds, ModemError, shortPort } from "../../driver/errors";

describe("F20 an error's cause", () => {
  it.each([
    ["none", new ModemError("MODEM_OFFLINE", "closed")],
    ["undefined", new ModemError("MODEM_OFFLINE", "closed", undefined)],
    ["of something else that was thrown", asModemError(new TypeError("no"), "MODEM_REJECTED")],
    ["of no error at all", asModemError("no", "MODEM_REJECTED", "Setting up")],
  ])("F20 is a plain object of its own: %s", (_which, error) => {
    expect(Object.hasOwn(error, "cause")).toBe(true);
    expect(error.cause).toEqual({});
    expect(Object.getPrototypeOf(error.cause)).toBe(Object.prototype);
  });

  it("F39 holds the modem's words in a length that can be read", () => {
    const error = rejection(
      "AT+X",
      {
        text: `+CME ERROR: ${"x".repeat(20_000)}`,
        success: false,
        report: { kind: "CME", argument: "x".repeat(20_000) },
      },
      new Map(),
    );
    expect(error.message.length).toBeLessThan(600);
    expect(JSON.stringify(error.cause).length).toBeLessThan(1000);
    expect(error.message).toMatch(/^The modem refused AT\+X: \+CME ERROR: xxx/);
  });

  it.each([
    ["a final result", rejection("AT+X", { text: "E".repeat(20_000), success: false }, new Map())],
    ["a command", rejection(`AT+X="${"y".repeat(20_000)}"`, { text: "ERROR", success: false }, new Map())],
    [
      "a sentence of somebody else",
      new ModemError("TLS_FAILED", "z".repeat(20_000), { errorText: "z".repeat(20_000) }),
    ],
  ])("F39 neighbour: %s of 20,000 characters is cut", (_what, error) => {
    expect(error.message.length).toBeLessThan(2500);
    expect(JSON.stringify(error.cause).length).toBeLessThan(1500);
  });
});

describe("what sentences say", () => {
  it.each([
    [20_000, "20 s"],
    [19_987.654_321, "20 s"],
    [1500, "1.5 s"],
    [1234.567, "1.2 s"],
    [0.4, "0.1 s"],
    [127_400, "127 s"],
  ])("F20 neighbour: %d ms are %s", (time, words) => {
    expect(inSeconds(time)).toBe(words);
  });

  it.each([
    [`sim:BG96?route=a:80=127.0.0.1:1${"&route=b:80=127.0.0.1:2".repeat(20)}`, "sim:BG96"],
    ["/dev/ttyUSB0", "/dev/ttyUSB0"],
    [`tcp://${"a".repeat(300)}:1`, `tcp://${"a".repeat(74)}…`],
  ])("F20 neighbour: a port in short: %s", (port, short) => {
    expect(shortPort(port)).toBe(short);
  });
});
