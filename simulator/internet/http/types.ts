import type { TlsConnection, TlsSettings } from "../tls/types";

/** One request of a modem's HTTP client, sent over a real socket. */
export interface HttpExchange {
  readonly host: string;
  readonly port: number;
  /** For https: what the modem's security profile says. */
  readonly tls?: TlsSettings;
  /** Called at the end of an exchange whose handshake succeeded, before its promise settles. */
  readonly onTls?: (connection: TlsConnection) => void;
  /** The request's bytes, header and body, as the modem's client writes them. */
  readonly request: Buffer;
  /** For HEAD: the answer has no body. */
  readonly headOnly: boolean;
  /** ms without a byte from the server. */
  readonly timeout: number;
  readonly signal: AbortSignal;
  /** Whether the PDP context leads to addresses of that family; to all if left out. */
  readonly reaches?: (address: string) => boolean;
}

/** The answer as received. */
export interface HttpAnswer {
  readonly statusCode: number;
  /** Status line, header fields and the blank line. */
  readonly head: Buffer;
  /** As it came: transfer and content coding left alone. */
  readonly body: Buffer;
  readonly contentLength: number | undefined;
}
