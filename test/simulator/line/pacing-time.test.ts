import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Pacer } from "../../../simulator/line/pacer";
import { lineModem } from "./line-modem";

/** What this process is late with every timer, in ms. */
let late: () => number;

// The simulator takes its clock when it is loaded, before there is any other.
vi.mock("../../../simulator/clock", () => ({
  now: () => performance.now(),
  nextTurn: (work: () => void) => setTimeout(work, 1),
  wait: (work: () => void, ms: number) => setTimeout(work, Math.ceil(ms) + late()),
  stopWait: (timer: NodeJS.Timeout | undefined) => clearTimeout(timer),
}));

beforeEach(() => {
  late = () => 0;
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => void vi.useRealTimers());

describe("a paced line", () => {
  it("keeps its rate over many portions: late timers are made up for", async () => {
    let turn = 0;
    late = () => (turn++ * 7) % 20;
    const size = 23_040;
    const started = performance.now();
    let received = 0;
    let end = 0;
    const pacer = new Pacer((piece) => {
      received += piece.length;
      end = performance.now() - started;
      return true;
    });
    pacer.setRate(921_600);
    pacer.write(Buffer.alloc(size));
    await vi.advanceTimersByTimeAsync(1000);
    expect(received).toBe(size);
    expect(turn, "timers").toBeGreaterThan(10);
    const ideal = (size * 10_000) / 921_600;
    expect(end).toBeGreaterThanOrEqual(ideal);
    // The last of them may be late.
    expect(end).toBeLessThanOrEqual(ideal + 22);
  });

  it("echoes while the line still comes in: a long line costs its length once", async () => {
    const { client } = lineModem([{ name: "+TAKE", set: () => undefined }], { baud: 9600 });
    const line = `AT+TAKE="${"x".repeat(90)}"`;
    const started = performance.now();
    const answered = client.send(line).then(() => performance.now() - started);
    await vi.advanceTimersByTimeAsync(1000);
    const took = await answered;
    const byteTime = 10_000 / 9600;
    // In: the line and its CR. Out behind that: the echo's last byte, CR LF OK CR LF.
    const least = (line.length + 1 + 7) * byteTime;
    expect(took).toBeGreaterThanOrEqual(least - 0.1);
    expect(took).toBeLessThan(least + line.length * byteTime * 0.2);
  });
});
