import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { ModemSettings } from "../../../../driver/modem-types";
import { useEventLoopClock } from "../../../support/clock";
import { RANDOM_TIMEOUT_MS, randomWords, runs, seed } from "../../../support/random";
import type { Loot } from "./answer-thief";
import { perform, Servers, startUp } from "./bench";
import { OPERATIONS } from "./operations";

/** Losses of each operation that are tried where a person waits for them. */
const LEAST = 2;
/** ms until a modem is ready that lost one answer: it is set up anew, and may have to be looked for. */
const START_MS = 60_000;
const word = randomWords();

/** Each answer once, whole and without its beginning; all of them in CI, elsewhere a random part. */
function losses(count: number): { index: number; loot: Loot }[] {
  const all = (["all", "result"] as const).flatMap((loot) =>
    Array.from({ length: count }, (_, index) => ({ index, loot })),
  );
  const wanted = runs(all.length, LEAST);
  while (all.length > wanted) all.splice(word() % all.length, 1);
  return all;
}

/** The matrix of one model; its file has to replace the simulator's clock. */
export function losesEachAnswer(model: string): void {
  const servers = new Servers();
  useEventLoopClock(5);
  beforeAll(() => servers.open());
  afterAll(() => servers.close());
  afterEach(() => void vi.restoreAllMocks());

  describe(`F34 ${model} loses one answer of its own`, () => {
    const rows = Object.entries(OPERATIONS).flatMap(([name, forms]) =>
      Object.entries(forms).map(([form, operation]) => [`${name} ${form}`.trim(), operation] as const),
    );

    it.each(rows.filter(([, { models = [model] }]) => models.includes(model)))(
      "during %s: it ends in time, and the line is free",
      async (_name, operation) => {
        const { written, faults } = await perform(servers, model, operation);
        vi.restoreAllMocks();
        expect(faults).toEqual([]);
        const all: string[] = [];
        for (const loss of losses(written.length)) {
          all.push(...(await perform(servers, model, operation, loss)).faults);
          vi.restoreAllMocks();
        }
        expect(all, `SEED=${seed}`).toEqual([]);
      },
      RANDOM_TIMEOUT_MS,
    );

    const SETTINGS: readonly (readonly [string, Partial<ModemSettings>])[] = [
      ["with the settings that it has", {}],
      ["with settings that need a reboot", { mnoProfile: 100, cid: 2, xlat: true }],
    ];
    it.each(model === "LARA-R6" ? SETTINGS : SETTINGS.slice(0, 1))(
      "while it starts %s: it is ready all the same",
      async (_name, settings) => {
        const { written, faults } = await startUp(servers, model, { limit: START_MS, settings });
        vi.restoreAllMocks();
        expect(faults).toEqual([]);
        const all: string[] = [];
        for (const loss of losses(written.length)) {
          all.push(...(await startUp(servers, model, { limit: START_MS, settings }, loss)).faults);
          vi.restoreAllMocks();
        }
        expect(all, `SEED=${seed}`).toEqual([]);
      },
      RANDOM_TIMEOUT_MS,
    );
  });
}
