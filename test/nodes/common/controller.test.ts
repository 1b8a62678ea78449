import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ModemError } from "../../../driver/errors";
import type { ModemHandle, ModemState, ReadyOptions } from "../../../driver/modem-types";
import { Controller, type Operation } from "../../../nodes/common/controller";
import type { StatusDisplay } from "../../../nodes/common/status";
import type { Message, ModemNode } from "../../../nodes/common/types";

/** A modem that is ready when the test says so, and otherwise keeps to its timeout. */
class Gate {
  #open = false;
  readonly #waiting = new Set<() => void>();

  readonly acquire = (_modem: ModemHandle, { timeout }: ReadyOptions): Promise<string> => {
    if (this.#open) return Promise.resolve("access");
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new ModemError("NOT_REGISTERED", "no network")), timeout);
      this.#waiting.add(() => {
        clearTimeout(timer);
        resolve("access");
      });
    });
  };

  release(): void {
    this.#open = true;
    for (const resume of this.#waiting) resume();
  }
}

interface Ending {
  readonly id: unknown;
  readonly error?: Error;
}

describe("Controller", () => {
  const endings: Ending[] = [];
  const sent: unknown[] = [];
  const performed: unknown[] = [];
  let gate: Gate;

  beforeEach(() => {
    vi.useFakeTimers();
    gate = new Gate();
    for (const list of [endings, sent, performed]) list.length = 0;
  });
  afterEach(() => vi.useRealTimers());

  function controller({
    limit = 1000,
    timeout = 60_000,
    state = "searching",
    ...overrides
  }: Partial<Operation<Message, string>> & { limit?: number; timeout?: number; state?: ModemState } = {}) {
    const operation: Operation<Message, string> = {
      prepare: async (message) => message,
      describe: () => "AT",
      acquire: gate.acquire,
      perform: async (message) => {
        performed.push(message.id);
        return { payload: `done ${message.id}` };
      },
      ...overrides,
    };
    const owner = { modem: { state }, timeout } as unknown as ModemNode;
    const status = { started() {}, ended() {}, succeeded() {}, failed() {} } as unknown as StatusDisplay;
    return new Controller(
      operation,
      () => owner,
      status,
      () => limit,
      (error) => endings.push({ id: "reported", error: error as Error }),
    );
  }

  function give(to: Controller<Message, string>, id: number, more: Message = {}): Message {
    const message: Message = { id, ...more };
    to.take(
      message,
      (answer) => sent.push(answer),
      (error) => endings.push(error === undefined ? { id } : { id, error }),
    );
    return message;
  }

  const settle = () => vi.advanceTimersByTimeAsync(0);

  it("answers with the same message object, changed", async () => {
    gate.release();
    const message = give(controller(), 1, { topic: "kept" });
    await settle();
    expect(sent).toEqual([message]);
    expect(sent[0]).toBe(message);
    expect(message).toEqual({ id: 1, topic: "kept", payload: "done 1" });
    expect(endings).toEqual([{ id: 1 }]);
  });

  it("lets messages wait for the modem and takes them in their order, however long each took to prepare", async () => {
    const slow = controller({
      prepare: (message) => new Promise((resolve) => setTimeout(() => resolve(message), 50 - 10 * Number(message.id))),
    });
    for (const id of [1, 2, 3, 4]) give(slow, id);
    await vi.advanceTimersByTimeAsync(1000);
    expect(performed).toEqual([]);
    gate.release();
    await settle();
    expect(performed).toEqual([1, 2, 3, 4]);
  });

  it("runs messages side by side once the modem is ready", async () => {
    gate.release();
    const resolvers: (() => void)[] = [];
    const parallel = controller({ perform: () => new Promise((resolve) => resolvers.push(() => resolve({}))) });
    for (const id of [1, 2, 3]) give(parallel, id);
    await settle();
    expect(resolvers).toHaveLength(3);
    resolvers[2]?.();
    await settle();
    expect(endings).toEqual([{ id: 3 }]);
  });

  it("fails a message after the modem's timeout with what keeps the modem, and those behind it by their own timeout", async () => {
    const waiting = controller({ timeout: 5000 });
    give(waiting, 1);
    await vi.advanceTimersByTimeAsync(2000);
    give(waiting, 2);
    await vi.advanceTimersByTimeAsync(3000);
    expect(endings).toEqual([{ id: 1, error: expect.objectContaining({ code: "NOT_REGISTERED" }) }]);
    await vi.advanceTimersByTimeAsync(1990);
    expect(endings).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(20);
    expect(endings[1]).toEqual({ id: 2, error: expect.objectContaining({ code: "NOT_REGISTERED" }) });
    expect(sent).toEqual([]);
  });

  it("refuses with MODEM_BUSY what finds the queue full, and has room again afterwards", async () => {
    const small = controller({ limit: 2 });
    for (const id of [1, 2, 3]) give(small, id);
    await settle();
    expect(endings).toEqual([{ id: 3, error: expect.objectContaining({ code: "MODEM_BUSY" }) }]);
    gate.release();
    await settle();
    expect(performed).toEqual([1, 2]);
    give(small, 4);
    await settle();
    expect(performed).toEqual([1, 2, 4]);
  });

  it("lets a burst pass a modem that is ready, whatever the limit of those that wait", async () => {
    gate.release();
    const strict = controller({ limit: 0, state: "ready" });
    for (const id of [1, 2, 3]) give(strict, id);
    await settle();
    expect(performed).toEqual([1, 2, 3]);
  });

  it("fails a bad message at once, without waiting for the modem, and keeps the order of the others", async () => {
    const checking = controller({
      prepare: async (message) => {
        if (message.id === 2) throw new ModemError("INVALID_INPUT", "msg.url is missing");
        return message;
      },
    });
    for (const id of [1, 2, 3]) give(checking, id);
    await settle();
    expect(endings).toEqual([{ id: 2, error: expect.objectContaining({ code: "INVALID_INPUT" }) }]);
    gate.release();
    await settle();
    expect(performed).toEqual([1, 3]);
  });

  it.each([
    [
      "prepare",
      {
        prepare: () => {
          throw new TypeError("oops");
        },
      },
    ],
    [
      "acquire",
      {
        acquire: () => {
          throw new TypeError("oops");
        },
      },
    ],
    [
      "perform",
      {
        perform: () => {
          throw new TypeError("oops");
        },
      },
    ],
  ])("ends a message whose %s throws", async (_step, broken) => {
    gate.release();
    give(controller(broken), 1);
    await settle();
    expect(endings).toEqual([{ id: 1, error: expect.objectContaining({ message: "oops" }) }]);
    expect(sent).toEqual([]);
  });

  it("leaves a message that failed as it came", async () => {
    gate.release();
    const message = give(
      controller({ perform: () => Promise.reject(new ModemError("DNS_FAILED", "no such name")) }),
      1,
      { payload: "mine" },
    );
    await settle();
    expect(message).toEqual({ id: 1, payload: "mine" });
  });

  it("ends every message when it is closed: waiting, running, and running without heeding the signal", async () => {
    const stubborn = controller({ perform: () => new Promise(() => {}) });
    give(stubborn, 1);
    const other = controller();
    give(other, 2);
    gate.release();
    await settle();
    gate = new Gate();
    const waiting = controller();
    for (const id of [3, 4]) give(waiting, id);
    await settle();
    endings.length = 0;
    await Promise.all([stubborn.close(), waiting.close()]);
    expect(endings.map(({ id, error }) => [id, (error as ModemError).code]).sort()).toEqual([
      [1, "MODEM_OFFLINE"],
      [3, "MODEM_OFFLINE"],
      [4, "MODEM_OFFLINE"],
    ]);
  });

  it("aborts the work of a message when it is closed", async () => {
    gate.release();
    let signal: AbortSignal | undefined;
    const running = controller({
      perform: (_message, job) => {
        signal = job.signal;
        return new Promise(() => {});
      },
    });
    give(running, 1);
    await settle();
    expect(signal?.aborted).toBe(false);
    await running.close();
    expect(signal?.aborted).toBe(true);
  });

  it("fails a message whose check never ends by the modem's timeout, and lets those behind it pass", async () => {
    gate.release();
    const stuck = controller({
      timeout: 5000,
      prepare: (message) => (message.id === 1 ? new Promise(() => {}) : Promise.resolve(message)),
    });
    give(stuck, 1);
    give(stuck, 2);
    await vi.advanceTimersByTimeAsync(5000);
    expect(endings).toEqual([{ id: 1, error: expect.objectContaining({ code: "MODEM_TIMEOUT" }) }, { id: 2 }]);
    expect(performed).toEqual([2]);
  });

  it("ends a message whose check has not ended when it is closed", async () => {
    const stuck = controller({ prepare: () => new Promise(() => {}) });
    give(stuck, 1);
    await settle();
    const closed = stuck.close();
    await settle();
    expect(endings).toEqual([{ id: 1, error: expect.objectContaining({ code: "MODEM_OFFLINE" }) }]);
    await closed;
  });

  it("waits as long as it should when the gateway learns the date meanwhile", async () => {
    const limits: number[] = [];
    const waiting = controller({
      timeout: 60_000,
      acquire: (modem, wait) => {
        limits.push(wait.timeout);
        return gate.acquire(modem, wait);
      },
      prepare: (message) => new Promise((resolve) => setTimeout(() => resolve(message), 1000)),
    });
    give(waiting, 1);
    vi.setSystemTime(Date.now() + 365 * 24 * 60 * 60 * 1000);
    await vi.advanceTimersByTimeAsync(1000);
    expect(limits).toEqual([59_000]);
    gate.release();
    await settle();
    expect(endings).toEqual([{ id: 1 }]);
  });

  it("fails what comes after it was closed", async () => {
    gate.release();
    const closed = controller();
    await closed.close();
    give(closed, 1);
    await settle();
    expect(endings).toEqual([{ id: 1, error: expect.objectContaining({ code: "MODEM_OFFLINE" }) }]);
  });

  it("says so when no modem is selected, and gives the reason when the modem's settings can't be used", async () => {
    const operation: Operation<Message, string> = {
      prepare: async (message) => message,
      describe: () => "AT",
      acquire: gate.acquire,
      perform: async () => ({}),
    };
    const status = { started() {}, ended() {}, succeeded() {}, failed() {} } as unknown as StatusDisplay;
    const report = () => {};
    give(
      new Controller(
        operation,
        () => undefined,
        status,
        () => 10,
        report,
      ),
      1,
    );
    const problem = new ModemError("INVALID_INPUT", "port is missing");
    const broken = { problem, timeout: 10 } as unknown as ModemNode;
    give(
      new Controller(
        operation,
        () => broken,
        status,
        () => 10,
        report,
      ),
      2,
    );
    await settle();
    expect(endings).toEqual([
      { id: 1, error: expect.objectContaining({ code: "INVALID_INPUT" }) },
      { id: 2, error: problem },
    ]);
  });

  it("reports what done throws instead of ending the process", async () => {
    gate.release();
    controller().take(
      { id: 1 },
      () => {},
      () => {
        throw new Error("a hook failed");
      },
    );
    await settle();
    expect(endings).toEqual([{ id: "reported", error: expect.objectContaining({ message: "a hook failed" }) }]);
  });
});
