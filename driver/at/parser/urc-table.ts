import type { UrcDefinition } from "../line";

/** The registered URCs, found by what a line begins with. */
export class UrcTable {
  readonly #byPrefix = new Map<string, UrcDefinition>();
  readonly #others: UrcDefinition[] = [];

  constructor(definitions: readonly UrcDefinition[]) {
    for (const definition of definitions) {
      if (isKey(definition.prefix)) this.#byPrefix.set(definition.prefix, definition);
      else this.#others.push(definition);
    }
  }

  find(text: string): UrcDefinition | undefined {
    const colon = text.indexOf(":");
    const known = colon < 0 ? undefined : this.#byPrefix.get(text.slice(0, colon + 1));
    return (
      known ?? this.#others.find(({ prefix }) => (prefix.startsWith("+") ? text.startsWith(prefix) : text === prefix))
    );
  }
}

/** Prefixes that end at their only colon are looked up; the rest (`RDY`, `+QIND: "csq"`) are compared one by one. */
function isKey(prefix: string): boolean {
  return prefix.indexOf(":") === prefix.length - 1;
}
