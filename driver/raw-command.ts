import type { Command, Expectation } from "./at/command";
import { isRegistrationAnswer } from "./cellular/registration-answer";
import { ModemError } from "./errors";
import { bareLine, checkUpload } from "./raw-upload";
import type { RawCommands } from "./services/model";

/** Longest line that a modem is known to take: 2048 characters, on SARA-R5 (u-blox, AT facts 1.1). */
const MAX_LENGTH = 2000;

/**
 * Commands of 27.007 that carry a PIN, a password or a key, and those that answer with one. +CSIM and +CGLA carry what
 * they like to the SIM (8.17, 8.43), a PIN and the keys of an authentication among it.
 */
const SECRETS = ["CPIN2?", "CPWD", "CLCK", "CGAUTH", "CSIM", "CGLA"];
const SECRET_ANSWERS = ["CGAUTH", "CSIM", "CGLA"];
/** Dialled, these change a PIN or unblock it (22.030 6.6). */
const PIN_CODE = /\*\*0[345]2?\*/;

/** 27.007 8.2 with the reset parameter. */
const RESTART = /\+CFUN\s*=\s*\d+\s*,\s*1\b/i;

/** Calls and what else turns the line over to data until the host leaves it (V.250 6.3, 6.4; 27.007 10.1.12; 27.010). */
const OPENS_DATA = [/^AT(?:D[^;]*|A|O\d*)$/i, /\+CGDATA=/i, /\+CMUX=/i];

/** One read command. */
const IS_QUESTION = /^AT[+&%^*][A-Z0-9]+\?$/i;

export interface RawOptions {
  /** ms, time in the queue included */
  readonly timeout: number;
  /** Sent at the prompt, as it is. */
  readonly data?: Uint8Array;
  readonly signal?: AbortSignal;
}

/** What every model knows, the one in use first: a secret stays one on the wrong modem. */
type Known = readonly (RawCommands | undefined)[];

/**
 * A command line that a flow wrote, as a command: `AT` is put before it where it is missing.
 *
 * @throws {ModemError} `INVALID_INPUT`, naming `command`, for what is no single line of printable ASCII, or `data`
 */
export function rawCommand(text: string, { timeout, data, signal }: RawOptions, known: Known): Command {
  const trimmed = text.trim();
  const reason = unsendable(trimmed);
  if (reason !== undefined) throw new ModemError("INVALID_INPUT", `command ${reason}`);
  const line = /^at/i.test(trimmed) ? trimmed : `AT${trimmed}`;
  const label = maskSecrets(line, known);
  if (opensData(line, known)) throw openedData(label, "opens");
  if (data !== undefined)
    checkUpload(
      line,
      data,
      known.flatMap((raw) => raw?.lengths ?? []),
    );
  const prompts = known.flatMap((raw) => raw?.prompts ?? []);
  const prompt = prompts.find(({ commands }) => commands.test(line))?.prompt ?? ">";
  return {
    line,
    label,
    expects: expectations(line),
    confidential: named([...SECRET_ANSWERS, ...known.flatMap((raw) => raw?.secretAnswers ?? [])], "[=?]").test(line),
    // What a person sends may be broken off by any character (V.250 5.6.1), but for a question about a setting.
    ...(IS_QUESTION.test(line) && data === undefined ? {} : { usual: timeout }),
    timeout,
    within: timeout,
    ...(data === undefined ? {} : { upload: { prompt, data } }),
    ...(signal === undefined ? {} : { signal }),
  };
}

function unsendable(text: string): string | undefined {
  if (text === "") return "is empty";
  if (text.length > MAX_LENGTH) return `is too long: ${text.length} characters, at most ${MAX_LENGTH}`;
  if (/[^\x20-\x7e]/.test(text)) return "contains a control character or one outside ASCII";
  if (/^a\//i.test(text)) return "must not be A/, which repeats whatever was sent last";
  return undefined;
}

function opensData(line: string, known: Known): boolean {
  const bare = bareLine(line);
  return [...OPENS_DATA, ...known.flatMap((raw) => raw?.opensData ?? [])].some((pattern) => pattern.test(bare));
}

/** Whether a command may print `CONNECT` and yet end by itself. */
export function endsByItself({ line, upload }: Command, raw: RawCommands | undefined): boolean {
  return upload !== undefined || IS_QUESTION.test(line) || raw?.readsData?.test(line) === true;
}

/** @param tense whether nothing was sent, or data mode was open and has been left */
export function openedData(label: string, tense: "opens" | "opened and left"): ModemError {
  const text = `command ${label} ${tense} data mode, whose bytes a command can't carry: use the node for that service`;
  return new ModemError("INVALID_INPUT", text);
}

/** Whether a command line restarts the modem. */
export function restarts(line: string, raw: RawCommands | undefined): boolean {
  return RESTART.test(line) || raw?.restarts?.test(line) === true;
}

/** A secret may stand anywhere in the line: nothing behind the command's name is shown. */
function maskSecrets(line: string, known: Known): string {
  const secret = named([...SECRETS, ...known.flatMap((raw) => raw?.secrets ?? [])], "=").exec(line);
  const dialled = PIN_CODE.exec(line);
  const found = [secret, dialled].filter((match) => match !== null).sort((one, other) => one.index - other.index)[0];
  return found === undefined ? line : `${line.slice(0, found.index)}${found[0]}***`;
}

/** Finds commands of these names that go on with `next`; other vendors have theirs behind another sign, such as ^CPIN. */
function named(names: readonly string[], next: string): RegExp {
  return new RegExp(`[+^%*#$](${names.join("|")})\\s*${next}`, "i");
}

/** Every line that is no URC, and the lines of the commands themselves although their prefixes may be those of URCs. */
function expectations(line: string): Expectation[] {
  const names = line.replace(/"[^"]*"?/g, "").match(/[+^%*][A-Z0-9]+(?=\?|=)/gi) ?? [];
  const own = [...new Set(names.map((name) => `${name.toUpperCase()}:`))].map(
    (prefix): Expectation => (/^\+C(|G|E)REG:$/.test(prefix) ? { prefix, accepts: isRegistrationAnswer } : { prefix }),
  );
  return [...own, { prefix: "any" }];
}
