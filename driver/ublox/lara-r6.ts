import type { Channel } from "../at/channel-types";
import type { ModelDefinition, ModelDriver, PersistentSettings, Services } from "../services/model";
import { command } from "./commands";
import { UbloxDiagnostics } from "./diagnostics/diagnostics";
import { LARA_R6_DIALECT } from "./dialect";
import { UbloxFiles } from "./files/files";
import { UbloxHttp } from "./http/http";
import { initialise } from "./initialise";
import { UbloxPacketData } from "./packet-data/packet-data";
import { persist } from "./persist";
import { UbloxCertificates } from "./security/certificates";
import { UbloxSecurity } from "./security/security";
import { closeOrphanedSockets } from "./sockets/leftovers";
import { UbloxSockets } from "./sockets/sockets";
import { TIMEOUTS } from "./timeouts";

/** u-blox LARA-R6 (LARA-R6001, R6401, R6801 and their data-only variants). */
export const LARA_R6: ModelDefinition = {
  name: "LARA-R6",
  matches: (identification) => /\bLARA-R6/i.test(identification),
  dialect: LARA_R6_DIALECT,
  bootTime: 10_000,
  create: (channel) => new LaraR6(channel),
};

class LaraR6 implements ModelDriver {
  readonly services: Services;
  readonly #channel: Channel;
  readonly #parts: readonly { dispose(error: Error): void }[];

  constructor(channel: Channel) {
    const files = new UbloxFiles(channel);
    const packetData = new UbloxPacketData(channel);
    const diagnostics = new UbloxDiagnostics(channel);
    const security = new UbloxSecurity(channel, new UbloxCertificates(channel, files));
    const http = new UbloxHttp(channel, files, security);
    const sockets = new UbloxSockets({ channel, packetData, diagnostics, security });
    this.services = { packetData, diagnostics, files, http, security, sockets };
    this.#channel = channel;
    this.#parts = [sockets, packetData, diagnostics, http, security];
  }

  async initialise(): Promise<void> {
    await initialise(this.#channel);
    await closeOrphanedSockets(this.#channel);
  }

  persist(settings: PersistentSettings): Promise<boolean> {
    return persist(this.#channel, settings);
  }

  /** 16 resets the SIM as well, as a change of MNO profile needs (guide 2.3.1). */
  async reboot(): Promise<void> {
    await this.#channel.send(command("+CFUN=", [16], { timeout: TIMEOUTS.reboot }));
  }

  dispose(error: Error): void {
    for (const part of this.#parts) part.dispose(error);
  }
}
