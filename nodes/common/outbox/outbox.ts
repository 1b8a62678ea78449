import { inSeconds, ModemError } from "../../../driver/errors";
import { unlessAborted } from "../../../driver/services/waiting/unless-aborted";
import { type Deferred, deferred } from "../deferred";
import { Age } from "./age";
import type { FileSystem } from "./journal-file";
import { LONGEST_LINE_BYTES } from "./journal-file";
import { encodeRecord } from "./record";
import { Shelf } from "./shelf";

/** How often messages are looked at that may have become too old. */
const SWEEP_MS = 1000;

/** How full an outbox is. */
export interface OutboxDepth {
  readonly waiting: number;
  /** s that the oldest has waited. */
  readonly oldest: number;
  /** Of the records, as in the file. */
  readonly bytes: number;
}

export interface OutboxOptions {
  /** The file that keeps it over restarts; in memory alone where it is left out. */
  readonly path?: string;
  /** Messages that it holds at most. */
  readonly limit: number;
  /** The depth is another. */
  readonly onChange: () => void;
  /** What nobody waits for any more: of messages from before a restart, and of the file. */
  readonly onWarning: (error: Error) => void;
  readonly files?: FileSystem;
}

/** A message in the outbox. `Item` is plain data, as JSON carries it. */
export interface Entry<Item> {
  readonly id: number;
  readonly item: Item;
  /** How often it was on its way, as far as this process knows. */
  readonly attempts: number;
}

interface Held<Item, Result> extends Entry<Item> {
  attempts: number;
  readonly age: Age;
  readonly line: Buffer;
  /** Undefined for one from before a restart: its message is gone. */
  readonly sent: Deferred<Result> | undefined;
  isStored: boolean;
  isTaken: boolean;
}

/** Rejects what waits when an outbox closes whose file keeps it: it is sent after the restart, and is no failure. */
export class StillKept extends Error {
  constructor() {
    super("The message stays in the outbox, and is sent after the restart");
  }
}

