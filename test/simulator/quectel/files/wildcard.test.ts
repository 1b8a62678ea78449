import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matches } from "../../../../simulator/quectel/files/wildcard";
import { Bg96Host } from "../bg96-host";

/** The plain definition, for short texts. */
function defined(name: string, pattern: string): boolean {
  if (pattern === "") return name === "";
  if (pattern.startsWith("*")) {
    return defined(name, pattern.slice(1)) || (name !== "" && defined(name.slice(1), pattern));
  }
  return name !== "" && name[0] === pattern[0] && defined(name.slice(1), pattern.slice(1));
}

describe("F36 a wildcard", () => {
  it("of many stars takes no time", async () => {
    const host = await Bg96Host.open();
    await host.enter(`AT+QFUPL="${"a".repeat(80)}",1`, "x");
    expect(await host.command('AT+QFLST="*a*a*a*a*a*b"')).toEqual(["OK"]);
    expect(await host.command(`AT+QFLST="${"*a".repeat(60)}"`)).toEqual([`+QFLST: "${"a".repeat(80)}",1`, "OK"]);
    expect(await host.command(`AT+QFDEL="${"*a".repeat(900)}*b"`)).toEqual(["OK"]);
    expect(await host.command(`AT+QFLST="${"*".repeat(1900)}b"`)).toEqual(["OK"]);
  });

  it.each([
    ["a.txt", "*", true],
    ["a.txt", "*.txt", true],
    ["a.txt", "a*", true],
    ["a.txt", "a*t", true],
    ["a.txt", "*x*", true],
    ["a.txt", "a.txt", true],
    ["a.txt", "", false],
    ["aba", "ab*ba", false],
    ["abba", "ab*ba", true],
    ["a.txt", "a?txt", false],
    ["a+b", "a+*", true],
    ["a\nb", "a*b", true],
    ["aab", "*ab", true],
    ["", "**", true],
  ])("F36 neighbour: %j and %j: %s", (name, pattern, fits) => {
    expect(matches(name, pattern)).toBe(fits);
  });

  it("F36 neighbour: is what its definition says", () => {
    const text = (...letters: string[]) => fc.string({ unit: fc.constantFrom(...letters), maxLength: 8 });
    fc.assert(
      fc.property(text("a", "b", "."), text("a", "b", ".", "*"), (name, pattern) => {
        expect(matches(name, pattern)).toBe(defined(name, pattern));
      }),
    );
  });
});
