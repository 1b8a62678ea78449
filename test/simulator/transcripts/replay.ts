import { describe, expect, it, vi } from "vitest";
import type { Need } from "../../support/needs";
import { answerPattern, dataPattern, literal, promptPattern } from "./pattern";
import { readScenarios, type Scenario, type Step } from "./scenario";
import type { SerialClient } from "./serial-client";

/** One simulated modem with a host on its TCP face, and the peers its traffic goes to. */
export interface Bench {
  readonly client: SerialClient;
  /** ms of silence that the modem wants between a result and the next command, and between a prompt and the data. */
  readonly commandGap: number;
  readonly promptGap: number;
  /** The second modem of an example with two. */
  readonly second?: Bench;
  /** Makes something go wrong, as `--fault` does. */
  fault(spec: string): void;
  stop(): Promise<void>;
}

/** What a scenario takes for granted, and what its print leaves open. */
export interface Setting {
  /** Starts the modem and the peers it needs; the model's usual bench when left out. */
  readonly bench?: () => Promise<Bench>;
  /** Brings the modem there, after `needs` and before the first step. */
  readonly before?: (bench: Bench) => Promise<void>;
  /** Values of the scenario's placeholders, `<name>` → text; the others get theirs from what the modem says first. */
  readonly values?: Readonly<Record<string, string>>;
  /** Steps by index, where the print is elided or leaves something to be set up. */
  readonly steps?: Readonly<Record<number, Partial<Step>>>;
  /** Work between the steps: before the step of this index. */
  readonly beforeStep?: Readonly<Record<number, (bench: Bench) => Promise<void>>>;
  /** A program that it can't be played without. */
  readonly tool?: Need;
  /** Further checks on a bench that has played the scenario. */
  readonly after?: (bench: Bench) => Promise<void>;
}

export interface Replay {
  readonly file: string;
  readonly sections: RegExp;
  readonly bench: () => Promise<Bench>;
  /** Preconditions that are no scenarios, by their words. */
  readonly needs: Readonly<Record<string, (bench: Bench) => Promise<void>>>;
  readonly settings: Readonly<Record<string, Setting>>;
  /** Does what a step says of a peer. */
  readonly peer?: (step: Step, bench: Bench) => Promise<void>;
}

const PLACEHOLDER = /<\w+>/g;

/** How a host may go through the same examples; the modem's answers are the same. */
const MANNERS: Readonly<Record<string, (bench: Bench) => Promise<void>>> = {
  "as printed": async () => undefined,
  "byte by byte": async ({ client }) => {
    client.bytewise = true;
  },
  "without echo": silenceEcho,
};

/**
 * Plays every scenario of some sections against the simulator, one test each and manner, named by the scenario; many at
 * once, as a strict modem wants silence before each command.
 */
export function replayAll(replay: Replay): void {
  vi.setConfig({ maxConcurrency: 10 });
  const all = new Map(readScenarios(replay.file).map((scenario) => [scenario.id, scenario]));
  const chosen = [...all.values()].filter((scenario) => replay.sections.test(scenario.section));
  const missing = ({ id }: Scenario) => replay.settings[id]?.tool?.skip === true;
  describe.each(Object.entries(MANNERS))("%s", (_, prepare) => {
    for (const { id, title } of chosen.filter(missing)) {
      it.skip(`${id} ${title}${replay.settings[id]?.tool?.reason ?? ""}`, () => undefined);
    }
    const played = chosen.filter((scenario) => !missing(scenario));
    it.concurrent.each(played.map((scenario) => [scenario.id, scenario.title, scenario] as const))(
      "%s %s",
      async (id, _title, scenario) => {
        const bench = await (replay.settings[id]?.bench ?? replay.bench)();
        try {
          await prepare(bench);
          if (bench.second !== undefined) await prepare(bench.second);
          await play(scenario, all, replay, { bench, values: new Map() });
          await replay.settings[id]?.after?.(bench);
          for (const { client } of [bench, bench.second ?? bench]) expect(client.unread).toMatch(/^(\r\n)*$/);
        } finally {
          await bench.stop();
        }
      },
    );
  });
}

async function silenceEcho(bench: Bench): Promise<void> {
  await command(bench, "ATE0");
  bench.client.echoes = false;
}

/** One replay under way, the earlier scenarios that it needs included. */
interface Run {
  readonly bench: Bench;
  /** Placeholders whose value is known. */
  readonly values: Map<string, string>;
}

async function play(scenario: Scenario, all: Map<string, Scenario>, replay: Replay, run: Run): Promise<void> {
  const { bench, values } = run;
  const setting = replay.settings[scenario.id] ?? {};
  for (const need of scenario.needs) {
    const earlier = all.get(need);
    const condition = replay.needs[need];
    if (earlier !== undefined) await play(earlier, all, replay, run);
    else if (condition !== undefined) await condition(bench);
    else throw new Error(`nothing sets up "${need}"`);
  }
  await setting.before?.(bench);
  for (const [name, value] of Object.entries(setting.values ?? {})) values.set(name, value);
  for (const [index, printed] of scenario.steps.entries()) {
    await setting.beforeStep?.[index]?.(bench);
    const step = filledIn({ ...corrected(printed), ...setting.steps?.[index] }, values);
    const modem = step.module === 2 ? (bench.second ?? bench) : bench;
    if (step.peer === undefined) bind(step, await playStep(step, modem), values);
    else if (replay.peer === undefined) throw new Error(`nobody to do: ${step.peer}`);
    else await replay.peer(step, bench);
  }
}

