import { ModemError } from "../errors";
import type { Line } from "./line";

/** What the modem prints when it wants, or is about to send, raw bytes. */
export type Prompt = ">" | "@" | "CONNECT";

/** Bytes for a prompt: written exactly as they are, after the prompt and the model's delay. */
export interface Upload {
  /** `any` takes the one that comes, for commands that a person wrote. */
  readonly prompt: Prompt | "any";
  readonly data: Uint8Array;
  /** ms that the prompt may take, for one that is not printed at once. */
  readonly promptTime?: number;
}

/** Raw bytes that follow `CONNECT` or an information line. */
export interface Download {
  /**
   * Prefix, with the colon, of the information line whose end the data follow; the line is an answer as well. Without
   * it they follow `CONNECT`, which opens data mode.
   */
  readonly after?: string;
  /**
   * Where the data ends: a number of bytes; `announced` for the number in `CONNECT <n>`, or the first field of the
   * information line; or a function of what has
   * arrived so far, called until it returns the total. It is called at every arrival with `quiet` 0 and, while nothing
   * arrives, about twice a second with the ms of silence: a modem may break off in mid-data with an error line, which
   * only the silence after it tells from data.
   */
  readonly length: number | "announced" | ((received: Buffer, quiet: number) => number | undefined);
  /** Whether the response tells the line ends that follow the data. */
  readonly tellsBehind?: boolean;
}

/**
 * An information response the command expects: its prefix with the colon (`+CSQ:`), `bare` for lines without a
 * prefix (`+CGMM`), or `any` for every line that is no registered URC. `accepts` tells the answer from a URC of the same prefix by its shape.
 */
export interface Expectation {
  readonly prefix: string;
  readonly accepts?: (line: Line) => boolean;
}

/** Larger goes first; equal ones go in order. */
export enum Priority {
  Background = 0,
  Normal = 1,
  Urgent = 2,
}

/** One AT command, as a value. Built by `commandLine`, sent by `Channel.send`. */
export interface Command {
  /** The line without its CR. */
  readonly line: string;
  /** The line with secrets masked: what logs, traces and errors show. */
  readonly label: string;
  readonly expects?: readonly Expectation[];
  /** The answer may hold secrets: traces show no more of its lines than the prefix, and nothing of damaged ones. */
  readonly confidential?: boolean;
  /**
   * ms from the last byte of the command to its final result, at most: so long a modem may be busy with it, and answer
   * nothing else. URCs in between extend it by their own time.
   */
  readonly timeout: number;
  /**
   * ms of silence that are usual (10 s, or `timeout` where that is shorter). After them `AT` tells whether the modem is
   * still busy or the answer was lost; a prompt or data that do not come so long are given up. It is `timeout` for what
   * must not be disturbed.
   */
  readonly usual?: number;
  /** ms from `send` on, time in the queue included, after which the caller is told that it took too long. */
  readonly within?: number;
  /** May be sent a second time, when its answer was lost or `AT` broke it off (V.250 5.6.1). */
  readonly repeatable?: boolean;
  /** A string of it holds UTF-8, each byte as one character (ISO 8859-1). */
  readonly utf8?: boolean;
  readonly upload?: Upload;
  readonly download?: Download;
  readonly priority?: Priority;
  /**
   * Aborting takes a queued command from the queue; the answer to one in flight is discarded, and the line tried when it
   * does not come soon.
   */
  readonly signal?: AbortSignal;
}

/** What a command got before `OK`. */
export interface Response {
  /** The information lines, in order. */
  readonly lines: readonly Line[];
  /** The bytes of `download`. */
  readonly data?: Buffer;
  /** Whether bytes of `data` were lost or added on the way: no line end stands behind them. */
  readonly damaged?: boolean;
  /** The line ends behind `data`, as they came, where the download asks for them. */
  readonly behind?: string;
  /** Lines came behind the echo that are neither an answer to this command nor a known URC: it may be damaged. */
  readonly strays?: true;
}

/** The last guard of the line: nothing that is not one command line of ASCII, or of UTF-8 where that was asked for, gets past it. */
export function checkLine({ line, utf8 = false }: Command): void {
  if (!(utf8 ? /[^\x20-\x7e\x80-\xff]/ : /[^\x20-\x7e]/).test(line)) return;
  const text = "A command line can't carry a control character or one outside ASCII";
  throw new ModemError("INVALID_INPUT", text);
}
