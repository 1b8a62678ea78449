import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ANY } from "../../../../driver/at/parser/expectation";
import { MAX_LINE } from "../../../../driver/at/parser/parser";
import type { Token } from "../../../../driver/at/parser/tokens";
import { RANDOM_TIMEOUT_MS, randomBytes, randomRuns, runs, seed } from "../../../support/random";
import { brief, byteByByte, bytes, cutAt, newParser, tokensOf } from "./feed";
import { type Scene, session } from "./sessions";

function isOf(...types: Token["type"][]): (text: string) => boolean {
  return (text) => types.some((type) => text.startsWith(`${type} `));
}

describe("the parser", () => {
  it("gives the same tokens however the bytes are cut, and the ones that were meant", {
    timeout: RANDOM_TIMEOUT_MS,
  }, async () => {
    const check = (scenes: readonly Scene[], positions: readonly number[]): void => {
      const whole = Buffer.concat(scenes.map(({ printed }) => printed));
      const commands = scenes.map(({ command }) => command);
      const tokens = tokensOf(commands, [whole]).map(brief);
      expect(tokensOf(commands, byteByByte(whole)).map(brief)).toEqual(tokens);
      expect(tokensOf(commands, cutAt(whole, positions)).map(brief)).toEqual(tokens);
      expect(tokens.filter(isOf("answer"))).toEqual(scenes.flatMap(({ answers }) => answers));
      expect(tokens.filter(isOf("urc"))).toEqual(scenes.flatMap(({ urcs }) => urcs));
      expect(tokens.filter(isOf("echo", "prompt", "data", "final"))).toEqual(scenes.flatMap(({ rest }) => rest));
      expect(tokens.filter(isOf("noise"))).toEqual([]);
    };
    await fc.assert(fc.property(session, fc.array(fc.nat(5000), { maxLength: 12 }), check), randomRuns(10_000));
  });

  it("gives the same tokens for meaningless bytes too, however they are cut", {
    timeout: RANDOM_TIMEOUT_MS,
  }, async () => {
    const pieces = fc.oneof(
      fc.constantFrom(
        "\r",
        "\n",
        "\r\n",
        "\0",
        ">",
        "@",
        " ",
        '"',
        ",",
        "OK",
        "AT",
        "+CSQ:",
        "+USORD: 0,",
        "3",
        "CONNECT",
      ),
      fc.constantFrom("+CEREG: 1", "RDY", '+USORD: 0,4,"', "+CME ERROR: ", "ERROR", "\xff", "CONNECT 3", "+UMQTTC: 6"),
    );
    const commands = [
      { line: "AT+CSQ", expects: [{ prefix: "+CSQ:" }], prompt: "any" as const },
      { line: "AT+X", expects: [ANY], download: { length: "announced" as const } },
      { line: "AT", expects: [] },
    ];
    const check = (parts: readonly string[], positions: readonly number[]): void => {
      const whole = bytes(parts.join(""));
      const tokens = tokensOf(commands, [whole]).map(brief);
      expect(tokensOf(commands, byteByByte(whole)).map(brief)).toEqual(tokens);
      expect(tokensOf(commands, cutAt(whole, positions)).map(brief)).toEqual(tokens);
    };
    const garbage = fc.array(pieces, { maxLength: 60 });
    await fc.assert(fc.property(garbage, fc.array(fc.nat(5000), { maxLength: 12 }), check), randomRuns(5000));
  });

  it.each([1, 7, 1000, 1_000_000])(
    "survives random bytes in pieces of %i within its bound, and the next clean command works",
    {
      timeout: RANDOM_TIMEOUT_MS,
    },
    (cut) => {
      const parser = newParser();
      const noise = randomBytes(runs(1_000_000, 100_000));
      let most = 0;
      parser.begin({ line: "AT+X", expects: [{ prefix: "+X:" }], prompt: "any" });
      for (let at = 0; at < noise.length; at += cut) {
        parser.push(noise.subarray(at, at + cut), () => undefined);
        most = Math.max(most, parser.buffered);
      }
      expect(most, `seed ${seed}`).toBeLessThanOrEqual(MAX_LINE);
      const command = { line: "AT+CSQ", expects: [{ prefix: "+CSQ:" }] };
      const clean = bytes("\r\nAT+CSQ\r\r\n+CSQ: 5,99\r\n\r\nOK\r\n");
      const tokens = tokensOf([command], [clean], parser).map(brief);
      expect(tokens.slice(-3), `seed ${seed}`).toEqual(["echo AT+CSQ", "answer +CSQ: 5,99", "final OK"]);
    },
  );

  it("never holds more than its bound of a line that does not end", () => {
    const parser = newParser();
    let most = 0;
    for (let sent = 0; sent < 1_000_000; sent += 999) {
      parser.push(Buffer.alloc(999, "x"), () => undefined);
      most = Math.max(most, parser.buffered);
    }
    expect(most).toBeLessThanOrEqual(MAX_LINE);
  });
});
