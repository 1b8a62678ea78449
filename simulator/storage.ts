/** What survives a reboot: NVM settings and files; kept in `--state FILE` if given. */
export interface Storage {
  /** A JSON value; `undefined` while never written. */
  get<T>(key: string): T | undefined;
  set(key: string, value: unknown): void;
  remove(key: string): void;
  readonly files: FileSystem;
  /** Writes changes to disk: once the modem says OK, they are stored. */
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
