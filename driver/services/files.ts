export interface FileEntry {
  readonly name: string;
  /** bytes */
  readonly size: number;
}

/** Called at every chunk, with the bytes so far and those of the whole. */
export type Progress = (bytes: number, total: number) => void;

export interface TransferOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: Progress;
}

export interface ReadOptions extends TransferOptions {
  /** The content is secret: traces show nothing of it, not even where the line damages what announces it. */
  readonly confidential?: boolean;
  /** Read twice, with a checksum where the modem has one, however long the line is busy with that. */
  readonly verified?: boolean;
  /** Whether a content shows by itself that it is whole; of any other the size is asked for once more. */
  readonly isWhole?: (content: Buffer) => boolean;
}

/** The modem's file system. Names are checked; contents may hold any byte. */
export interface FileService {
  list(): Promise<FileEntry[]>;
  /** Whole file, in chunks that let other commands through. @throws {ModemError} `MODEM_REJECTED` when there is none */
  read(name: string, options?: ReadOptions): Promise<Buffer>;
  /** Creates or replaces. The content is verified where the modem gives a checksum. */
  write(name: string, content: Uint8Array, options?: TransferOptions): Promise<void>;
  remove(name: string): Promise<void>;
}

/** Whether two lists name the same files. */
export function isSameList(one: readonly FileEntry[], other: readonly FileEntry[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ name, size }, index) => name === other[index]?.name && size === other[index]?.size)
  );
}
