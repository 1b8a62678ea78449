import type { Channel } from "../../at/channel-types";
import { transferTime } from "../../at/clock";
import { Priority } from "../../at/command";
import { type Field, quote, toInteger, unquotable } from "../../at/fields";
import { ask, unlessRejected } from "../../cellular/commands";
import { isModemError, ModemError } from "../../errors";
import { agreed } from "../../services/agreement";
import {
  type FileEntry,
  type FileService,
  isSameList,
  type ReadOptions,
  type TransferOptions,
} from "../../services/files";
import { command, query } from "../commands";
import type { UbloxTimeouts } from "../timeouts";
import type { UbloxTraits } from "../traits";

/** Characters of a file name. */
const MAX_NAME = 248;
/** A block is about this much time of the line, in s, so that other commands get through between two. */
const BLOCK_TIME_S = 0.5;
/** Bytes. Below, the command and the gap of a block would weigh on a slow line. */
const MIN_BLOCK = 1024;
/** Bytes. What is lost when a transfer is cut stays small on lines that nothing paces. */
const MAX_BLOCK = 65_536;
/** The modem says so in words (+CMEE=2), and firmware differs in case. */
const NOT_FOUND = /not found/i;
/** A UART may lose a byte; a third failure is no accident. */
const TRIES = 2;

/** The modem's file system: UDWNFILE, URDBLOCK, ULSTFILE, UDELFILE (guide 10.2). */
export class UbloxFiles implements FileService {
  readonly #channel: Channel;
  readonly #timeouts: UbloxTimeouts;

  constructor(channel: Channel, { timeouts }: UbloxTraits) {
    this.#channel = channel;
    this.#timeouts = timeouts;
  }

  async list(): Promise<FileEntry[]> {
    return agreed(() => this.#listOnce(), isSameList, "Listing the files");
  }

  async #listOnce(): Promise<FileEntry[]> {
    const lines = await ask(this.#channel, listing([0]));
    const entries: FileEntry[] = [];
    for (const { text: name } of lines.flat()) {
      // One with bytes beyond ASCII was not made by commands, and can't be asked for by one.
      if (name === "" || unquotable(name, MAX_NAME) !== undefined) continue;
      // A file may be deleted in between.
      const size = await unlessRejected(this.size(name));
      if (size !== undefined) entries.push({ name, size });
    }
    return entries;
  }

  /** Bytes of one file. @throws {ModemError} `MODEM_REJECTED` when there is none */
  async size(name: string, options: TransferOptions = {}): Promise<number> {
    const [fields] = await ask(this.#channel, listing([2, quoteName(name)], options.signal));
    const size = toInteger(fields?.[0]);
    if (size >= 0) return size;
    throw new ModemError("MODEM_REJECTED", `The modem did not tell the size of its file ${name}`);
  }

  /** Bytes that are free; undefined where the modem doesn't tell. */
  async freeSpace(): Promise<number | undefined> {
    const answer = await unlessRejected(ask(this.#channel, listing([1])));
    const free = toInteger(answer?.[0]?.[0]);
    return free >= 0 ? free : undefined;
  }

  async read(name: string, options: ReadOptions = {}): Promise<Buffer> {
    const read = (): Promise<Buffer> => this.#readOnce(name, options);
    return options.verified === true
      ? agreed(read, (one, other) => one.equals(other), `Reading the modem's file ${name}`)
      : read();
  }

  /** The size has no check of its own: a digit that is lost or damaged makes another one. */
  async #readOnce(name: string, options: ReadOptions): Promise<Buffer> {
    const quoted = quoteName(name);
    for (let tries = 1; ; tries += 1) {
      const size = await this.size(name, options);
      const content = await this.#readBlocks(quoted, size, options);
      if (options.isWhole?.(content) === true || (await this.size(name, options)) === content.length) return content;
      if (tries < TRIES) continue;
      throw new ModemError("MODEM_REJECTED", `The modem's file ${name} ended at byte ${content.length} of ${size}`);
    }
  }

  /** Up to `size`, or to the end where that comes first. */
  async #readBlocks(quoted: Field, size: number, options: ReadOptions): Promise<Buffer> {
    const blocks: Buffer[] = [];
    for (let offset = 0; offset < size; ) {
      options.signal?.throwIfAborted();
      const block = await this.#readBlock(quoted, offset, Math.min(this.#blockSize(), size - offset), options);
      if (block.length === 0) break;
      blocks.push(block);
      offset += block.length;
      options.onProgress?.(offset, size);
    }
    return Buffer.concat(blocks);
  }

  async write(name: string, content: Uint8Array, options: TransferOptions = {}): Promise<void> {
    const quoted = quoteName(name);
    await this.#makeRoom(name, quoted, options);
    try {
      await this.#channel.send(
        command("+UDWNFILE=", [quoted, content.length], {
          timeout: this.#timeouts.file + transferTime(content.length, this.#channel.bytesPerSecond),
          upload: { prompt: ">", data: content },
          signal: options.signal,
        }),
      );
    } catch (error) {
      throw await this.#explainWriteError(error, name, content.length);
    }
    options.onProgress?.(content.length, content.length);
  }

  /** +UDWNFILE fails for a name that exists, or adds to the file, depending on the firmware. */
  async #makeRoom(name: string, quoted: Field, { signal }: TransferOptions): Promise<void> {
    try {
      await this.#channel.send(command("+UDELFILE=", [quoted], { signal }));
    } catch (error) {
      if (!isModemError(error, "MODEM_REJECTED")) throw error;
      const isMissing = NOT_FOUND.test(`${error.cause?.errorText} ${error.cause?.result}`);
      if (isMissing || (await unlessRejected(this.size(name, { signal }))) === undefined) return;
      throw error;
    }
  }

