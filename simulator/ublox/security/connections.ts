import { InternetError } from "../../internet/internet";
import type { TlsConnection, TlsSettings } from "../../internet/tls/types";
import type { Modem } from "../../modem";
import { factorySecurityProfile, securityProfiles } from "./profile";
import { reportSession } from "./session-report";
import { tlsSettings } from "./tls-settings";

/** TLS connections that can be open at once, over all protocols (guide 3.3). */
const MAX_CONNECTIONS = 4;

/** The TLS connections of all clients of the modem. */
export class SecureConnections {
  readonly #modem: Modem;
  #open = 0;

  constructor(modem: Modem) {
    this.#modem = modem;
  }

  /**
   * @param number of the security profile; if left out, factory settings
   * @throws {InternetError} `tls` if four are open, or the profile can't be used
   */
  claim(number?: number): SecureConnection {
    const profile = number === undefined ? factorySecurityProfile() : securityProfiles(this.#modem)[number];
    if (profile === undefined) throw new RangeError(`there is no security profile ${number}`);
    if (this.#open >= MAX_CONNECTIONS) throw new InternetError("tls", `${MAX_CONNECTIONS} secure connections are open`);
    const settings = tlsSettings(this.#modem, profile);
    this.#open += 1;
    let isOpen = true;
    const { type } = profile.resumption;
    return {
      settings,
      report: (connection) => {
        // Data for one type mean nothing to another one that was chosen meanwhile.
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

/** A place for one connection, and its settings. */
export interface SecureConnection {
  readonly settings: TlsSettings;
  /** Reports the connection's session data to the host; call it when the connection has done its work. */
  report(connection: TlsConnection): void;
  /** The connection has ended or was never made. */
  release(): void;
}

export function secureConnections(modem: Modem): SecureConnections {
  return modem.service("ublox.secure-connections", () => new SecureConnections(modem));
}
