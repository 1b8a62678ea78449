/** What survives a reboot: NVM settings and files; kept in `--state FILE` when that is given. */
export interface Storage {
  /** A JSON value; `undefined` while never written. */
  get<T>(key: string): T | undefined;
  set(key: string, value: unknown): void;
  readonly files: FileSystem;
  /** Puts on the disk what was written: a modem that has said OK has stored it. */
  flush(): void;
}

export interface FileSystem {
  /** bytes */
  readonly capacity: number;
  readonly free: number;
  names(): string[];
  read(name: string): Buffer | undefined;
  /** @throws {RangeError} when it is full */
  write(name: string, content: Buffer): void;
  remove(name: string): boolean;
}
