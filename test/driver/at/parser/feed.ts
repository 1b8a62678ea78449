import { expect } from "vitest";
import type { InFlight } from "../../../../driver/at/parser/line-classifier";
import { Parser } from "../../../../driver/at/parser/parser";
import type { Token } from "../../../../driver/at/parser/tokens";
import { COUNTED, URCS } from "../grammar";

export const bytes = (text: string): Buffer => Buffer.from(text, "latin1");

export function newParser(): Parser {
  const parser = new Parser();
  parser.useGrammar(COUNTED, URCS);
  return parser;
}

/** Tokens of a session; each command is in flight until its final result. Data in pieces count as one token. */
export function tokensOf(commands: readonly InFlight[], chunks: readonly Buffer[], parser = newParser()): Token[] {
  const tokens: Token[] = [];
  const waiting = [...commands];
  const begin = (): void => {
    const command = waiting.shift();
    if (command !== undefined) parser.begin(command);
  };
  begin();
  for (const chunk of chunks) {
    parser.push(chunk, (token) => {
      const last = tokens.at(-1);
      if (token.type === "data" && last?.type === "data") {
        tokens[tokens.length - 1] = { type: "data", bytes: Buffer.concat([last.bytes, token.bytes]) };
      } else {
        tokens.push(token);
      }
      if (token.type === "final") begin();
    });
  }
  return tokens;
}

export function byteByByte(whole: Buffer): Buffer[] {
  return Array.from(whole, (byte) => Buffer.from([byte]));
}

/** Cuts at the given positions, taken modulo the length. */
export function cutAt(whole: Buffer, positions: readonly number[]): Buffer[] {
  const cuts = [...new Set(positions.map((position) => position % (whole.length + 1)))].sort((a, b) => a - b);
  return [...cuts, whole.length].map((end, index) => whole.subarray(cuts[index - 1] ?? 0, end));
}

/** Short notation for expectations: `answer +CSQ: 1`, `final OK`, `data <hex>`. */
export function brief(token: Token): string {
  switch (token.type) {
    case "answer":
    case "urc":
      return [
        token.type,
        token.line.text,
        ...(token.line.body === undefined ? [] : [`| ${token.line.body}`]),
        ...token.line.data.map(({ bytes }) => `<${bytes.toString("hex")}>`),
      ].join(" ");
    case "final":
      return `final ${token.result.text}`;
    case "prompt":
      return `prompt ${token.prompt}`;
    case "data":
      return `data ${token.bytes.toString("hex")}`;
    case "damage":
      return "damage";
    case "behind":
      return `behind ${JSON.stringify(token.lineEnds)}`;
    case "echo":
    case "noise":
      return `${token.type} ${token.text}`;
  }
}

/** The tokens of one command's bytes, checked to be the same when they come one at a time. */
export function read(command: Partial<InFlight> & { line: string }, text: string | Buffer): string[] {
  const inFlight = { expects: [], ...command };
  const whole = typeof text === "string" ? bytes(text) : text;
  const tokens = tokensOf([inFlight], [whole]).map(brief);
  expect(tokensOf([inFlight], byteByByte(whole)).map(brief)).toEqual(tokens);
  return tokens;
}
