import type { Modem } from "../modem";
import type { CommandError } from "./command-error";

/** One parameter of a command line. */
export interface Argument {
  /** Without quotation marks; empty if left out. */
  readonly text: string;
  readonly quoted: boolean;
}

/** `AT+X`, `AT+X?`, `AT+X=?`, `AT+X=…` */
export type CommandForm = "execute" | "read" | "test" | "set";

/** How a prompt takes its bytes if it does not simply count them within one timeout. */
export interface PromptOptions {
  /** The timeout restarts with each piece: BG96's files. */
  readonly idleTimeout?: boolean;
  /** Called with the number of bytes of each piece: BG96's acknowledged uploads. */
  readonly received?: (count: number) => void;
  /** Ctrl-Z ends the input; ESC cancels it, and the command ends with this error. Bytes beyond the length are lost. */
  readonly typed?: { readonly cancelled: CommandError };
  /** Echo the input. */
  readonly echo?: boolean;
}

/** Takes the host's bytes in data mode. */
export type DataSink = (bytes: Buffer) => void | Promise<void>;

/** A final result code in words, and as the digit of ATV0 (V.250 5.7.1). */
export interface FinalResult {
  readonly words: string;
  readonly digit: number;
}

/** One running command of a command line, as seen by its handler. */
export interface Call {
  readonly name: string;
  readonly form: CommandForm;
  readonly arguments: readonly Argument[];
  /** Prints an information line; Buffers are printed byte for byte. */
  info(...parts: (string | Buffer)[]): void;
  /**
   * Prints a prompt and resolves with exactly `length` bytes, or with fewer if `timeout` (ms) ends first or the host
   * leaves data mode with `+++`.
   */
  prompt(
    prompt: ">" | "> " | "@" | "CONNECT",
    length: number,
    timeout?: number,
    options?: PromptOptions,
  ): Promise<Buffer>;
  /** The host left data mode (`CONNECT`) with `+++` while this command had the line. */
  readonly escaped: boolean;
  /**
   * Prints a line that starts raw data (`CONNECT`). `raw` then goes out unchanged until the host leaves with `+++`.
   * The host's bytes, without that sequence, go to `received`; the host is held off while the promise it returns is
   * pending.
   */
  connect(text: string, whenEscaped?: () => void, received?: DataSink): void;
  raw(bytes: Buffer): Promise<void>;
  /** Sets the final result of the line if this command succeeds, instead of `OK`. */
  conclude(result: FinalResult): void;
  /** Runs `work` after the final result was printed; for work that ends in a URC. */
  afterResult(work: () => void | Promise<void>): void;
}

export type Handler = (call: Call, modem: Modem) => void | Promise<void>;

/** A command of a personality. A form without a handler is answered with "operation not supported". */
export interface CommandDefinition {
  /** Upper case, with the plus sign: `+CSQ`, `&C`, `I`. */
  readonly name: string;
  readonly set?: Handler;
  readonly read?: Handler;
  readonly test?: Handler;
  readonly execute?: Handler;
}
