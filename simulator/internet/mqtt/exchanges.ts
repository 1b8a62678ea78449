import type { Packet } from "mqtt-packet";
import { MqttError, type Wait } from "./types";

interface Exchange {
  readonly settle: (answer: Packet) => void;
  readonly fail: (error: MqttError) => void;
}

/** Identifiers of packets go from 1 to this (MQTT 3.1.1, 2.3.1). */
const HIGHEST_ID = 0xffff;

/** Packets that wait for their answer. */
export class Exchanges {
  readonly #open = new Map<string, Exchange>();
  #lastId = 0;

  /** An identifier that no packet on its way has. */
  freeId(): number {
    const used = new Set([...this.#open.keys()].map((key) => Number(key.split(" ")[1] ?? 0)));
    do this.#lastId = (this.#lastId % HIGHEST_ID) + 1;
    while (used.has(this.#lastId) && used.size < HIGHEST_ID);
    return this.#lastId;
  }

  /**
   * Sends with `send` and resolves with the packet of that kind and identifier.
   * @param send called with true for a repetition
   * @throws {MqttError} `timeout`, and what `failAll` brings
   */
  run(kind: Packet["cmd"], id: number, wait: Wait, send: (again: boolean) => void): Promise<Packet> {
    const key = keyOf(kind, id);
    const { timeout, retries = 0, retried } = wait;
    return new Promise((resolve, reject) => {
      let repetitions = 0;
      const later = () => {
        if (repetitions >= retries) return exchange.fail(new MqttError("timeout", `no ${kind} in time`));
        repetitions += 1;
        timer = setTimeout(later, timeout).unref();
        send(true);
        retried?.(repetitions);
      };
      let timer = setTimeout(later, timeout).unref();
      const leave = () => {
        clearTimeout(timer);
        if (this.#open.get(key) === exchange) this.#open.delete(key);
      };
      const exchange: Exchange = {
        settle: (answer) => {
          leave();
          resolve(answer);
        },
        fail: (error) => {
          leave();
          reject(error);
        },
      };
      this.#open.get(key)?.fail(new MqttError("aborted", `another ${kind} took its place`));
      this.#open.set(key, exchange);
      send(false);
    });
  }

  /** @returns whether somebody waited for this packet */
  answer(packet: Packet): boolean {
    const exchange = this.#open.get(keyOf(packet.cmd, packet.messageId ?? 0));
    exchange?.settle(packet);
    return exchange !== undefined;
  }

  failAll(error: MqttError): void {
    for (const exchange of [...this.#open.values()]) exchange.fail(error);
  }
}

function keyOf(kind: Packet["cmd"], id: number): string {
  return `${kind} ${id}`;
}
