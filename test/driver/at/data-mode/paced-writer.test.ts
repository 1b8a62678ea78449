import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Gate, PacedWriter } from "../../../../driver/at/data-mode/paced-writer";

const GUARD = 1000;
/** Bytes a second. */
const SLOW = 1000;
const UNPACED = "unpaced";

/** A transport that takes everything at once, and shows when. */
class Port {
  readonly writes: { readonly at: number; readonly text: string }[] = [];
  drain: (() => Promise<void>) | undefined;
  readonly #start = performance.now();

  constructor(readonly bytesPerSecond: number | undefined) {}

  async write(bytes: Uint8Array): Promise<void> {
    this.writes.push({ at: this.now, text: Buffer.from(bytes).toString("latin1") });
  }

  get now(): number {
    return Math.round(performance.now() - this.#start);
  }
}

class Bench {
  readonly port: Port;
  gate: Gate = "open";
  held = 0;
  readonly writer: PacedWriter;

  constructor(rate: number | typeof UNPACED = SLOW) {
    this.port = new Port(rate === UNPACED ? undefined : rate);
    this.writer = new PacedWriter({
      transport: this.port,
      gate: () => this.gate,
      onHeld: () => {
        this.held += 1;
      },
      onWrite: () => undefined,
    });
  }

  /** When a piece of work was done, in ms from the start; "no" and its error when it failed. */
  timed(work: Promise<void>): { at: number | string | undefined } {
    const timed: { at: number | string | undefined } = { at: undefined };
    work.then(
      () => {
        timed.at = this.port.now;
      },
      (error: { code: string }) => {
        timed.at = error.code;
      },
    );
    return timed;
  }

  shut(gate: Gate): void {
    this.gate = gate;
    this.writer.recheckGate();
  }
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const near = (ms: number) => expect.closeTo(ms, -1);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the writer of data mode", () => {
  it("runs half a second ahead of the line, and no more", async () => {
    const { port, writer } = new Bench();
    for (let index = 0; index < 4; index += 1) void writer.write(Buffer.alloc(500, String(index)));
    await pass(5000);
    expect(port.writes.map(({ at }) => at)).toEqual([near(0), near(0), near(500), near(1000)]);
    expect(port.writes.map(({ text }) => text[0]).join("")).toBe("0123");
  });

  it("does not pace a line that nothing paces", async () => {
    const { port, writer } = new Bench(UNPACED);
    for (let index = 0; index < 4; index += 1) void writer.write(Buffer.alloc(100_000));
    await pass(1);
    expect(port.writes).toHaveLength(4);
  });

  it("leaves the pace to a port that can be drained", async () => {
    const { port, writer } = new Bench();
    port.drain = () => Promise.resolve();
    for (let index = 0; index < 4; index += 1) void writer.write(Buffer.alloc(500));
    await pass(1);
    expect(port.writes).toHaveLength(4);
  });

  it("goes on behind a write that failed", async () => {
    const bench = new Bench();
    const write = vi.spyOn(bench.port, "write").mockRejectedValueOnce({ code: "MODEM_OFFLINE" });
    const works = [1, 2].map(() => bench.timed(bench.writer.write(Buffer.from("a"))));
    await pass(10);
    expect([works.map(({ at }) => at), write.mock.calls.length]).toEqual([["MODEM_OFFLINE", near(0)], 2]);
  });

  it("knows bytes to be under way until they have left the line and a moment more", async () => {
    const { writer } = new Bench();
    expect(writer.isInFlight(performance.now())).toBe(false);
    void writer.write(Buffer.alloc(1000));
    await pass(1200);
    expect([writer.isBusy, writer.isInFlight(performance.now())]).toEqual([false, true]);
    await pass(200);
    expect(writer.isInFlight(performance.now())).toBe(false);
  });
});

