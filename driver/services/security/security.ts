/** What the modem can hold; u-blox numbers them 0–5 in this order (+USECMNG, AT commands manual). */
export const CERTIFICATE_KINDS = ["ca", "cert", "key", "server", "signature-cert", "signature-key"] as const;
export type CertificateKind = (typeof CERTIFICATE_KINDS)[number];

export const VALIDATION_LEVELS = ["none", "ca", "ca+host", "ca+host+date"] as const;
export type ValidationLevel = (typeof VALIDATION_LEVELS)[number];

export const TLS_VERSIONS = ["any", "1.0", "1.1", "1.2", "1.3"] as const;
export type TlsVersion = (typeof TLS_VERSIONS)[number];

export const RESUMPTION_TYPES = ["id", "ticket", "psk-ticket"] as const;
export type ResumptionType = (typeof RESUMPTION_TYPES)[number];

/** A pre-shared key or its identity: characters, or bytes as hex digits. */
export interface SharedSecret {
  readonly value: string;
  readonly format: "text" | "hex";
}

/** What a TLS connection of the modem is made with. Secrets in it never reach a log, a trace or an error. */
export interface SecurityProfile {
  /** Tells profiles apart: requests with the same id share a profile of the modem. */
  readonly id: string;
  /** For messages, as people know it. */
  readonly name: string;
  readonly validation: ValidationLevel;
  /** Lowest version that is accepted. A `psk-ticket` session needs 1.3, whatever is asked for here. */
  readonly minVersion: TlsVersion;
  /** IANA names, such as `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`; empty: the modem's own choice. */
  readonly ciphers: readonly string[];
  /** Host name that the server's certificate must have; the URL's host where it is left out. */
  readonly serverName?: string;
  /** Server name indication; the URL's host name where it is left out, none where it is an address. */
  readonly sni?: string;
  readonly resumption: "off" | ResumptionType;
  /** Session data come out, and go back in, encrypted by the modem for itself. */
  readonly resumptionEncrypted: boolean;
  /** The server's own certificate, PEM or DER: its public key must be this one's. */
  readonly pinnedKey?: Uint8Array;
  /** PEM or DER. */
  readonly ca?: Uint8Array;
  readonly cert?: Uint8Array;
  readonly key?: Uint8Array;
  readonly keyPassword?: string;
  readonly psk?: SharedSecret;
  readonly pskIdentity?: SharedSecret;
  /** The pre-shared key that u-blox put into the modem's root of trust in production. */
  readonly rootOfTrustPsk: boolean;
  /** Keeps session data beyond the modem's reboots; without it they last as long as the modem's memory. */
  readonly sessions?: SessionStore;
}

/** Session data as the modem gives and takes them (u-blox guide 3.4.4); secret. */
export interface SessionData {
  readonly type: ResumptionType;
  readonly encrypted: boolean;
  /** Base64; of a plain session id two, `<session id>,<master secret>`. */
  readonly data: string;
  /** As the modem tells it along with the data; a session id in plain has none. */
  readonly size?: number;
}

export interface SessionRecord extends SessionData {
  /** Number of the profile on the modem. */
  readonly profile: number;
  /** `host:port` of the connection that gave the data; `*` for data that were given by hand for all servers. */
  readonly server: string;
}

/** Where session data outlive the modem and the gateway. What it throws is noted, and costs a full handshake. */
export interface SessionStore {
  load(server: string): Promise<SessionData | undefined>;
  save(record: SessionRecord): Promise<void>;
}

export interface StoredCertificate {
  readonly kind: CertificateKind;
  /** Internal name on the modem. */
  readonly name: string;
  /** Certificates only. */
  readonly commonName?: string;
  /** ISO 8601: `2032-10-18T08:23:32Z`, or `2036-07-17` where the modem gives no time. */
  readonly expires?: string;
}

export interface CertificateHash {
  readonly kind: CertificateKind;
  readonly name: string;
  /** 32 hexadecimal digits, lower case: of the DER form. */
  readonly md5: string;
}

/** Where an import takes the certificate from. */
export type CertificateSource =
  | { readonly content: Uint8Array; readonly password?: string }
  /** A file in the modem's file system (u-blox guide 3.1). */
  | { readonly file: string; readonly password?: string };

export interface AppliedProfile {
  /** Its number on the modem. */
  readonly profile: number;
  readonly certificates: readonly (CertificateHash & {
    /** false: the modem held it already. */
    readonly sent: boolean;
  })[];
}

/** Certificates and TLS profiles on the modem. */
export interface SecurityService {
  list(options?: { signal?: AbortSignal }): Promise<StoredCertificate[]>;
  /**
   * Does not send what the modem holds already under that name; replaces what is different.
   *
   * @throws {ModemError} `INVALID_INPUT` for what is no such certificate or key, or RSA below 2048 or EC below 192 bits
   * (u-blox guide 3.1); `NOT_SUPPORTED` for a kind or a source that the model does not have
   */
  import(
    kind: CertificateKind,
    name: string,
    source: CertificateSource,
    options?: { signal?: AbortSignal },
  ): Promise<CertificateHash>;
  /** @throws {ModemError} `MODEM_REJECTED` when there is none of that name */
  remove(kind: CertificateKind, name: string): Promise<void>;
  /** @throws {ModemError} `MODEM_REJECTED` when there is none of that name; `NOT_SUPPORTED` */
  hash(kind: CertificateKind, name: string): Promise<CertificateHash>;
  /** Brings certificates and settings onto the modem before the first connection needs them. */
  apply(profile: SecurityProfile, options?: { signal?: AbortSignal }): Promise<AppliedProfile>;
  /**
   * Gives the modem session data of earlier, for connections to `server` (`host:port`), or to any where it is left out,
   * and keeps them in the profile's store.
   *
   * @throws {ModemError} `INVALID_INPUT` when they are not of the profile's type; `NOT_SUPPORTED`
   */
  restoreSession(
    profile: SecurityProfile,
    session: SessionData,
    options?: { server?: string; signal?: AbortSignal },
  ): Promise<{ readonly profile: number }>;
}
