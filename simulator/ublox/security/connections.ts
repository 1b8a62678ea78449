import { NetworkError } from "../../internet/network";
import type { TlsConnection, TlsSettings } from "../../internet/tls/types";
import type { Modem } from "../../modem";
import { factorySecurityProfile, securityProfiles } from "./profile";
import { reportSession } from "./session-report";
import { tlsSettings } from "./tls-settings";

/** Connections with TLS that the modem has room for at once, whatever their protocols (guide 3.3). */
const MOST = 4;

/** The one place that all clients of the modem get their TLS connections from. */
export class SecureConnections {
  readonly #modem: Modem;
  #open = 0;

  constructor(modem: Modem) {
    this.#modem = modem;
  }

  /**
   * @param number of the security profile; left out: factory settings
   * @throws {NetworkError} `tls` when four are open, or the profile can't be used
   */
  claim(number?: number): SecureConnection {
    const profile = number === undefined ? factorySecurityProfile() : securityProfiles(this.#modem)[number];
    if (profile === undefined) throw new RangeError(`there is no security profile ${number}`);
    if (this.#open >= MOST) throw new NetworkError("tls", `${MOST} secure connections are open`);
    const settings = tlsSettings(this.#modem, profile);
    this.#open += 1;
    let isOpen = true;
    const { type } = profile.resumption;
    return {
      settings,
      report: (connection) => {
        // What was made for one type means nothing to another that was chosen meanwhile.
        if (number !== undefined && profile.resumption.type === type) {
          reportSession(this.#modem, number, profile.resumption, connection);
        }
      },
      release: () => {
        if (isOpen) this.#open -= 1;
        isOpen = false;
      },
    };
  }
}

/** Room for one connection, and what it is made with. */
export interface SecureConnection {
  readonly settings: TlsSettings;
  /** Tells the host what the connection means for session resumption; called when it has done its work. */
  report(connection: TlsConnection): void;
  /** The connection is over, or never came about. */
  release(): void;
}

export function secureConnections(modem: Modem): SecureConnections {
  return modem.service("ublox.secure-connections", () => new SecureConnections(modem));
}
