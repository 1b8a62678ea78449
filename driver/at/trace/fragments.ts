import type { Command } from "../command";

/** Characters that are enough to be no accident: of a secret while its command runs and later, and of an upload. */
const SHORTEST = { secret: 6, remembered: 10, upload: 8 } as const;
/** Bytes of an upload that may be a key, and is looked for in pieces; above all certificates and session data. */
const LARGEST_UPLOAD = 16 * 1024;
/** Characters of a secret that is looked for after its command, too: shorter ones are words that stand everywhere. */
const SHORTEST_REMEMBERED = 16;
/** Commands whose secrets may still come back: some that were given up, and what was queued. */
const REMEMBERED = 8;

/** Tells whether a piece of a secret stands in what a modem prints: repeated, damaged, or cut into other lines. */
export class Fragments {
  readonly #shortest: number;
  readonly #secret: string;

  constructor(secret: string, shortest: number) {
    this.#shortest = shortest;
    this.#secret = printable(secret);
  }

  static ofSecret(secret: string): Fragments {
    return new Fragments(secret, SHORTEST.secret);
  }

  /** undefined for what is too large to be a key. */
  static ofUpload({ upload }: Pick<Command, "upload">): Fragments | undefined {
    if (upload === undefined || upload.data.length > LARGEST_UPLOAD) return undefined;
    const { buffer, byteOffset, length } = upload.data;
    return new Fragments(Buffer.from(buffer, byteOffset, length).toString("latin1"), SHORTEST.upload);
  }

  areIn(text: string): boolean {
    const shortest = this.#shortest;
    const secret = this.#secret;
    if (secret.length < shortest) return false;
    const said = printable(text);
    for (let at = 0; at + shortest <= said.length; at += 1) {
      if (secret.includes(said.slice(at, at + shortest))) return true;
    }
    return false;
  }
}

/**
 * What was written to a modem of late and is secret, or may be: it may come back after its command was given up, and
 * after a reboot, when the modem takes the rest of an upload for commands.
 */
export class RecentSecrets {
  readonly #recent: Fragments[] = [];

  remember(command: Pick<Command, "upload">, secrets: readonly string[]): void {
    const long = secrets.filter((secret) => secret.length >= SHORTEST_REMEMBERED);
    const upload = Fragments.ofUpload(command);
    this.#recent.push(...long.map((secret) => new Fragments(secret, SHORTEST.remembered)));
    if (upload !== undefined) this.#recent.push(upload);
    this.#recent.splice(0, this.#recent.length - REMEMBERED);
  }

  areIn(text: string): boolean {
    return this.#recent.some((fragments) => fragments.areIn(text));
  }
}

/** A modem repeats no control characters (V.250 5.2.2). */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "");
}
