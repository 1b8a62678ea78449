import type { Channel } from "../../../driver/at/channel-types";
import { ModemError } from "../../../driver/errors";
import type { ModelDefinition, ModelDriver, PersistentSettings, Services } from "../../../driver/services/model";
import type { PacketDataService, PdpContext, PdpStatus } from "../../../driver/services/packet-data";

const TIMEOUT = 1000;

/** The least that life needs of a model, over the commands of `PeerModem`. */
class TestDriver implements ModelDriver, PacketDataService {
  readonly services: Services;
  readonly #channel: Channel;
  readonly #listeners = new Set<(cid: number, reason: string) => void>();

  constructor(channel: Channel) {
    this.#channel = channel;
    const unused = new Proxy({}, { get: () => () => Promise.reject(new Error("not part of this test")) });
    const others = { diagnostics: unused, files: unused, http: unused, security: unused, sockets: unused } as Omit<
      Services,
      "packetData"
    >;
    this.services = { packetData: this, ...others };
    channel.onUrc("+TLOST:", () => {
      for (const listener of this.#listeners) listener(1, "+TLOST");
    });
  }

  async initialise(): Promise<void> {
    await this.#send("AT+TINIT");
  }

  /** Writes the profile when `+TPROF?` shows another one. */
  async persist({ mnoProfile }: PersistentSettings): Promise<boolean> {
    if (mnoProfile === undefined) return false;
    const [line] = await this.#send("AT+TPROF?", "+TPROF:");
    if (line === `+TPROF: ${mnoProfile}`) return false;
    await this.#send(`AT+TPROF=${mnoProfile}`);
    return true;
  }

  async reboot(): Promise<void> {
    await this.#send("AT+TREBOOT");
  }

  dispose(): void {
    this.#listeners.clear();
  }

  async define({ cid, apn }: PdpContext): Promise<void> {
    await this.#send("AT+TDEF?", "+TDEF:");
    if (apn !== "") await this.#send(`AT+CGDCONT=${cid},"IP","${apn}"`);
  }

  async activate(cid: number): Promise<void> {
    if ((await this.status(cid)).active) return;
    await this.#send(`AT+CGACT=1,${cid}`).catch((error: unknown) => {
      if (!(error instanceof ModemError) || error.code !== "MODEM_REJECTED") throw error;
      // As a model does that looks into the refusal.
      const code = error.cause.errorCode === 107 ? "NOT_REGISTERED" : "NO_CONNECTION";
      throw new ModemError(code, `The network refused connection ${cid}`, error.cause);
    });
  }

  async deactivate(cid: number): Promise<void> {
    await this.#send(`AT+CGACT=0,${cid}`);
  }

  async status(cid: number): Promise<PdpStatus> {
    const lines = await this.#send("AT+CGACT?", "+CGACT:");
    const active = lines.includes(`+CGACT: ${cid},1`);
    return { cid, active, apn: "", type: "IP", addresses: active ? ["10.0.0.7"] : [], dns: [] };
  }

  async setDns(): Promise<void> {}

  onLost(listener: (cid: number, reason: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #send(line: string, prefix?: string): Promise<string[]> {
    const expects = prefix === undefined ? [] : [{ prefix }];
    const { lines } = await this.#channel.send({ line, label: line, expects, timeout: TIMEOUT });
    return lines.map((one) => one.text);
  }
}

export const TEST_MODEL: ModelDefinition = {
  name: "LARA-R6",
  manufacturer: "u-blox",
  limits: { contexts: 16 },
  matches: (identification) => identification.includes("TEST-1"),
  dialect: {
    gap: 0,
    promptDelay: { "@": 0, ">": 0, CONNECT: 0 },
    counted: [],
    urcs: [{ prefix: "+CREG:" }, { prefix: "+CGEV:" }, { prefix: "+TLOST:" }, { prefix: "BOOTED", boot: true }],
    errorTexts: new Map(),
  },
  bootTime: 500,
  create: async (channel) => new TestDriver(channel),
};
