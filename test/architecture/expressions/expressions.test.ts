import { describe, expect, it } from "vitest";
import { expressionsBelow, expressionsOf } from "./literals";
import { superLinear } from "./super-linear";

const SHIPPED = ["nodes", "driver", "simulator", "demo", "scripts"];

describe("F35 regular expressions", () => {
  it("F35 of what is shipped take time in proportion to the text", () => {
    const expressions = expressionsBelow(SHIPPED);
    const slow = expressions.flatMap(({ place, expression }) => {
      const reason = superLinear(expression);
      return reason === undefined ? [] : [`${place} /${expression.source}/${expression.flags} ${reason}`];
    });
    expect(expressions.length).toBeGreaterThan(100);
    expect(slow).toEqual([]);
  });
});

/** Each with a text that took long, or would have. */
const SLOW: readonly RegExp[] = [
  /\s+$/, // of 80,000 blanks and a letter, 17 s
  /^[ \t]+|[ \t]+$/g,
  /a+b/,
  /\$\{[^}]+\}/, // "${" again and again
  /<[^>]*>/,
  /\d+(?=,)/g,
  /x(?=.*y)/g,
  /^.*,.*,.*;$/s,
  /^(\d+)\.?(\d+)$/,
  /^\s*(\s*)$/,
  /^(a+)+$/,
  /^(a*)*b/,
  /^(a|a)*b/,
  /^(a|ab|b)*c/,
  /^([a-z0-9]+\.?)+$/,
  /^(?:[^{]|\{(?!\{)|\{\{[^{}]*\}\}?)*$/,
  /^(.+)\1$/,
];

const QUICK: readonly RegExp[] = [
  /^\s+$/,
  /^\s*-?\d+\s*$/,
  /\s+/,
  /[,\s]+/,
  /"[^"]*"/,
  /"[^"]*"?/g,
  /^[^:]*:.*$/,
  /^(a|b)*$/,
  /^(?:[0-9a-f]{2})+$/i,
  /^[a-z0-9]+(?:_[a-z0-9]+)*$/,
  /^[\x21-\x7e]{1,255}$/,
  /%(?![0-9a-f]{2})/gi,
  /-----END [A-Z0-9 ]+-----/,
  /(?:^|,)\s*chunked\s*$/i,
  /(?:"([^"]*)"|([^",]*))(,|$)/y,
  /^(?:HTTP|\p{Cc})\/\d/u,
];

describe("what finds them", () => {
  it.each(SLOW.map(String))("finds %s", (text) => {
    const [literal] = expressionsOf("a.ts", text);
    expect(literal && superLinear(literal.expression)).toBeDefined();
  });

  it.each(QUICK.map(String))("lets %s pass", (text) => {
    const [literal] = expressionsOf("a.ts", text);
    expect(literal && superLinear(literal.expression)).toBeUndefined();
  });

  it("reads what is made of constants, and takes what is not known for a letter", () => {
    const text = 'const LABEL = "[a-z]+"; new RegExp(`^(${LABEL})*$`, "i"); new RegExp(`${names.join("|")}\\\\s+$`);';
    expect(expressionsOf("a.ts", text).map(({ expression }) => expression)).toEqual([
      { source: "^([a-z]+)*$", flags: "i" },
      { source: "x\\s+$", flags: "" },
    ]);
  });
});
