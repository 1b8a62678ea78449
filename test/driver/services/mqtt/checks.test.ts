import { describe, expect, it } from "vitest";
import { isModemError } from "../../../../driver/errors";
import {
  checkClientId,
  checkFilter,
  checkPayload,
  checkQos,
  checkTopic,
  named,
} from "../../../../driver/services/mqtt/checks";

function refusal(check: () => void): string {
  try {
    check();
  } catch (error) {
    if (isModemError(error, "INVALID_INPUT")) return error.message;
    throw error;
  }
  return "";
}

describe("a topic", () => {
  it.each(["a", "a/b", "/", "a//b", "$SYS/x", "Raum 1/Wärme", "東京/🌡"])("may be %j", (topic) => {
    expect(refusal(() => checkTopic(topic, { field: "topic" }))).toBe("");
  });

  it.each([
    ["", "topic is empty"],
    ["a/+", "topic contains + or #, which only a subscription may"],
    ["a/#", "topic contains + or #, which only a subscription may"],
    ["a\0b", "topic contains a control character, which an AT command can't carry"],
    ["a\nb", "topic contains a control character, which an AT command can't carry"],
    ['a"b', "topic contains a quotation mark, which an AT command can't carry"],
    ["\ud800", "topic contains half a surrogate pair, which is no character"],
    ["x".repeat(257), "topic is too long: 257 bytes, at most 256"],
    ["ä".repeat(129), "topic is too long: 258 bytes, at most 256"],
  ])("is not %j", (topic, words) => {
    expect(refusal(() => checkTopic(topic, { field: "topic", max: 256 }))).toBe(words);
  });
});

describe("a filter", () => {
  it.each(["a", "#", "+", "+/+", "a/#", "+/a/#", "/+", "/#", "a/+/b"])("may be %j", (filter) => {
    expect(refusal(() => checkFilter(filter, { field: "topic" }))).toBe("");
  });

  it.each([
    ["", "is empty"],
    ["a#", "has # beside other characters"],
    ["a/b+", "has + beside other characters"],
    ["#/a", "has # before its last level"],
    ["a/#/b", "has # before its last level"],
    ["##", "has # beside other characters"],
  ])("is not %j", (filter, words) => {
    expect(refusal(() => checkFilter(filter, { field: "topic" }))).toContain(words);
  });
});

it("names what is wrong with a payload, a client id and a QoS", () => {
  expect(refusal(() => checkPayload(Buffer.alloc(9), 8, "BG96"))).toBe(
    "payload is too long: 9 bytes, at most 8 with BG96. Send it in parts.",
  );
  expect(refusal(() => checkPayload(Buffer.alloc(8), 8, "BG96"))).toBe("");
  expect(refusal(() => checkClientId("", 23))).toBe("clientId is empty");
  expect(refusal(() => checkClientId("x".repeat(24), 23))).toContain("at most 23");
  expect(refusal(() => checkQos(3))).toBe("qos must be a whole number from 0 to 2");
});

it("names an operation on one short line, whatever the topic", () => {
  expect(named("Publishing to", "a\r\nb")).toBe("Publishing to a??b");
  expect(named("Publishing to", "x".repeat(5000)).length).toBeLessThan(100);
});
