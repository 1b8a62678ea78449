import type { Channel } from "../../at/channel-types";
import { type Field, quote } from "../../at/fields";
import { ask, unlessRejected } from "../../cellular/commands";
import { command, query } from "../commands";

/** What every firmware has of QSSLCFG (AT facts 3.1). */
export interface SslParameters {
  /** 1 TLS 1.0, 2 TLS 1.1, 3 TLS 1.2, each of them exactly; 4 any. */
  readonly sslversion: 1 | 2 | 3 | 4;
  /** Hexadecimal, from the table of suites. */
  readonly ciphersuite: string;
  /** 0 checks nothing, 1 the server, 2 the server, and shows the client's certificate. */
  readonly seclevel: 0 | 1 | 2;
  readonly cacert?: string;
  readonly clientcert?: string;
  readonly clientkey?: string;
  readonly ignorelocaltime: 0 | 1;
  /** s for the handshake, 10–300. */
  readonly negotiatetime?: number;
}

/** What newer firmware has besides: server name indication, and comparing the certificate with the URL's host. */
export type SslFeature = "sni" | "checkhost";

/** Sends only the parameters that differ from what the modem was told since its last reboot. */
export class SslConfiguration {
  readonly #channel: Channel;
  readonly #told = new Map<string, string>();
  readonly #missing = new Set<SslFeature>();

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  async apply(context: number, parameters: Partial<SslParameters>): Promise<void> {
    for (const [name, value] of Object.entries(parameters)) {
      if (value !== undefined) await this.#tell(context, name, fieldOf(name, value));
    }
  }

  /** False when the firmware does not have the feature. */
  async offer(context: number, feature: SslFeature, value: 0 | 1): Promise<boolean> {
    if (this.#missing.has(feature)) return false;
    const telling = this.#tell(context, feature, fieldOf(feature, value)).then(() => true);
    const isTaken = (await unlessRejected(telling)) === true;
    if (!isTaken) this.#missing.add(feature);
    return isTaken;
  }

  /** Whether a feature was not refused so far. */
  has(feature: SslFeature): boolean {
    return !this.#missing.has(feature);
  }

  /** Whether the modem still has a context as it was told: after a boot whose message was lost it checks nothing. */
  async isInForce(context: number): Promise<boolean> {
    const told = this.#told.get(`${context} seclevel`);
    if (told === undefined || told === "0") return true;
    const question = query("+QSSLCFG=", [quote("seclevel", { field: "parameter", max: 16 }), context]);
    const answer = await unlessRejected(ask(this.#channel, question));
    return answer?.some((fields) => fields[2]?.text === told) ?? false;
  }

  /** The modem forgot, and may have got other firmware. */
  reset(): void {
    this.#told.clear();
    this.#missing.clear();
  }

  async #tell(context: number, name: string, value: Field): Promise<void> {
    const key = `${context} ${name}`;
    if (this.#told.get(key) === value.wire) return;
    // Until the modem agrees its value is unknown.
    this.#told.delete(key);
    await this.#channel.send(command("+QSSLCFG=", [quote(name, { field: "parameter", max: 16 }), context, value]));
    this.#told.set(key, value.wire);
  }
}

function fieldOf(name: string, value: string | number): Field {
  // Quotation marks around the suite are an error (AT facts 3.1); it comes from a table, not from a flow.
  if (typeof value === "number" || name === "ciphersuite") return { wire: String(value), shown: String(value) };
  return quote(value, { field: name, max: 80 });
}
