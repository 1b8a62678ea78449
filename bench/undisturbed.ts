const TRIES = 5;
/** Share by which a measurement stays below its ceiling where other programs of the machine have disturbed it. */
const DISTURBED = 0.04;

/** The best of a few: the others were disturbed. @param most the ceiling, in what `rateOf` gives */
export async function undisturbed<T>(
  most: number,
  rateOf: (result: T) => number,
  measure: () => Promise<T>,
): Promise<T> {
  let best = await measure();
  for (let tries = 1; tries < TRIES && rateOf(best) < most * (1 - DISTURBED); tries += 1) {
    const next = await measure();
    if (rateOf(next) > rateOf(best)) best = next;
  }
  return best;
}
