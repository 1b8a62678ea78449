/** How long each step in the life of a modem may take. All in ms. Only tests shorten it. */
export interface Timing {
  /** One `AT` while waiting for the first answer. */
  readonly probe: number;
  /** Silence before and after `+++`, for a modem that may be in data mode: the longest that a model asks for. */
  readonly escapeGuard: number;
  /** All of them, when the model and its time to boot are not known. */
  readonly synchronise: number;
  /** A modem that was told to reboot may still answer for a moment. */
  readonly rebootSettle: number;
  /** The SIM boots (27.007 gives no limit; Quectel supervises 20 s). */
  readonly simBoot: number;
  readonly simInterval: number;
  /** Registration is read again this often while it is awaited: a report may be lost. */
  readonly searchInterval: number;
  /** After so long without a network the radio is turned off and on; u-blox advises at most 20 attaches an hour. */
  readonly radioCycle: number;
  /** How long a modem may take to attach again after its APN was changed. */
  readonly reattach: number;
  /** Between two checks of a connection that a reboot did not bring either (BG96 guide 4.2). */
  readonly activationCheck: number;
  /** A connection that is lost within this time has not lasted; the longest wait before one is put back. */
  readonly flapMax: number;
  /** A lost registration that returns within this time is no outage. */
  readonly registrationGrace: number;
  /** Signal, registration and contexts are looked at this often; it also finds a dead line. */
  readonly poll: number;
  /** While a request waits for its result, the modem is asked this often whether it is there. */
  readonly watch: number;
  /** The `AT` that a poll begins with: a modem that is busy on another port may take a while (R6DEV 4). */
  readonly liveness: number;
  /** One of the commands that try to wake a silent modem, when it says anything to it. */
  readonly order: number;
  /** Time for a first byte of that. */
  readonly heardAtAll: number;
  /** The first answer to AT behind them, of a modem that they did not restart. */
  readonly afterOrder: number;
  /** Between attempts after a failure: doubled each time, with jitter. */
  readonly backoffMin: number;
  readonly backoffMax: number;
  /** How often a missing device is looked for. */
  readonly presence: number;
  /** Between attempts to open a port whose return only an attempt shows: a TCP connection, a simulated modem. */
  readonly reopen: number;
}

export const TIMING: Timing = {
  probe: 1000,
  escapeGuard: 2100,
  synchronise: 15_000,
  rebootSettle: 1000,
  simBoot: 20_000,
  simInterval: 1000,
  searchInterval: 10_000,
  radioCycle: 300_000,
  reattach: 60_000,
  activationCheck: 600_000,
  flapMax: 180_000,
  registrationGrace: 10_000,
  poll: 60_000,
  watch: 12_000,
  liveness: 3000,
  order: 15_000,
  heardAtAll: 2000,
  afterOrder: 2500,
  backoffMin: 1000,
  backoffMax: 60_000,
  presence: 500,
  reopen: 1500,
};
