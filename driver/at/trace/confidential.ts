import type { UrcDefinition } from "../line";
import { isSubsequence } from "../parser/echo";

/** Hides what follows the prefixes of lines that carry secrets, also where the line was damaged on its way. */
export class ConfidentialLines {
  readonly #prefixes: readonly string[];

  constructor(prefixes: readonly string[]) {
    this.#prefixes = prefixes;
  }

  static ofUrcs(definitions: readonly UrcDefinition[]): ConfidentialLines {
    const confidential = definitions.filter((definition) => definition.confidential === true);
    return new ConfidentialLines(confidential.map(({ prefix }) => prefix));
  }

  hide(text: string): string {
    for (const prefix of this.#prefixes) {
      const at = text.indexOf(prefix);
      if (at >= 0) return `${text.slice(0, at)}${prefix} ***`;
    }
    const head = /^[^A-Z0-9]?[A-Z0-9]*:?/i.exec(text)?.[0] ?? "";
    const meant = text.length > head.length ? this.#prefixes.find((prefix) => isDamaged(head, prefix)) : undefined;
    return meant === undefined ? text : `${head} ***`;
  }
}

/** Whether a prefix with bytes lost, put in or changed is what the line begins with. */
function isDamaged(head: string, prefix: string): boolean {
  if (head.length * 2 < prefix.length || head.length > 2 * prefix.length) return false;
  return isSubsequence(head, prefix) || isSubsequence(prefix, head) || isAlike(head, prefix);
}

/** Whether as many characters stand there, most of them the same. */
function isAlike(head: string, prefix: string): boolean {
  const changed = [...head].filter((character, at) => character !== prefix[at]).length;
  return head.length === prefix.length && changed * 3 <= head.length;
}
