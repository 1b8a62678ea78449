import type { Radio } from "./cellular/radio";
import type { SimCard } from "./cellular/sim";
import type { Internet } from "./internet/internet";
import type { Storage } from "./storage";

/** What every personality's handlers work with. */
export interface Modem {
  readonly personality: ModelTraits;
  readonly options: ModemOptions;
  readonly radio: Radio;
  readonly sim: SimCard;
  readonly storage: Storage;
  readonly internet: Internet;
  /** Deterministic numbers from [0, 1): everything random comes from `--seed`. */
  random(): number;
  /** Runs `work` after `ms` unless the modem reboots or ends first; ms 0 runs it soon. Returns a cancel function. */
  later(ms: number, work: () => void): () => void;
  /** An AbortSignal that fires at the next reboot or power-off: hand it to sockets and requests. */
  readonly powerCycle: AbortSignal;
  /** Prints an unsolicited line; held back while a command runs, as the modem does. */
  urc(...parts: (string | Buffer)[]): void;
  /** As `urc`, for lines that must not be lost, such as data. Resolves once there is room for the next. */
  push(...parts: (string | Buffer)[]): Promise<void>;
  /** State of one service, made by `create` on first use and discarded at a reboot (NVM is in `storage`). */
  service<T>(key: string, create: (modem: Modem) => T): T;
  /** Loses volatile settings, is silent for a while, prints the boot lines. */
  reboot(reason: string): void;
  /** Switches off until it is switched on again: everything outside NVM is lost, and the line is dead. */
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

/** The differences between models, as plain data. */
export interface ModelTraits {
  readonly name: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly revision: string;
  /** Noise on the line when the modem restarts, before the silence; none if left out. */
  readonly bootNoise?: Buffer;
  /** ms of silence while it boots. */
  readonly bootTime: number;
  /** The model's own words for +CMEE=2, and those of its vendor's numbers. */
  readonly errorTexts: ReadonlyMap<number, string>;
  /** Longest command line, in bytes. */
  readonly maxLine: number;
  /** ms; bytes that arrive sooner after a final result are lost, as the manual warns (LARA-R6 20 ms); 0: none. */
  readonly commandGap: number;
  /** ms; bytes that arrive sooner after a prompt are lost (LARA-R6 50 ms after `@` and `>`); 0: none. */
  readonly promptDelay: number;
  /** 27.007's <AcT> in the numbers of this vendor; 7 (E-UTRAN) when left out. */
  readonly accessTechnology?: number;
  /** The read form of +CEREG has the MME's number after the tracking area code from mode 4 on (LARA-R6). */
  readonly mmeInCereg?: boolean;
  /** What the clock starts at after each boot, ms since 1970; if left out, the network's time. */
  readonly clockAtBoot?: number;
  /** Highest <cid> of +CGDCONT; 8 when left out. */
  readonly highestContext?: number;
  /** Values of +CFUN; 0, 1, 4, 15, 16 when left out. */
  readonly functionalities?: readonly number[];
  /** Unknown commands get a plain `ERROR` in every mode of +CMEE (Quectel). */
  readonly plainUnknown?: boolean;
}
