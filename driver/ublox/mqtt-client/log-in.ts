import { now } from "../../at/clock";
import { unlessRejected } from "../../cellular/commands";
import { cycleRadio } from "../../cellular/functionality";
import { delay } from "../../delay";
import { isModemError, ModemError } from "../../errors";
import type { ErrorMeaning } from "../error-tables";
import type { BrokerClient } from "./client";
import { explainFailure, isNotAllowed } from "./errors";
import { LOG_IN } from "./protocol";

/** Tries, while it is not known whether a client is stuck or at the last command of a session that is over. */
const TRIES = 4;
/** ms that lie between two cycles of the radio at least: networks ban those who register too often. */
const CYCLE_PAUSE_MS = 600_000;

/** Logs a client in, and out what was left of an earlier session; frees one that is stuck. */
export class LogIn {
  readonly #client: BrokerClient;
  #hasCleared = false;
  /** Since when it has allowed nothing. */
  #stuckSince: number | undefined;
  #cycledAt: number | undefined;

  constructor(client: BrokerClient) {
    this.#client = client;
  }

  /** A port that was unplugged leaves the session of its host open. Once is enough. */
  async clear(): Promise<void> {
    if (this.#hasCleared) return;
    await this.#client.logOut();
    this.#hasCleared = true;
  }

  /**
   * @param signal ends the wait between two tries
   * @throws {ModemError} as `otherwise` where the modem gives no reason
   */
  async run(operation: string, otherwise: ErrorMeaning, signal: AbortSignal): Promise<void> {
    const client = this.#client;
    for (;;) {
      signal.throwIfAborted();
      try {
        const { succeeded } = await client.run(client.command(LOG_IN), { operation, ops: [LOG_IN] });
        this.#stuckSince = undefined;
        if (succeeded) return;
        throw await explainFailure(client, operation, otherwise);
      } catch (error) {
        if (isModemError(error, "MODEM_TIMEOUT")) await this.#abandon();
        if (!isNotAllowed(error)) throw error;
        await this.#release(operation, error as ModemError, signal);
      }
    }
  }

  /** The modem may have logged in after all. */
  async #abandon(): Promise<void> {
    await this.#client.logOut().catch((error: unknown) => this.#client.channel.note(String(error)));
  }

  /** The client allows no login: resolves when another try makes sense. */
  async #release(operation: string, refusal: ModemError, signal: AbortSignal): Promise<void> {
    if (await this.#client.logOut()) return;
    const { clientStuck } = this.#client.model.timeouts;
    this.#stuckSince ??= now();
    if (now() - this.#stuckSince < clientStuck) return delay(clientStuck / TRIES, signal);
    throw await this.#free(operation, refusal);
  }

  /** AT facts 5.2: nothing but the radio frees it. The life of the modem sees the loss and connects again. */
  async #free(operation: string, { cause }: ModemError): Promise<ModemError> {
    const { channel, protocol, model, disposed } = this.#client;
    const stuck = `${operation} failed: the modem's ${protocol.name} client is stuck`;
    if (this.#cycledAt !== undefined && now() - this.#cycledAt < CYCLE_PAUSE_MS) {
      const text = `${stuck}, although its radio was turned off and on. Restart the modem.`;
      return new ModemError("MODEM_BUSY", text, cause);
    }
    this.#cycledAt = now();
    channel.note(`${stuck}: cycling the radio`);
    const cycled = cycleRadio(channel, disposed, model.timeouts.radio).then(() => true);
    if ((await unlessRejected(cycled)) === undefined)
      return new ModemError("MODEM_BUSY", `${stuck}, and its radio can't be turned off. Restart the modem.`, cause);
    this.#stuckSince = undefined;
    return new ModemError("MODEM_BUSY", `${stuck}. Its radio was turned off and on: try again in a minute.`, cause);
  }
}
