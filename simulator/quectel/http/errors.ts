import type { InternetFailure } from "../../internet/internet";
import type { Call } from "../../line/command";
import { CommandError } from "../../line/command-error";
import { Parameters } from "../parameters";

/** HTTP manual chapter 5 */
export const HttpError = {
  timeout: 702,
  busy: 703,
  uartBusy: 704,
  noRequest: 705,
  deactivated: 709,
  url: 711,
  emptyUrl: 712,
  address: 713,
  dns: 714,
  connect: 716,
  read: 717,
  write: 718,
  closed: 719,
  decode: 721,
  readTimeout: 722,
  inputTimeout: 726,
  responseTimeout: 728,
  memory: 729,
  parameter: 730,
} as const;

export const HTTP_TEXTS: ReadonlyMap<number, string> = new Map([
  [701, "HTTP(S) unknown error"],
  [702, "HTTP(S) timeout"],
  [703, "HTTP(S) busy"],
  [704, "HTTP(S) UART busy"],
  [705, "HTTP(S) no GET/POST requests"],
  [706, "HTTP(S) network busy"],
  [707, "HTTP(S) network open failed"],
  [708, "HTTP(S) network no configuration"],
  [709, "HTTP(S) network deactivated"],
  [710, "HTTP(S) network error"],
  [711, "HTTP(S) URL error"],
  [712, "HTTP(S) empty URL"],
  [713, "HTTP(S) IP address error"],
  [714, "HTTP(S) DNS error"],
  [715, "HTTP(S) socket create error"],
  [716, "HTTP(S) socket connect error"],
  [717, "HTTP(S) socket read error"],
  [718, "HTTP(S) socket write error"],
  [719, "HTTP(S) socket closed"],
  [720, "HTTP(S) data encode error"],
  [721, "HTTP(S) data decode error"],
  [722, "HTTP(S) read timeout"],
  [723, "HTTP(S) response failed"],
  [724, "Incoming call busy"],
  [725, "Voice call busy"],
  [726, "Input timeout"],
  [727, "Wait data timeout"],
  [728, "Wait HTTP(S) response timeout"],
  [729, "Memory allocation failed"],
  [730, "Invalid parameter"],
]);

/** The number for each failure of a socket. The manual has none for TLS: there is no usable connection. */
export const SOCKET_ERRORS: Readonly<Record<InternetFailure, number>> = {
  dns: HttpError.dns,
  connect: HttpError.connect,
  timeout: HttpError.timeout,
  tls: HttpError.connect,
  reset: HttpError.read,
  closed: HttpError.closed,
};

/** Seconds in the parameters of all HTTP commands. */
export const SECONDS = { min: 1, max: 65535, fallback: 60 } as const;

export function httpParameters(call: Call): Parameters {
  return new Parameters(call, () => new CommandError(HttpError.parameter));
}
