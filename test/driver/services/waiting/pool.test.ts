import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ModemError } from "../../../../driver/errors";
import { Pool } from "../../../../driver/services/waiting/pool";

describe("Pool", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("hands out every item once, and the next caller waits until one is given back", async () => {
    const pool = new Pool([0, 1], { name: "profiles" });
    expect([await pool.acquire(), await pool.acquire()]).toEqual([0, 1]);
    let third: number | undefined;
    void pool.acquire().then((item) => {
      third = item;
    });
    await vi.advanceTimersByTimeAsync(1000);
    expect(third).toBeUndefined();
    pool.release(1);
    await vi.advanceTimersByTimeAsync(0);
    expect(third).toBe(1);
  });

  it("serves those who wait in order of arrival", async () => {
    const pool = new Pool(["line"], { name: "lines" });
    await pool.acquire();
    const order: number[] = [];
    for (const caller of [1, 2, 3]) {
      void pool.acquire().then((item) => {
        order.push(caller);
        pool.release(item);
      });
    }
    pool.release("line");
    await vi.advanceTimersByTimeAsync(0);
    expect(order).toEqual([1, 2, 3]);
    expect(pool.available).toBe(1);
  });

  it("refuses with MODEM_BUSY who waited too long, naming who holds the items", async () => {
    const pool = new Pool([0], { name: "HTTP profiles" });
    await pool.acquire({ owner: "GET http://a/" });
    const late = expect(pool.acquire({ timeout: 500 })).rejects.toMatchObject({
      code: "MODEM_BUSY",
      message: expect.stringMatching(/HTTP profiles.*0\.5 s.*GET http:\/\/a\//),
    });
    await vi.advanceTimersByTimeAsync(500);
    await late;
    expect(pool.waiting).toBe(0);
  });

  it("refuses at once when the queue is full", async () => {
    const pool = new Pool([0], { name: "sockets", limit: 1 });
    await pool.acquire();
    const waiting = pool.acquire();
    await expect(pool.acquire()).rejects.toMatchObject({ code: "MODEM_BUSY" });
    pool.release(0);
    await expect(waiting).resolves.toBe(0);
  });

  it("lets an aborted caller leave at once, without its place being served", async () => {
    const pool = new Pool([0], { name: "sockets" });
    await pool.acquire();
    const abort = new AbortController();
    const aborted = pool.acquire({ signal: abort.signal, timeout: 1000 });
    const next = pool.acquire();
    const reason = new Error("flow stopped");
    abort.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    pool.release(0);
    await expect(next).resolves.toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("serves who goes first before all who wait, and refuses him never", async () => {
    const pool = new Pool([0], { name: "sockets", limit: 2 });
    await pool.acquire();
    const served: string[] = [];
    for (const owner of ["one", "two"]) void pool.acquire({ owner }).then(() => served.push(owner));
    void pool.acquire({ owner: "urgent", first: true }).then(() => served.push("urgent"));
    await expect(pool.acquire()).rejects.toMatchObject({ code: "MODEM_BUSY" });
    for (let turn = 0; turn < 3; turn += 1) {
      pool.release(0);
      await Promise.resolve();
    }
    expect(served).toEqual(["urgent", "one", "two"]);
  });

  it("never queues a caller whose signal is aborted already", async () => {
    const pool = new Pool([0], { name: "sockets" });
    await expect(pool.acquire({ signal: AbortSignal.abort(new Error("gone")) })).rejects.toThrow("gone");
    expect(pool.available).toBe(1);
  });

  it("gives the item back when the work fails", async () => {
    const pool = new Pool([0], { name: "sockets" });
    await expect(pool.withItem(() => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    await expect(pool.withItem(async (item) => item + 1)).resolves.toBe(1);
  });

  it("ignores a second release of the same item", async () => {
    const pool = new Pool([0], { name: "sockets" });
    pool.release(await pool.acquire());
    pool.release(0);
    expect(pool.available).toBe(1);
  });

  it("fails everyone who waits or will ask when it is closed", async () => {
    const pool = new Pool([0], { name: "sockets" });
    await pool.acquire();
    const waiting = pool.acquire({ timeout: 1000 });
    const error = new ModemError("MODEM_RESTARTED", "The modem restarted");
    pool.close(error);
    await expect(waiting).rejects.toBe(error);
    await expect(pool.acquire()).rejects.toBe(error);
    expect(vi.getTimerCount()).toBe(0);
  });
});
