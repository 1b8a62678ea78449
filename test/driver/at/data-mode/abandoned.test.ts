import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { outcome } from "../../../support/failure";
import { setUp, simple } from "../channel/set-up";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("F30 neighbour: data mode that opens when the time of its caller is over", () => {
  const EVENTS = { onData: () => undefined, onWanted: () => undefined, onEnd: () => undefined };

  it.each(["openData", "sendUnlessData"] as const)("is left again, and the line is free (%s)", async (how) => {
    const { channel, line } = setUp();
    line.on("+++", "\r\nOK\r\n").on("AT+A\r", "AT+A\r\r\nOK\r\n");
    const late = simple("AT+O", { within: 500 });
    const work = outcome(how === "openData" ? channel.openData(late, EVENTS) : channel.sendUnlessData(late));
    const next = outcome(channel.send(simple("AT+A", { within: 60_000 })));
    await vi.advanceTimersByTimeAsync(600);
    expect(await work).toBe("MODEM_TIMEOUT");
    line.say("AT+O\r\r\nCONNECT\r\n");
    await vi.advanceTimersByTimeAsync(60_000);
    expect([await next, line.text]).toEqual(["done", "AT+O\r+++AT+A\r"]);
  });
});
