import type { ErrorCode } from "../errors";

/** What a numbered error of the modem means, in words, and which of our codes it is. */
export interface ErrorMeaning {
  readonly code: ErrorCode;
  readonly text: string;
}

const meaning = (code: ErrorCode, text: string): ErrorMeaning => ({ code, text });

const PARAMETER = meaning("INVALID_INPUT", "invalid parameter");
const INTERNAL = meaning("MODEM_REJECTED", "internal error of the modem's HTTP client");

/** Error codes of class 3 (HTTP) that +UHTTPER reports (guide 10.3; the list is that of the sister modems). */
export const HTTP_ERRORS: ReadonlyMap<number, ErrorMeaning> = new Map([
  [1, meaning("MODEM_REJECTED", "invalid HTTP profile")],
  [2, meaning("INVALID_INPUT", "invalid input")],
  [3, meaning("INVALID_INPUT", "server name too long")],
  [4, meaning("INVALID_INPUT", "invalid server name")],
  [5, meaning("INVALID_INPUT", "invalid server address")],
  [6, meaning("INVALID_INPUT", "invalid authentication method")],
  [7, meaning("MODEM_REJECTED", "no server set")],
  [8, meaning("INVALID_INPUT", "user name too long")],
  [9, meaning("INVALID_INPUT", "password too long")],
  [10, INTERNAL],
  [11, meaning("CONNECT_FAILED", "no connection to the server")],
  [12, meaning("MODEM_REJECTED", "error in the HTTP request")],
  [15, meaning("INVALID_INPUT", "body too long")],
  [16, meaning("MODEM_REJECTED", "empty file name")],
  [17, meaning("MODEM_REJECTED", "file name too long")],
  [18, meaning("INVALID_INPUT", "invalid content type")],
  [22, meaning("NO_CONNECTION", "the data connection is not active")],
  [23, meaning("DNS_FAILED", "the server's name could not be resolved")],
  [24, meaning("PROTOCOL_ERROR", "the server refused the authentication")],
  [25, meaning("PROTOCOL_ERROR", "the proxy refused the authentication")],
  [26, meaning("CONNECT_FAILED", "the server did not accept the connection in time")],
  [27, meaning("MODEM_TIMEOUT", "the modem did not prepare the request in time")],
  [28, meaning("MODEM_TIMEOUT", "the server did not answer in time")],
  [29, meaning("MODEM_TIMEOUT", "the request could not be sent in time")],
  [30, meaning("MODEM_BUSY", "the last request of this profile is still running")],
  ...range(31, 40, PARAMETER),
  [41, meaning("MODEM_REJECTED", "the response file could not be opened")],
  [42, meaning("MODEM_REJECTED", "the response file could not be closed")],
  [43, meaning("MODEM_REJECTED", "the response file could not be written; the modem's file system may be full")],
  [44, meaning("CONNECTION_CLOSED", "the connection was lost")],
  [45, meaning("MODEM_REJECTED", "operation not allowed")],
  ...range(46, 72, INTERNAL),
  [73, meaning("TLS_FAILED", "the secure connection failed")],
]);

/** Codes of +UUPINGER (guide 2.4.1; the list is that of the sister modems). */
export const PING_ERRORS: ReadonlyMap<number, ErrorMeaning> = new Map([
  ...range(1, 6, meaning("MODEM_REJECTED", "internal error of the modem's ping")),
  [7, meaning("INVALID_INPUT", "empty host name")],
  [8, meaning("DNS_FAILED", "the host's name could not be resolved")],
  [9, meaning("NOT_SUPPORTED", "the modem does not ping this kind of address")],
  [10, meaning("INVALID_INPUT", "invalid IPv4 address")],
  [11, meaning("INVALID_INPUT", "invalid IPv6 address")],
  [12, meaning("INVALID_INPUT", "host name too long")],
  [13, meaning("INVALID_INPUT", "invalid size")],
  [14, meaning("INVALID_INPUT", "invalid TTL")],
  [15, meaning("INVALID_INPUT", "invalid timeout")],
  [16, meaning("INVALID_INPUT", "invalid count")],
  [17, meaning("NO_CONNECTION", "the data connection is not active")],
  ...range(100, 105, meaning("MODEM_REJECTED", "internal error of the modem's ping")),
  [106, meaning("CONNECT_FAILED", "the modem could not create a socket")],
  [107, meaning("CONNECT_FAILED", "the modem could not set up its socket")],
  [108, meaning("CONNECT_FAILED", "the echo request could not be sent")],
  [109, meaning("CONNECT_FAILED", "the reply could not be read")],
  [110, meaning("CONNECT_FAILED", "an unexpected packet came")],
  ...range(111, 115, meaning("CONNECT_FAILED", "error of the modem's socket")),
]);

function range(first: number, last: number, same: ErrorMeaning): [number, ErrorMeaning][] {
  return Array.from({ length: last - first + 1 }, (_, index) => [first + index, same]);
}
