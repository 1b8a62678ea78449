import type { TLSSocket } from "node:tls";
import type { InternetError } from "../internet";

/** In ascending order. */
export const TLS_VERSIONS = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"] as const;
export type TlsVersion = (typeof TLS_VERSIONS)[number];

/** How a session is resumed: the server keeps it (RFC 5246), a ticket of TLS 1.2 (RFC 5077) or of 1.3 (RFC 8446). */
export type SessionKind = "id" | "ticket" | "psk-ticket";

/** A modem's security profile in terms of TLS. */
export interface TlsSettings {
  readonly versions: { readonly min: TlsVersion; readonly max: TlsVersion };
  /** IANA codes of the offered suites; undefined: all. */
  readonly suites?: readonly number[];
  /**
   * `chain`: it must end in one of `trusted`; `dates`: every certificate must be valid at `now`, the modem's own clock
   * (this machine's when left out); `host`: the name it must have.
   */
  readonly verify: {
    readonly chain: boolean;
    readonly dates: boolean;
    readonly now?: Date;
    readonly host?: string;
  };
  /** DER. */
  readonly trusted: readonly Buffer[];
  /** Shown when the server asks for one: certificate in DER; key in DER (PKCS#1, SEC 1, PKCS#8) or PEM. */
  readonly client?: { readonly certificate: Buffer; readonly key: Buffer; readonly password?: string };
  /** Server name indication; undefined sends none. */
  readonly sni?: string;
  /** The server's own certificate in DER: its public key, or the whole of it, must be this one's. */
  readonly pinned?: { readonly certificate: Buffer; readonly compare: "public key" | "certificate" };
  readonly psk?: { readonly identity: Buffer; readonly key: Buffer };
  /** Session resumption; `data` is the result of an earlier connection's `session`. */
  readonly session?: { readonly kind: SessionKind; readonly data?: Buffer };
}

/** A connection whose handshake is over. */
export interface TlsConnection {
  readonly socket: TLSSocket;
  /** The server resumed the earlier session. */
  readonly reused: boolean;
  /**
   * What a later connection needs to resume this session; undefined until the server has sent it. TLS 1.3 servers send
   * it after the handshake, so call this when the connection has done its work.
   */
  session(): Buffer | undefined;
  /** RFC 5246 7.4.1.3; undefined if the server gave none. */
  readonly sessionId: Buffer | undefined;
  /**
   * Why the connection broke (with `error`), or the server closed it (without), before the first byte of an answer:
   * `tls` if the server refused the client, which TLS 1.3 allows after the handshake (RFC 8446 4.4.2.4), else `reset`
   * or `closed`.
   */
  explain(error?: NodeJS.ErrnoException): InternetError;
}