/**
 * What the transcripts call uncertain, and captures show otherwise: a file that is read stands under its name in
 * quotation marks (u-blox AT facts 5.6).
 */
function corrected(step: Step): Step {
  if (step.uncertain !== true || step.expect === undefined) return step;
  return { ...step, expect: step.expect.map((line) => line.replace(/^(\+URDFILE: )([^",]+)/, '$1"$2"')) };
}

/** Takes the values of placeholders out of what the modem said. */
function bind({ expect: lines = [], urc }: Step, said: string, values: Map<string, string>): void {
  for (const line of urc === undefined ? lines : [urc]) {
    const names = line.match(PLACEHOLDER) ?? [];
    if (names.length === 0) continue;
    const found = new RegExp(literal(line).replace(PLACEHOLDER, '([^,"\\r\\n]+)')).exec(said);
    for (const [index, name] of names.entries()) values.set(name, found?.[index + 1] ?? "");
  }
}

/** Returns what the modem said. */
async function playStep(step: Step, bench: Bench): Promise<string> {
  const { client } = bench;
  if (step.send !== undefined) return playCommand(step.send, step, bench);
  if (step.sendData !== undefined) {
    await client.send(step.sendData, bench.promptGap);
    return step.expect === undefined ? "" : client.expect(answerPattern("", step.expect, step.variable));
  }
  if (step.receiveData !== undefined) {
    const data = dataPattern(step.receiveData, step.variable);
    return client.expect(new RegExp(`^${data}${answerPattern("", step.expect ?? [], step.variable).source.slice(1)}`));
  }
  if (step.urc !== undefined) return client.expect(answerPattern("", [step.urc], step.variable));
  throw new Error(`a step that can't be played: ${JSON.stringify(step)}`);
}

async function playCommand(line: string, step: Step, bench: Bench): Promise<string> {
  const { client } = bench;
  if (/<\w+>/.test(line)) throw new Error(`no value for a placeholder of ${line}`);
  const echo = client.echoes ? line : "";
  await client.send(`${line}\r`, bench.commandGap);
  if (step.expectPrompt !== undefined) return client.expect(promptPattern(echo, step.expectPrompt));
  const said = await client.expect(answerPattern(echo, step.expect ?? [], step.variable));
  if (/^AT\+CFUN=(15|16|1,1)$/.test(line)) await untilItAnswers(bench);
  return said;
}

/** The printed examples leave out the wait after a reboot. */
export async function untilItAnswers(bench: Bench): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    bench.client.discard();
    await bench.client.send("AT\r", 100);
    const answered = await bench.client.expect(/AT\r[\r\n]+OK\r\n/, 100).then(
      () => true,
      () => false,
    );
    if (!answered) continue;
    // The factory's echo is on again.
    if (!bench.client.echoes) await silenceEcho(bench);
    return;
  }
  throw new Error("the modem does not answer after its reboot");
}

/** Sends a command that a scenario takes for granted, and expects OK. Returns all that came before the OK. */
export async function command(bench: Bench, line: string): Promise<string> {
  await bench.client.send(`${line}\r`, bench.commandGap);
  const answer = await bench.client.expect(/^[\s\S]*?\r\n(OK|ERROR|\+CME ERROR: [^\r]*)\r\n/);
  if (!answer.endsWith("\r\nOK\r\n")) throw new Error(`${line}: ${JSON.stringify(answer)}`);
  return answer;
}

/** Sends a command that prompts, then the data, and expects OK. */
export async function upload(bench: Bench, line: string, data: string): Promise<void> {
  await bench.client.send(`${line}\r`, bench.commandGap);
  await bench.client.expect(/^[\s\S]*?\r\n>/);
  await bench.client.send(data, bench.promptGap);
  await bench.client.expect(/^[\s\S]*?\r\nOK\r\n/);
}

/** A placeholder whose value is known is variable no more. */
function filledIn(step: Step, values: ReadonlyMap<string, string>): Step {
  const fill = (text: string) => text.replace(PLACEHOLDER, (name) => values.get(name) ?? name);
  return {
    ...step,
    ...(step.send === undefined ? {} : { send: fill(step.send) }),
    ...(step.sendData === undefined ? {} : { sendData: fill(step.sendData) }),
    ...(step.receiveData === undefined ? {} : { receiveData: fill(step.receiveData) }),
    ...(step.urc === undefined ? {} : { urc: fill(step.urc) }),
    ...(step.expect === undefined ? {} : { expect: step.expect.map(fill) }),
    ...(step.variable === undefined ? {} : { variable: step.variable.filter((part) => !values.has(part)) }),
  };
}
