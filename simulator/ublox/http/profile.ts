import type { Modem } from "../../modem";

export const PROFILES = 4;
export const CUSTOM_HEADERS = 5;

/** What +UHTTP sets for one profile; lost at a reboot. */
export interface HttpProfile {
  /** Name or address of the server, empty until set; setting one replaces the other. */
  server: string;
  serverIsAddress: boolean;
  user: string;
  password: string;
  basicAuthentication: boolean;
  /** Undefined: 443 with TLS, 80 without (guide 10.4). */
  port: number | undefined;
  secure: boolean;
  /** Profile of +USECPRF. */
  security: number | undefined;
  /** s without activity of the network */
  timeout: number;
  /** s */
  linger: number;
  /** `Name:Value` by index */
  readonly headers: Map<number, string>;
  cid: number | undefined;
  /** 0 IPv4, 1 IPv6 */
  preferredType: number | undefined;
}

export function factoryProfile(): HttpProfile {
  return {
    server: "",
    serverIsAddress: false,
    user: "",
    password: "",
    basicAuthentication: false,
    port: undefined,
    secure: false,
    security: undefined,
    timeout: 180,
    linger: 30,
    headers: new Map(),
    cid: undefined,
    preferredType: undefined,
  };
}

export function effectivePort(profile: HttpProfile): number {
  return profile.port ?? (profile.secure ? 443 : 80);
}

/** One profile with its running request and the outcome of the last one. */
export interface HttpSlot {
  profile: HttpProfile;
  busy: boolean;
  lastError: HttpError;
}

/** Class and code of +UHTTPER. */
export interface HttpError {
  readonly errorClass: number;
  readonly code: number;
}

const PROTOCOL_CLASS = 3;
const CONNECTION_CLASS = 10;

export const HTTP_ERRORS = {
  none: { errorClass: 0, code: 0 },
  invalidInput: { errorClass: PROTOCOL_CLASS, code: 2 },
  serverNotSet: { errorClass: PROTOCOL_CLASS, code: 7 },
  internal: { errorClass: PROTOCOL_CLASS, code: 10 },
  serverConnection: { errorClass: PROTOCOL_CLASS, code: 11 },
  noConnection: { errorClass: CONNECTION_CLASS, code: 22 },
  dns: { errorClass: PROTOCOL_CLASS, code: 23 },
  responseTimeout: { errorClass: PROTOCOL_CLASS, code: 28 },
  inProgress: { errorClass: PROTOCOL_CLASS, code: 30 },
  resultFile: { errorClass: PROTOCOL_CLASS, code: 43 },
  connectionLost: { errorClass: PROTOCOL_CLASS, code: 44 },
  secureSocket: { errorClass: PROTOCOL_CLASS, code: 73 },
} as const satisfies Record<string, HttpError>;

export function httpSlots(modem: Modem): readonly HttpSlot[] {
  return modem.service("ublox.http", () =>
    Array.from({ length: PROFILES }, () => ({ profile: factoryProfile(), busy: false, lastError: HTTP_ERRORS.none })),
  );
}
