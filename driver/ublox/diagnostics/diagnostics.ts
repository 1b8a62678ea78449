import { isIP } from "node:net";
import type { Channel } from "../../at/channel-types";
import { quote } from "../../at/fields";
import { withoutBrackets } from "../../cellular/addresses";
import { isModemError, ModemError } from "../../errors";
import type { DiagnosticsService, PingOptions, PingResult } from "../../services/diagnostics";
import { Pool } from "../../services/waiting/pool";
import { unlessAborted } from "../../services/waiting/unless-aborted";
import { requireDefaultContext } from "../packet-data/default-context";
import type { UbloxPacketData } from "../packet-data/packet-data";
import type { UbloxTraits } from "../traits";
import { LookUp, type Wanted } from "./look-up";
import { planPing, runPing } from "./ping";

interface ResolveOptions {
  readonly cid?: number;
  readonly signal?: AbortSignal;
}

/** +UPING and +UDNSRN (guide 2.4). */
export class UbloxDiagnostics implements DiagnosticsService {
  readonly #channel: Channel;
  readonly #packetData: UbloxPacketData;
  readonly #model: UbloxTraits;
  /** +UUPING names no command: two at once could not be told apart. */
  readonly #ping = new Pool(["+UPING"], { name: "pings" });
  readonly #lookUp: LookUp;
  readonly #disposed = new AbortController();

  constructor(channel: Channel, packetData: UbloxPacketData, model: UbloxTraits) {
    this.#lookUp = new LookUp(channel, model);
    this.#channel = channel;
    this.#packetData = packetData;
    this.#model = model;
  }

  async ping(host: string, options: PingOptions = {}): Promise<PingResult> {
    const plan = planPing(withoutBrackets(host), options);
    const signal = options.signal ?? this.#disposed.signal;
    await requireDefaultContext(this.#channel, this.#model, options.cid, "ping");
    const turn = await this.#ping.acquire({ signal, owner: `ping ${host}` });
    const work = runPing(this.#channel, plan, { ...options, signal }, this.#model);
    // Who gives up leaves, but the modem goes on: the next ping waits for the last reply of this one.
    const release = (): void => this.#ping.release(turn);
    work.then(release, release);
    return unlessAborted(work, signal);
  }

  async resolve(host: string, options: ResolveOptions = {}): Promise<{ host: string; address: string }> {
    const name = withoutBrackets(host);
    if (name === "") throw new ModemError("INVALID_INPUT", "host is empty");
    const inverse = isIP(name) !== 0;
    const wanted = quote(name, { field: "host", max: 255 });
    const signal = options.signal ?? this.#disposed.signal;
    await requireDefaultContext(this.#channel, this.#model, options.cid, "resolve names");
    const found = await this.#find({ inverse, text: wanted, name }, signal);
    return inverse ? { host: found, address: name } : { host: name, address: found };
  }

  dispose(error: Error): void {
    this.#ping.close(error);
    this.#lookUp.close(error);
    this.#disposed.abort(error);
  }

  async #find(wanted: Wanted, signal: AbortSignal): Promise<string> {
    try {
      return await this.#lookUp.find(wanted, signal);
    } catch (error) {
      if (!isModemError(error, "MODEM_REJECTED")) throw error;
      throw new ModemError(
        "DNS_FAILED",
        `${wanted.name} could not be resolved, check it and the DNS servers: ${error.message}${this.#packetData.apnHint}`,
        error.cause,
      );
    }
  }
}
