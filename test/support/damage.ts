import type { Transport, TransportLoss } from "../../driver/transport/transport";
import { randomWords, runs } from "./random";

export type DamageKind = "lost" | "doubled" | "flipped";

/** What happens to some of the bytes that a modem prints. */
export interface Damage {
  readonly kind: DamageKind;
  /** The first of them, counted from where `damage` was called. */
  readonly at: number;
  readonly count: number;
}

/** Bytes that are damaged at once, at most. */
export const MOST_DAMAGED = 8;
const KINDS: readonly DamageKind[] = ["lost", "doubled", "flipped"];
/** The bit of a byte that is flipped: a digit stays a digit, which is the worst that can happen to a count. */
const FLIPPED_BIT = 0x01;

/** As test reports have it: `3 bytes lost at 17`. */
export const wordsOf = ({ kind, at, count }: Damage): string => `${count} bytes ${kind} at ${at}`;

/** 1 to 8 bytes lost, doubled or flipped at every place of an answer of so many bytes. */
export function everyDamage(length: number): Damage[] {
  const all: Damage[] = [];
  for (let at = 0; at < length; at += 1)
    for (const kind of KINDS)
      for (let count = 1; count <= MOST_DAMAGED && at + count <= length; count += 1) all.push({ kind, at, count });
  return all;
}

/**
 * All of them in CI, or `most` where trying one takes long; elsewhere a random part of at least `least`. `SEED` repeats
 * it.
 */
export function someDamage(length: number, { least = 40, most = Number.POSITIVE_INFINITY } = {}): Damage[] {
  const all = everyDamage(length);
  return draw(all, runs(Math.min(all.length, most), least));
}

/**
 * In CI those that touch the bytes from `start` up to `end`, at most `most`, and about one for every other place
 * (`RANDOM_RUNS=24` makes that all); elsewhere a random part of both. `SEED` repeats them.
 */
export function focusedDamage(
  length: number,
  start: number,
  end: number,
  { least = 20, most = Number.POSITIVE_INFINITY } = {},
): Damage[] {
  const all = everyDamage(length);
  const touches = ({ at, count }: Damage): boolean => at < end && at + count > start;
  const inside = all.filter(touches);
  const outside = all.filter((damage) => !touches(damage));
  const perPlace = KINDS.length * MOST_DAMAGED;
  const parts = [
    [inside, runs(Math.min(inside.length, most), least)],
    [outside, runs(Math.ceil(outside.length / perPlace), least)],
  ] as const;
  return parts.flatMap(([list, count]) => draw(list, Math.min(list.length, count)));
}

function draw(all: Damage[], wanted: number): Damage[] {
  const word = randomWords();
  for (let taken = 0; taken < wanted; taken += 1) {
    const other = taken + (word() % (all.length - taken));
    const [here, there] = [all[taken], all[other]] as [Damage, Damage];
    all[taken] = there;
    all[other] = here;
  }
  return all.slice(0, wanted);
}

/**
 * A line between the driver and a modem that records what the modem prints, or damages it once, byte by byte. What the
 * driver writes passes unchanged.
 */
export class DamagedLine implements Transport {
  readonly #line: Transport;
  readonly #recorded: Buffer[] = [];
  #damage: Damage | undefined;
  /** Bytes that have come since `damage` was called. */
  #seen = 0;
  /** Of those to be doubled. */
  #held: number[] = [];

  constructor(line: Transport) {
    this.#line = line;
  }

  /** Whether all of the last damage has happened. */
  get isDone(): boolean {
    return this.#damage !== undefined && this.#seen >= this.#damage.at + this.#damage.count;
  }

  /** What the modem has printed since `record`, as it did. */
  get recorded(): Buffer {
    return Buffer.concat(this.#recorded);
  }

  /** From here on everything passes and is recorded. */
  record(): void {
    this.#recorded.length = 0;
    this.#damage = undefined;
  }

  /** From here on the bytes count. */
  damage(damage: Damage): void {
    this.record();
    this.#damage = damage;
    this.#seen = 0;
    this.#held = [];
  }

  get name(): string {
    return this.#line.name;
  }

  get bytesPerSecond(): number | undefined {
    return this.#line.bytesPerSecond;
  }

  get drain(): (() => Promise<void>) | undefined {
    return this.#line.drain === undefined ? undefined : () => this.#line.drain?.() ?? Promise.resolve();
  }

  open(): Promise<void> {
    return this.#line.open();
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#line.write(bytes);
  }

  pause(): void {
    this.#line.pause();
  }

  resume(): void {
    this.#line.resume();
  }

  close(): Promise<void> {
    return this.#line.close();
  }

  onData(listener: (bytes: Buffer) => void): void {
    this.#line.onData((bytes) => {
      this.#recorded.push(Buffer.from(bytes));
      const { isDone } = this;
      const passed = this.#damage === undefined || isDone ? bytes : this.#damaged(bytes, this.#damage);
      if (passed.length > 0) listener(passed);
    });
  }

  onLost(listener: (loss: TransportLoss) => void): void {
    this.#line.onLost(listener);
  }

  #damaged(bytes: Buffer, { kind, at, count }: Damage): Buffer {
    const passed: number[] = [];
    for (const byte of bytes) {
      const isHit = this.#seen >= at && this.#seen < at + count;
      this.#seen += 1;
      if (isHit && kind === "flipped") passed.push(byte ^ FLIPPED_BIT);
      else if (!isHit || kind === "doubled") passed.push(byte);
      if (isHit && kind === "doubled") this.#held.push(byte);
      if (this.#seen === at + count) passed.push(...this.#held.splice(0));
    }
    return Buffer.from(passed);
  }
}