describe("the gate of the writer", () => {
  it("holds writes while it is shut, and lets them go in their order", async () => {
    const bench = new Bench();
    bench.shut("shut");
    for (const text of ["a", "b"]) void bench.writer.write(Buffer.from(text));
    await pass(1000);
    expect([bench.port.writes, bench.held]).toEqual([[], 1]);
    bench.shut("open");
    await pass(1);
    expect(bench.port.writes.map(({ text }) => text)).toEqual(["a", "b"]);
  });

  it("fails what it holds when data mode is over, and all that follows", async () => {
    const bench = new Bench();
    bench.shut("shut");
    const held = bench.timed(bench.writer.write(Buffer.from("a")));
    await pass(10);
    bench.shut("over");
    const late = bench.timed(bench.writer.write(Buffer.from("b")));
    await pass(10);
    expect([held.at, late.at, bench.port.writes]).toEqual(["CONNECTION_CLOSED", "CONNECTION_CLOSED", []]);
  });

  it("ends the wait of a write that ran ahead of the line", async () => {
    const bench = new Bench();
    const work = bench.timed(bench.writer.write(Buffer.alloc(60_000)));
    await pass(10);
    expect(work.at).toBeUndefined();
    bench.gate = "over";
    bench.writer.stop();
    await pass(1);
    expect(work.at).toEqual(near(10));
  });
});

describe("the silence of the writer", () => {
  it("counts from when the last byte has left the line", async () => {
    const bench = new Bench();
    void bench.writer.write(Buffer.alloc(300));
    await pass(1);
    const quiet = bench.timed(bench.writer.quiet(GUARD));
    await pass(5000);
    expect(quiet.at).toEqual(near(300 + GUARD));
  });

  it("counts from the last write when it is longer ago than the line needs", async () => {
    const bench = new Bench();
    void bench.writer.write(Buffer.from("a"));
    await pass(600);
    const quiet = bench.timed(bench.writer.quiet(GUARD));
    await pass(5000);
    expect(quiet.at).toEqual(near(GUARD));
  });

  it("counts from when the port is drained", async () => {
    const bench = new Bench();
    bench.port.drain = () => new Promise((resolve) => setTimeout(resolve, 2000));
    void bench.writer.write(Buffer.alloc(10_000));
    await pass(1);
    const quiet = bench.timed(bench.writer.quiet(GUARD));
    await pass(5000);
    expect(quiet.at).toEqual(near(2000 + GUARD));
  });

  it("begins behind all writes that were accepted", async () => {
    const bench = new Bench();
    for (let index = 0; index < 3; index += 1) void bench.writer.write(Buffer.alloc(1000));
    const quiet = bench.timed(bench.writer.quiet(GUARD));
    await pass(10_000);
    expect([bench.port.writes.length, quiet.at]).toEqual([3, near(3000 + GUARD)]);
  });

  it("does not wait for writes that the gate holds", async () => {
    const bench = new Bench();
    await pass(GUARD);
    const quiet = bench.timed(bench.writer.quiet(GUARD));
    bench.shut("shut");
    void bench.writer.write(Buffer.from("a"));
    await pass(10);
    expect(quiet.at).toEqual(near(GUARD));
  });

  it("gives a line whose flow is stopped two minutes", async () => {
    const bench = new Bench();
    vi.spyOn(bench.port, "write").mockReturnValue(new Promise(() => undefined));
    void bench.writer.write(Buffer.from("a"));
    await pass(1);
    const quiet = bench.timed(bench.writer.quiet(GUARD));
    await pass(119_000);
    expect(quiet.at).toBeUndefined();
    await pass(2000);
    expect(quiet.at).toEqual(near(120_000));
  });

  it("begins again with the escape sequence, which no gate holds", async () => {
    const bench = new Bench();
    await pass(5000);
    bench.shut("shut");
    bench.writer.writeEscape();
    const quiet = bench.timed(bench.writer.quiet(GUARD));
    await pass(5000);
    expect([bench.port.writes.map(({ text }) => text), quiet.at]).toEqual([["+++"], near(5000 + GUARD)]);
  });
});
