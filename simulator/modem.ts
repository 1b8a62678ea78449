import type { Radio } from "./cellular/radio";
import type { SimCard } from "./cellular/sim";
import type { Network } from "./internet/network";
import type { Storage } from "./storage";

/** What every personality's handlers work with. */
export interface Modem {
  readonly personality: ModelTraits;
  readonly options: ModemOptions;
  readonly radio: Radio;
  readonly sim: SimCard;
  readonly storage: Storage;
  readonly network: Network;
  /** Deterministic numbers from [0, 1): everything random comes from `--seed`. */
  random(): number;
  /** Runs `work` after `ms` unless the modem reboots or ends first; ms 0 runs it soon. Returns the way out. */
  later(ms: number, work: () => void): () => void;
  /** An AbortSignal that fires at the next reboot or power-off: hand it to sockets and requests. */
  readonly powerCycle: AbortSignal;
  /** Prints an unsolicited line; held back while a command runs, as the modem does. */
  urc(...parts: (string | Buffer)[]): void;
  /** As `urc`, for what must not be lost, such as data. Resolves when the line has room for the next. */
  push(...parts: (string | Buffer)[]): Promise<void>;
  /** State of one service, made by `create` on first use and thrown away at a reboot (what is in NVM stands in `storage`). */
  service<T>(key: string, create: (modem: Modem) => T): T;
  /** Loses volatile settings, is silent for a while, prints the boot lines. */
  reboot(reason: string): void;
  /** Switches off until somebody switches it on: all that is not in NVM is gone, the line is dead. */
  powerOff(reason: string): void;
}

export interface ModemOptions {
  readonly imei: string;
  readonly iccid: string;
  readonly imsi: string;
  readonly operator: string;
  /** Empty: the SIM asks for none. */
  readonly pin: string;
  /** Empty: any APN is accepted. */
  readonly apn: string;
  /** Added network latency, ms. */
  readonly latency: number;
  /** ms from power-on or +CFUN=1 until registered. */
  readonly registration: number;
  readonly seed: number;
}

/** What distinguishes one model from another, as plain data. */
export interface ModelTraits {
  readonly name: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly revision: string;
  /** What the line picks up when the modem restarts, before the silence; nothing when left out. */
  readonly bootNoise?: Buffer;
  /** ms of silence while it boots. */
  readonly bootTime: number;
  /** Words of +CMEE=2 where the model has its own, and for its vendor's numbers. */
  readonly errorTexts: ReadonlyMap<number, string>;
  /** Longest command line, in bytes. */
  readonly maxLine: number;
  /** Bytes that come sooner than this after a final result are lost, as the manual warns (LARA-R6 20 ms); 0: none. */
  readonly commandGap: number;
  /** Bytes that come sooner than this after a prompt are lost (LARA-R6 50 ms after `@` and `>`); 0: none. */
  readonly promptDelay: number;
  /** 27.007's <AcT> in the numbers of this vendor; 7 (E-UTRAN) when left out. */
  readonly accessTechnology?: number;
  /** The read form of +CEREG has the MME's number after the tracking area code from mode 4 on (LARA-R6). */
  readonly mmeInCereg?: boolean;
  /** Where the clock starts at each boot, ms since 1970; left out: it has the network's time at once. */
  readonly clockAtBoot?: number;
  /** Highest <cid> of +CGDCONT; 8 when left out. */
  readonly highestContext?: number;
  /** Values of +CFUN; 0, 1, 4, 15, 16 when left out. */
  readonly functionalities?: readonly number[];
  /** A command that it does not have is answered with plain `ERROR` in every mode of +CMEE (Quectel). */
  readonly plainUnknown?: boolean;
}
