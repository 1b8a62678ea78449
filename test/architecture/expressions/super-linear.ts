import { automaton, type Place } from "./automaton";
import { parse } from "./parse";

/** Every ASCII character, and some that classes beyond it tell apart. */
const ALPHABET = [
  ...Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)),
  ..."αЖ中\u2028\ufeff\u200b😀",
];

/**
 * Why an expression may take time that grows faster than the text: a text that two ways through one loop take, or two
 * loops one behind the other (the search for the beginning is one), and behind them something that can fail. Undefined
 * when there is no such text.
 */
export function superLinear(expression: Pick<RegExp, "source" | "flags">): string | undefined {
  const places = automaton(parse(expression), { searches: !expression.flags.includes("y") });
  const graph = new Graph(places);
  if (graph.hasExponentialLoop()) return "exponential: one text takes two ways through the same loop";
  if (graph.hasOverlappingLoops()) return "quadratic: one text keeps two loops going, one behind the other";
  return undefined;
}

interface Walk {
  readonly states: ReadonlyMap<string, readonly Place[]>;
  readonly before: ReadonlyMap<string, readonly string[]>;
}

class Graph {
  readonly #places: readonly Place[];
  /** What each place takes, as the numbers of kinds of characters that no place tells apart. */
  readonly #takes = new Map<Place, ReadonlySet<number>>();
  readonly #reach = new Map<Place, ReadonlySet<Place>>();

  constructor(places: readonly Place[]) {
    this.#places = places;
    const kinds = new Map<string, string>();
    for (const character of ALPHABET) {
      kinds.set(places.map(({ accepts }) => (accepts(character) ? "1" : "0")).join(""), character);
    }
    const characters = [...kinds.values()];
    for (const place of places) {
      this.#takes.set(place, new Set(characters.flatMap((one, kind) => (place.accepts(one) ? [kind] : []))));
      this.#reach.set(
        place,
        reachable([place], ({ next }) => next),
      );
    }
  }

  hasExponentialLoop(): boolean {
    return this.#loops().some((place) => !place.ends && (this.#hasTwofoldStep(place) || this.#canSplit(place)));
  }

  /** An IDA: a text that goes round at `first`, from `first` to `second`, and round at `second`. */
  hasOverlappingLoops(): boolean {
    const loops = this.#loops();
    return loops.some((first) =>
      loops.some((second) => first !== second && !second.ends && this.#leadsOver(first, second)),
    );
  }

  #loops(): Place[] {
    return this.#places.filter((place) => place.next.some((next) => this.#reaches(next, place)));
  }

  #hasTwofoldStep(place: Place): boolean {
    const { next } = place;
    return next.some((one, index) => next.indexOf(one) !== index && this.#reaches(one, place));
  }

  /** Whether one text leads from a place to itself on two ways. */
  #canSplit(place: Place): boolean {
    const { states, before } = this.#walk([place, place], (other) => this.#isInLoopOf(other, place));
    const back = reachable([this.#key([place, place])], (key) => before.get(key) ?? []);
    return [...states].some(([key, [one, other]]) => one !== other && back.has(key));
  }

  #leadsOver(first: Place, second: Place): boolean {
    if (!this.#reaches(first, second) || this.#reaches(second, first)) return false;
    const isOnTheWay = (place: Place) => this.#reaches(first, place) && this.#reaches(place, second);
    return this.#walk([first, first, second], isOnTheWay).states.has(this.#key([first, second, second]));
  }

  /** Where several walkers can be that read the same text, and where from. */
  #walk(start: readonly Place[], isAllowed: (place: Place) => boolean): Walk {
    const states = new Map<string, readonly Place[]>();
    const before = new Map<string, string[]>();
    const open = [start];
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      for (const step of this.#steps(state)) {
        if (!step.every(isAllowed)) continue;
        const key = this.#key(step);
        before.set(key, [...(before.get(key) ?? []), this.#key(state)]);
        if (states.has(key)) continue;
        states.set(key, step);
        open.push(step);
      }
    }
    return { states, before };
  }

  #isInLoopOf(one: Place, other: Place): boolean {
    return this.#reaches(one, other) && this.#reaches(other, one);
  }

  #key(state: readonly Place[]): string {
    return state.map((place) => this.#places.indexOf(place)).join();
  }

  #steps(state: readonly Place[]): Place[][] {
    let steps: { readonly places: Place[]; readonly kinds: readonly number[] | undefined }[] = [
      { places: [], kinds: undefined },
    ];
    for (const { next } of state) {
      steps = steps.flatMap(({ places, kinds }) =>
        [...new Set(next)].flatMap((place) => {
          const taken = this.#takes.get(place) ?? new Set();
          const common = kinds === undefined ? [...taken] : kinds.filter((kind) => taken.has(kind));
          return common.length === 0 ? [] : [{ places: [...places, place], kinds: common }];
        }),
      );
    }
    return steps.map(({ places }) => places);
  }

  #reaches(from: Place, to: Place): boolean {
    return this.#reach.get(from)?.has(to) === true;
  }
}

function reachable<T>(start: readonly T[], next: (one: T) => readonly T[]): Set<T> {
  const found = new Set<T>(start);
  for (const one of found) for (const other of next(one)) found.add(other);
  return found;
}
