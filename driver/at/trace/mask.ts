import type { Command } from "../command";
import type { FinalResult } from "../final-results";
import { isDamagedEcho } from "../parser/echo";
import { ConfidentialLines } from "./confidential";
import { Fragments, RecentSecrets } from "./fragments";

const STARS = "***";
/** Shorter ones would mask half the trace; a PIN has four digits at least (27.007 §8.3). */
const SHORTEST_SECRET = 4;
/** Characters of a line that can be told to be a part of an upload. */
const SHORTEST_PAYLOAD = 8;
/** What may be shown of a line with a secret in it. */
const HEAD = /^[+^#*%$][A-Z0-9]+(?: ERROR)?: */i;

/** Takes a command's secrets out of whatever the modem says while it runs, for one that repeats what it was sent. */
export class Mask {
  readonly #command: Pick<Command, "line" | "label" | "confidential" | "upload">;
  readonly #recent: RecentSecrets;
  readonly #secrets: readonly string[];
  readonly #fragments: readonly Fragments[];
  /** Lines of which nothing but the prefix is shown. */
  readonly #hidden: ConfidentialLines;
  /** `+UHTTP=`, of a command with secrets: what holds it repeats the command. */
  readonly #name: string | undefined;

  /** @param recent secrets of the commands before; gets those of this one */
  constructor(command: Pick<Command, "line" | "label" | "confidential" | "upload">, recent = new RecentSecrets()) {
    this.#command = command;
    this.#recent = recent;
    const { line, label, confidential } = command;
    const secrets = secretsOf(command);
    this.#secrets = [...secrets, ...valuesOf(secrets)];
    this.#fragments = secrets.map(Fragments.ofSecret);
    recent.remember(command, secrets);
    this.#name = line === label ? undefined : /[+^%*#][A-Z0-9]+=/i.exec(line)?.[0];
    const names = confidential === true ? (line.match(/[+^%*#][A-Z0-9]+/gi) ?? []) : [];
    this.#hidden = new ConfidentialLines(names.map((name) => `${name.toUpperCase()}:`));
  }

  /** A line that the modem prints while the command runs, or too late. */
  line(text: string): string {
    const hidden = this.#hidden.hide(text);
    return hidden === text ? this.apply(text) : hidden;
  }

  /** What an answer falls into that is damaged or comes too late, and content that has no form of its own. */
  piece(text: string): string {
    return this.#command.confidential === true ? inBytes(text) : this.line(text);
  }

  apply(text: string): string {
    const { line, label } = this.#command;
    // A byte that was lost may be one of a secret, which then is not found as a whole.
    if (text === line || this.#isEcho(text)) return label;
    if (this.#isPayload(text)) return inBytes(text);
    const masked = this.#secrets.reduce((rest, secret) => rest.replaceAll(secret, STARS), text);
    const isLeft = this.#fragments.some((fragments) => fragments.areIn(masked)) || this.#recent.areIn(masked);
    return isLeft ? inBytes(text) : masked;
  }

  #isEcho(text: string): boolean {
    const { line, label } = this.#command;
    if (label === line) return false;
    return isDamagedEcho(text, line) || (this.#name !== undefined && text.includes(this.#name));
  }

  /** A modem that left its prompt, by a reboot for instance, takes the rest of an upload for commands and echoes it. */
  #isPayload(text: string): boolean {
    const { upload } = this.#command;
    if (upload === undefined || text.length < SHORTEST_PAYLOAD) return false;
    return Buffer.from(upload.data.buffer, upload.data.byteOffset, upload.data.length).includes(text, 0, "latin1");
  }

  result(result: FinalResult): FinalResult {
    const { text, report } = result;
    const argument = report && this.apply(report.argument);
    return {
      ...result,
      text: this.apply(text),
      ...(report && argument !== undefined ? { report: { ...report, argument } } : {}),
    };
  }
}

/** The length in place of all but a prefix. */
export function inBytes(text: string): string {
  const head = HEAD.exec(text)?.[0] ?? "";
  return `${head}<${text.length - head.length} bytes>`;
}

/** What stands in `line` where `label` has stars. */
function secretsOf({ line, label }: Pick<Command, "line" | "label">): string[] {
  const [head = "", ...shown] = label.split(STARS);
  const secrets: string[] = [];
  let at = line.startsWith(head) ? head.length : line.length;
  for (const [index, text] of shown.entries()) {
    const last = index === shown.length - 1;
    const found = last ? line.length - text.length : line.indexOf(text, at);
    if (found < at) break;
    secrets.push(line.slice(at, found));
    at = found + text.length;
  }
  return secrets.filter((secret) => secret.length >= SHORTEST_SECRET);
}

/** A secret may be all the parameters of a command, of which a damaged line repeats only some. */
function valuesOf(secrets: readonly string[]): string[] {
  const values = secrets.flatMap((secret) => secret.split(/[",]/));
  return values.filter((value) => value.length >= SHORTEST_SECRET && !secrets.includes(value));
}