  async remove(name: string): Promise<void> {
    await this.#channel.send(command("+UDELFILE=", [quoteName(name)]));
  }

  /** The modem may answer with less than it was asked for. */
  async #readBlock(
    name: Field,
    offset: number,
    length: number,
    { signal, confidential }: ReadOptions,
  ): Promise<Buffer> {
    const block = query("+URDBLOCK=", [name, offset, length], {
      timeout: this.#timeouts.file + transferTime(length, this.#channel.bytesPerSecond),
      priority: Priority.Background,
      confidential,
      signal,
    });
    for (let tries = 1; ; tries += 1) {
      const [fields = []] = await ask(this.#channel, block);
      const content = fields.find((field) => field.data !== undefined);
      if (content?.data !== undefined && content.damaged === undefined && content.data.length <= length) {
        return content.data;
      }
      if (tries === TRIES) throw damaged(block.label);
    }
  }

  #blockSize(): number {
    const { bytesPerSecond } = this.#channel;
    if (bytesPerSecond === undefined) return MAX_BLOCK;
    return Math.min(MAX_BLOCK, Math.max(MIN_BLOCK, Math.round(bytesPerSecond * BLOCK_TIME_S)));
  }

  /** A full file system is the usual reason, and the one that the user can mend. */
  async #explainWriteError(error: unknown, name: string, length: number): Promise<unknown> {
    if (!isModemError(error, "MODEM_REJECTED")) return error;
    if (length === 0) return new ModemError("NOT_SUPPORTED", `The modem stores no empty file (${name})`, error.cause);
    const free = await this.freeSpace().catch(() => undefined);
    if (free === undefined || free >= length) return error;
    return new ModemError(
      "MODEM_REJECTED",
      `The modem can't store ${name}: ${length} bytes are more than the ${free} that are free. Delete files on the modem.`,
      error.cause,
    );
  }
}

function listing(parameters: readonly (Field | number)[], signal?: AbortSignal): ReturnType<typeof query> {
  return query("+ULSTFILE=", parameters, { signal });
}

function damaged(label: string): ModemError {
  const text = "bytes were lost or added on the way";
  return new ModemError(
    "MODEM_REJECTED",
    `Reading a file: ${text}, ${TRIES} times. Check cable, baud rate and flow control.`,
    {
      command: label,
      errorText: text,
    },
  );
}

/** The base syntax has no escape: names with quotation marks, control characters or beyond ASCII are refused. */
function quoteName(name: string): Field {
  if (name === "") throw new ModemError("INVALID_INPUT", "file name is empty");
  return quote(name, { field: "file name", max: MAX_NAME });
}
