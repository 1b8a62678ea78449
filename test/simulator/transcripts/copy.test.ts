import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT, TRANSCRIPTS } from "../../support/paths";
import { readScenarios } from "./scenario";

/** The original stands beside the repository in the workshop, elsewhere where the variable says, or nowhere. */
const ORIGINAL = process.env.TRANSCRIPTS ?? resolve(ROOT, "../shared/transcripts");
const FILES = ["bg96.json", "lara-r6.json"];

describe("the copy of the transcripts", () => {
  it("holds both models", () => {
    expect(readdirSync(TRANSCRIPTS).sort()).toEqual(FILES);
    expect(FILES.map((file) => readScenarios(file).length)).toEqual([60, 106]);
  });

  it.skipIf(!existsSync(ORIGINAL)).each(FILES)("is the original: %s", (file) => {
    expect(readFileSync(join(TRANSCRIPTS, file), "utf8")).toBe(readFileSync(join(ORIGINAL, file), "utf8"));
  });
});
