import type { Channel } from "../at/channel-types";
import type { ModelDriver, PersistentSettings, Services, SimQuestions } from "../services/model";
import { disposeServices, resetServices } from "../services/offered";
import { command } from "./commands";
import { UbloxDiagnostics } from "./diagnostics/diagnostics";
import { UbloxFiles } from "./files/files";
import { UbloxHttp } from "./http/http";
import { initialise } from "./initialise";
import { UbloxMqtt } from "./mqtt/mqtt";
import { UbloxMqttSn } from "./mqtt-sn/mqtt-sn";
import { UbloxPacketData } from "./packet-data/packet-data";
import { persist } from "./persist";
import { UbloxCertificates } from "./security/certificates";
import { UbloxSecurity } from "./security/security";
import { simQuestions } from "./sim";
import { closeOrphanedSockets } from "./sockets/leftovers";
import { UbloxSockets } from "./sockets/sockets";
import type { UbloxTraits } from "./traits";

export class UbloxDriver implements ModelDriver {
  readonly services: Services;
  readonly sim: SimQuestions;
  #refusals: readonly string[] = [];
  readonly #channel: Channel;
  readonly #model: UbloxTraits;
  readonly #sockets: UbloxSockets;

  constructor(channel: Channel, model: UbloxTraits) {
    const packetData = new UbloxPacketData(channel, model);
    const diagnostics = new UbloxDiagnostics(channel, packetData, model);
    const files = new UbloxFiles(channel, model);
    const security = new UbloxSecurity(channel, new UbloxCertificates(channel, files, model), model);
    const http = new UbloxHttp(channel, files, security, model);
    const sockets = new UbloxSockets({ channel, packetData, diagnostics, security, model });
    this.#sockets = sockets;
    const mqtt = new UbloxMqtt({ channel, packetData, diagnostics, files, security, model });
    const mqttSn = new UbloxMqttSn({ channel, packetData, diagnostics, files, security, model });
    this.services = { packetData, diagnostics, files, security, http, sockets, mqtt, mqttSn };
    this.sim = simQuestions(channel);
    this.#channel = channel;
    this.#model = model;
  }

  get refusals(): readonly string[] {
    return this.#refusals;
  }

  async initialise(): Promise<void> {
    resetServices(this.services);
    this.#refusals = await initialise(this.#channel);
    await closeOrphanedSockets(this.#channel, this.#model);
  }

  async persist(settings: PersistentSettings): Promise<boolean> {
    const isWritten = await persist(this.#channel, settings, this.#model);
    // What is written counts after the reboot.
    if (!isWritten && settings.defaultContext !== undefined)
      this.#sockets.useDefaultContext(settings.defaultContext.cid);
    return isWritten;
  }

  /** 16 resets the SIM as well, as a change of MNO profile needs (guide 2.3.1). */
  async reboot(): Promise<void> {
    await this.#channel.send(command("+CFUN=", [16], { timeout: this.#model.timeouts.reboot }));
  }

  dispose(error: Error): void {
    disposeServices(this.services, error);
  }
}
