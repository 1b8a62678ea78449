import type { Command, Expectation, Prompt } from "./at/command";
import { isRegistrationAnswer } from "./cellular/registration";
import { ModemError } from "./errors";
import { checkUpload } from "./raw-upload";

/** Longest line that a modem is known to take: 2048 characters, on SARA-R5 (u-blox, AT facts 1.1). */
const MAX_LENGTH = 2000;

/** What the modem prints when a command wants bytes; `>` where nothing else is said. */
const PROMPTS: readonly { readonly commands: RegExp; readonly prompt: Prompt }[] = [
  { commands: /^AT\+(USOWR|USOST)/i, prompt: "@" },
  { commands: /^AT\+Q(F|HTTP|FTP|SSLURC)/i, prompt: "CONNECT" },
];

/** Commands that carry a PIN, a password or a key, wherever they stand in the line: nothing behind their name is shown. */
const SECRET =
  /\+(CPIN|CPWD|CLCK|CGAUTH|UAUTHREQ|UPSD|QICSGP|UHTTP|UFTP|UMQTT|UMQTTSN|USECMNG|USECPRF|QSSLCFG|QMTCONN|QMTCFG|QFTPCFG|QHTTPCFG)\s*=/i;

/** Commands that answer with a user, a password, a key or session data that the modem holds, or with a file that may be a key. */
const SECRET_ANSWER =
  /\+(CGAUTH|UAUTHREQ|UPSD|QICSGP|UHTTP|UFTP|UMQTT|UMQTTSN|USECPRF|QMTCFG|QFTPCFG|URDFILE|URDBLOCK|QFDWL|QFREAD)\s*[=?]/i;

export interface RawOptions {
  /** ms */
  readonly timeout: number;
  /** Sent at the prompt, as it is. */
  readonly data?: Uint8Array;
  readonly signal?: AbortSignal;
}

/**
 * A command line that a flow wrote, as a command: `AT` is put before it where it is missing.
 *
 * @throws {ModemError} `INVALID_INPUT`, naming `command`, for what is no single line of printable ASCII, or `data`
 */
export function rawCommand(text: string, { timeout, data, signal }: RawOptions): Command {
  const trimmed = text.trim();
  const reason = unsendable(trimmed);
  if (reason !== undefined) throw new ModemError("INVALID_INPUT", `command ${reason}`);
  const line = /^at/i.test(trimmed) ? trimmed : `AT${trimmed}`;
  if (data !== undefined) checkUpload(line, data);
  const prompt = PROMPTS.find(({ commands }) => commands.test(line))?.prompt ?? ">";
  return {
    line,
    label: maskSecrets(line),
    expects: expectations(line),
    confidential: SECRET_ANSWER.test(line),
    timeout,
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

function maskSecrets(line: string): string {
  const secret = SECRET.exec(line);
  return secret === null ? line : `${line.slice(0, secret.index)}${secret[0]}***`;
}

/** Every line that is no URC, and the lines of the commands themselves although their prefixes may be those of URCs. */
function expectations(line: string): Expectation[] {
  const names = line.replace(/"[^"]*"?/g, "").match(/[+^%*][A-Z0-9]+(?=\?|=)/gi) ?? [];
  const own = [...new Set(names.map((name) => `${name.toUpperCase()}:`))].map(
    (prefix): Expectation => (/^\+C(|G|E)REG:$/.test(prefix) ? { prefix, accepts: isRegistrationAnswer } : { prefix }),
  );
  return [...own, { prefix: "any" }];
}
