import type { Dialect } from "../at/dialect";
import type { ModelLimits } from "../services/model";
import type { CipherSuite } from "./security/cipher-suites";
import type { UbloxTimeouts } from "./timeouts";

/** What is known of a u-blox model, for its services. */
export interface UbloxTraits {
  /** As errors call it. */
  readonly name: string;
  readonly limits: UbloxLimits;
  readonly timeouts: UbloxTimeouts;
  readonly dialect: Dialect;
  /** What +USECPRF op 2 takes, by IANA name. */
  readonly cipherSuites: ReadonlyMap<string, CipherSuite>;
}

export interface UbloxLimits extends Required<Omit<ModelLimits, "lacks">> {
  /** Primary contexts that are active at a time. */
  readonly activeContexts: number;
  readonly sockets: number;
  /** Bytes of one +USOWR or +USOST, as text in the command or at the prompt, and so of a datagram. */
  readonly write: number;
  /** The same in hex mode: two digits a byte. */
  readonly hexWrite: number;
  /** Bytes of one +USORD or +USORF in the base syntax, the only one that is read in: hex mode halves them. */
  readonly read: number;
  /** Bytes that the modem holds for a peer that is slower than the line. */
  readonly queue: { readonly plain: number; readonly secure: number };
  /** Bytes at which direct link sends what it has got. */
  readonly directLink: number;
  /** s: of a socket's keep-alive. */
  readonly keepAlive: number;
  readonly httpProfiles: number;
  readonly securityProfiles: number;
  /** Connections over TLS, of all kinds together. */
  readonly secureConnections: number;
  /** Bytes of +UHTTP's and +UHTTPC's fields. */
  readonly http: {
    readonly host: number;
    readonly path: number;
    readonly credential: number;
    readonly header: number;
    readonly data: number;
  };
  /** Bytes of what +UMQTT, +UMQTTSN and their commands carry. */
  readonly client: {
    /** Client id, will topic, will message. */
    readonly setting: number;
    readonly credential: number;
    /** A message as text in the command, as digits there, and at the prompt. */
    readonly text: number;
    readonly hex: number;
    readonly binary: number;
  };
}

/** The numbers of that many of the modem's resources. */
export function numbersOf(count: number): number[] {
  return Array.from({ length: count }, (_value, number) => number);
}
