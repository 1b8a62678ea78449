import type { Modem } from "../../modem";
import { ALL_SUITES, type SuiteSelection } from "./cipher-suites";
import { type Resumption, resumptionOff } from "./session-resumption";

export const SECURITY_PROFILES = 5;

/** What +USECPRF sets for one profile (guide 3.2). All of it is lost at a reboot. */
export interface SecurityProfile {
  /** 0 none, 1 chain, 2 and host name, 3 and dates */
  validation: number;
  /** 0 any, else the lowest: 1 to 4 for TLS 1.0 to 1.3 */
  version: number;
  suites: SuiteSelection;
  /** Internal name of the only root that is trusted; empty: all that are imported. */
  root: string;
  hostName: string;
  clientCertificate: string;
  clientKey: string;
  keyPassword: string;
  /** Empty: none. */
  psk: Buffer;
  pskIdentity: Buffer;
  /** Empty: not sent. */
  serverNameIndication: string;
  /** Use the key of the root of trust instead of `psk`. */
  rootOfTrust: boolean;
  /** Internal name of a server certificate, empty: none. */
  pinned: string;
  pinningLevel: number;
  readonly resumption: Resumption;
}

export function factorySecurityProfile(): SecurityProfile {
  return {
    validation: 0,
    version: 0,
    suites: ALL_SUITES,
    root: "",
    hostName: "",
    clientCertificate: "",
    clientKey: "",
    keyPassword: "",
    psk: Buffer.alloc(0),
    pskIdentity: Buffer.alloc(0),
    serverNameIndication: "",
    rootOfTrust: false,
    pinned: "",
    pinningLevel: 0,
    resumption: resumptionOff(),
  };
}

/** Profiles by number. */
export function securityProfiles(modem: Modem): SecurityProfile[] {
  return modem.service("ublox.security-profiles", () =>
    Array.from({ length: SECURITY_PROFILES }, factorySecurityProfile),
  );
}
