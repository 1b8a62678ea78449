import { topicOf } from "./flow";

/** What became of numbered messages. */
export class Ledger {
  fed = 0;
  readonly done = new Set<number>();
  /** Those that stood in the outbox when Node-RED was killed: nobody is there any more to be told of them. */
  readonly kept = new Set<number>();
  /** In words, of those that failed. */
  readonly failures: string[] = [];
  readonly #arrived = new Set<number>();
  readonly #last = new Map<string, number>();
  readonly #disorder: string[] = [];
  #arrivals = 0;

  get arrived(): number {
    return this.#arrived.size;
  }

  /** Arrivals beyond the first of each message. */
  get repeats(): number {
    return this.#arrivals - this.#arrived.size;
  }

  /** What came after a later one of its topic, and was no repeat. */
  get disorder(): readonly string[] {
    return this.#disorder;
  }

  get missing(): number[] {
    return Array.from({ length: this.fed }, (_value, number) => number).filter((number) => !this.#arrived.has(number));
  }

  hasArrived(number: number): boolean {
    return this.#arrived.has(number);
  }

  arrive(topic: string, number: number): void {
    this.#arrivals += 1;
    if (topic !== topicOf(number)) this.#disorder.push(`${number} came on ${topic}`);
    if (this.#arrived.has(number)) return;
    this.#arrived.add(number);
    const last = this.#last.get(topic) ?? -1;
    if (number < last) this.#disorder.push(`${number} came after ${last}`);
    this.#last.set(topic, number);
  }

  /** What arrived though its flow was not told, and it did not stand in the outbox at a kill. */
  get untold(): number[] {
    return [...this.#arrived].filter((number) => !this.done.has(number) && !this.kept.has(number));
  }

  /** Of those that were fed, the ones that are neither done nor in the outbox, though they have not arrived. */
  unaccounted(kept: ReadonlySet<number>): number[] {
    return this.missing.filter((number) => !this.done.has(number) && !kept.has(number));
  }
}
