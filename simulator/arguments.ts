import { faultsOf } from "./faults/injector";
import { faultHelp } from "./faults/spec";
import { OPTION_RULES, readOptions, type SimulatorOptions } from "./options";
import { DEFAULT_MODEL, PERSONALITIES } from "./personalities";

/** The parsed command line. */
export interface CommandLine {
  readonly simulator: SimulatorOptions;
  readonly tcp: readonly number[];
  readonly unix: readonly string[];
  readonly pty: readonly string[];
}

/** Options of the command only; a `sim:` port does not have them. */
const COMMAND_OPTIONS = [
  { name: "model", value: PERSONALITIES.map(({ name }) => name).join("|"), help: `personality (${DEFAULT_MODEL})` },
  { name: "tcp", value: "PORT", help: "listen on 127.0.0.1; 0 picks a port" },
  { name: "unix", value: "PATH", help: "listen on a UNIX socket" },
  { name: "pty", value: "LINK", help: "make a serial device there (needs socat)" },
  { name: "help", value: "", help: "print this" },
];
const FACES = ["tcp", "unix", "pty"];

export const HELP = [
  "cellular-modem-sim: a cellular modem in software, for programs that speak AT commands",
  "",
  "  cellular-modem-sim --tcp 7000",
  "  cellular-modem-sim --model BG96 --pty /tmp/modem0 --baud 115200 --latency 60",
  "",
  "It prints a line `listening NAME ADDRESS` for each face, then serves until SIGTERM. A new client takes the line over.",
  "",
  ...[...COMMAND_OPTIONS, ...OPTION_RULES].map(({ name, value, help, ...rest }) => {
    const fallback = "fallback" in rest && rest.fallback !== "" ? ` [${rest.fallback}]` : "";
    return `  ${`--${name} ${value}`.padEnd(30)} ${help}${fallback}`;
  }),
  "",
  faultHelp(Object.assign({}, ...PERSONALITIES.map(faultsOf))),
  "Faults are also taken from lines on standard input.",
  "",
].join("\n");

/** Returns `undefined` if help was requested. @throws {Error} that says what is wrong */
export function readCommandLine(words: readonly string[]): CommandLine | undefined {
  const values = collect(words);
  if (values.has("help")) return undefined;
  const take = (name: string): readonly string[] => {
    const given = values.get(name) ?? [];
    values.delete(name);
    return given;
  };
  const [model = DEFAULT_MODEL, ...more] = take("model");
  if (more.length > 0) throw new Error("--model is given twice");
  const [tcp, unix, pty] = [take("tcp").map(portNumber), paths("unix", take), paths("pty", take)];
  const simulator = readOptions(model, values);
  if (tcp.length + unix.length + pty.length === 0) {
    throw new Error(`give it a face: ${FACES.map((name) => `--${name}`).join(", ")} (--help tells more)`);
  }
  return { simulator, tcp, unix, pty };
}

/** `--name value` and `--name=value`. */
function collect(words: readonly string[]): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (let index = 0; index < words.length; index++) {
    const match = /^--([a-z][a-z-]*)(?:=(.*))?$/s.exec(words[index] ?? "");
    if (match === null) throw new Error(`"${words[index]}" is not an option (--help tells more)`);
    const name = match[1] ?? "";
    let value = match[2] ?? bareValue(name, words[index + 1]);
    if (value === undefined) {
      index++;
      value = words[index];
    }
    if (value === undefined) throw new Error(`--${name} needs a value`);
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  return values;
}

/** The value of a switch; `undefined` if the next word is the value. */
function bareValue(name: string, next: string | undefined): string | undefined {
  if (COMMAND_OPTIONS.some((option) => option.name === name && option.value === "")) return "1";
  const bare = OPTION_RULES.find((rule) => rule.name === name)?.bare;
  return bare !== undefined && (next === undefined || next.startsWith("--")) ? bare : undefined;
}

function paths(name: string, take: (name: string) => readonly string[]): readonly string[] {
  const given = take(name);
  if (given.includes("")) throw new Error(`--${name} needs a path`);
  return given;
}

function portNumber(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535) throw new Error(`--tcp ${text}: ports are 0 to 65535`);
  return Number(text);
}
