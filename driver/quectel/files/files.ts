import type { Channel } from "../../at/channel-types";
import { transferTime } from "../../at/clock";
import { isEscape } from "../../at/data-mode/escape";
import { type Field, quote, splitFields, toInteger } from "../../at/fields";
import { ask } from "../../cellular/commands";
import { ModemError } from "../../errors";
import { agreed } from "../../services/agreement";
import {
  type FileEntry,
  type FileService,
  isSameList,
  type ReadOptions,
  type TransferOptions,
} from "../../services/files";
import { Pool } from "../../services/waiting/pool";
import { command, query } from "../commands";
import { errorNumber } from "../errors";
import type { KnownModem, QuectelTraits } from "../traits";
import { fileChecksum } from "./checksum";
import { DataEnd } from "./data-end";
import { FileHandle } from "./handle";
import { bytesIn } from "./line-share";

/** AT facts 4: a name has at most 80 bytes. */
const NAME_LENGTH = 80;
/** A transfer that holds the line longer than this, in s, goes in chunks. */
const LONGEST_HOLD_S = 1;
/** Line time of a chunk, in s: what another command may have to wait. */
const CHUNK_TIME_S = 0.5;
/** The modem ends an upload after a pause of so many seconds. */
const UPLOAD_PAUSE_S = 10;
const NOT_FOUND = 405;
/** Times that a file is asked for whose answer can't be read. */
const MOST_ASKED = 3;
/** A UART may drop a byte; a third failure is no accident. */
const TRIES = 2;

/** Files in the modem's flash (UFS). */
export class QuectelFiles implements FileService {
  readonly #channel: Channel;
  readonly #model: QuectelTraits;
  /** One transfer at a time: replacing a file takes several commands. */
  readonly #turn = new Pool(["file transfer"], { name: "file transfers" });
  readonly #listeners = new Set<(name: string) => void>();

  constructor(channel: Channel, model: QuectelTraits) {
    this.#channel = channel;
    this.#model = model;
  }

  async list(): Promise<FileEntry[]> {
    const all = quote("*", { field: "pattern", max: 1 });
    const list = async (): Promise<FileEntry[]> => (await this.#entries(all)) ?? [];
    return agreed(list, isSameList, "Listing the files");
  }

  async read(name: string, options: ReadOptions = {}): Promise<Buffer> {
    const file = fileName(name);
    const read = (): Promise<Buffer> => this.#readOnce(name, file, options);
    const isSame = (one: Buffer, other: Buffer): boolean => one.equals(other);
    return this.#turn.withItem(
      () => (options.verified === true ? agreed(read, isSame, `Reading ${name}`) : read()),
      options,
    );
  }

