import { readdirSync } from "node:fs";
import { expect, it, vi } from "vitest";
import { MODELS } from "../../../../driver/models";
import { losesEachAnswer } from "./matrix";

vi.mock("../../../../simulator/clock", () => vi.importActual("../../../support/simulator-clock"));

losesEachAnswer("BG96");

it("every model has a matrix", () => {
  const files = readdirSync(__dirname).filter((file) => file.endsWith(".test.ts"));
  expect(files).toHaveLength(MODELS.length);
});
