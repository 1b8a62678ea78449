import type { Channel } from "../at/channel-types";
import { type VolatileSetting, writeSettings } from "../cellular/volatile-settings";
import { ModemError } from "../errors";
import type { ModelDriver, PersistentSettings, Services, SimQuestions } from "../services/model";
import { disposeServices, resetServices } from "../services/offered";
import { command } from "./commands";
import { QuectelDiagnostics } from "./diagnostics/diagnostics";
import { QuectelFiles } from "./files/files";
import { FileHandle } from "./files/handle";
import { QuectelHttp } from "./http/http";
import { QuectelMqtt } from "./mqtt/mqtt";
import { QuectelPacketData } from "./packet-data/packet-data";
import { QuectelSecurity } from "./security/security";
import { simQuestions } from "./sim";
import { SocketNumbers } from "./sockets/numbers";
import { QuectelSockets } from "./sockets/sockets";
import type { QuectelTraits } from "./traits";

/**
 * What the modem forgets at a reboot. +QURCCFG is left alone: which port URCs go to is the installer's choice, and the
 * result URCs of commands come on the port of the command.
 */
const SETTINGS: readonly VolatileSetting[] = [
  // The echo marks where the answer begins.
  { command: command("E1") },
  // Numbers: the words of HTTP and file errors (700s, 400s) say no more, and differ between firmwares (AT facts 1.3).
  { command: command("+CMEE=", [1]) },
  // What is typed at a prompt must not come back (AT facts 2.2).
  { command: command("+QISDE=", [0]) },
];

/** Its firmware has no MQTT-SN. */
export type QuectelServices = Omit<Services, "mqttSn">;

export class QuectelDriver implements ModelDriver<QuectelServices> {
  readonly services: QuectelServices;
  readonly sim: SimQuestions;
  #refusals: readonly string[] = [];
  readonly #channel: Channel;
  readonly #model: QuectelTraits;
  readonly #sockets: QuectelSockets;
  readonly #mqtt: QuectelMqtt;

  constructor(channel: Channel, model: QuectelTraits) {
    const packetData = new QuectelPacketData(channel, model);
    const diagnostics = new QuectelDiagnostics(channel, packetData, model);
    const files = new QuectelFiles(channel, model);
    const security = new QuectelSecurity(channel, files, model);
    const numbers = new SocketNumbers(model);
    const http = new QuectelHttp(channel, packetData, files, security, numbers, model);
    const sockets = new QuectelSockets(channel, { packetData, diagnostics, security, numbers, model });
    const mqtt = new QuectelMqtt(channel, { packetData, security, numbers, model });
    this.services = { packetData, diagnostics, files, security, http, sockets, mqtt };
    this.sim = simQuestions(channel);
    this.#channel = channel;
    this.#model = model;
    this.#sockets = sockets;
    this.#mqtt = mqtt;
  }

  get refusals(): readonly string[] {
    return this.#refusals;
  }

  async initialise(): Promise<void> {
    resetServices(this.services);
    this.#refusals = await writeSettings(this.#channel, SETTINGS);
    await FileHandle.closeAll({ channel: this.#channel, model: this.#model });
    await this.#sockets.closeOrphanedSockets();
    await this.#mqtt.closeOrphanedClients();
  }

  async persist({ mnoProfile, xlat }: PersistentSettings): Promise<boolean> {
    const { name } = this.#model;
    if (mnoProfile !== undefined) throw new ModemError("NOT_SUPPORTED", `mnoProfile: ${name} has no operator profiles`);
    if (xlat === true) throw new ModemError("NOT_SUPPORTED", `xlat: ${name} has no 464XLAT setting`);
    return false;
  }

  async reboot(): Promise<void> {
    await this.#channel.send(command("+CFUN=", [1, 1], { timeout: this.#model.timeouts.reboot }));
  }

  dispose(error: Error): void {
    disposeServices(this.services, error);
  }
}
