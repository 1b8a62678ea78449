/**
 * Longest waits for a final result, in ms, counted from the end of the command (of its data, where there are some).
 *
 * u-blox names no limits in the guide; these are the maxima of its AT manuals for the sister modems and of ubxlib's
 * row for LARA-R6, so that a command is never given up while the modem may still answer. Of one that may last long `AT`
 * tells after 10 s whether the modem is busy with it or its answer was lost.
 */
export const TIMEOUTS = {
  /** +CFUN: turning the radio off detaches first. */
  radio: 180_000,
  /** +CFUN=16 answers OK, late or not at all, and then the port is dead. */
  reboot: 15_000,
  /** +CGACT. */
  context: 180_000,
  /** +UDNSRN: every server the network gave is tried in turn. */
  dns: 130_000,
  /** A file command, without the time its data spend on the line. */
  file: 10_000,
  /** +USECMNG, without the time its data spend on the line. */
  certificate: 10_000,
  /** +USOCO: the server, its name and a TLS handshake. */
  connectSocket: 130_000,
  /** +USOCL. */
  closeSocket: 120_000,
  /** +UHTTPC and +UPING answer OK at once; what they cause comes as a URC. */
  start: 10_000,
  /** The OK of +UMQTTC and +UMQTTSNC: that of a login may take 15 s (AT facts 5.2). */
  client: 30_000,
  /** The `>` of +UMQTTC=9, which waits for the answer to a ping (AT facts 5.2). */
  clientPrompt: 35_000,
  /** The result URC of a login, a publish, a subscription: the modem itself gives up after 120 s (AT facts 5.2). */
  clientResult: 150_000,
  /** The result URC of a logout. */
  clientEnd: 30_000,
  /** A client that allows nothing for so long, not even to log out, is stuck (AT facts 5.2). */
  clientStuck: 20_000,
} as const;

/** Those of one model. */
export type UbloxTimeouts = Readonly<Record<keyof typeof TIMEOUTS, number>>;

/** Of every other command, with any model, in ms: 3 s is the modem's own limit; ubxlib waits 10 s on LARA-R6. */
export const SIMPLE_MS = 10_000;
