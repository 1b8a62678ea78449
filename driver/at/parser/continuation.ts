import type { Line } from "../line";

/** Reads what belongs to a line beyond its line end. */
export interface Continuation {
  /** Bytes held. */
  readonly buffered: number;
  /** Takes bytes from `start` on and returns the position behind the last one taken. */
  read(chunk: Buffer, start: number): number;
  /** Whether it is read. */
  readonly done: boolean;
  /** Nothing more comes: it is done. */
  silence(): void;
  /** Once it is done: the line, and the bytes that were read and turned out not to belong to it. */
  result(): { readonly line: Line; readonly behind: Buffer };
}
