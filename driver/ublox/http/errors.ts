import { type ErrorCode, ModemError } from "../../errors";
import { type ErrorMeaning, HTTP_ERRORS } from "../error-tables";

/** What +UHTTPER answers: a class and a code within it (guide 10.3). */
export interface HttpFailure {
  readonly errorClass: number;
  readonly errorCode: number;
}

/** The class of errors of the HTTP client itself. */
const HTTP_CLASS = 3;
/** Code 22 says the same in every class: there is no data connection. */
const NO_CONTEXT = 22;
/** Class 3, code 30. */
const IN_PROGRESS = 30;

/** Whether the profile is still busy with its last request. */
export function isInProgress({ errorClass, errorCode }: HttpFailure): boolean {
  return errorClass === HTTP_CLASS && errorCode === IN_PROGRESS;
}

/** The failure as an error that names the request and the modem's reason. */
export function httpError(operation: string, failure: HttpFailure, command: string): ModemError {
  const { code, text } = meaningOf(failure);
  const { errorClass, errorCode } = failure;
  return new ModemError(code, `${operation} failed: ${text} (HTTP error ${errorClass}, ${errorCode})${remedy(code)}`, {
    command,
    result: `+UHTTPER: ${errorClass},${errorCode}`,
    errorClass,
    errorCode,
    errorText: text,
  });
}

function meaningOf({ errorClass, errorCode }: HttpFailure): ErrorMeaning {
  if (errorClass === HTTP_CLASS || errorCode === NO_CONTEXT) {
    const meaning = HTTP_ERRORS.get(errorCode);
    if (meaning !== undefined) return meaning;
  }
  return { code: "MODEM_REJECTED", text: errorClass === 0 ? "the modem gave no reason" : "unknown error" };
}

function remedy(code: ErrorCode): string {
  return REMEDIES.get(code) ?? "";
}

const REMEDIES: ReadonlyMap<ErrorCode, string> = new Map<ErrorCode, string>([
  ["DNS_FAILED", ". Check the server's name and the data connection's DNS servers."],
  ["CONNECT_FAILED", ". Check the server's address and port, and that the network lets them through."],
  ["CONNECTION_CLOSED", ". Send the request again."],
  ["NO_CONNECTION", ". Activate the data connection first."],
]);
