import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { bundled } from "../../support/bundle";

const TIME_LIMIT_MS = 120_000;

/** What processes that start at once say, how often they tried a PIN, and what they left behind. */
async function unlockAtOnce(processes: readonly { imei: string; pin: string; left?: string }[]) {
  const folder = mkdtempSync(join(tmpdir(), "pins-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [file, attempts] = [join(folder, "pins.json"), join(folder, "attempts")];
  writeFileSync(attempts, "");
  const program = bundled("test/driver/cellular/pin-process.ts");
  const run = promisify(execFile);
  const ends = await Promise.all(
    processes.map(({ imei, pin, left = "" }) =>
      run(process.execPath, [program, file, attempts, imei, pin, left], { timeout: TIME_LIMIT_MS }),
    ),
  );
  const records = JSON.parse(readFileSync(file, "utf8")) as { trials: { outcome: string }[] };
  return {
    said: ends.map(({ stdout }) => stdout.trim().split(" ")[0]),
    attempts: readFileSync(attempts, "utf8").length,
    outcomes: records.trials.map(({ outcome }) => outcome),
    left: readdirSync(folder).filter((name) => name !== "attempts" && name !== "pins.json"),
  };
}

describe("I10 two processes with one directory", { timeout: TIME_LIMIT_MS }, () => {
  it.each([
    ["the SIM tells its attempts", "3"],
    ["the SIM tells nothing", ""],
  ])("I10 try a wrong PIN once, where %s", async (_how, left) => {
    const one = { imei: "352653090000001", pin: "9999", left };
    const end = await unlockAtOnce([one, one]);
    expect(end).toEqual({ said: ["SIM_ERROR", "SIM_ERROR"], attempts: 1, outcomes: ["refused"], left: [] });
  });

  it("I10 neighbour: four of them try it once", async () => {
    const one = { imei: "352653090000001", pin: "9999", left: "3" };
    expect(await unlockAtOnce([one, one, one, one])).toMatchObject({ attempts: 1, outcomes: ["refused"], left: [] });
  });

  it("I10 neighbour: at two modems lose nothing that the other one has noted", async () => {
    const numbers = ["352653090000001", "352653090000002", "352653090000003"];
    const end = await unlockAtOnce(numbers.map((imei) => ({ imei, pin: "9999", left: "3" })));
    expect(end).toMatchObject({ attempts: 3, outcomes: ["refused", "refused", "refused"], left: [] });
  });
});
