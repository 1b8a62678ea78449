/** The topic ids that a gateway has given to one client (MQTT-SN 6.5). */
export class TopicIds {
  readonly #ids = new Map<string, number>();
  readonly #names = new Map<number, string>();
  #next: number;

  constructor(first: number) {
    this.#next = first;
  }

  /** The id of a name; a new one if it has none yet. */
  idFor(name: string): number {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    const id = this.#next;
    this.#next += 1;
    this.#ids.set(name, id);
    this.#names.set(id, name);
    return id;
  }

  id(name: string): number | undefined {
    return this.#ids.get(name);
  }

  name(id: number): string | undefined {
    return this.#names.get(id);
  }

  /** Ids are not given again: a client that still uses one must not reach another topic. */
  forget(): void {
    this.#ids.clear();
    this.#names.clear();
  }
}

export function shortName(id: number): string {
  return Buffer.of(id >> 8, id & 0xff).toString("latin1");
}

/** Undefined where a name is no short one. */
export function shortId(name: string): number | undefined {
  const bytes = Buffer.from(name);
  return bytes.length === 2 ? bytes.readUInt16BE(0) : undefined;
}
