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

/**
 * The only error that leaves the driver.
 *
 * `code` and `cause` are own, plain properties: Node-RED copies nothing else into a Catch node's message.
 */
export class ModemError extends Error {
  readonly code: ErrorCode;
  override readonly cause: ModemErrorCause;

  constructor(code: ErrorCode, message: string, cause: ModemErrorCause = {}) {
    super(message);
    this.name = "ModemError";
    this.code = code;
    this.cause = cause;
  }

  /** Without the class's name: this, not `message`, is what Node-RED shows in its log and puts into `msg.error.message`. */
  override toString(): string {
    return this.message;
  }
}

/** Whether `error` is a `ModemError`, and, with `code`, one of that code. */
export function isModemError(error: unknown, code?: ErrorCode): error is ModemError {
  return error instanceof ModemError && (code === undefined || error.code === code);
}

/** Whatever was thrown, as the only kind of error that leaves the driver: what is not one yet gets `code` and its own words. */
export function asModemError(error: unknown, code: ErrorCode, operation?: string): ModemError {
  if (error instanceof ModemError) return error;
  const words = error instanceof Error ? error.message : String(error);
  return new ModemError(code, operation === undefined ? words : `${operation}: ${words}`);
}