  async #readOnce(name: string, file: Field, options: ReadOptions): Promise<Buffer> {
    for (let tries = 1; ; tries += 1) {
      const entry = await this.#find(name, file);
      if (entry === undefined) throw missing(name);
      const inOne = options.verified === true || entry.size <= bytesIn(this.#channel, LONGEST_HOLD_S);
      const content = await (inOne ? this.#download(file, entry, options) : this.#readInChunks(file, entry, options));
      if (typeof content !== "string") return content;
      if (tries === TRIES) throw damaged(name, inOne ? "AT+QFDWL" : "AT+QFREAD", content);
    }
  }

  async write(name: string, content: Uint8Array, options: TransferOptions = {}): Promise<void> {
    const file = fileName(name);
    await this.#turn
      .withItem(async () => {
        const short = content.length > 0 && content.length <= bytesIn(this.#channel, LONGEST_HOLD_S);
        if (short && !isEscape(content)) await this.#replace(name, file, content, options);
        else await this.#writeInChunks(file, content, options);
        options.onProgress?.(content.length, content.length);
      }, options)
      .finally(() => this.#changed(name));
  }

  /** Writes in one piece, which the modem confirms by a checksum, however long the line is busy with it. */
  async upload(name: string, content: Uint8Array, options: TransferOptions = {}): Promise<void> {
    const file = fileName(name);
    await this.#turn
      .withItem(() => this.#replace(name, file, content, options), options)
      .finally(() => this.#changed(name));
  }

  async remove(name: string): Promise<void> {
    await this.#delete(fileName(name)).finally(() => this.#changed(name));
  }

  /** Calls `listener` with the name of every file that was, or may have been, changed from here. */
  onChange(listener: (name: string) => void): void {
    this.#listeners.add(listener);
  }

  /** Bytes of a file, or undefined when there is none. */
  async size(name: string): Promise<number | undefined> {
    return (await this.#find(name, fileName(name)))?.size;
  }

  /** Free bytes of the flash, or undefined when the modem does not tell. */
  async free(): Promise<number | undefined> {
    const storage = quote("UFS", { field: "storage", max: 3 });
    const [fields] = await ask(this.#channel, query("+QFLDS=", [storage], { timeout: this.#model.timeouts.file }));
    const free = toInteger(fields?.[0]);
    return Number.isNaN(free) ? undefined : free;
  }

  /** Fails what waits for its turn. */
  dispose(error: Error): void {
    this.#turn.close(error);
  }

  get #modem(): KnownModem {
    return { channel: this.#channel, model: this.#model };
  }

  #changed(name: string): void {
    for (const listener of this.#listeners) listener(name);
  }

  /** Undefined where the modem says that there is no such file. */
  async #entries(pattern: Field): Promise<FileEntry[] | undefined> {
    try {
      const entries = await ask(this.#channel, query("+QFLST=", [pattern], { timeout: this.#model.timeouts.file }));
      return entries.map(([name, size]) => ({
        name: (name?.text ?? "").replace(/^UFS:/, ""),
        size: toInteger(size),
      }));
    } catch (error) {
      if (errorNumber(error) === NOT_FOUND) return undefined;
      throw error;
    }
  }

  /** That nothing is said of a file shows that there is none only where it is said again. */
  async #find(name: string, file: Field): Promise<FileEntry | undefined> {
    for (let asked = 1; ; asked += 1) {
      const entries = await this.#entries(file);
      if (entries === undefined) return undefined;
      const [entry, ...more] = entries;
      if (entry?.name === name && entry.size >= 0 && more.length === 0) return entry;
      if (asked < MOST_ASKED) continue;
      if (entry === undefined) return undefined;
      throw new ModemError("MODEM_REJECTED", `The modem did not tell the size of its file ${name}`);
    }
  }

  async #delete(file: Field): Promise<void> {
    await this.#channel.send(command("+QFDEL=", [file], { timeout: this.#model.timeouts.file }));
  }

  /** The content; a string, what the modem said of it, where it is damaged. */
  async #download(file: Field, { size }: FileEntry, options: ReadOptions): Promise<Buffer | string> {
    if (size === 0) return Buffer.alloc(0);
    const { signal, confidential, onProgress } = options;
    const end = new DataEnd(size, "+QFDWL");
    const question = query("+QFDWL=", [file], {
      download: { length: end.find },
      timeout: this.#model.timeouts.file + transferTime(size, this.#channel.bytesPerSecond),
      confidential,
      signal,
    });
    const { data = Buffer.alloc(0), lines } = await this.#channel.send(question);
    const [reported, sum] = lines[0] === undefined ? [] : splitFields(lines[0]);
    const isCounted = end.isWhole && toInteger(reported) === data.length;
    const isRight = isCounted && Number.parseInt(sum?.text ?? "", 16) === fileChecksum(data);
    if (!isRight) return lines[0]?.text ?? "";
    onProgress?.(data.length, data.length);
    return data;
  }

  async #readInChunks(file: Field, { name, size }: FileEntry, options: ReadOptions): Promise<Buffer | string> {
    const handle = await FileHandle.open(this.#modem, file, "read");
    try {
      const content = await handle.read(size, bytesIn(this.#channel, CHUNK_TIME_S), options);
      // A size of which a digit was lost or damaged is another size.
      const isRight = content !== undefined && (await this.#find(name, file))?.size === content.length;
      return isRight ? content : "";
    } finally {
      await handle.close();
    }
  }

  async #replace(name: string, file: Field, content: Uint8Array, { signal }: TransferOptions): Promise<void> {
    const seconds = UPLOAD_PAUSE_S + Math.ceil(transferTime(content.length, this.#channel.bytesPerSecond) / 1000);
    const upload = query("+QFUPL=", [file, content.length, Math.min(65_535, seconds)], {
      upload: { prompt: "CONNECT", data: content },
      timeout: this.#model.timeouts.file + seconds * 1000,
      signal,
    });
    for (let tries = 1; ; tries++) {
      signal?.throwIfAborted();
      // QFUPL refuses a name that exists (407).
      if ((await this.#find(name, file)) !== undefined) await this.#delete(file);
      const { lines } = await this.#channel.send(upload);
      const [size, sum] = lines[0] === undefined ? [] : splitFields(lines[0]);
      const right =
        toInteger(size) === content.length && Number.parseInt(sum?.text ?? "", 16) === fileChecksum(content);
      if (right) return;
      if (tries === TRIES) throw damaged(name, upload.label, lines[0]?.text);
    }
  }

  async #writeInChunks(file: Field, content: Uint8Array, options: TransferOptions): Promise<void> {
    options.signal?.throwIfAborted();
    const handle = await FileHandle.open(this.#modem, file, "replace");
    let complete = false;
    try {
      await handle.write(content, bytesIn(this.#channel, CHUNK_TIME_S), UPLOAD_PAUSE_S, options);
      complete = true;
    } finally {
      await handle.close();
      // Half a file must not pass for the whole one; the error that cut it is the one to report.
      if (!complete) await this.#delete(file).catch(() => undefined);
    }
  }
}

function fileName(name: string): Field {
  const file = quote(name, { field: "filename", max: NAME_LENGTH });
  if (name === "" || /[*?:\\/]/.test(name)) {
    throw new ModemError("INVALID_INPUT", "filename must be a plain name without path, colon and wildcards");
  }
  return file;
}

function missing(name: string): ModemError {
  const cause = { command: "AT+QFLST", errorCode: NOT_FOUND, errorText: "file not found" };
  return new ModemError("MODEM_REJECTED", `Reading ${name}: there is no such file on the modem`, cause);
}

function damaged(name: string, command: string, result: string | undefined): ModemError {
  const cause = { command, ...(result ? { result } : {}), errorText: "size or checksum differs" };
  return new ModemError("MODEM_REJECTED", `Transferring ${name}: size or checksum differs after ${TRIES} tries`, cause);
}
