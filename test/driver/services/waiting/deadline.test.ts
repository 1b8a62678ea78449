import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Deadline } from "../../../../driver/services/waiting/deadline";
import { Pool } from "../../../../driver/services/waiting/pool";
import { failure } from "../../../support/failure";

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
  expect([deadline.remaining, deadline.seconds]).toEqual([5_950, 6]);
  vi.setSystemTime(0);
  expect(deadline.remaining).toBe(5_950);
  vi.advanceTimersByTime(6_000);
  expect(deadline.signal.aborted).toBe(true);
  expect(deadline.signal.reason).toMatchObject({ code: "MODEM_TIMEOUT" });
});

it.each([100, 10_000])("of %d ms lets who waits for something tell first that it did not come", async (timeout) => {
  const deadline = new Deadline(timeout, "An operation");
  const pool = new Pool(["the one"], { name: "things" });
  await pool.acquire();
  vi.advanceTimersByTime(timeout / 4);
  const waiting = pool.acquire({ timeout: deadline.remaining, signal: deadline.signal });
  const failed = failure(deadline.race(waiting));
  vi.advanceTimersByTime(timeout);
  expect(await failed).toMatchObject({ code: "MODEM_BUSY" });
});
