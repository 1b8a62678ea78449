import { expect } from "vitest";
import { readScenarios, type Scenario } from "../../simulator/transcripts/scenario";
import { EXPLAINED_COMMANDS as OF_ALL_MODELS } from "../cellular/explained-commands";
import { EXPLAINED_COMMANDS as OF_QUECTEL } from "../quectel/explained-commands";
import { EXPLAINED_COMMANDS as OF_UBLOX } from "../ublox/explained-commands";

const GUIDES = {
  "LARA-R6": { scenarios: readScenarios("lara-r6.json"), explained: OF_UBLOX },
  BG96: { scenarios: readScenarios("bg96.json"), explained: OF_QUECTEL },
} as const;

export type Model = keyof typeof GUIDES;

/** Patterns of what stands in the place of printed texts. */
type Values = Readonly<Record<string, string>>;

/** How the driver's way through a scenario differs from the print. */
export interface Way {
  /** The scenario's commands (0 is the first) in the driver's order; as printed when left out. */
  readonly order?: readonly number[];
  /** Commands that the driver does not send, and what it does instead or why not. */
  readonly instead?: Readonly<Record<number, string>>;
  /** Printed texts, and patterns of what stands in their place: the values are the flow author's, not the guide's. */
  readonly values?: Values;
}

/** The pattern of a text as it is. */
export function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** A printed command with any number, or file name, for each placeholder; each is a group of the match. */
function pattern(send: string, values: Values = {}): RegExp {
  const keys = Object.keys(values).sort((a, b) => b.length - a.length);
  const parts = send.split(new RegExp(`(${[...keys.map(literal), "<\\w+>"].join("|")})`));
  const source = parts.map((part, index) => {
    if (index % 2 === 0) return literal(part);
    const value = values[part] ?? (part === "<file_name>" ? '"[^"]+"' : "\\d+");
    const name = /^<(\w+)>$/.exec(part)?.[1];
    return name === undefined ? value : `(?<${name}>${value})`;
  });
  // The driver connects by the form that gives the line back at once (u-blox, AT facts 3).
  const form = /^AT\+(?:USOCO|UDNSRN)=/.test(send) ? "(?:,1)?" : "";
  return new RegExp(`^${source.join("")}${form}$`);
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

/**
 * Fails unless the scenario's commands are among the lines, in this order, each of them accounted for. A placeholder
 * stands for the same text throughout: the profile that is set up is the one that is used.
 */
export function expectScenario(model: Model, id: string, lines: readonly string[], way: Way = {}): void {
  const scenario = GUIDES[model].scenarios.find((one) => one.id === id);
  if (scenario === undefined) throw new Error(`no scenario ${id}`);
  const sends = commandsOf(scenario);
  const { instead = {} } = way;
  const order = way.order ?? [...sends.keys()].filter((step) => !(step in instead));
  const accounted = [...new Set([...order, ...Object.keys(instead).map(Number)])].sort((a, b) => a - b);
  expect(accounted, `${id}: every command is sent or has a reason`).toEqual([...sends.keys()]);
  let values = way.values;
  let from = 0;
  for (const step of order) {
    const wanted = pattern(sends[step] ?? "", values);
    const found = lines.findIndex((line, index) => index >= from && wanted.test(line));
    if (found < 0) expect.fail(`${id}: ${wanted} is not among\n${lines.slice(from).join("\n")}`);
    values = { ...values, ...bound(wanted.exec(lines[found] ?? "")) };
    from = found + 1;
  }
}

function bound(match: RegExpExecArray | null): Values {
  const groups = Object.entries(match?.groups ?? {});
  return Object.fromEntries(groups.map(([name, text]) => [`<${name}>`, literal(text)]));
}
