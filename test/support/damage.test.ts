import { describe, expect, it } from "vitest";
import type { Transport } from "../../driver/transport/transport";
import { type Damage, DamagedLine, everyDamage, MOST_DAMAGED } from "./damage";

/** A line of which the test itself is the modem. */
class Modem implements Transport {
  readonly name = "modem";
  readonly bytesPerSecond = undefined;
  print: (bytes: Buffer) => void = () => undefined;
  async open(): Promise<void> {}
  async write(): Promise<void> {}
  async close(): Promise<void> {}
  pause(): void {}
  resume(): void {}
  onLost(): void {}
  onData(listener: (bytes: Buffer) => void): void {
    this.print = listener;
  }
}

function passed(damage: Damage, ...chunks: string[]): string {
  const modem = new Modem();
  const line = new DamagedLine(modem);
  const got: Buffer[] = [];
  line.onData((bytes) => got.push(bytes));
  modem.print(Buffer.from("before"));
  line.damage(damage);
  for (const chunk of chunks) modem.print(Buffer.from(chunk));
  expect(line.recorded.toString()).toBe(chunks.join(""));
  return Buffer.concat(got).toString().slice("before".length);
}

describe("a damaged line", () => {
  it.each([
    ["lost", "abghij"],
    ["doubled", "abcdefcdefghij"],
    ["flipped", "abbedgghij"],
  ] as const)("has four bytes %s, wherever the chunks are cut", (kind, expected) => {
    for (const chunks of [["abcdefghij"], ["abc", "defghij"], ["ab", "cdef", "ghij"], [..."abcdefghij"]]) {
      expect(passed({ kind, at: 2, count: 4 }, ...chunks)).toBe(expected);
    }
  });

  it("is damaged once, and at every place of an answer", () => {
    expect(passed({ kind: "lost", at: 0, count: 1 }, "a", "a", "a")).toBe("aa");
    const all = everyDamage(20);
    expect(all).toHaveLength(3 * (MOST_DAMAGED * 20 - (MOST_DAMAGED * (MOST_DAMAGED - 1)) / 2));
    expect(all.every(({ at, count }) => at >= 0 && at + count <= 20)).toBe(true);
  });
});
