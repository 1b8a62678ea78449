import { describe, expect, it } from "vitest";
import { longestTurn } from "./support/event-loop";
import { deployNode, type UnderTest, useNodeRed } from "./support/flow";
import { CHARACTERS, LONG_FIELDS, longTexts } from "./support/long-messages";

useNodeRed();

/** The bar is 50 ms; what is worse than linear takes minutes. */
const LIMIT_MS = 50;
/** A turn may have the garbage of the turns before in it. */
const TRIES = 4;

async function worst(node: UnderTest, message: Readonly<Record<string, unknown>>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < TRIES && best >= LIMIT_MS; tries += 1) {
    const ended = Promise.race([node.errors.next(), node.complete.next()]);
    best = Math.min(best, await longestTurn(() => node.receive({ ...message }), ended));
  }
  return best;
}

describe.each(["LARA-R6", "BG96"])("F35 a million characters, with a %s", (model) => {
  it.each(LONG_FIELDS.map(({ node, field }, index) => [node.type, field, index] as const))(
    "F35 %s: %s costs no turn of the event loop",
    async (_type, _field, index) => {
      const { node: properties, message } = LONG_FIELDS[index] as (typeof LONG_FIELDS)[number];
      const node = await deployNode(properties, { port: `sim:${model}?name=long${index}`, timeout: 20 });
      // The first message of a node waits for the modem, and has code to read.
      node.receive({ action: "none" });
      await Promise.race([node.errors.next(), node.complete.next()]);
      const slow: string[] = [];
      for (const character of CHARACTERS) {
        for (const text of longTexts(character)) {
          const time = await worst(node, message(text));
          if (time >= LIMIT_MS) slow.push(`${JSON.stringify(character)}: ${Math.round(time)} ms`);
        }
      }
      expect(slow).toEqual([]);
    },
  );

  it("F35 headers that are bytes, or that are many, cost no turn either", async () => {
    const node = await deployNode({ type: "modem-http", url: "http://a/" }, { port: `sim:${model}?name=bytes` });
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`x-${index}`, "a"]));
    for (const headers of [Buffer.alloc(3_000_000), new Float64Array(300_000), ["a".repeat(1_000_000)], many]) {
      expect(await worst(node, { headers })).toBeLessThan(LIMIT_MS);
      expect(node.errors.messages.at(-1)?.error?.code).toBe("INVALID_INPUT");
    }
  });
});
