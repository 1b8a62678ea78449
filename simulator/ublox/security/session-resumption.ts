import type { SessionKind } from "../../internet/tls/types";

/** One kind of session resumption (guide 3.4.4). */
export interface ResumptionType {
  /** Value of `13,1`. */
  readonly number: number;
  readonly kind: SessionKind;
  /** The data leave the modem encrypted by a key that only this modem has. */
  readonly encrypted: boolean;
  /** The tag of the data in +USECPRF's op 13. */
  readonly tag: number;
  /** A URC reports the data, which take effect once the host sets them; otherwise the modem keeps them for reading. */
  readonly told: boolean;
  /** The data are set at a prompt. */
  readonly prompted: boolean;
}

const SESSION_ID: ResumptionType = {
  number: 0,
  kind: "id",
  encrypted: false,
  tag: 2,
  told: true,
  prompted: false,
};

const types: readonly ResumptionType[] = [
  SESSION_ID,
  { number: 10, kind: "id", encrypted: true, tag: 12, told: true, prompted: false },
  { number: 1, kind: "ticket", encrypted: false, tag: 3, told: false, prompted: false },
  { number: 11, kind: "ticket", encrypted: true, tag: 13, told: false, prompted: false },
  { number: 3, kind: "psk-ticket", encrypted: false, tag: 5, told: false, prompted: true },
  { number: 13, kind: "psk-ticket", encrypted: true, tag: 15, told: false, prompted: true },
];

export function resumptionType(number: number): ResumptionType | undefined {
  return types.find((type) => type.number === number);
}

export function isDataTag(tag: number): boolean {
  return types.some((type) => type.tag === tag);
}

/** Op 13 of one profile; not in NVM (guide 3.4). */
export interface Resumption {
  enabled: boolean;
  type: ResumptionType;
  /** The values of the type's tag: set by the host, or obtained if the modem keeps them. */
  data: readonly string[] | undefined;
}

export function resumptionOff(): Resumption {
  return { enabled: false, type: SESSION_ID, data: undefined };
}

const OFF = 0;
const ENABLED = 1;
const CONFIGURED = 2;

/** The value of tag 0: 2 once there are session data (guide 3.4.2). */
export function resumptionStatus({ enabled, data }: Resumption): number {
  if (!enabled) return OFF;
  return data === undefined ? ENABLED : CONFIGURED;
}
