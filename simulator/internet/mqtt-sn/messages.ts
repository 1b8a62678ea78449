import { type SnMessage, TOPIC_TYPE, type TopicFilter, type TopicId, type TopicType } from "./types";

/** Types of messages (MQTT-SN 5.2.2). */
export const SN = {
  connect: 0x04,
  connack: 0x05,
  willTopicReq: 0x06,
  willTopic: 0x07,
  willMsgReq: 0x08,
  willMsg: 0x09,
  register: 0x0a,
  regack: 0x0b,
  publish: 0x0c,
  puback: 0x0d,
  pubcomp: 0x0e,
  pubrec: 0x0f,
  pubrel: 0x10,
  subscribe: 0x12,
  suback: 0x13,
  unsubscribe: 0x14,
  unsuback: 0x15,
  pingreq: 0x16,
  pingresp: 0x17,
  disconnect: 0x18,
  willTopicUpd: 0x1a,
  willTopicResp: 0x1b,
  willMsgUpd: 0x1c,
  willMsgResp: 0x1d,
} as const;

const PROTOCOL_ID = 1;
/** The first octet of a length of three (MQTT-SN 5.2.1). */
const LONG = 1;

/** A message: what stands behind length and type is read in order. */
export class Reader {
  #at = 0;

  private constructor(
    readonly type: number,
    readonly body: Buffer,
  ) {}

  /** Undefined for a datagram that is no message: it is dropped. */
  static of(datagram: Buffer): Reader | undefined {
    const isLong = datagram[0] === LONG;
    const head = isLong ? 4 : 2;
    if (datagram.length < head) return undefined;
    const length = isLong ? datagram.readUInt16BE(1) : datagram.readUInt8(0);
    return length === datagram.length ? new Reader(datagram.readUInt8(head - 1), datagram.subarray(head)) : undefined;
  }

  /** @throws {RangeError} the message is too short */
  octet(): number {
    const value = this.body.readUInt8(this.#at);
    this.#at += 1;
    return value;
  }

  /** @throws {RangeError} the message is too short */
  twoOctets(): number {
    const value = this.body.readUInt16BE(this.#at);
    this.#at += 2;
    return value;
  }

  rest(): Buffer {
    return Buffer.from(this.body.subarray(this.#at));
  }
}

/** A message of the client. */
export function message(type: number, ...parts: readonly Buffer[]): Buffer {
  const size = parts.reduce((sum, part) => sum + part.length, 2);
  if (size <= 0xff) return Buffer.concat([Buffer.of(size, type), ...parts]);
  return Buffer.concat([Buffer.of(LONG), two(size + 2), Buffer.of(type), ...parts]);
}

export function two(value: number): Buffer {
  return Buffer.of(value >> 8, value & 0xff);
}

interface FlagValues {
  readonly duplicate?: boolean;
  readonly qos?: number;
  readonly retain?: boolean;
  readonly will?: boolean;
  readonly clean?: boolean;
  readonly type?: TopicType;
}

/** MQTT-SN 5.3.4 */
export function flags(values: FlagValues): Buffer {
  const { duplicate = false, qos = 0, retain = false, will = false, clean = false, type = 0 } = values;
  const bits = [duplicate ? 0x80 : 0, (qos & 3) << 5, retain ? 0x10 : 0, will ? 0x08 : 0, clean ? 0x04 : 0, type];
  return Buffer.of(bits.reduce((all, bit) => all | bit, 0));
}

export function qosOf(bits: number): 0 | 1 | 2 | 3 {
  return ((bits >> 5) & 3) as 0 | 1 | 2 | 3;
}

export function topicTypeOf(bits: number): TopicType | undefined {
  return Object.values(TOPIC_TYPE).find((type) => type === (bits & 3));
}

export function isRetained(bits: number): boolean {
  return (bits & 0x10) !== 0;
}

export function connectMessage(clientId: string, duration: number, clean: boolean, will: boolean): Buffer {
  return message(SN.connect, flags({ clean, will }), Buffer.of(PROTOCOL_ID), two(duration), Buffer.from(clientId));
}

export function publishMessage(publication: SnMessage, messageId: number, duplicate = false): Buffer {
  const { topic, qos, retain, payload } = publication;
  return message(
    SN.publish,
    flags({ duplicate, qos, retain, type: topic.type }),
    two(topic.id),
    two(messageId),
    payload,
  );
}

export function filterMessage(
  type: typeof SN.subscribe | typeof SN.unsubscribe,
  filter: TopicFilter,
  messageId: number,
  values: Pick<FlagValues, "duplicate" | "qos">,
): Buffer {
  const topic = typeof filter.topic === "number" ? two(filter.topic) : Buffer.from(filter.topic);
  return message(type, flags({ ...values, type: filter.type }), two(messageId), topic);
}

/** The number of a short name. @throws {RangeError} it is not two bytes long */
export function shortTopic(name: string): TopicId {
  const bytes = Buffer.from(name);
  if (bytes.length !== 2) throw new RangeError(`"${name}" is no short topic`);
  return { type: TOPIC_TYPE.short, id: bytes.readUInt16BE(0) };
}
