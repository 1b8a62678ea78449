import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ModemError } from "../../../../driver/errors";
import { ProfileAllocation } from "../../../../driver/services/security/profile-allocation";

const NAME = { name: "security profiles" };
const done = (): Promise<void> => Promise.resolve();

/** A set-up that is done at once, and what was set up. */
function counting(): { configure: (number: number) => Promise<void>; configured: number[] } {
  const configured: number[] = [];
  return { configured, configure: async (number) => void configured.push(number) };
}

/** A set-up that ends when the test says so. */
function pending(): { configure: () => Promise<void>; calls: () => number; end(): void; fail(error: Error): void } {
  const ends: { resolve(): void; reject(error: Error): void }[] = [];
  return {
    configure: () => new Promise<void>((resolve, reject) => void ends.push({ resolve, reject })),
    calls: () => ends.length,
    end: () => ends.at(-1)?.resolve(),
    fail: (error) => ends.at(-1)?.reject(error),
  };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settled = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

describe("a profile's number", () => {
  it("is shared by those who ask with one key, and set up once", async () => {
    const allocation = new ProfileAllocation([0, 1], NAME);
    const { configure, configured } = counting();
    const first = await allocation.acquire("a", configure);
    const second = await allocation.acquire("a", configure);
    first.release();
    second.release();
    const third = await allocation.acquire("a", configure);
    expect([first, second, third].map(({ number }) => number)).toEqual([0, 0, 0]);
    expect(configured).toEqual([0]);
  });

  it("is one that was never used, then the idle one whose last use is longest ago", async () => {
    const allocation = new ProfileAllocation([0, 1, 2], NAME);
    const take = async (key: string): Promise<number> => {
      const lease = await allocation.acquire(key, done);
      lease.release();
      return lease.number;
    };
    expect([await take("a"), await take("b"), await take("a"), await take("c")]).toEqual([0, 1, 0, 2]);
    expect(await take("d")).toBe(1);
    expect(await take("e")).toBe(0);
    expect(await take("c")).toBe(2);
  });

  it("stays with who uses it: another key takes an idle one however lately that was used", async () => {
    const allocation = new ProfileAllocation([0, 1], NAME);
    await allocation.acquire("long", done);
    (await allocation.acquire("short", done)).release();
    expect((await allocation.acquire("new", done)).number).toBe(1);
  });

  it("is given to those who wait in order of arrival, and to all who wait with the same key", async () => {
    const allocation = new ProfileAllocation([0], NAME);
    const held = await allocation.acquire("a", done);
    const served: string[] = [];
    const ask = async (name: string, key: string): Promise<void> => {
      const lease = await allocation.acquire(key, done);
      served.push(name);
      await vi.advanceTimersByTimeAsync(10);
      lease.release();
    };
    const waiting = [ask("first", "b"), ask("second", "c"), ask("third", "b")];
    await settled();
    expect(served).toEqual([]);
    held.release();
    await Promise.all(waiting);
    expect(served).toEqual(["first", "third", "second"]);
  });

  it("is refused with MODEM_BUSY, naming the owners, when the time is over", async () => {
    const allocation = new ProfileAllocation([0], NAME);
    await allocation.acquire("a", done, { owner: "GET https://a/" });
    const late = expect(allocation.acquire("b", done, { timeout: 500 })).rejects.toMatchObject({
      code: "MODEM_BUSY",
      message: expect.stringMatching(/All 1 security profiles.*0\.5 s.*GET https:\/\/a\//),
    });
    await vi.advanceTimersByTimeAsync(500);
    await late;
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is refused at once when too many wait", async () => {
    const allocation = new ProfileAllocation([0], { ...NAME, limit: 1 });
    const held = await allocation.acquire("a", done);
    const waiting = allocation.acquire("b", done);
    await expect(allocation.acquire("c", done)).rejects.toMatchObject({ code: "MODEM_BUSY" });
    held.release();
    expect((await waiting).number).toBe(0);
  });

  it("is nobody's who gave up: while waiting, or before", async () => {
    const allocation = new ProfileAllocation([0], NAME);
    const held = await allocation.acquire("a", done);
    const abort = new AbortController();
    const aborted = allocation.acquire("b", done, { signal: abort.signal, timeout: 1000 });
    abort.abort(new Error("flow stopped"));
    await expect(aborted).rejects.toThrow("flow stopped");
    await expect(allocation.acquire("a", done, { signal: abort.signal })).rejects.toThrow("flow stopped");
    held.release();
    held.release();
    expect((await allocation.acquire("c", done)).number).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is refused to all after the end", async () => {
    const allocation = new ProfileAllocation([0], NAME);
    await allocation.acquire("a", done);
    const waiting = allocation.acquire("b", done, { timeout: 1000 });
    const error = new ModemError("MODEM_RESTARTED", "The modem restarted");
    allocation.close(error);
    await expect(waiting).rejects.toBe(error);
    await expect(allocation.acquire("a", done)).rejects.toBe(error);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("setting a profile up", () => {
  it("is waited for by a second caller with the same key", async () => {
    const allocation = new ProfileAllocation([0, 1], NAME);
    const setUp = pending();
    const first = allocation.acquire("a", setUp.configure);
    const second = allocation.acquire("a", setUp.configure);
    await settled();
    expect(setUp.calls()).toBe(1);
    setUp.end();
    expect((await first).number).toBe(0);
    expect((await second).number).toBe(0);
    expect(setUp.calls()).toBe(1);
  });

  it("is done again after it failed, by a caller who waited for it and by a later one", async () => {
    const allocation = new ProfileAllocation([0], NAME);
    const setUp = pending();
    const first = allocation.acquire("a", setUp.configure);
    const second = allocation.acquire("a", setUp.configure);
    await settled();
    setUp.fail(new Error("no such certificate"));
    await expect(first).rejects.toThrow("no such certificate");
    await settled();
    expect(setUp.calls()).toBe(2);
    setUp.fail(new Error("again"));
    await expect(second).rejects.toThrow("again");
    const third = allocation.acquire("a", setUp.configure);
    await settled();
    expect(setUp.calls()).toBe(3);
    setUp.end();
    expect((await third).number).toBe(0);
  });

  it("leaves the number to another key after it failed", async () => {
    const allocation = new ProfileAllocation([0, 1], NAME);
    (await allocation.acquire("a", done)).release();
    await expect(allocation.acquire("b", () => Promise.reject(new Error("refused")))).rejects.toThrow("refused");
    expect((await allocation.acquire("c", done)).number).toBe(1);
    const again = counting();
    expect((await allocation.acquire("a", again.configure)).number).toBe(0);
    expect(again.configured).toEqual([]);
  });

  it("goes on for others when one of those who wait for it gives up", async () => {
    const allocation = new ProfileAllocation([0], NAME);
    const setUp = pending();
    const abort = new AbortController();
    const first = allocation.acquire("a", setUp.configure);
    const second = allocation.acquire("a", setUp.configure, { setUpSignal: abort.signal });
    await settled();
    abort.abort(new Error("late"));
    await expect(second).rejects.toThrow("late");
    setUp.end();
    expect((await first).number).toBe(0);
  });

  it("is repeated for a profile that was forgotten, once nobody uses it", async () => {
    const allocation = new ProfileAllocation([0, 1], NAME);
    const first = await allocation.acquire("a", done);
    const second = await allocation.acquire("a", done);
    second.release({ forget: true });
    const { configure, configured } = counting();
    expect((await allocation.acquire("a", configure)).number).toBe(1);
    first.release();
    expect((await allocation.acquire("b", configure)).number).toBe(0);
    expect(configured).toEqual([1, 0]);
  });

  it("is repeated for all after everything was forgotten", async () => {
    const allocation = new ProfileAllocation([0, 1], NAME);
    const setUp = pending();
    const running = allocation.acquire("a", setUp.configure);
    (await allocation.acquire("b", done)).release();
    allocation.forget();
    const { configure, configured } = counting();
    expect((await allocation.acquire("b", configure)).number).toBe(1);
    setUp.end();
    (await running).release();
    expect((await allocation.acquire("a", configure)).number).toBe(0);
    expect(configured).toEqual([1, 0]);
  });

  it("is repeated for all when the modem has lost one", async () => {
    const allocation = new ProfileAllocation([0, 1], NAME);
    const { configure, configured } = counting();
    let isThere = true;
    const asked: number[] = [];
    const isInForce = async (number: number): Promise<boolean> => {
      asked.push(number);
      return isThere;
    };
    const use = async (key: string): Promise<void> =>
      (await allocation.acquire(key, configure, { isInForce })).release();
    for (const key of ["a", "b", "a"]) await use(key);
    expect({ asked, configured }).toEqual({ asked: [0], configured: [0, 1] });
    isThere = false;
    for (const key of ["a", "b"]) await use(key);
    expect({ asked: asked.length, configured: configured.length }).toEqual({ asked: 2, configured: 4 });
  });

  it("is left to others when the modem can't be asked whether it was lost", async () => {
    const allocation = new ProfileAllocation([0], NAME);
    (await allocation.acquire("a", done)).release();
    const isInForce = (): Promise<boolean> => Promise.reject(new Error("no answer"));
    await expect(allocation.acquire("a", done, { isInForce })).rejects.toThrow("no answer");
    expect((await allocation.acquire("b", done)).number).toBe(0);
  });
});
