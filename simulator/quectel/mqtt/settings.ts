import type { Modem } from "../../modem";
import type { NumberRule, Parameters } from "../parameters";
import { asText, notNow } from "./errors";

export const HIGHEST_ID = 5;
export const IDENTITY = { min: 0, max: HIGHEST_ID } as const;
export const LONGEST_TEXT = 256;

export type Rule = Required<NumberRule>;

const FLAG: Rule = { min: 0, max: 1, fallback: 0 };

/** +QMTCFG: the values of each name that has numbers, with their ranges and initial values (AT facts 6). */
export const NUMBERS = {
  /** 3: MQTT 3.1; 4: MQTT 3.1.1. */
  version: [{ min: 3, max: 4, fallback: 3 }],
  pdpcid: [{ min: 1, max: 16, fallback: 1 }],
  /** On, and the context of +QSSLCFG. */
  ssl: [FLAG, { min: 0, max: 5, fallback: 0 }],
  /** s; 0: none */
  keepalive: [{ min: 0, max: 3600, fallback: 120 }],
  /** 1: clean. */
  session: [FLAG],
  /** s for an answer, how often a packet goes out again, and whether each of these is told. */
  timeout: [{ min: 1, max: 60, fallback: 5 }, { min: 0, max: 10, fallback: 3 }, FLAG],
  /** 1: messages wait to be read; 1: with their length. */
  "recv/mode": [FLAG, FLAG],
} as const satisfies Readonly<Record<string, readonly Rule[]>>;

export type NumberName = keyof typeof NUMBERS;

export function isNumberName(name: string): name is NumberName {
  return Object.hasOwn(NUMBERS, name);
}

/** Texts as the line has them, one character a byte. */
export interface Will {
  readonly qos: number;
  readonly retain: number;
  readonly topic: string;
  readonly message: string;
}

/** What +QMTCFG sets for one client; a reboot forgets it. */
export class MqttSettings {
  readonly #numbers = new Map<NumberName, readonly number[]>();
  will: Will | undefined;
  /** Key, name and secret of a device of Alibaba Cloud. */
  ali: readonly string[] = [];

  numbers(name: NumberName): readonly number[] {
    return this.#numbers.get(name) ?? NUMBERS[name].map(({ fallback }) => fallback);
  }

  setNumbers(name: NumberName, values: readonly number[]): void {
    this.#numbers.set(name, values);
  }
}

export function mqttSettings(modem: Modem, id: number): MqttSettings {
  return modem.service(`quectel/mqtt-settings-${id}`, () => new MqttSettings());
}

/** A topic as the line has it: not empty, and UTF-8. */
export function topicAt(parameters: Parameters, index: number): string {
  const topic = parameters.text(index, { maxLength: LONGEST_TEXT });
  if (asText(topic) === "") throw notNow("an empty topic");
  return topic;
}
