import { createHash } from "node:crypto";
import { readKept, writeKept } from "../cellular/kept-file";

/** When a network refused a modem its data connection, and with which settings; both names as digests. */
interface Refusal {
  readonly modem: string;
  readonly settings: string;
  /** ms since 1970. */
  readonly at: number;
}

const HOUR_MS = 3_600_000;
/** Refusals within an hour of one modem with the same settings, and of one modem: a model may ask twice for each. */
const MOST_ALIKE = 10;
const MOST = 20;
/** Bytes, and entries: all modems of a gateway. */
const MOST_BYTES = 100_000;
const MOST_ENTRIES = 500;

/**
 * Remembers over restarts how often networks refused data connections within the last hour: a process that starts
 * again and again must not ask again and again. Networks bar devices that do; u-blox advises at most 20 registrations an
 * hour.
 *
 * Unlike what became of a PIN this is best effort: a file that can't be used is done without.
 */
export class Refusals {
  readonly #path: string | undefined;
  readonly #now: () => number;
  #entries: readonly Refusal[] | undefined;
  #writing: Promise<void> = Promise.resolve();

  /** @param path left out: for as long as the process lives */
  constructor(path?: string, now: () => number = Date.now) {
    this.#path = path;
    this.#now = now;
  }

  /** One more. */
  async take(modem: string, settings: string): Promise<void> {
    const recent = await this.#recent();
    const entry = { modem: digest(modem, 16), settings: digest(settings, 3), at: this.#now() };
    this.#entries = [...recent, entry].slice(-MOST_ENTRIES);
    const path = this.#path;
    if (path === undefined) return;
    this.#writing = this.#writing.then(() => writeKept(path, this.#entries)).catch(() => undefined);
    await this.#writing;
  }

  /** ms until the network may be asked again, 0 for now. */
  async wait(modem: string, settings: string): Promise<number> {
    const own = (await this.#recent()).filter((entry) => entry.modem === digest(modem, 16));
    const alike = own.filter((entry) => entry.settings === digest(settings, 3));
    return Math.max(this.#untilRoom(own, MOST), this.#untilRoom(alike, MOST_ALIKE));
  }

  #untilRoom(entries: readonly Refusal[], most: number): number {
    const first = entries.at(-most);
    return first === undefined ? 0 : Math.max(0, first.at + HOUR_MS - this.#now());
  }

  /** Those of the last hour. One in the future was noted by a clock that has been set since. */
  async #recent(): Promise<readonly Refusal[]> {
    this.#entries ??= await this.#load();
    const now = this.#now();
    return this.#entries.filter(({ at }) => at <= now && at > now - HOUR_MS);
  }

  async #load(): Promise<readonly Refusal[]> {
    if (this.#path === undefined) return [];
    const value = await readKept(this.#path, MOST_BYTES).catch(() => undefined);
    return Array.isArray(value) ? value.filter(isRefusal) : [];
  }
}

function isRefusal(value: unknown): value is Refusal {
  if (typeof value !== "object" || value === null) return false;
  const { modem, settings, at } = value as Partial<Record<string, unknown>>;
  return typeof modem === "string" && typeof settings === "string" && typeof at === "number";
}

/** So few digits that they tell apart, but give nothing away of what may hold a password. */
function digest(text: string, digits: number): string {
  return createHash("sha256").update(text).digest("hex").slice(0, digits);
}
