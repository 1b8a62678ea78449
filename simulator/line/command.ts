import type { Modem } from "../modem";
import type { CommandError } from "./command-error";

/** One parameter of a command line. */
export interface Argument {
  /** Without quotation marks; empty where it was left out. */
  readonly text: string;
  readonly quoted: boolean;
}

/** `AT+X`, `AT+X?`, `AT+X=?`, `AT+X=…` */
export type CommandForm = "execute" | "read" | "test" | "set";

/** How a prompt takes its bytes, where that differs from counting them within one timeout. */
export interface PromptOptions {
  /** The timeout begins anew with each piece: BG96's files. */
  readonly idleTimeout?: boolean;
  /** Hears the number of bytes of each piece as it comes in: BG96's acknowledged uploads. */
  readonly received?: (count: number) => void;
  /** Ctrl-Z ends them and ESC takes them back, which ends the command with this error; what is over the length is lost. */
  readonly typed?: { readonly cancelled: CommandError };
  /** What is typed comes back. */
  readonly echo?: boolean;
}

/** Takes the host's bytes in data mode. */
export type DataSink = (bytes: Buffer) => void | Promise<void>;

/** A final result code in words, and as the digit of ATV0 (V.250 5.7.1). */
export interface FinalResult {
  readonly words: string;
  readonly digit: number;
}

/** One command of a command line, and what its handler can do while it runs. */
export interface Call {
  readonly name: string;
  readonly form: CommandForm;
  readonly arguments: readonly Argument[];
  /** Prints an information line; Buffers are printed byte for byte. */
  info(...parts: (string | Buffer)[]): void;
  /**
   * Prints a prompt and resolves with exactly `length` bytes, or with fewer when `timeout` (ms) is over first or the
   * host leaves data mode with `+++`.
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
   * Prints a line that starts raw data (`CONNECT`), after which `raw` goes out as it is, until the host leaves with `+++`.
   * What the host sends in the meantime goes to `received`, without that sequence; the host is held off while the promise
   * that it returns is open.
   */
  connect(text: string, whenEscaped?: () => void, received?: DataSink): void;
  raw(bytes: Buffer): Promise<void>;
  /** The final result of the line when this command succeeds, in place of `OK`. */
  conclude(result: FinalResult): void;
  /** Runs after the final result was printed: the place for work that ends in a URC. */
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
