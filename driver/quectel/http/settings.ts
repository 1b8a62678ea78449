import type { Channel } from "../../at/channel-types";
import { quote } from "../../at/fields";
import { command } from "../commands";

/** Parameters of QHTTPCFG that a request depends on (guide 2.1). */
export interface HttpSettings {
  readonly contextid: number;
  readonly requestheader: 0 | 1;
  readonly responseheader: 0 | 1;
  readonly contenttype?: number;
  /** Of https: only. */
  readonly sslctxid?: number;
}

/** A modem that has lost it takes another SSL context, which may check nothing. */
const ALWAYS_TOLD = "sslctxid";

/** Sends only the parameters that differ from what the modem was told since its last reboot. */
export class HttpConfiguration {
  readonly #channel: Channel;
  readonly #told = new Map<string, number>();

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  async apply(settings: HttpSettings): Promise<void> {
    for (const [name, value] of Object.entries(settings)) {
      if (value === undefined || (this.#told.get(name) === value && name !== ALWAYS_TOLD)) continue;
      // Until the modem agrees its value is unknown.
      this.#told.delete(name);
      await this.#channel.send(command("+QHTTPCFG=", [quote(name, { field: "parameter", max: 16 }), value]));
      this.#told.set(name, value);
    }
  }

  /** The modem forgot: next time everything is sent. */
  reset(): void {
    this.#told.clear();
  }
}
