import type { Progress } from "../files";
import type { SecurityProfile } from "../security/security";

export type HttpMethod = "GET" | "HEAD" | "POST" | "PUT" | "DELETE";

/** A request as the node gives it. Nothing in it is trusted: the service checks every field before it sends one. */
export interface HttpRequest {
  readonly method: HttpMethod;
  /** Absolute `http:` or `https:` URL. */
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Apart from `headers` since modems set it by their own parameter. */
  readonly contentType?: string;
  readonly body?: Uint8Array;
  readonly auth?: { readonly user: string; readonly password: string };
  /** What an `https:` connection is made with, which can't do without; `http:` leaves it alone. */
  readonly security?: SecurityProfile;
  /** PDP context; the modem's default one when left out. */
  readonly cid?: number;
  /**
   * How the response is known to be as the modem has it: `auto`, the default, by count, and by a checksum where that costs
   * little; `always` by two readings that are the same, and a checksum where the modem has one.
   */
  readonly verify?: "auto" | "always";
  /** ms for the whole request, waiting for a free profile included. */
  readonly timeout: number;
  readonly signal?: AbortSignal;
  /** Of the response on its way from the modem to here. */
  readonly onProgress?: Progress;
}

/** The server's answer; a 4xx or 5xx is an answer like any other. */
export interface HttpResponse {
  readonly statusCode: number;
  /** Names in lower case; values of repeated fields joined as Node's `http` does (`set-cookie` stays an array). */
  readonly headers: Readonly<Record<string, string | string[]>>;
  /** As received, chunked coding removed, content coding (gzip) left alone. */
  readonly body: Buffer;
}

/** HTTP by the modem's own client. */
export interface HttpService {
  /**
   * @throws {ModemError} `INVALID_INPUT`, `NOT_SUPPORTED` (method, setting of the profile), `DNS_FAILED`,
   * `CONNECT_FAILED`, `TLS_FAILED`, `CONNECTION_CLOSED`, `NO_CONNECTION`, `MODEM_TIMEOUT`, `MODEM_REJECTED`, …
   */
  request(request: HttpRequest): Promise<HttpResponse>;
}
