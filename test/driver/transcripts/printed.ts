import { expect } from "vitest";
import { readScenarios, type Scenario } from "../../simulator/transcripts/scenario";
import { EXPLAINED_COMMANDS as OF_ALL_MODELS } from "../network/explained-commands";
import { EXPLAINED_COMMANDS as OF_QUECTEL } from "../quectel/explained-commands";
import { EXPLAINED_COMMANDS as OF_UBLOX } from "../ublox/explained-commands";

const GUIDES = {
  "LARA-R6": { scenarios: readScenarios("lara-r6.json"), explained: OF_UBLOX },
  BG96: { scenarios: readScenarios("bg96.json"), explained: OF_QUECTEL },
} as const;

export type Model = keyof typeof GUIDES;

/** How the driver's way through a scenario differs from the print. */
export interface Way {
  /** The scenario's commands (0 is the first) in the driver's order; as printed when left out. */
  readonly order?: readonly number[];
  /** Commands that the driver does not send, and what it does instead or why not. */
  readonly instead?: Readonly<Record<number, string>>;
  /** Printed texts, and patterns of what stands in their place: the values are the flow author's, not the guide's. */
  readonly values?: Readonly<Record<string, string>>;
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** A printed command with any number, or file name, for each placeholder. */
function pattern(send: string, values: Readonly<Record<string, string>> = {}): RegExp {
  const keys = Object.keys(values).sort((a, b) => b.length - a.length);
  const parts = send.split(new RegExp(`(${[...keys.map(literal), "<\\w+>"].join("|")})`));
  const source = parts.map((part, index) => {
    if (index % 2 === 0) return literal(part);
    return values[part] ?? (part === "<file_name>" ? '"[^"]+"' : "\\d+");
  });
  return new RegExp(`^${source.join("")}$`);
}

function commandsOf({ steps }: Scenario): string[] {
  return steps.flatMap(({ send }) => (send === undefined ? [] : [send]));
}

/** Fails for a command that neither the model's guide prints nor the references explain. */
export function expectExplained(model: Model, lines: readonly string[]): void {
  const { scenarios, explained } = GUIDES[model];
  const patterns = [
    ...scenarios.flatMap(commandsOf).map((send) => pattern(send)),
    ...[...explained, ...OF_ALL_MODELS].map((one) => one.pattern),
  ];
  expect(lines.filter((line) => !patterns.some((one) => one.test(line)))).toEqual([]);
}

/** Fails unless the scenario's commands are among the lines, in this order, each of them accounted for. */
export function expectScenario(model: Model, id: string, lines: readonly string[], way: Way = {}): void {
  const scenario = GUIDES[model].scenarios.find((one) => one.id === id);
  if (scenario === undefined) throw new Error(`no scenario ${id}`);
  const sends = commandsOf(scenario);
  const { instead = {}, values } = way;
  const order = way.order ?? [...sends.keys()].filter((step) => !(step in instead));
  const accounted = [...new Set([...order, ...Object.keys(instead).map(Number)])].sort((a, b) => a - b);
  expect(accounted, `${id}: every command is sent or has a reason`).toEqual([...sends.keys()]);
  let from = 0;
  for (const step of order) {
    const wanted = pattern(sends[step] ?? "", values);
    const found = lines.findIndex((line, index) => index >= from && wanted.test(line));
    if (found < 0) expect.fail(`${id}: ${wanted} is not among\n${lines.slice(from).join("\n")}`);
    from = found + 1;
  }
}
