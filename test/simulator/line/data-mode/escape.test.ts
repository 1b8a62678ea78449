import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EscapeSequence } from "../../../../simulator/line/data-mode/escape";

// The simulator takes its clock when it is loaded, before there is any other.
vi.mock("../../../../simulator/clock", () => ({
  now: () => performance.now(),
  wait: (work: () => void, ms: number) => setTimeout(work, ms),
  stopWait: (timer: NodeJS.Timeout | undefined) => clearTimeout(timer),
}));

/** S12 counts fiftieths of a second: 50 is a second, the factory's. */
const S12 = 50;
const GUARD = 1000;

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

/** What becomes of pieces that come after so many ms each; the end is far behind the last. */
function outcome(pieces: readonly (readonly [after: number, text: string, step?: number])[], guard = S12) {
  const start = performance.now();
  const passed: string[] = [];
  let escapedAt: number | undefined;
  const sequence = new EscapeSequence(
    "+".charCodeAt(0),
    guard,
    () => {
      escapedAt = Math.round(performance.now() - start);
      passed.push("|");
    },
    (bytes) => void passed.push(bytes.toString("latin1")),
  );
  for (const [after, text, step = 0] of pieces) {
    vi.advanceTimersByTime(after);
    const bytes = Buffer.from(text, "latin1");
    const last = performance.now();
    sequence.feed(bytes, { first: last - (bytes.length - 1) * step, step });
  }
  vi.advanceTimersByTime(10 * GUARD);
  return { passed: passed.join(""), escapedAt };
}

describe("an escape sequence", () => {
  it.each([
    [
      "with a guard time on either side",
      [
        [0, "data"],
        [GUARD, "+++"],
      ],
      GUARD + GUARD,
    ],
    [
      "cut into single pluses",
      [
        [0, "data"],
        [GUARD, "+"],
        [400, "+"],
        [600, "+"],
      ],
      3 * GUARD,
    ],
    [
      "cut in two",
      [
        [0, "data"],
        [GUARD, "++"],
        [999, "+"],
      ],
      2 * GUARD + 999,
    ],
    ["as the first that comes", [[0, "+++"]], GUARD],
    [
      "spread over the guard time by the line",
      [
        [0, "data"],
        [3000, "+++", 500],
      ],
      3000 + GUARD,
    ],
  ] as const)("is found %s", (_, pieces, escapedAt) => {
    const before = pieces.length > 1 ? "data" : "";
    expect(outcome(pieces)).toEqual({ passed: `${before}|`, escapedAt });
  });

  it.each([
    [
      "too soon after data",
      [
        [0, "data"],
        [GUARD - 1, "+++"],
      ],
    ],
    [
      "in the piece of other data",
      [
        [0, "data"],
        [GUARD, "x+++"],
      ],
    ],
    [
      "before other data",
      [
        [0, "data"],
        [GUARD, "+++x"],
      ],
    ],
    [
      "with data within the guard time behind it",
      [
        [0, "data"],
        [GUARD, "+++"],
        [GUARD - 1, "x"],
      ],
    ],
    [
      "of four",
      [
        [0, "data"],
        [GUARD, "++++"],
      ],
    ],
    [
      "of three and one",
      [
        [0, "data"],
        [GUARD, "+++"],
        [500, "+"],
      ],
    ],
    [
      "of two and two",
      [
        [0, "data"],
        [GUARD, "++"],
        [500, "++"],
      ],
    ],
    [
      "of two",
      [
        [0, "data"],
        [GUARD, "++"],
      ],
    ],
    [
      "that takes longer than the guard time",
      [
        [0, "data"],
        [GUARD, "+"],
        [600, "+"],
        [600, "+"],
      ],
    ],
    [
      "with more than the guard time within",
      [
        [0, "data"],
        [GUARD, "++"],
        [GUARD + 1, "+"],
      ],
    ],
    [
      "that is followed by one without silence",
      [
        [0, "data"],
        [GUARD, "+++"],
        [500, "+++"],
      ],
    ],
    [
      "slower than the line allows",
      [
        [0, "data"],
        [3000, "+++", 501],
      ],
    ],
  ] as const)("is data %s", (_, pieces) => {
    const all = pieces.map(([, text]) => text).join("");
    expect(outcome(pieces)).toEqual({ passed: all, escapedAt: undefined });
  });

  it("is found after one that was none", () => {
    const pieces = [
      [0, "+++"],
      [500, "+++"],
      [GUARD, "+++"],
    ] as const;
    expect(outcome(pieces)).toEqual({ passed: "++++++|", escapedAt: 500 + 2 * GUARD });
  });

  it("has the guard time of S12", () => {
    expect(
      outcome(
        [
          [0, "data"],
          [200, "+++"],
        ],
        10,
      ),
    ).toEqual({ passed: "data|", escapedAt: 400 });
    expect(
      outcome(
        [
          [0, "data"],
          [199, "+++"],
        ],
        10,
      ),
    ).toEqual({ passed: "data+++", escapedAt: undefined });
  });
});
