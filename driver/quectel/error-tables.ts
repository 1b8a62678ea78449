import type { ErrorCode } from "../errors";

/** What an error number of the modem means to a person and to a flow. */
export interface QuectelError {
  readonly text: string;
  readonly code: ErrorCode;
  /** What to do about it, where that is known. */
  readonly remedy?: string;
}

const SEND_AGAIN = "send the request again";

/** HTTP(S), guide chapter 5; remedies from chapter 4. */
const HTTP_ERRORS: ReadonlyMap<number, QuectelError> = new Map<number, QuectelError>([
  [701, { text: "unknown HTTP error", code: "MODEM_REJECTED" }],
  [702, { text: "HTTP timeout", code: "MODEM_TIMEOUT" }],
  [703, { text: "HTTP busy", code: "MODEM_BUSY", remedy: "another request still runs" }],
  [704, { text: "HTTP UART busy", code: "MODEM_BUSY", remedy: "another port of the modem is in data mode" }],
  [705, { text: "no GET or POST request was sent", code: "MODEM_REJECTED" }],
  [706, { text: "HTTP network busy", code: "MODEM_BUSY" }],
  [707, { text: "network could not be opened", code: "NO_CONNECTION" }],
  [708, { text: "network is not configured", code: "NO_CONNECTION", remedy: "check the APN" }],
  [709, { text: "network connection was deactivated", code: "NO_CONNECTION" }],
  [710, { text: "network error", code: "NO_CONNECTION" }],
  [711, { text: "URL error", code: "INVALID_INPUT", remedy: "check the URL" }],
  [712, { text: "URL is empty", code: "INVALID_INPUT", remedy: "check the URL" }],
  [713, { text: "IP address error", code: "INVALID_INPUT", remedy: "check the server's address" }],
  [714, { text: "DNS error", code: "DNS_FAILED", remedy: "check the server's name and the DNS servers" }],
  [715, { text: "socket could not be created", code: "CONNECT_FAILED" }],
  [
    716,
    { text: "connection to the server failed", code: "CONNECT_FAILED", remedy: "check the server's address and port" },
  ],
  [717, { text: "socket read error", code: "CONNECTION_CLOSED", remedy: SEND_AGAIN }],
  [718, { text: "socket write error", code: "CONNECTION_CLOSED", remedy: SEND_AGAIN }],
  [719, { text: "socket closed", code: "CONNECTION_CLOSED", remedy: SEND_AGAIN }],
  [720, { text: "data could not be encoded", code: "MODEM_REJECTED" }],
  [721, { text: "data could not be decoded", code: "MODEM_REJECTED" }],
  [722, { text: "HTTP read timeout", code: "MODEM_TIMEOUT" }],
  [723, { text: "HTTP response failed", code: "MODEM_REJECTED" }],
  [724, { text: "busy with an incoming call", code: "MODEM_BUSY" }],
  [725, { text: "busy with a voice call", code: "MODEM_BUSY" }],
  [726, { text: "input timeout", code: "MODEM_REJECTED", remedy: "bytes were lost on the way to the modem" }],
  [727, { text: "timeout while waiting for data", code: "MODEM_TIMEOUT" }],
  [728, { text: "timeout while waiting for the server's response", code: "MODEM_TIMEOUT" }],
  [729, { text: "memory allocation failed", code: "MODEM_REJECTED" }],
  [730, { text: "invalid parameter", code: "MODEM_REJECTED" }],
]);

/** TCP/IP, +QIGETERROR, +QPING and "dnsgip" (AT facts 2.2). */
const TCPIP_ERRORS: ReadonlyMap<number, QuectelError> = new Map<number, QuectelError>([
  [550, { text: "unknown TCP/IP error", code: "MODEM_REJECTED" }],
  [551, { text: "operation blocked", code: "MODEM_BUSY" }],
  [552, { text: "invalid parameter", code: "MODEM_REJECTED" }],
  [553, { text: "not enough memory", code: "MODEM_REJECTED" }],
  [554, { text: "socket could not be created", code: "CONNECT_FAILED" }],
  [555, { text: "operation not supported", code: "NOT_SUPPORTED" }],
  [556, { text: "socket bind failed", code: "CONNECT_FAILED" }],
  [557, { text: "socket listen failed", code: "CONNECT_FAILED" }],
  [558, { text: "socket write failed", code: "CONNECTION_CLOSED" }],
  [559, { text: "socket read failed", code: "CONNECTION_CLOSED" }],
  [560, { text: "socket accept failed", code: "CONNECT_FAILED" }],
  [561, { text: "PDP context could not be opened", code: "NO_CONNECTION" }],
  [562, { text: "PDP context could not be closed", code: "NO_CONNECTION" }],
  [563, { text: "socket identity is in use", code: "MODEM_BUSY" }],
  [564, { text: "DNS busy", code: "DNS_FAILED" }],
  [565, { text: "name could not be resolved", code: "DNS_FAILED" }],
  [566, { text: "socket could not be connected", code: "CONNECT_FAILED" }],
  [567, { text: "socket was closed", code: "CONNECTION_CLOSED" }],
  [568, { text: "operation busy", code: "MODEM_BUSY" }],
  [569, { text: "no answer in time", code: "MODEM_TIMEOUT" }],
  [570, { text: "PDP context broken down", code: "NO_CONNECTION" }],
  [571, { text: "sending was cancelled", code: "MODEM_REJECTED" }],
  [572, { text: "operation not allowed", code: "MODEM_REJECTED" }],
  [573, { text: "APN is not configured", code: "NO_CONNECTION", remedy: "set the APN" }],
  [574, { text: "port busy", code: "MODEM_BUSY" }],
]);

/** File system (AT facts 4). */
const FILE_TEXTS: readonly (readonly [number: number, text: string, remedy?: string])[] = [
  [400, "invalid input value"],
  [401, "larger than the size of the file"],
  [402, "nothing to read"],
  [403, "drive is full", "delete files on the modem"],
  [405, "file not found"],
  [406, "invalid file name"],
  [407, "file already exists"],
  [409, "file could not be written"],
  [410, "file could not be opened"],
  [411, "file could not be read"],
  [413, "too many open files"],
  [414, "file is read-only"],
  [416, "invalid file handle"],
  [417, "files could not be listed"],
  [418, "file could not be deleted"],
  [421, "file operation timed out"],
  [423, "file is too large"],
  [425, "invalid parameter"],
  [426, "file is already open"],
];

/** Every number beyond 27.007, of `+CME ERROR` and of result URCs. */
export const ERRORS: ReadonlyMap<number, QuectelError> = new Map<number, QuectelError>([
  ...FILE_TEXTS.map(([number, text, remedy]): [number, QuectelError] => [
    number,
    { text, code: "MODEM_REJECTED", remedy },
  ]),
  ...TCPIP_ERRORS,
  ...HTTP_ERRORS,
]);

/** Words for `+CME ERROR: <n>`. */
export const ERROR_TEXTS: ReadonlyMap<number, string> = new Map(
  [...ERRORS].map(([number, { text }]): [number, string] => [number, text]),
);
