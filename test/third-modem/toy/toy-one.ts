import type { Channel } from "../../../driver/at/channel-types";
import { commandLine, integer, quote, splitFields, toInteger } from "../../../driver/at/fields";
import { ModemError } from "../../../driver/errors";
import type { HttpRequest, HttpResponse, HttpService } from "../../../driver/services/http/http";
import type { ModelDefinition, ModelDriver, ServiceLife } from "../../../driver/services/model";
import { disposeServices, resetServices } from "../../../driver/services/offered";
import type { PacketDataService, PdpContext, PdpStatus } from "../../../driver/services/packet-data";

/** ms */
const TIMEOUT = 2000;
const CONTEXTS = 1;

/** One data connection, by 27.007 alone. */
class ToyPacketData implements PacketDataService, ServiceLife {
  readonly #listeners = new Set<(cid: number, reason: string) => void>();

  constructor(readonly channel: Channel) {}

  async define({ cid, apn }: PdpContext): Promise<void> {
    integer(cid, { field: "cid", min: 1, max: CONTEXTS });
    const [type, name] = [quote("IP", { field: "pdpType", max: 6 }), quote(apn, { field: "apn", max: 100 })];
    await this.channel.send({ ...commandLine("+CGDCONT=", cid, type, name), timeout: TIMEOUT });
  }

  async activate(cid: number): Promise<void> {
    await this.channel.send({ ...commandLine("+CGACT=", 1, cid), timeout: TIMEOUT });
  }

  async deactivate(cid: number): Promise<void> {
    await this.channel.send({ ...commandLine("+CGACT=", 0, cid), timeout: TIMEOUT });
  }

  async status(cid: number): Promise<PdpStatus> {
    const expects = [{ prefix: "+CGACT:" }];
    const { lines } = await this.channel.send({ ...commandLine("+CGACT?"), expects, timeout: TIMEOUT });
    const active = lines.some(({ text }) => text === `+CGACT: ${cid},1`);
    return { cid, active, apn: "", type: "IP", addresses: [], dns: [] };
  }

  async setDns(): Promise<void> {
    throw new ModemError("NOT_SUPPORTED", "dns: a toy has none");
  }

  onLost(listener: (cid: number, reason: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  dispose(): void {
    this.#listeners.clear();
  }
}

/** GET, and nothing else. */
class ToyHttp implements HttpService, ServiceLife {
  /** How often the modem was set up. */
  resets = 0;

  constructor(readonly channel: Channel) {}

  async request({ method, url, timeout }: HttpRequest): Promise<HttpResponse> {
    if (method !== "GET") throw new ModemError("NOT_SUPPORTED", `a toy has no ${method}`);
    const command = commandLine("+TOYGET=", quote(url, { field: "url", max: 200 }));
    const { lines } = await this.channel.send({ ...command, expects: [{ prefix: "+TOYGET:" }], timeout });
    const [status, body] = lines[0] === undefined ? [] : splitFields(lines[0]);
    return { statusCode: toInteger(status), headers: {}, body: Buffer.from(body?.text ?? "", "hex") };
  }

  reset(): void {
    this.resets += 1;
  }
}

interface ToyServices {
  readonly packetData: ToyPacketData;
  readonly http: ToyHttp;
}

class ToyDriver implements ModelDriver<ToyServices> {
  readonly services: ToyServices;

  constructor(channel: Channel) {
    this.services = { packetData: new ToyPacketData(channel), http: new ToyHttp(channel) };
  }

  async initialise(): Promise<void> {
    resetServices(this.services);
  }

  async persist(): Promise<boolean> {
    return false;
  }

  async reboot(): Promise<void> {
    throw new ModemError("NOT_SUPPORTED", "a toy does not reboot");
  }

  dispose(error: Error): void {
    disposeServices(this.services, error);
  }
}

/** A model of a vendor that the package has never heard of, as a line of the table of models. */
export const TOY_ONE: ModelDefinition<ToyServices> = {
  name: "TOY-1",
  manufacturer: "Toys",
  usb: { vendor: "f00d", products: ["0001"] },
  limits: { contexts: CONTEXTS },
  raw: {
    prompts: [{ commands: /^AT\+TOYPUT/i, prompt: "@" }],
    lengths: [/\+TOYPUT=(\d+)/i],
    secrets: ["TOYKEY"],
    secretAnswers: [],
    restarts: /\+TOYBOOT\b/i,
  },
  matches: (identification) => /\bTOY-1\b/.test(identification),
  dialect: {
    gap: 0,
    promptDelay: { "@": 0, ">": 0, CONNECT: 0 },
    counted: [],
    urcs: [{ prefix: "+CREG:" }],
    errorTexts: new Map(),
  },
  bootTime: 1000,
  create: async (channel) => new ToyDriver(channel),
};
