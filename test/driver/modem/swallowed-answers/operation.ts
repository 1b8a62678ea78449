import type { Modem } from "../../../../driver/modem";
import type { Services } from "../../../../driver/services/model";

/** What an operation works with. */
export interface Bench {
  readonly modem: Modem;
  readonly services: Services;
  readonly model: string;
}

export interface Operation {
  /** ms within which it has to end; what takes a time limit of its own gets `TIMEOUT`. */
  readonly limit?: number;
  /** Left out: all. */
  readonly models?: readonly string[];
  /** What has to be there before, whose answers all come. */
  readonly prepare?: (bench: Bench) => Promise<unknown>;
  /** @param prepared what `prepare` gave */
  readonly run: (bench: Bench, prepared: unknown) => Promise<unknown>;
}

/** On a socket, or on what else `prepare` makes. */
export function on<Prepared>(
  prepare: (bench: Bench) => Promise<Prepared>,
  run: (prepared: Prepared) => Promise<unknown>,
  limit = USUAL_LIMIT,
): Operation {
  return { limit, prepare, run: (_bench, prepared) => run(prepared as Prepared) };
}

/** ms, for operations that take a limit. */
export const TIMEOUT = 20_000;
/** ms, for those that take none: an answer that is missed, the line brought back into step, and what goes on then. */
export const USUAL_LIMIT = 30_000;
