/** A regular expression as a tree; what a match captures does not matter here. */
export type Tree =
  | { readonly kind: "set"; readonly accepts: (character: string) => boolean }
  | { readonly kind: "sequence"; readonly parts: readonly Tree[] }
  | { readonly kind: "choice"; readonly branches: readonly Tree[] }
  | { readonly kind: "repeat"; readonly body: Tree; readonly min: number; readonly max: number }
  /** `^`, `$`, `\b`: takes no character, and may fail. */
  | { readonly kind: "assertion"; readonly isStart: boolean }
  /** `(?=…)`, `(?<!…)`. */
  | { readonly kind: "look"; readonly body: Tree };

const QUANTIFIER = /(?:[*+?]|\{(\d+)(?:(,)(\d*))?\})\??/y;
const GROUP = /\((?:\?(?::|<?[=!]|<[A-Za-z]\w*>))?/y;
const ESCAPE = /\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|u\{[0-9A-Fa-f]+\}|[pP]\{[^}]*\}|c[A-Za-z]|k<\w+>|[\s\S])/y;

/** @throws {Error} for what this reader does not know, which then counts as a finding */
export function parse({ source, flags }: Pick<RegExp, "source" | "flags">): Tree {
  const reader = new Reader(source, flags.replace(/[gy]/g, ""));
  const tree = reader.choice();
  reader.expectEnd();
  return tree;
}

class Reader {
  readonly #source: string;
  readonly #flags: string;
  #at = 0;

  constructor(source: string, flags: string) {
    this.#source = source;
    this.#flags = flags;
  }

  choice(): Tree {
    const branches = [this.#sequence()];
    while (this.#take("|")) branches.push(this.#sequence());
    return { kind: "choice", branches };
  }

  expectEnd(): void {
    if (this.#at < this.#source.length) throw new Error(`can't read ${this.#source} at ${this.#at}`);
  }

  #sequence(): Tree {
    const parts: Tree[] = [];
    while (this.#at < this.#source.length && !"|)".includes(this.#next)) parts.push(this.#quantified());
    return { kind: "sequence", parts };
  }

  #quantified(): Tree {
    const body = this.#atom();
    const found = this.#match(QUANTIFIER);
    if (found === undefined) return body;
    const [text, from, comma, to] = found;
    if (from !== undefined) {
      const max = comma === undefined ? Number(from) : to === "" ? Number.POSITIVE_INFINITY : Number(to);
      return { kind: "repeat", body, min: Number(from), max };
    }
    const min = text.startsWith("+") ? 1 : 0;
    return { kind: "repeat", body, min, max: text.startsWith("?") ? 1 : Number.POSITIVE_INFINITY };
  }

  #atom(): Tree {
    const group = this.#match(GROUP)?.[0];
    if (group !== undefined) {
      const body = this.choice();
      if (!this.#take(")")) throw new Error(`a group of ${this.#source} is open`);
      return /[=!]$/.test(group) ? { kind: "look", body } : body;
    }
    if (this.#take("^")) return { kind: "assertion", isStart: !this.#flags.includes("m") };
    if (this.#take("$")) return { kind: "assertion", isStart: false };
    if (this.#next === "[") return this.#set(this.#class());
    const escaped = this.#match(ESCAPE)?.[0];
    if (escaped === undefined) return this.#set(this.#character());
    if (/^\\[bB]$/.test(escaped)) return { kind: "assertion", isStart: false };
    // What a group has captured, again: any text.
    if (/^\\(?:[1-9]|k)/.test(escaped)) {
      return { kind: "repeat", body: this.#set("[^]"), min: 0, max: Number.POSITIVE_INFINITY };
    }
    return this.#set(escaped);
  }

  #class(): string {
    const start = this.#at;
    this.#at += 1;
    while (this.#next !== "]") if (this.#match(ESCAPE) === undefined) this.#at += 1;
    this.#at += 1;
    return this.#source.slice(start, this.#at);
  }

  #character(): string {
    const character = this.#flags.includes("u")
      ? String.fromCodePoint(this.#source.codePointAt(this.#at) ?? 0)
      : this.#next;
    this.#at += character.length;
    return character;
  }

  /** The engine itself says what a class takes. */
  #set(source: string): Tree {
    const one = new RegExp(`^(?:${source})$`, this.#flags.replace("m", ""));
    return { kind: "set", accepts: (character) => one.test(character) };
  }

  get #next(): string {
    return this.#source.charAt(this.#at);
  }

  #take(character: string): boolean {
    if (this.#next !== character) return false;
    this.#at += 1;
    return true;
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source) ?? undefined;
    this.#at += found?.[0].length ?? 0;
    return found;
  }
}
