/**
 * The ways in which an MQTT message can cross the line, and how long each takes at the least.
 *
 * As with sockets (`socket-ways.ts`) it follows from the manuals alone: every byte that crosses the line at ten bits, the echo
 * apart; LARA-R6's 20 ms after the last final result or URC (R6DEV), and 50 ms between the prompt and the data (guide 6.5). A
 * publish ends with the URC of its result, and the next begins behind that. Modem and broker answer at once.
 */
import type { ModelName, Payload } from "./socket-ways";

export const BAUD = 115_200;
export const TOPIC = "bench/mqtt";

export type Job = "publish QoS 0" | "publish QoS 1" | "receive";

/** One line of the comparison. */
export interface MqttCase {
  readonly model: ModelName;
  readonly job: Job;
  readonly payload: Payload;
  /** Bytes of a message. */
  readonly size: number;
}

interface MqttWay {
  readonly name: string;
  /** Whether it carries the message. */
  readonly carries: (item: MqttCase) => boolean;
  /** Everything that crosses the line but the message. */
  readonly frame: (item: MqttCase) => string;
  /** Characters of a byte. */
  readonly width: 1 | 2;
  /** Silences, in ms. */
  readonly silence: number;
}

const GAP = 20;
const PROMPT = 50;
const OK = "\r\nOK\r\n";
const LONGEST_TEXT = 1024;
const LONGEST_HEX = 512;

const qosOf = ({ job }: MqttCase): 0 | 1 => (job === "publish QoS 1" ? 1 : 0);
/** Of a packet: 0 for QoS 0, and else one that grows with each message. */
const idOf = (item: MqttCase): number => (qosOf(item) === 0 ? 0 : 100);
const isPublish = ({ job }: MqttCase): boolean => job !== "receive";

/** LARA-R6 guide 6.3 to 6.5. */
const LARA_R6: readonly MqttWay[] = [
  {
    name: "text in the command",
    carries: (item) => isPublish(item) && item.payload === "text" && item.size <= LONGEST_TEXT,
    frame: (item) => `AT+UMQTTC=2,${qosOf(item)},0,0,"${TOPIC}",""\r${OK}\r\n+UUMQTTC: 2,1\r\n`,
    width: 1,
    silence: GAP,
  },
  {
    name: "digits in the command",
    carries: (item) => isPublish(item) && item.size <= LONGEST_HEX,
    frame: (item) => `AT+UMQTTC=2,${qosOf(item)},0,1,"${TOPIC}",""\r${OK}\r\n+UUMQTTC: 2,1\r\n`,
    width: 2,
    silence: GAP,
  },
  {
    name: "prompt",
    carries: isPublish,
    frame: (item) => `AT+UMQTTC=9,${qosOf(item)},0,"${TOPIC}",${item.size}\r\r\n>${OK}\r\n+UUMQTTC: 2,1\r\n`,
    width: 1,
    silence: GAP + PROMPT,
  },
  {
    name: "read",
    carries: (item) => !isPublish(item),
    // A read that leaves messages is followed by their number.
    frame: ({ size }) =>
      `AT+UMQTTC=6,1\r\r\n+UMQTTC: 6,0,${TOPIC.length + size},${TOPIC.length},"${TOPIC}",${size},""\r\n${OK}\r\n+UUMQTTC: 6,50\r\n`,
    width: 1,
    silence: GAP,
  },
];

/** Quectel AT facts 6. */
const BG96: readonly MqttWay[] = [
  {
    name: "prompt",
    carries: isPublish,
    frame: (item) =>
      `AT+QMTPUB=0,${idOf(item)},${qosOf(item)},0,"${TOPIC}",${item.size}\r\r\n> ${OK}\r\n+QMTPUB: 0,${idOf(item)},0\r\n`,
    width: 1,
    silence: 0,
  },
  {
    name: "URC",
    carries: (item) => !isPublish(item),
    frame: ({ size }) => `\r\n+QMTRECV: 0,0,"${TOPIC}",${size},""\r\n`,
    width: 1,
    silence: 0,
  },
];

const WAYS: Readonly<Record<ModelName, readonly MqttWay[]>> = { "LARA-R6": LARA_R6, BG96 };

/** The fastest way of a message, and the ms that it takes at the least. */
export function fastest(item: MqttCase): { readonly name: string; readonly time: number } {
  const [best] = WAYS[item.model]
    .filter((way) => way.carries(item))
    .map(({ name, frame, width, silence }) => {
      return { name, time: silence + ((frame(item).length + width * item.size) * 10_000) / BAUD };
    })
    .sort((a, b) => a.time - b.time);
  if (best === undefined) throw new Error(`no way to ${item.job} ${item.size} bytes`);
  return best;
}
