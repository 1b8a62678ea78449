const LINE_FEED = 0x0a;
const CANCEL = 0x18;
/** V.250 5.2.1: both letters upper or both lower case; anything before them is ignored. */
const PREFIX = /^(AT|at)$/;
const LENGTH_OF_PREFIX = 2;

/** The characters that S-registers choose (V.250 5.2.1 to 5.2.3). */
export interface LineCharacters {
  /** S3 */
  readonly terminator: number;
  /** S5 */
  readonly editing: number;
}

/** The result of reading one byte. */
export type Reading =
  | { readonly kind: "nothing" }
  | { readonly kind: "line"; readonly body: string }
  | { readonly kind: "repeat" }
  | { readonly kind: "too-long" };

const NOTHING: Reading = { kind: "nothing" };

/** Finds command lines in the host's input (V.250 5.2). One character is one byte. */
export class CommandLineReader {
  readonly #maxLine: number;
  readonly #characters: () => LineCharacters;
  #text = "";
  /** Where `AT` begins in the text; -1 while it does not. */
  #prefix = -1;
  #overflowed = false;

  constructor(maxLine: number, characters: () => LineCharacters) {
    this.#maxLine = maxLine;
    this.#characters = characters;
  }

  /** Whether a command line has begun: the modem prints no unsolicited line into it. */
  get begun(): boolean {
    return this.#prefix >= 0;
  }

  reset(): void {
    this.#text = "";
    this.#prefix = -1;
    this.#overflowed = false;
  }

  feed(byte: number): Reading {
    const { terminator, editing } = this.#characters();
    if (byte === terminator) return this.#finish();
    if (byte === editing) {
      if (this.#prefix < 0 || this.#text.length > this.#prefix + LENGTH_OF_PREFIX) this.#text = this.#text.slice(0, -1);
      return NOTHING;
    }
    if (byte === CANCEL) this.reset();
    // Other control characters are ignored (V.250 5.2.2); the usual one is a line feed after CR.
    if (byte < 0x20 || byte === LINE_FEED) return NOTHING;
    return this.#append(String.fromCharCode(byte));
  }

  #append(character: string): Reading {
    // V.250 5.2.4: in place of the prefix, at the start of a line.
    if (character === "/" && /^a$/i.test(this.#text)) {
      this.reset();
      return { kind: "repeat" };
    }
    // What stands before the prefix, such as data that nobody waited for, takes no room of the line.
    if (this.#prefix < 0 && this.#text.length >= this.#maxLine) this.#text = this.#text.slice(-LENGTH_OF_PREFIX);
    if (this.#text.length - Math.max(0, this.#prefix) >= this.#maxLine) this.#overflowed = true;
    else this.#text += character;
    if (this.#prefix < 0 && PREFIX.test(this.#text.slice(-LENGTH_OF_PREFIX))) {
      this.#prefix = this.#text.length - LENGTH_OF_PREFIX;
    }
    return NOTHING;
  }

  #finish(): Reading {
    const text = this.#text;
    const overflowed = this.#overflowed;
    const prefix = this.#prefix;
    this.reset();
    if (prefix < 0) return NOTHING;
    return overflowed ? { kind: "too-long" } : { kind: "line", body: text.slice(prefix + LENGTH_OF_PREFIX) };
  }
}
