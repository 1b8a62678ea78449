import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Deadline } from "../../../driver/services/deadline";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

it("keeps its time when the wall clock is set, as a gateway's is soon after its start", () => {
  const deadline = new Deadline(10_000, "An operation");
  vi.advanceTimersByTime(4_000);
  vi.setSystemTime(Date.now() + 86_400_000);
  expect([deadline.remaining, deadline.seconds]).toEqual([6_000, 6]);
  vi.setSystemTime(0);
  expect(deadline.remaining).toBe(6_000);
  vi.advanceTimersByTime(6_000);
  expect(deadline.signal.aborted).toBe(true);
  expect(deadline.signal.reason).toMatchObject({ code: "MODEM_TIMEOUT" });
});
