import { describe, expect, it } from "vitest";
import { StepOutPlan } from "../../../../driver/services/sockets/step-out-plan";

/** A plan with a clock that a test sets. */
class Bench {
  now = 0;
  readonly plan = new StepOutPlan(() => this.now);

  want(...who: ("normal" | "background")[]): this {
    for (const each of who) this.plan.wanted(each === "background");
    return this;
  }

  /** Steps out at a time, and enters again at another. */
  out(from: number, until: number): this {
    this.now = from;
    this.plan.stepsOut();
    this.plan.left();
    this.now = until;
    this.plan.entered();
    return this;
  }

  /** When a stream steps out that is never quiet, or that was quiet from a time on. */
  due({ quietSince }: { quietSince?: number } = {}): number {
    return this.plan.dueAt(quietSince === undefined ? Number.NEGATIVE_INFINITY : this.now - quietSince);
  }
}

describe("the plan when to step out", () => {
  it("is never due while nobody waits", () => {
    const bench = new Bench();
    expect([bench.plan.isWanted, bench.due({ quietSince: -60_000 })]).toEqual([false, Number.POSITIVE_INFINITY]);
  });

  it.each(["normal", "background"] as const)("is due a second after the last byte for a %s command", (who) => {
    const bench = new Bench().want(who);
    expect([bench.plan.isWanted, bench.due({ quietSince: 300 })]).toEqual([true, 1300]);
  });

  it("is due at once when the stream was quiet before", () => {
    const bench = new Bench().want("normal");
    expect(bench.due({ quietSince: -5000 })).toBeLessThanOrEqual(bench.now);
  });

  it("moves with every byte", () => {
    const bench = new Bench().want("normal");
    bench.now = 900;
    expect([bench.due({ quietSince: 0 }), bench.due({ quietSince: 900 })]).toEqual([1000, 1900]);
  });

  it.each([
    ["5 s for a command somebody waits for", ["normal"], 5000],
    ["5 min for the background", ["background"], 300_000],
    ["5 s when both wait", ["background", "normal"], 5000],
  ] as const)("waits for a stream that is never quiet, but only %s", (_, who, at) => {
    expect(new Bench().want(...who).due()).toBe(at);
  });

  it("counts the wait from when each of them began", () => {
    const bench = new Bench().want("background");
    bench.now = 299_000;
    expect(bench.want("normal").due()).toBe(300_000);
  });

  it("is not due again for the background within 10 s of entering", () => {
    const bench = new Bench().want("background").out(1000, 4000).want("background");
    expect(bench.due({ quietSince: 4000 })).toBe(14_000);
  });

  it("does not let a command wait that long when somebody waits for it", () => {
    const bench = new Bench().want("background").out(1000, 4000).want("background", "normal");
    expect(bench.due({ quietSince: 4000 })).toBe(5000);
  });

  it("does not make the background wait for a time out that was for others", () => {
    const bench = new Bench().want("normal").out(1000, 4000).want("background");
    expect(bench.due({ quietSince: 4000 })).toBe(5000);
  });

  it("forgets who waited when the stream has left", () => {
    const bench = new Bench().want("normal", "background").out(1000, 4000);
    expect([bench.plan.isWanted, bench.due({ quietSince: 4000 })]).toEqual([false, Number.POSITIVE_INFINITY]);
  });

  it("keeps to the 10 s over a time out for others", () => {
    const bench = new Bench().want("background").out(1000, 4000).want("normal").out(5000, 8000).want("background");
    expect(bench.due({ quietSince: 8000 })).toBe(14_000);
  });
});
