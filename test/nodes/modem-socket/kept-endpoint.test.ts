import { setImmediate as macrotask } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ModemError } from "../../../driver/errors";
import { type Endpoint, KeptEndpoint } from "../../../nodes/modem-socket/kept-endpoint";

const TARGET = { host: "server.example", port: 7 };
const refused = new ModemError("CONNECT_FAILED", "refused");

function failingLink(changed = (): void => undefined): KeptEndpoint<Endpoint> {
  return new KeptEndpoint<Endpoint>({
    open: async () => {
      throw refused;
    },
    target: async () => TARGET,
    modemReady: async () => undefined,
    changed,
    report: () => undefined,
  });
}

describe("a link that is not kept up", () => {
  const ask = (link: KeptEndpoint<Endpoint>) =>
    link.use({ target: TARGET, tells: false, timeout: 1000, signal: new AbortController().signal });

  it("tells that it is being opened, and that it is not any more", async () => {
    const told: boolean[] = [];
    const link = failingLink(() => told.push(link.isOpening));
    await expect(ask(link)).rejects.toBe(refused);
    expect(told).toEqual([true, false]);
  });

  it.each(Array.from({ length: 12 }, (_, turns) => turns))(
    "fails who asks %i turns behind the first, however close to the end of the attempt that is",
    async (turns) => {
      const link = failingLink();
      const failures: unknown[] = [];
      const note = (error: unknown) => failures.push(error);
      ask(link).catch(note);
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      ask(link).catch(note);
      await macrotask();
      expect(failures).toEqual([refused, refused]);
    },
  );
});

describe("a link that is kept up", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["performance"] });
    // The longest pause that chance allows.
    vi.spyOn(Math, "random").mockReturnValue(1);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  type Course = "refused" | "used" | { readonly unusedFor: number };

  /** The pauses between attempts that go so, in seconds. */
  async function pauses(courses: readonly Course[]): Promise<number[]> {
    const waits: number[] = [];
    const left = [...courses];
    const open = async (): Promise<Endpoint> => {
      const course = left.shift() ?? "refused";
      if (course === "refused") throw refused;
      const ended = macrotask().then(() => {
        if (course !== "used") vi.advanceTimersByTime(course.unusedFor);
        return undefined;
      });
      return { ended, wasUsed: course === "used", close: async () => undefined };
    };
    await new Promise<void>((resolve) => {
      const link = new KeptEndpoint<Endpoint>({
        open,
        target: async () => TARGET,
        modemReady: async () => undefined,
        changed: () => undefined,
        report: () => undefined,
        pause: async (time) => {
          waits.push(time);
          if (waits.length < courses.length) return;
          await link.stop(true);
          resolve();
        },
      });
      link.keepUp();
    });
    return waits.map((time) => time / 1000);
  }

  it("waits longer after each failure, up to a minute", async () => {
    expect(await pauses(Array.from({ length: 8 }, () => "refused" as const))).toEqual([2, 4, 8, 16, 32, 60, 60, 60]);
  });

  it("starts over after a connection that has carried data, or was open for a while", async () => {
    expect(await pauses(["refused", "refused", "used", "refused", "refused", { unusedFor: 10_000 }])).toEqual([
      2, 4, 1, 2, 4, 1,
    ]);
  });

  it("takes a connection that ends at once for another failure", async () => {
    expect(await pauses([{ unusedFor: 100 }, { unusedFor: 100 }, "refused", { unusedFor: 9000 }])).toEqual([
      2, 4, 8, 16,
    ]);
  });
});
