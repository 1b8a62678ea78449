import type { Tree } from "./parse";

/** A character of the expression that a match stands at. */
export interface Place {
  readonly accepts: (character: string) => boolean;
  /** The places that can follow; one that can be reached in two ways stands here twice. */
  next: Place[];
  /** Whether a match may end behind it with nothing left that can fail, and so with nothing to try again. */
  ends: boolean;
}

/** An epsilon transition's end, on its way to the places that follow. */
interface Node {
  readonly place?: Place;
  readonly to: Node[];
  /** `$` and the like: behind it a match may fail. */
  readonly mayFail?: boolean;
  /** `^` without `m`. */
  readonly isStart?: boolean;
}

/** Larger counts than these differ in nothing that matters here: a loop of its own they are not. */
const LARGEST_COUNT = 4;

/**
 * The places of an expression, the first of them where the engine starts: unless the expression is sticky, it searches,
 * which is to try again at each later character.
 */
export function automaton(tree: Tree, { searches }: { readonly searches: boolean }): Place[] {
  const places: Place[] = [];
  const end: Node = { to: [] };
  // A branch that begins with ^ is tried at the beginning only.
  const anchored = build(tree, end, places, true);
  const floating = build(tree, end, places, false);
  const search: Place = { accepts: () => true, next: [], ends: false };
  const loop: Node = { place: search, to: [] };
  const entry: Node = { to: searches ? [loop, anchored] : [anchored] };
  const later: Node = { to: [loop, floating] };
  const start: Place = { accepts: () => false, ...follow(entry, end) };
  Object.assign(search, follow(later, end), { ends: false });
  for (const place of places) Object.assign(place, follow(exits.get(place) as Node, end));
  return searches ? [start, search, ...places] : [start, ...places];
}

/** What follows each place. */
const exits = new WeakMap<Place, Node>();

function build(tree: Tree, after: Node, places: Place[], atStart: boolean): Node {
  switch (tree.kind) {
    case "set": {
      const place: Place = { accepts: tree.accepts, next: [], ends: false };
      exits.set(place, after);
      places.push(place);
      return { place, to: [] };
    }
    case "sequence":
      return tree.parts.reduceRight((behind, part) => build(part, behind, places, atStart), after);
    case "choice":
      return { to: tree.branches.map((branch) => build(branch, after, places, atStart)) };
    case "assertion":
      return { to: [after], mayFail: true, isStart: tree.isStart && !atStart };
    case "look":
      // What it looks at is read and left again: a way of its own that ends nowhere.
      return { to: [build(tree.body, { to: [] }, places, atStart), { to: [after], mayFail: true }] };
    case "repeat":
      return repeat(tree, after, places, atStart);
  }
}

function repeat(
  { body, min, max }: Extract<Tree, { kind: "repeat" }>,
  after: Node,
  places: Place[],
  atStart: boolean,
): Node {
  let behind = after;
  if (max === Number.POSITIVE_INFINITY) {
    const again: Node = { to: [] };
    again.to.push(build(body, again, places, atStart), after);
    // Coming in is no round: within an outer loop the same place can be reached by either.
    behind = { to: again.to };
  } else {
    for (let count = Math.min(max, LARGEST_COUNT + min) - min; count > 0; count -= 1) {
      behind = { to: [build(body, behind, places, atStart), after] };
    }
  }
  for (let count = Math.min(min, LARGEST_COUNT); count > 0; count -= 1) behind = build(body, behind, places, atStart);
  return behind;
}

/** Every way without a character read, never twice through one node: an empty round of a loop ends it. */
function follow(from: Node, end: Node): Pick<Place, "next" | "ends"> {
  const next: Place[] = [];
  let ends = false;
  const walk = (node: Node, mayFail: boolean, way: ReadonlySet<Node>): void => {
    if (way.has(node) || node.isStart === true) return;
    const fails = mayFail || node.mayFail === true;
    if (node.place !== undefined && next.filter((place) => place === node.place).length < 2) next.push(node.place);
    if (node === end && !fails) ends = true;
    for (const to of node.to) walk(to, fails, new Set([...way, node]));
  };
  walk(from, false, new Set());
  return { next, ends };
}
