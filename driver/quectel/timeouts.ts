/** Longest time until a final result or result URC, in ms (AT facts 1.3; HTTP by guide 2.3 to 2.6). */
export const TIMEOUTS = {
  /** The modem needs 300 ms; the rest is for a busy line. */
  simple: 5_000,
  sim: 5_000,
  reboot: 15_000,
  attach: 140_000,
  activate: 150_000,
  deactivate: 40_000,
  dns: 60_000,
  /** Until the result URC of +QIOPEN; +QSSLOPEN has the handshake besides. */
  connect: 150_000,
  /** The longest "negotiatetime" of +QSSLCFG (AT facts 3.1). */
  negotiate: 300_000,
  send: 50_000,
  /** Beside the time that the command itself is told. */
  close: 12_000,
  /** Flash is slow when it erases. */
  file: 20_000,
  /** Until CONNECT: name, TCP and head (guide 2.3, 2.4); a TLS handshake has its own limit. */
  httpConnect: 125_000,
  /** What a result URC may be late after its own time limit. */
  late: 5_000,
} as const;
