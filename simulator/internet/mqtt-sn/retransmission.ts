import type { Reader } from "./messages";
import { SnError } from "./types";

/** MQTT-SN 7.2: T_retry is 10 to 15 s, N_retry 3 to 5. */
const RETRY_MS = 10_000;
const RETRIES = 3;
const HIGHEST_ID = 0xffff;

interface Exchange {
  readonly settle: (answer: Reader) => void;
  readonly fail: (error: SnError) => void;
}

/** A message type and, where the answer has one, the identifier that it repeats. */
type Key = readonly [type: number, messageId?: number];

/** Messages that wait for an answer, and go out again without one (MQTT-SN 6.13). */
export class Retransmission {
  readonly #open = new Map<string, Exchange>();
  readonly #retryAfter: number;
  #lastId = 0;

  /** @param retryAfter ms */
  constructor(retryAfter = RETRY_MS) {
    this.#retryAfter = retryAfter;
  }

  freeId(): number {
    this.#lastId = (this.#lastId % HIGHEST_ID) + 1;
    return this.#lastId;
  }

  /**
   * Sends, and resolves with the first answer that has one of the keys.
   * @param send called with true for a repetition
   * @param patience how long one attempt takes, ms, and how many may follow the first
   * @throws {SnError} `timeout`, and what `failAll` brings
   */
  run(
    answers: readonly Key[],
    send: (again: boolean) => void,
    { retryAfter = this.#retryAfter, retries = RETRIES } = {},
  ): Promise<Reader> {
    const keys = answers.map(keyOf);
    return new Promise((resolve, reject) => {
      let left = retries;
      const again = () => {
        if (left === 0) return exchange.fail(new SnError("timeout", "the gateway does not answer"));
        left -= 1;
        timer = setTimeout(again, retryAfter).unref();
        send(true);
      };
      let timer = setTimeout(again, retryAfter).unref();
      const leave = () => {
        clearTimeout(timer);
        for (const key of keys) if (this.#open.get(key) === exchange) this.#open.delete(key);
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
      for (const key of keys) this.#open.set(key, exchange);
      send(false);
    });
  }

  /** @returns whether somebody waited for it */
  answer(message: Reader, ...key: Key): boolean {
    const exchange = this.#open.get(keyOf(key));
    exchange?.settle(message);
    return exchange !== undefined;
  }

  failAll(error: SnError): void {
    for (const exchange of [...this.#open.values()]) exchange.fail(error);
  }
}

function keyOf([type, messageId = 0]: Key): string {
  return `${type} ${messageId}`;
}
