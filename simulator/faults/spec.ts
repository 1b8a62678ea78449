/** A parsed fault. */
export interface FaultSpec {
  readonly name: string;
  readonly value: string | undefined;
  /** ms from now */
  readonly delay: number;
  /** ms; undefined: once, or until undone */
  readonly duration: number | undefined;
}

/** What may be given with the name of a fault. */
export interface FaultRule {
  readonly help: string;
  /** Values allowed after `=`; none if left out. */
  readonly value?: RegExp;
  /** Undoes it; without this, it takes no duration. */
  readonly end?: unknown;
}

type Rules = Readonly<Record<string, FaultRule>>;

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

/** @throws {Error} that says what is wrong and what exists */
export function parseFault(text: string, rules: Rules): FaultSpec {
  const match = /^([a-z-]+)(?:=([^@:]*))?(?:@(\d+)(ms|s|m))?(?::(\d+)(ms|s|m))?$/.exec(text.trim());
  const name = match?.[1] ?? "";
  const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
  if (match === null || rule === undefined) {
    throw new Error(`no fault "${text}"; NAME[=VALUE][@WHEN][:DURATION] with ${Object.keys(rules).join(", ")}`);
  }
  const value = match[2];
  if (value !== undefined && !rule.value?.test(value)) throw new Error(`"${value}" is not a value of "${name}"`);
  if (match[5] !== undefined && rule.end === undefined) throw new Error(`"${name}" has no duration`);
  return { name, value, delay: time(match[3], match[4]) ?? 0, duration: time(match[5], match[6]) };
}

/** The grammar of `--fault` and the faults, for `--help`. */
export function faultHelp(rules: Rules): string {
  const lines = Object.entries(rules).map(([name, { help, end }]) => {
    return `  ${name.padEnd(18)}${help}${end === undefined ? "" : " [:DURATION]"}`;
  });
  return [
    "A fault is NAME[=VALUE][@WHEN][:DURATION], with times such as 500ms, 5s, 2m:",
    ...lines,
    "Examples: reboot@5s   silence@10s:3s   unplug@1s:500ms   lost-context=1   garbage=64",
  ].join("\n");
}

function time(count: string | undefined, unit: string | undefined): number | undefined {
  return count === undefined ? undefined : Number(count) * (UNITS[unit ?? ""] ?? 1);
}
