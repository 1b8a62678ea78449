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
  /** It says nothing without a value. */
  readonly needsValue?: true;
  /** Undoes it; without this, it takes no duration. */
  readonly end?: unknown;
}

type Rules = Readonly<Record<string, FaultRule>>;

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };
const TIME = /^(\d{1,9})(ms|s|m)$/;
/** Longer than any run; Node's timers know no more than 24 days, and fire at once if told more. */
export const LONGEST_MS = 20 * 24 * 3_600_000;
const NAME = /^[a-z-]{1,40}/;

/** @throws {Error} that says what is wrong and what exists */
export function parseFault(text: string, rules: Rules): FaultSpec {
  const given = text.trim();
  const name = NAME.exec(given)?.[0] ?? "";
  const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
  const [untilEnd, duration] = cutTime(given, ":");
  const [left, delay = 0] = cutTime(untilEnd, "@");
  const value = left.startsWith(`${name}=`) ? left.slice(name.length + 1) : undefined;
  if (rule === undefined || (value === undefined && left !== name)) {
    throw new Error(`no fault "${text}"; NAME[=VALUE][@WHEN][:DURATION] with ${Object.keys(rules).join(", ")}`);
  }
  const fits = value === undefined ? rule.needsValue !== true : rule.value?.test(value) === true;
  if (!fits) throw new Error(`"${value ?? ""}" is not a value of "${name}" (${rule.help})`);
  if (duration !== undefined && rule.end === undefined) throw new Error(`"${name}" has no duration`);
  return { name, value, delay, duration };
}

/** Takes a time such as `5s` and the mark before it off the end of a text. */
function cutTime(text: string, mark: string): [rest: string, time: number | undefined] {
  const at = text.lastIndexOf(mark);
  const [, count, unit = ""] = (at < 0 ? null : TIME.exec(text.slice(at + 1))) ?? [];
  return count === undefined
    ? [text, undefined]
    : [text.slice(0, at), Math.min(Number(count) * (UNITS[unit] ?? 1), LONGEST_MS)];
}

/** The grammar of `--fault` and the faults, for `--help`. */
export function faultHelp(rules: Rules): string {
  const lines = Object.entries(rules).map(([name, { help, end }]) => {
    return `  ${name.padEnd(18)}${help}${end === undefined ? "" : " [:DURATION]"}`;
  });
  return [
    "A fault is NAME[=VALUE][@WHEN][:DURATION], with times such as 500ms, 5s, 2m:",
    ...lines,
    "Examples: reboot@5s   silence@10s:3s   unplug@1s:500ms   lost-context=1   refuse=+QISDE:4   swallow=+USOCO:1m",
  ].join("\n");
}