/** Messages that wait until they are sent: first in, first out, over restarts with a file, and never lost in silence. */
export class Outbox<Item, Result = void> {
  readonly #options: OutboxOptions;
  readonly #held = new Map<number, Held<Item, Result>>();
  readonly #shelf: Shelf | undefined;
  #nextId = 1;
  #bytes = 0;
  #added = deferred<void>();
  #sweep: NodeJS.Timeout | undefined;
  /** Why, once it is closed. */
  #closed: Error | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
    const { path, files } = options;
    if (path === undefined) return;
    this.#shelf = new Shelf({
      path,
      files,
      live: () => [...this.#held.values()].filter(({ isStored }) => isStored).map((held) => held.line),
      onRecords: (records) => this.#restore(records),
      onWarning: options.onWarning,
    });
  }

  get depth(): OutboxDepth {
    const [first] = this.#held.values();
    return { waiting: this.#held.size, oldest: Math.round((first?.age.passed ?? 0) / 1000), bytes: this.#bytes };
  }

  /** Opens the file, so that what it holds is sent. What goes wrong is tried again with the next message. */
  async open(): Promise<void> {
    await this.#shelf?.open();
  }

  /**
   * Keeps a message; resolves when it is kept, on the disk where there is a file. `sent` settles later: with what `settle`
   * is given, or rejected with what `fail` is, with `MODEM_TIMEOUT` when it has become too old, or with `StillKept`.
   *
   * @param expiry s; 0 keeps it for ever
   * @throws {ModemError} `MODEM_BUSY` when the outbox or the disk is full; what `close` was given
   */
  async keep(item: Item, expiry = 0): Promise<{ readonly sent: Promise<Result> }> {
    await this.open().catch((error: unknown) => {
      throw notKept(error);
    });
    if (this.#closed !== undefined) throw this.#closed;
    const { limit } = this.#options;
    if (this.#held.size >= limit) throw outboxFull(limit);
    const id = this.#nextId;
    this.#nextId += 1;
    const age = Age.now(expiry);
    const line = encodeRecord({ id, ...age.record, item });
    if (line.length > LONGEST_LINE_BYTES) throw new ModemError("INVALID_INPUT", "payload is too long for the outbox");
    const sent = deferred<Result>();
    // Its caller may come too late to hear of it.
    sent.promise.catch(() => undefined);
    const held = { id, item, age, line, sent, attempts: 0, isStored: false, isTaken: false };
    this.#hold(held);
    await this.#store(held);
    return { sent: sent.promise };
  }

  /** The first that can be sent; waits for one. @throws the abort reason */
  async first(signal: AbortSignal): Promise<Entry<Item>> {
    for (;;) {
      signal.throwIfAborted();
      const [held] = this.#held.values();
      if (held !== undefined && this.#dropIfOver(held)) continue;
      if (held?.isStored === true) return held;
      await unlessAborted(this.#added.promise, signal);
    }
  }

  /** It is on its way: it is not too old any more. @returns false where it has just been dropped */
  take(entry: Entry<Item>): boolean {
    const held = this.#held.get(entry.id);
    if (held === undefined) return false;
    held.isTaken = true;
    held.attempts += 1;
    return true;
  }

  /** It is sent. */
  settle(entry: Entry<Item>, result: Result): void {
    const held = this.#remove(entry.id);
    held?.sent?.resolve(result);
  }

  /** It stays: it is tried again. */
  putBack(entry: Entry<Item>): void {
    const held = this.#held.get(entry.id);
    if (held !== undefined) held.isTaken = false;
  }

  /** It can't be sent, now or later. */
  fail(entry: Entry<Item>, error: Error): void {
    const held = this.#remove(entry.id);
    if (held === undefined) return;
    if (held.sent === undefined) this.#options.onWarning(error);
    else held.sent.reject(error);
  }

  /** Fails what waits in memory with `error`; what the file keeps stays there. */
  async close(error: Error): Promise<void> {
    this.#closed = error;
    clearInterval(this.#sweep);
    await this.#shelf?.close();
    for (const { sent } of this.#held.values()) sent?.reject(this.#shelf === undefined ? error : new StillKept());
  }

  async #store(held: Held<Item, Result>): Promise<void> {
    const stored = deferred<void>();
    const onWritten = (error?: unknown): void => {
      if (error === undefined) {
        held.isStored = true;
        this.#announce();
        stored.resolve();
      } else {
        this.#forget(held.id);
        stored.reject(notKept(error));
      }
    };
    if (this.#shelf === undefined) onWritten();
    else this.#shelf.append(held.line, onWritten);
    await stored.promise;
  }

  #restore(records: readonly unknown[]): void {
    const restored = new Map<number, Held<Item, Result>>();
    for (const record of records) {
      const { id, done } = Object(record) as { id?: number; done?: number };
      if (done !== undefined) restored.delete(done);
      if (id === undefined) continue;
      const { item, ...times } = record as { id: number; item: Item; at?: number; expiry?: number };
      const age = Age.restored(times);
      const line = encodeRecord(record);
      restored.set(id, { id, item, age, line, sent: undefined, attempts: 0, isStored: true, isTaken: false });
      this.#nextId = Math.max(this.#nextId, id + 1);
    }
    for (const held of restored.values()) this.#hold(held);
    if (restored.size > 0) this.#announce();
  }

  #hold(held: Held<Item, Result>): void {
    this.#held.set(held.id, held);
    this.#bytes += held.line.length;
    if (held.age.canExpire && this.#sweep === undefined) {
      this.#sweep = setInterval(() => this.#dropExpired(), SWEEP_MS);
      this.#sweep.unref();
    }
    this.#options.onChange();
  }

  #announce(): void {
    const { resolve } = this.#added;
    this.#added = deferred<void>();
    resolve();
  }

  #dropExpired(): void {
    let canExpire = false;
    for (const held of this.#held.values()) if (!this.#dropIfOver(held)) canExpire ||= held.age.canExpire;
    if (canExpire) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }

  /** Not what is on its way: it may have arrived. */
  #dropIfOver(held: Held<Item, Result>): boolean {
    if (!held.age.isOver || held.isTaken || !held.isStored) return false;
    this.fail(held, expired(held.age.passed));
    return true;
  }

  #remove(id: number): Held<Item, Result> | undefined {
    const held = this.#forget(id);
    if (held !== undefined) this.#shelf?.note(encodeRecord({ done: id }));
    return held;
  }

  #forget(id: number): Held<Item, Result> | undefined {
    const held = this.#held.get(id);
    if (held === undefined) return undefined;
    this.#held.delete(id);
    this.#bytes -= held.line.length;
    this.#options.onChange();
    return held;
  }
}

function outboxFull(limit: number): ModemError {
  return new ModemError(
    "MODEM_BUSY",
    `The outbox is full: ${limit} messages wait in it already. Send fewer, or raise its limit`,
  );
}

function notKept(error: unknown): ModemError {
  const words = error instanceof Error ? error.message : String(error);
  return new ModemError("MODEM_BUSY", `The outbox can't keep the message: ${words}. Nothing was sent`);
}

/** @param age ms */
function expired(age: number): ModemError {
  return new ModemError(
    "MODEM_TIMEOUT",
    `The message waited ${inSeconds(age)} in the outbox and is too old to be sent`,
  );
}
