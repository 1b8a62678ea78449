/**
 * Longest time until a final result or result URC of BG96, in ms (AT facts 1.3; HTTP by guide 2.3 to 2.6). Of a command
 * that may last long `AT` tells after 10 s whether the modem is busy with it or its answer was lost.
 */
export const TIMEOUTS = {
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
  send: 20_000,
  /** Beside the time that the command itself is told. */
  close: 12_000,
  /** Flash is slow when it erases. */
  file: 20_000,
  /**
   * Until CONNECT, or the OK of QHTTPPOSTFILE: name, TCP and head (guide 2.3 to 2.5); a TLS handshake has its own limit.
   * QHTTPGET without a head of ours answers OK at once (guide 2.3).
   */
  httpConnect: 125_000,
  /** Until the result URC of +QMTOPEN, without a TLS handshake (AT facts 1.3). */
  mqttOpen: 75_000,
  /**
   * QMTCFG "timeout": until the modem sends a packet again that nothing has acknowledged. Its own 5 s are less than a
   * round trip may take by NB-IoT, and who sends too early publishes twice.
   */
  mqttPacket: 15_000,
  /** Until the result URC of +QMTDISC and +QMTCLOSE, and for which that of a packet may be late. */
  mqttEnd: 10_000,
} as const;

/** Those of one model. */
export type QuectelTimeouts = Readonly<Record<keyof typeof TIMEOUTS, number>>;

/** Of every other command, with any model, in ms: the modem needs 300; the rest is for a busy line. */
export const SIMPLE_MS = 5_000;
/** ms that a result URC may be late after its own time limit. */
export const LATE_MS = 5_000;
/** ms that a caller's end leaves the modem for CONNECT, which it may print late. */
export const PROMPT_MS = 1_000;
