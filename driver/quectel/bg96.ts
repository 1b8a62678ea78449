import type { Channel } from "../at/channel-types";
import { ModemError } from "../errors";
import type { ModelDefinition, ModelDriver, PersistentSettings, Services } from "../services/model";
import { QuectelDiagnostics } from "./diagnostics/diagnostics";
import { BG96_DIALECT } from "./dialect";
import { QuectelFiles } from "./files/files";
import { FileHandle } from "./files/handle";
import { QuectelHttp } from "./http/http";
import { QuectelPacketData } from "./packet-data/packet-data";
import { QuectelSecurity } from "./security/security";
import { SocketNumbers } from "./sockets/numbers";
import { QuectelSockets } from "./sockets/sockets";
import { TIMEOUTS } from "./timeouts";

/**
 * What BG96 forgets at a reboot. +QURCCFG is left alone: which port URCs go to is the installer's choice, and the
 * result URCs of commands come on the port of the command.
 */
const SETTINGS = [
  // The echo marks where the answer begins.
  "ATE1",
  // Numbers: the words of HTTP and file errors (700s, 400s) say no more, and differ between firmwares (AT facts 1.3).
  "AT+CMEE=1",
  // What is typed at a prompt must not come back (AT facts 2.2).
  "AT+QISDE=0",
] as const;

class Bg96 implements ModelDriver {
  readonly services: Services;
  readonly #channel: Channel;
  readonly #packetData: QuectelPacketData;
  readonly #diagnostics: QuectelDiagnostics;
  readonly #files: QuectelFiles;
  readonly #security: QuectelSecurity;
  readonly #http: QuectelHttp;
  readonly #sockets: QuectelSockets;

  constructor(channel: Channel) {
    this.#channel = channel;
    this.#packetData = new QuectelPacketData(channel);
    this.#diagnostics = new QuectelDiagnostics(channel, this.#packetData);
    this.#files = new QuectelFiles(channel);
    this.#security = new QuectelSecurity(channel, this.#files);
    const numbers = new SocketNumbers();
    this.#http = new QuectelHttp(channel, this.#packetData, this.#files, this.#security, numbers);
    this.#sockets = new QuectelSockets(channel, {
      packetData: this.#packetData,
      diagnostics: this.#diagnostics,
      security: this.#security,
      numbers,
    });
    this.services = {
      packetData: this.#packetData,
      diagnostics: this.#diagnostics,
      files: this.#files,
      http: this.#http,
      security: this.#security,
      sockets: this.#sockets,
    };
  }

  async initialise(): Promise<void> {
    this.#packetData.reset();
    this.#security.reset();
    this.#http.reset();
    this.#sockets.reset();
    for (const line of SETTINGS) await this.#channel.send({ line, label: line, timeout: TIMEOUTS.simple });
    await FileHandle.closeAll(this.#channel);
    await this.#sockets.closeOrphanedSockets();
  }

  async persist({ mnoProfile, xlat }: PersistentSettings): Promise<boolean> {
    if (mnoProfile !== undefined) throw new ModemError("NOT_SUPPORTED", "mnoProfile: BG96 has no operator profiles");
    if (xlat === true) throw new ModemError("NOT_SUPPORTED", "xlat: BG96 has no 464XLAT setting");
    return false;
  }

  async reboot(): Promise<void> {
    await this.#channel.send({ line: "AT+CFUN=1,1", label: "AT+CFUN=1,1", timeout: TIMEOUTS.reboot });
  }

  dispose(error: Error): void {
    const services = [this.#sockets, this.#http, this.#security, this.#diagnostics, this.#files, this.#packetData];
    for (const service of services) service.dispose(error);
  }
}

/** Quectel BG96: LTE Cat M1, NB-IoT and GPRS. */
export const BG96: ModelDefinition = {
  name: "BG96",
  matches: (identification) => /\bBG96\b/.test(identification),
  dialect: BG96_DIALECT,
  // CFUN=1,1 takes up to 15 s, the boot 10 s more (AT facts 1.3, 11).
  bootTime: 30_000,
  create: (channel) => new Bg96(channel),
};
