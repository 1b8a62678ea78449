/** Codes of `error.code`, as the public contract lists them. */
export const ERROR_CODES = [
  "INVALID_INPUT",
  "NOT_SUPPORTED",
  "MODEM_OFFLINE",
  "MODEM_BUSY",
  "MODEM_TIMEOUT",
  "MODEM_REJECTED",
  "MODEM_RESTARTED",
  "SIM_ERROR",
  "NOT_REGISTERED",
  "NO_CONNECTION",
  "DNS_FAILED",
  "CONNECT_FAILED",
  "TLS_FAILED",
  "CONNECTION_CLOSED",
  "PROTOCOL_ERROR",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** What the modem said, as plain data: Node-RED clones it into `msg.error.cause`. Secrets are masked. */
export interface ModemErrorCause {
  readonly command?: string;
  readonly result?: string;
  readonly errorClass?: number;
  readonly errorCode?: number;
  readonly errorText?: string;
}

/** Characters of what a modem or somebody else says, of a sentence that goes on to the remedy, and of a command. */
const LONGEST_WORDS = 200;
const LONGEST_SENTENCE = 2000;
const LONGEST_COMMAND = 1000;
/** Characters of a path or an address. */
const LONGEST_PORT = 80;

/**
 * The only error that leaves the driver.
 *
 * `code` and `cause` are own, plain properties: Node-RED copies nothing else into a Catch node's message.
 */
export class ModemError extends Error {
  readonly code: ErrorCode;
  override readonly cause: ModemErrorCause;

  constructor(code: ErrorCode, message: string, cause: ModemErrorCause = {}) {
    super(shortened(message, LONGEST_SENTENCE));
    this.name = "ModemError";
    this.code = code;
    this.cause = readable(cause);
  }

  /** Without the class's name: this, not `message`, is what Node-RED shows in its log and puts into `msg.error.message`. */
  override toString(): string {
    return this.message;
  }
}

/** Why a wait for a modem was in vain. */
export class NotReadyError extends ModemError {
  readonly #reason: string;

  /** @param reason completes a sentence: "waited 20 s for modem BG96, which is unplugged" */
  constructor(code: ErrorCode, message: string, reason: string, cause?: ModemErrorCause) {
    super(code, message, cause);
    this.#reason = reason;
  }

  get reason(): string {
    return this.#reason;
  }
}

/** A text as a person can read it in one go: a modem may say kilobytes, and a port may have many options. */
export function shortened(text: string, max: number = LONGEST_WORDS): string {
  return text.length > max ? `${text.slice(0, max)}…` : text;
}

/** A port as sentences name it: a simulated one without its options, which may go on for lines. */
export function shortPort(port: string): string {
  return shortened(/^sim:/i.test(port) ? (port.split("?", 1)[0] ?? "") : port, LONGEST_PORT);
}

/** A time as a sentence says it: whole seconds, tenths where it is short. @param time ms */
export function inSeconds(time: number): string {
  return `${time >= 10_000 ? Math.round(time / 1000) : Math.max(1, Math.round(time / 100)) / 10} s`;
}

function readable(cause: ModemErrorCause): ModemErrorCause {
  const parts = Object.entries(cause).map(([name, value]) => [
    name,
    typeof value === "string" ? shortened(value, name === "command" ? LONGEST_COMMAND : LONGEST_WORDS) : value,
  ]);
  return Object.fromEntries(parts) as ModemErrorCause;
}

/** Whether `error` is a `ModemError`, and, with `code`, one of that code. */
export function isModemError(error: unknown, code?: ErrorCode): error is ModemError {
  return error instanceof ModemError && (code === undefined || error.code === code);
}

/** Whatever was thrown, as the only kind of error that leaves the driver: what is not one yet gets `code` and its own words. */
export function asModemError(error: unknown, code: ErrorCode, operation?: string): ModemError {
  if (error instanceof ModemError) return error;
  const words = wordsOf(error);
  return new ModemError(code, operation === undefined ? words : `${operation}: ${words}`);
}

/** What was thrown, in words. Anything can be: a foreign realm's error, nothing, an object without a text. */
export function wordsOf(error: unknown): string {
  try {
    const { message } = Object(error) as { message?: unknown };
    return typeof message === "string" ? message : String(error);
  } catch {
    return "an error without words";
  }
}
