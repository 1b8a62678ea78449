import type { ModemError } from "./errors";
import type { Services } from "./services/model";
import type { AuthType, PdpStatus, PdpType } from "./services/packet-data";

export type ModemState =
  | "closed"
  | "opening"
  | "synchronising"
  | "identifying"
  | "sim"
  | "searching"
  | "connecting"
  | "ready"
  | "recovering";

/** What the config node `modem` holds. */
export interface ModemSettings {
  /** Serial path or COM name, `tcp://host:port`, or `sim:MODEL?options`. */
  readonly port: string;
  readonly baudRate: number;
  readonly flowControl: boolean;
  readonly dataBits: 7 | 8;
  readonly parity: "none" | "even" | "odd" | "mark" | "space";
  readonly stopBits: 1 | 2;
  /** `auto`, or the name of one of the table of models. */
  readonly model: string;
  readonly apn: string;
  readonly pdpType: PdpType;
  readonly cid: number;
  readonly authType: AuthType;
  /** Name servers in place of the network's; empty leaves one alone. */
  readonly primaryDns?: string;
  readonly secondaryDns?: string;
  /** undefined leaves +UMNOPROF alone. */
  readonly mnoProfile?: number;
  /** undefined leaves 464XLAT alone (u-blox guide 2.5). */
  readonly xlat?: boolean;
  readonly connect: "auto" | "manual";
  readonly pin?: string;
  readonly apnUser?: string;
  readonly apnPassword?: string;
}

/** The settings of a new modem, as the contract has them. */
export const DEFAULT_SETTINGS: Omit<ModemSettings, "port"> = {
  baudRate: 115_200,
  flowControl: false,
  dataBits: 8,
  parity: "none",
  stopBits: 1,
  model: "auto",
  apn: "",
  pdpType: "IPV4V6",
  cid: 1,
  authType: "none",
  connect: "auto",
};

export interface Identity {
  readonly manufacturer: string;
  readonly model: string;
  readonly revision: string;
  readonly imei: string;
}

export type RegistrationState = "home" | "roaming" | "searching" | "denied" | "unknown" | "none";

export interface Registration {
  readonly state: RegistrationState;
  /** `LTE`, `LTE-M`, `NB-IoT`, `UMTS`, `GSM`, …; empty while unknown. */
  readonly technology: string;
  readonly operator: string;
}

/** dBm and dB; undefined where the modem doesn't know. */
export interface Signal {
  readonly rssi?: number;
  readonly rsrp?: number;
  readonly rsrq?: number;
}

/** The whole picture that `modem-pdp` gives for `status`. */
export interface ConnectionStatus extends PdpStatus {
  readonly operator: string;
  readonly technology: string;
  readonly registration: RegistrationState;
  readonly signal: Signal;
}

/** Where an outage is reported once, and what a node's badge shows. */
export interface ModemEvents {
  /** Every change of state; `error` says why a modem is not, or no more, ready. */
  state: [state: ModemState, error?: ModemError];
  registration: [registration: Registration];
  connection: [status: { cid: number; active: boolean; reason?: string }];
  signal: [signal: Signal];
  /** RRC state, +CSCON. */
  radio: [radio: { connected: boolean }];
  /** The modem rebooted, by order or by itself. */
  restarted: [cause: { reason: string }];
  /** Whether the modem answers, when that changes while its line is up: silent beyond what is usual, it gets `AT`. */
  answering: [isAnswering: boolean];
  /** Every unsolicited line; `body` is the text or the PDU of a short message that follows it (27.005). */
  urc: [line: { text: string; fields: string[]; body?: string }];
  /** For the log, though nothing has failed: what the modem does without. */
  notice: [text: string];
  /** AT traffic for the trace, secrets masked. */
  trace: [entry: { direction: "sent" | "received" | "note"; text: string }];
}

export interface ReadyOptions {
  /** ms */
  readonly timeout: number;
  readonly signal?: AbortSignal;
}

/** The one object that a node holds. Implemented by `Modem` in `modem.ts`; `on`, `off`, `once` as of an EventEmitter. */
export interface ModemHandle {
  readonly state: ModemState;
  /** Defined once identified. */
  readonly identity: Identity | undefined;
  /** The last error that keeps it from `ready`; undefined in `ready`. */
  readonly lastError: ModemError | undefined;
  readonly registration: Registration;
  /** False while the modem leaves even `AT` without an answer: it is busy with a command, or dead. */
  readonly isAnswering: boolean;
  /** Starts; returns at once, everything else is told by events. Reopens by itself until `close`. */
  open(): void;
  /** Ends every wait with `MODEM_OFFLINE`, closes the port; resolves within 3 s. */
  close(): Promise<void>;
  /**
   * Resolves with the services when the modem is registered and (`connect: auto`) connected. With `manual`, ready
   * means registered.
   *
   * @throws {ModemError} what keeps the modem from being ready when `timeout` is over: `MODEM_OFFLINE`, `SIM_ERROR`,
   * `NOT_REGISTERED`, `NO_CONNECTION`, `MODEM_TIMEOUT`. A `SIM_ERROR` that only a person can mend rejects at once.
   */
  ready(options: ReadyOptions): Promise<Services>;
  /** Resolves when the AT line answers (identified): enough for raw commands. */
  lineReady(options: ReadyOptions): Promise<void>;
  /** Defines and activates a context; with `connect: manual` this is what connects. */
  connect(context?: { cid?: number; apn?: string; pdpType?: PdpType }): Promise<ConnectionStatus>;
  disconnect(cid?: number): Promise<void>;
  status(cid?: number): Promise<ConnectionStatus>;
  /** Any one command line, checked for control characters; for `modem-at`. `data` is sent at the prompt. */
  execute(
    command: string,
    options: { timeout: number; data?: Uint8Array; signal?: AbortSignal },
  ): Promise<{ result: string; lines: string[] }>;
}
