export interface PingOptions {
  /** Attempts (4). */
  readonly count?: number;
  /** Bytes of payload (32). */
  readonly size?: number;
  /** ms for each attempt. */
  readonly timeout?: number;
  readonly ttl?: number;
  readonly cid?: number;
  readonly signal?: AbortSignal;
}

export type PingReply =
  | {
      readonly sequence: number;
      readonly address: string;
      /** ms */
      readonly rtt: number;
      readonly ttl: number;
      readonly size: number;
    }
  | { readonly sequence: number; readonly error: string };

export interface PingResult {
  readonly sent: number;
  readonly received: number;
  readonly replies: readonly PingReply[];
  /** ms; zeros when nothing came back. */
  readonly rtt: { readonly min: number; readonly avg: number; readonly max: number };
}

/** Ping and DNS by the modem's own stack. */
export interface DiagnosticsService {
  /** No reply is a result (`received: 0`). @throws {ModemError} `DNS_FAILED`, `NO_CONNECTION`, `NOT_SUPPORTED` (option) */
  ping(host: string, options?: PingOptions): Promise<PingResult>;
  /** A name gives its address, an address its name (where the modem can). @throws {ModemError} `DNS_FAILED` */
  resolve(host: string, options?: { cid?: number; signal?: AbortSignal }): Promise<{ host: string; address: string }>;
}
