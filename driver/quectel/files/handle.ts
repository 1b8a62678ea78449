import type { Channel } from "../../at/channel-types";
import { transferTime } from "../../at/clock";
import { isEscape } from "../../at/data-mode/escape";
import { type Field, toInteger } from "../../at/fields";
import { ask, unlessRejected } from "../../cellular/commands";
import { ModemError } from "../../errors";
import type { ReadOptions, TransferOptions } from "../../services/files";
import { command, query } from "../commands";
import type { KnownModem } from "../traits";
import { DataEnd } from "./data-end";

/** QFOPEN's second parameter (AT facts 4). */
const MODES = { replace: 1, read: 2 } as const;
/** QFWRITE takes at most 10240 bytes at once (its default length). */
const LARGEST_WRITE = 10_240;

/** An open file on the modem: read and written in chunks that let other commands through. */
export class FileHandle {
  readonly #modem: KnownModem;
  readonly #channel: Channel;
  readonly #number: number;
  readonly #file: Field | undefined;

  private constructor(modem: KnownModem, number: number, file?: Field) {
    this.#modem = modem;
    this.#channel = modem.channel;
    this.#number = number;
    this.#file = file;
  }

  static async open(modem: KnownModem, file: Field, mode: keyof typeof MODES): Promise<FileHandle> {
    const opening = query("+QFOPEN=", [file, MODES[mode]], { timeout: modem.model.timeouts.file });
    const [fields] = await ask(modem.channel, opening);
    const number = toInteger(fields?.[0]);
    if (!Number.isNaN(number)) return new FileHandle(modem, number, file);
    // The line has damaged it; the file is open anyway.
    await FileHandle.closeAll(modem, file);
    throw new ModemError("MODEM_REJECTED", `${opening.label}: the modem gave no file handle`);
  }

  /**
   * Closes what an earlier session left open: a port that is unplugged in mid-transfer takes no +QFCLOSE along, and a
   * file with an open handle can be neither deleted nor opened again (426).
   *
   * @param file the only one whose handles are closed; left out, it is all of them
   */
  static async closeAll(modem: KnownModem, file?: Field): Promise<void> {
    // Firmware without the read form: files that are not in use still work.
    const handles = await unlessRejected(
      ask(modem.channel, query("+QFOPEN?", [], { timeout: modem.model.timeouts.file })),
    );
    for (const [name, handle] of handles ?? []) {
      const number = toInteger(handle);
      const isMeant = file === undefined || `"${name?.text.replace(/^UFS:/, "")}"` === file.wire;
      if (isMeant && !Number.isNaN(number)) await new FileHandle(modem, number).close();
    }
  }

  /** The whole content; undefined where bytes of it were lost or added on the way. */
  async read(size: number, chunk: number, options: ReadOptions): Promise<Buffer | undefined> {
    const { signal, confidential, onProgress } = options;
    const parts: Buffer[] = [];
    let done = 0;
    while (done < size) {
      signal?.throwIfAborted();
      const length = Math.min(chunk, size - done);
      const end = new DataEnd(length, "+QFREAD");
      const { data = Buffer.alloc(0) } = await this.#channel.send(
        command("+QFREAD=", [this.#number, length], {
          download: { length: end.find },
          timeout: this.#modem.model.timeouts.file + transferTime(length, this.#channel.bytesPerSecond),
          confidential,
          signal,
        }),
      );
      if (!end.isWhole) return undefined;
      parts.push(data);
      done += data.length;
      onProgress?.(done, size);
    }
    return Buffer.concat(parts);
  }

  /** @param pause s of silence after which the modem gives up waiting for bytes */
  async write(
    content: Uint8Array,
    chunk: number,
    pause: number,
    { signal, onProgress }: TransferOptions,
  ): Promise<void> {
    let done = 0;
    while (done < content.length) {
      signal?.throwIfAborted();
      const data = nextChunk(content, done, Math.min(chunk, LARGEST_WRITE));
      const upload = query("+QFWRITE=", [this.#number, data.length, pause], {
        upload: { prompt: "CONNECT", data },
        timeout:
          this.#modem.model.timeouts.file + pause * 1000 + transferTime(data.length, this.#channel.bytesPerSecond),
        signal,
      });
      const [fields] = await ask(this.#channel, upload);
      const written = toInteger(fields?.[0]);
      const total = fields?.[1] === undefined ? done + written : toInteger(fields[1]);
      if (written !== data.length || total !== done + written) {
        throw new ModemError("MODEM_REJECTED", `Writing a file: the modem took ${written} of ${data.length} bytes`);
      }
      done += data.length;
      onProgress?.(done, content.length);
    }
  }

  /**
   * The file is written or read by now: a handle that can't be closed harms nothing that is reported here. One that the
   * modem does not know is another's number, damaged on the way.
   */
  async close(): Promise<void> {
    const closing = this.#channel.send(
      command("+QFCLOSE=", [this.#number], { timeout: this.#modem.model.timeouts.file }),
    );
    const isClosed = await unlessRejected(closing).catch(() => true);
    if (isClosed === undefined && this.#file !== undefined) {
      await FileHandle.closeAll(this.#modem, this.#file).catch(() => undefined);
    }
  }
}

/** A chunk of just `+++` would leave data mode (guide 1.3): its first byte goes alone. */
function nextChunk(content: Uint8Array, start: number, size: number): Uint8Array {
  const data = content.subarray(start, start + size);
  return isEscape(data) ? data.subarray(0, 1) : data;
}
