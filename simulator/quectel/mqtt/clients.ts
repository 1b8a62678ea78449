import type { Modem } from "../../modem";
import { MqttClient } from "./client";
import { notNow } from "./errors";
import type { Broker } from "./opening";

/** The six clients, as far as they are open. */
export class MqttClients {
  readonly #modem: Modem;
  readonly #open = new Map<number, MqttClient>();

  constructor(modem: Modem) {
    this.#modem = modem;
  }

  find(id: number): MqttClient | undefined {
    return this.#open.get(id);
  }

  /** @throws {CommandError} when it is not open */
  get(id: number): MqttClient {
    const client = this.#open.get(id);
    if (client === undefined) throw notNow("the client is not open");
    return client;
  }

  /** In the order of their numbers. */
  all(): readonly MqttClient[] {
    return [...this.#open.values()].sort((left, right) => left.id - right.id);
  }

  /** A client that is to open its connection; its number is taken until it is gone. */
  add(id: number, broker: Broker): MqttClient {
    const client = new MqttClient(this.#modem, id, broker, () => this.#open.delete(id));
    this.#open.set(id, client);
    return client;
  }
}

export function mqttClients(modem: Modem): MqttClients {
  return modem.service("quectel/mqtt", (owner) => new MqttClients(owner));
}
