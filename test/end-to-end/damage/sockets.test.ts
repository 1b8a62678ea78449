import { afterAll, describe, expect, it, vi } from "vitest";
import { useEventLoopClock } from "../../support/clock";
import { type Damage, everyDamage, focusedDamage, wordsOf } from "../../support/damage";
import { RANDOM_TIMEOUT_MS, seed } from "../../support/random";
import { type Play, SCENES } from "./socket-scenes";
import { MODELS, type Model, Stage } from "./socket-stage";

vi.mock("../../../simulator/clock", () => vi.importActual("../../support/simulator-clock"));
// What is waited for takes up to a minute of it.
useEventLoopClock(10);

/** Damages of one answer in CI, drawn by the seed: all of them would take a minute of a processor. */
const MOST = 600;
/** The answer to a read that brings something, its result included. */
const READ = /\+(?:QIRD: [1-9]|USOR[DF]: \d,(?:\d\d|"))[\s\S]*?\r\n\r\nOK\r\n(?=\r\n|AT)/;

/** A session is used for many plays, until it is broken as far as its owner would start a new one. */
const stages = new Map<Model, Stage>();

async function stageOf(model: Model): Promise<Stage> {
  const held = stages.get(model);
  if (held !== undefined && !held.isBroken) return held;
  await held?.close();
  const fresh = await Stage.open(model);
  stages.set(model, fresh);
  return fresh;
}

afterAll(async () => {
  for (const stage of stages.values()) await stage.close();
});

/** Plays it once undamaged: what the modem printed, and where the answer to the read is in it. */
async function rehearse(model: Model, play: Play): Promise<{ length: number; start: number; end: number }> {
  const stage = await stageOf(model);
  stage.forget();
  stage.line.record();
  expect(await play(stage)).toEqual({ lies: [], isFlipped: false, isMisaddressed: false });
  const printed = stage.line.recorded.toString("latin1");
  const read = READ.exec(printed);
  if (read === null) throw new Error(`There is no read in ${JSON.stringify(printed)}`);
  return { length: printed.length, start: read.index, end: read.index + read[0].length };
}

/** What is said and is not so; and what of it no checksum guards: bits of the payload, the address of a datagram. */
async function playAll(model: Model, play: Play, damages: readonly Damage[]) {
  const lies: string[] = [];
  const unguarded: string[] = [];
  for (const damage of damages) {
    const stage = await stageOf(model);
    stage.forget();
    stage.line.damage(damage);
    const account = await play(stage);
    stage.line.record();
    const words = wordsOf(damage);
    for (const lie of account.lies) lies.push(`${words}: ${lie}`);
    if (account.isMisaddressed) unguarded.push(`${words}: the sender of a datagram`);
    if (account.isFlipped && damage.kind === "flipped") unguarded.push(`${words}: the payload`);
    else if (account.isFlipped) lies.push(`${words}: a byte is another`);
  }
  return { lies, unguarded };
}

describe.each(MODELS)("F33 on a damaged line to a %s", (model) => {
  it.each(Object.entries(SCENES))(
    "%s brings no success with wrong bytes",
    async (_name, play) => {
      const { length, start, end } = await rehearse(model, play);
      const { lies, unguarded } = await playAll(model, play, focusedDamage(length, start, end, { most: MOST }));
      expect(lies, `SEED=${seed}`).toEqual([]);
      // Flipped bits of the payload are there, and counted.
      expect(unguarded.length).toBeLessThan(24 * (end - start));
    },
    RANDOM_TIMEOUT_MS,
  );

  it(
    "F33 1 to 4 bytes lost of the first 14 of an answer to a read are never a hole in the stream",
    async () => {
      const { start } = await rehearse(model, SCENES["a connection"]);
      const damages = everyDamage(14).filter(({ kind, count }) => kind === "lost" && count <= 4);
      const placed = damages.map((damage) => ({ ...damage, at: start + damage.at }));
      expect((await playAll(model, SCENES["a connection"], placed)).lies).toEqual([]);
    },
    RANDOM_TIMEOUT_MS,
  );
});
