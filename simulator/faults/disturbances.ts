import type { Disturbance } from "../line/serial-line";
import { randomInteger } from "../random";

/** One byte in this many is lost or doubled. */
const WITHIN = 16;

export type Direction = "toModem" | "toHost";
/** What comes out for a byte that is hit. */
export type Change = (byte: number) => readonly number[];

interface Running {
  readonly direction: Direction;
  readonly change: Change;
  /** It goes on until it is ended. */
  readonly lasts: boolean;
  /** Called for each byte in its turn. */
  readonly hits: () => boolean;
  /** There is no byte left to hit. */
  readonly over: () => boolean;
}

/** The bad contacts of a line: each hits some of the bytes that pass, one after another. */
export class Disturbances {
  readonly #disturb: Record<Direction, Disturbance>;
  readonly #random: () => number;
  #running: readonly Running[] = [];

  constructor(disturb: Record<Direction, Disturbance>, random: () => number) {
    this.#disturb = disturb;
    this.#random = random;
  }

  /** One of the next sixteen bytes, or one in every sixteen for as long as it lasts. */
  somewhere(direction: Direction, lasts: boolean, change: Change): void {
    const draw = () => randomInteger(this.#random, 1, WITHIN);
    let countdown = draw();
    const hits = () => {
      countdown--;
      if (countdown !== 0) return false;
      if (lasts) countdown = draw();
      return true;
    };
    this.#add({ direction, change, lasts, hits, over: () => countdown <= 0 });
  }

  /** `count` bytes, after `offset` others from now on. */
  at(direction: Direction, offset: number, count: number, change: Change): void {
    let passed = 0;
    const hits = () => {
      passed++;
      return passed > offset && passed <= offset + count;
    };
    this.#add({ direction, change, lasts: false, hits, over: () => passed >= offset + count });
  }

  /** Ends what lasts of that kind; others go on. */
  end(direction: Direction, change: Change): void {
    this.#running = this.#running.filter((it) => !it.lasts || it.direction !== direction || it.change !== change);
    this.#apply();
  }

  #add(running: Running): void {
    this.#running = [...this.#running, running];
    this.#apply();
  }

  #apply(): void {
    for (const direction of ["toModem", "toHost"] as const) {
      const own = this.#running.filter((running) => running.direction === direction);
      this.#disturb[direction] = own.length === 0 ? (same) => same : (bytes) => this.#pass(bytes, own);
    }
  }

  #pass(bytes: Buffer, running: readonly Running[]): Buffer {
    const passed = [...bytes].flatMap((byte) => {
      const changes = running.filter(({ hits }) => hits()).map(({ change }) => change);
      return changes.reduce<readonly number[]>((out, change) => out.flatMap(change), [byte]);
    });
    if (running.some(({ over }) => over())) {
      this.#running = this.#running.filter(({ over }) => !over());
      this.#apply();
    }
    return Buffer.from(passed);
  }
}
