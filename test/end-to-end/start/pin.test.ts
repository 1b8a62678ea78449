import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import { type RunningNodeRed, startNodeRed, userDirectory } from "../../support/node-red";
import { Tap } from "../tap";
import { LockedSim } from "./locked-sim";

const WRONG = "1357";
const RIGHT = "2468";

let directory = "";
let running: RunningNodeRed | undefined;

/** A flow with as many config nodes as there are ports, all with one PIN. */
function flow(ports: readonly string[]): object[] {
  const nodes = ports.flatMap((port, index) => [
    { id: `m${index}`, type: "modem", port, timeout: 5 },
    { id: `n${index}`, type: "modem-pdp", z: "tab", modem: `m${index}`, action: "status", wires: [[], []] },
  ]);
  return [{ id: "tab", type: "tab", label: "test" }, ...nodes];
}

async function start(ports: readonly string[], pin: string): Promise<RunningNodeRed> {
  directory = userDirectory();
  running = await startNodeRed(directory);
  const credentials = Object.fromEntries(ports.map((_port, index) => [`m${index}`, { pin }]));
  await running.deploy(flow(ports), credentials);
  return running;
}

async function restart(): Promise<RunningNodeRed> {
  await running?.stop({ keep: true });
  running = await startNodeRed(directory);
  return running;
}

async function lock(model: string, sim: LockedSim, name: string): Promise<Tap> {
  const tap = await Tap.start(`sim:${model}?name=${name}`, sim.troubles);
  onTestFinished(() => tap.stop());
  return tap;
}

/** Resolves when the log tells an error that matches. */
const told = (nodeRed: RunningNodeRed, words: RegExp) =>
  expect.poll(() => nodeRed.log(), { timeout: 60_000 }).toMatch(words);

/** The file in which the outcome of PINs is kept. */
const file = () => join(directory, readdirSync(directory).find((name) => /pin/i.test(name)) ?? "no file of PINs");

afterEach(async () => {
  await running?.stop({ keep: true });
  running = undefined;
  rmSync(directory, { recursive: true, force: true });
});

describe.each(["LARA-R6", "BG96"])("F07 a %s with a wrong PIN", (model) => {
  it("F07 gets it once in five starts of Node-RED, and tells how many attempts are left", async () => {
    const sim = new LockedSim(RIGHT);
    const tap = await lock(model, sim, "five");
    await told(await start([tap.port], WRONG), /PIN.* 2 attempts/);
    for (let again = 0; again < 4; again += 1) await told(await restart(), /PIN.* 2 attempts/);
    expect(sim.tried).toEqual([WRONG]);
    expect(sim.left).toBe(2);
    const kept = readFileSync(file(), "utf8");
    expect(kept).not.toContain(WRONG);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
  }, 240_000);

  it("F07 gets it once from two config nodes at one modem", async () => {
    const sim = new LockedSim(RIGHT);
    const one = await lock(model, sim, "one");
    const other = await lock(model, sim, "other");
    const nodeRed = await start([one.port, other.port], WRONG);
    await expect.poll(() => nodeRed.log().match(/\[modem:[^\n]*PIN/g)?.length, { timeout: 60_000 }).toBeGreaterThan(1);
    expect(sim.tried).toEqual([WRONG]);
  }, 120_000);
});

describe("F07 neighbours", () => {
  it("F07 neighbour: the PIN is not sent with one attempt left", async () => {
    const sim = new LockedSim(RIGHT, { left: 1 });
    const tap = await lock("LARA-R6", sim, "last");
    await told(await start([tap.port], RIGHT), /1 attempt /);
    expect(sim.tried).toEqual([]);
  }, 60_000);

  it("F07 neighbour: the outcome is on the disk before the PIN goes out, so that an end in between counts", async () => {
    const sim = new LockedSim(RIGHT);
    const tap = await lock("BG96", sim, "written");
    let before = "";
    sim.onPin = () => {
      before = readFileSync(file(), "utf8");
    };
    await told(await start([tap.port], WRONG), /PIN/);
    expect(before).toContain("sent");
  }, 60_000);

  it("F07 neighbour: a right PIN opens the SIM at every start", async () => {
    const sim = new LockedSim(RIGHT);
    const tap = await lock("BG96", sim, "right");
    await start([tap.port], RIGHT);
    await expect.poll(() => sim.tried.length, { timeout: 60_000 }).toBe(1);
    await expect.poll(() => readFileSync(file(), "utf8")).toContain("accepted");
    sim.restart();
    await restart();
    await expect.poll(() => sim.tried, { timeout: 60_000 }).toEqual([RIGHT, RIGHT]);
  }, 120_000);

  it("F07 neighbour: the PIN is not sent where its outcome can't be kept", async () => {
    const sim = new LockedSim(RIGHT);
    const tap = await lock("LARA-R6", sim, "full");
    const nodeRed = await start([], WRONG);
    mkdirSync(join(directory, "cellular-modem-pins.json"));
    await nodeRed.deploy(flow([tap.port]), { m0: { pin: WRONG } });
    await told(nodeRed, /PIN was not sent/);
    expect(sim.tried).toEqual([]);
  }, 60_000);
});
