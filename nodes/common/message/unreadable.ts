import { wordsOf } from "../../../driver/errors";

/** Values that are looked at, and how deep: a message may be large, or have no end. */
const MOST_VALUES = 10_000;
const MOST_LEVELS = 20;
/** Characters of a name in a sentence. */
const LONGEST_NAME = 50;
/** Of a class's instance: what its own and its parents' accessors give. */
const MOST_PARENTS = 5;

/** Where a value can't be read, and what its getter or Proxy says. */
export interface Unreadable {
  readonly field: string;
  readonly reason: string;
}

/**
 * The first property of a message, in order of depth, that throws when it is read: a getter's, a Proxy's. For an error
 * only, since it looks at everything.
 */
export function unreadableIn(message: object): Unreadable | undefined {
  const seen = new Set<unknown>();
  let level: [value: object, field: string][] = [[message, "msg"]];
  for (let depth = 0; level.length > 0 && depth < MOST_LEVELS; depth += 1) {
    const next: [object, string][] = [];
    for (const [value, field] of level) {
      if (seen.has(value) || seen.size >= MOST_VALUES) continue;
      seen.add(value);
      const found = membersOf(value, field, next);
      if (found !== undefined) return found;
    }
    level = next;
  }
  return undefined;
}

/** Adds the members that are objects to `next`. */
function membersOf(value: object, field: string, next: [object, string][]): Unreadable | undefined {
  // Bytes have no getters, but may have a million members.
  if (ArrayBuffer.isView(value)) return undefined;
  let at = field;
  try {
    for (const name of namesOf(value).slice(0, MOST_VALUES)) {
      at = `${field}.${name.slice(0, LONGEST_NAME)}`;
      const member = (value as Record<string, unknown>)[name];
      if (typeof member === "object" && member !== null && next.length < MOST_VALUES) next.push([member, at]);
    }
    return undefined;
  } catch (error) {
    return { field: at, reason: wordsOf(error) };
  }
}

function namesOf(value: object): string[] {
  const names = Object.keys(value);
  let parent: unknown = Object.getPrototypeOf(value);
  for (let count = 0; count < MOST_PARENTS && hasParent(parent); count += 1) {
    for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(parent))) {
      if (get !== undefined && name !== "__proto__") names.push(name);
    }
    parent = Object.getPrototypeOf(parent);
  }
  return names;
}

/** Not so the last one, which every object has, whatever some library has added to it. */
function hasParent(value: unknown): value is object {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) !== null;
}
