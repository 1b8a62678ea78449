import { describe, expect, it } from "vitest";
import { withoutBlanks } from "../../../../nodes/common/message/blanks";
import { LONGEST_TEXT, optionalInteger, optionalNumber, optionalText } from "../../../../nodes/common/message/input";
import { needsMessage, renderTemplate } from "../../../../nodes/common/message/template";

const MILLION = 1_000_000;

/** ms of this process's own time, which other programs on the machine don't lengthen much. */
async function cost(work: () => unknown): Promise<number> {
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

/** Some thousand times what they take; an expression of quadratic time takes minutes. */
const AMPLE_MS = 1000;

describe("F35 texts of a million characters", () => {
  it.each([" ", "\t", "\n", "a", "9", "{", "}", "%", "€"])("cost nothing, of %j", async (character) => {
    const long = character.repeat(MILLION);
    const works = [
      () => withoutBlanks(`a${long}b`),
      () => withoutBlanks(`${long}b`),
      () => needsMessage(`{{${long}`),
      () => needsMessage(`{{env.${long}`),
      () => expect(() => optionalText(long, "host")).toThrow(/^host is too long: 1000000 characters, at most/),
      () => expect(() => optionalInteger(`${long}1x`, "port", { min: 1, max: 9 })).toThrow(/^port must be a whole/),
      () => expect(() => optionalNumber(`${long}1x`, "timeout", { min: 1, max: 9 })).toThrow(/^timeout must be a num/),
    ];
    for (const work of works) expect(await cost(work)).toBeLessThan(AMPLE_MS);
  });

  it.each(["{{payload}}", "{{{payload}}}", "{{payload}}".repeat(LONGEST_TEXT)])(
    "F35 neighbour: a template",
    async (template) => {
      const message = { _msgid: "1", payload: "x".repeat(MILLION) };
      const parts = { template, field: "url", message };
      const rendered = renderTemplate(undefined as never, undefined as never, parts);
      await expect(rendered).rejects.toMatchObject({
        code: "INVALID_INPUT",
        message: expect.stringMatching(/^url is too long/),
      });
    },
  );
});

describe("what a template needs", () => {
  it.each([
    ["server.example", false],
    ["{{env.HOST}}", false],
    ["{{{env.HOST}}}", false],
    ["{{& flow.host }}:{{global.port}}", false],
    ["}}}", false],
    ["}".repeat(60), false],
    ["{ {{env.A}} }", false],
    ["{{host}}", true],
    ["{{environment}}", true],
    ["{{env.HOST}}{{payload}}", true],
    ["{{env.HOST", true],
    ["{{#env.A}}{{payload}}{{/env.A}}", true],
  ])("F35 neighbour: %s from a message: %j", (template, needs) => {
    expect(needsMessage(template)).toBe(needs);
  });
});
