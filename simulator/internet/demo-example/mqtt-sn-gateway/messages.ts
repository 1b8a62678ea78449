/** Messages of MQTT-SN 1.2 as a gateway sees them (MQTT-SN 5.4): decodes what clients send, encodes what it answers. */

export const TYPE = {
  searchGateway: 0x01,
  gatewayInfo: 0x02,
  connect: 0x04,
  connack: 0x05,
  willTopicRequest: 0x06,
  willTopic: 0x07,
  willMessageRequest: 0x08,
  willMessage: 0x09,
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
  willTopicUpdate: 0x1a,
  willTopicResponse: 0x1b,
  willMessageUpdate: 0x1c,
  willMessageResponse: 0x1d,
} as const;

/** MQTT-SN 5.3.10 */
export const CODE = { accepted: 0, congestion: 1, invalidTopicId: 2, notSupported: 3 } as const;

/** MQTT-SN 5.3.11: a number from a registration, a number both sides know, a name of two characters. */
export const TOPIC = { normal: 0, predefined: 1, short: 2 } as const;
export type TopicType = (typeof TOPIC)[keyof typeof TOPIC];

export type Qos = 0 | 1 | 2;

export interface Publication {
  readonly duplicate: boolean;
  readonly qos: Qos | -1;
  readonly retain: boolean;
  readonly topicType: TopicType;
  /** The two characters of a short name, too. */
  readonly topicId: number;
  /** 0 with QoS 0 and −1. */
  readonly messageId: number;
  readonly payload: Buffer;
}

interface Will {
  readonly qos: Qos;
  readonly retain: boolean;
  /** Empty: no will any more. */
  readonly topic: string;
}

interface TopicFilter {
  readonly qos: Qos;
  readonly topicType: TopicType;
  readonly messageId: number;
  /** A name, also a short one, or a predefined number. */
  readonly topic: string | number;
}

interface Acknowledgement {
  readonly topicId: number;
  readonly messageId: number;
  readonly code: number;
}

export type ClientMessage =
  | { readonly kind: "searchGateway" | "pingreq" | "disconnect" }
  | {
      readonly kind: "connect";
      readonly will: boolean;
      readonly clean: boolean;
      /** s; 0: no keep-alive */
      readonly duration: number;
      readonly clientId: string;
    }
  | ({ readonly kind: "willTopic" | "willTopicUpdate" } & Will)
  | { readonly kind: "willMessage" | "willMessageUpdate"; readonly payload: Buffer }
  | { readonly kind: "register"; readonly messageId: number; readonly name: string }
  | ({ readonly kind: "regack" | "puback" } & Acknowledgement)
  | ({ readonly kind: "publish" } & Publication)
  | { readonly kind: "pubrec" | "pubrel" | "pubcomp"; readonly messageId: number }
  | ({ readonly kind: "subscribe" | "unsubscribe" } & TopicFilter);

/** A body that is shorter than its type asks for throws a RangeError of Buffer's. */
type Decoder = (body: Buffer) => ClientMessage;

const DECODERS: ReadonlyMap<number, Decoder> = new Map<number, Decoder>([
  [TYPE.searchGateway, () => ({ kind: "searchGateway" })],
  [TYPE.connect, decodeConnect],
  [TYPE.willTopic, (body) => ({ kind: "willTopic", ...decodeWill(body) })],
  [TYPE.willMessage, (body) => ({ kind: "willMessage", payload: body })],
  [TYPE.register, (body) => ({ kind: "register", messageId: body.readUInt16BE(2), name: textOf(body.subarray(4)) })],
  [TYPE.regack, (body) => ({ kind: "regack", ...decodeAcknowledgement(body) })],
  [TYPE.publish, decodePublish],
  [TYPE.puback, (body) => ({ kind: "puback", ...decodeAcknowledgement(body) })],
  [TYPE.pubrec, (body) => ({ kind: "pubrec", messageId: body.readUInt16BE(0) })],
  [TYPE.pubrel, (body) => ({ kind: "pubrel", messageId: body.readUInt16BE(0) })],
  [TYPE.pubcomp, (body) => ({ kind: "pubcomp", messageId: body.readUInt16BE(0) })],
  [TYPE.subscribe, (body) => ({ kind: "subscribe", ...decodeFilter(body) })],
  [TYPE.unsubscribe, (body) => ({ kind: "unsubscribe", ...decodeFilter(body) })],
  [TYPE.pingreq, () => ({ kind: "pingreq" })],
  [TYPE.disconnect, () => ({ kind: "disconnect" })],
  [TYPE.willTopicUpdate, (body) => ({ kind: "willTopicUpdate", ...decodeWill(body) })],
  [TYPE.willMessageUpdate, (body) => ({ kind: "willMessageUpdate", payload: body })],
]);

/** The type of a datagram, well-formed or not. */
export function typeOf(datagram: Buffer): number | undefined {
  return datagram[datagram[0] === 1 ? 3 : 1];
}

/** Undefined for what no client sends. */
export function decode(datagram: Buffer): ClientMessage | undefined {
  try {
    // MQTT-SN 5.2.1: a first octet of 1 stands before a length of two octets.
    const isLong = datagram.readUInt8(0) === 1;
    const length = isLong ? datagram.readUInt16BE(1) : datagram.readUInt8(0);
    if (length !== datagram.length) return undefined;
    const start = isLong ? 3 : 1;
    return DECODERS.get(datagram.readUInt8(start))?.(datagram.subarray(start + 1));
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return undefined;
    throw error;
  }
}

const DUPLICATE = 0x80;
const RETAIN = 0x10;
const WILL = 0x08;
const CLEAN = 0x04;
const PROTOCOL = 0x01;

function decodeConnect(body: Buffer): ClientMessage {
  const flags = body.readUInt8(0);
  if (body.readUInt8(1) !== PROTOCOL) throw new RangeError("another protocol");
  const [will, clean] = [(flags & WILL) !== 0, (flags & CLEAN) !== 0];
  return { kind: "connect", will, clean, duration: body.readUInt16BE(2), clientId: textOf(body.subarray(4)) };
}

function decodeWill(body: Buffer): Will {
  if (body.length === 0) return { qos: 0, retain: false, topic: "" };
  const flags = body.readUInt8(0);
  return { qos: qosOf(flags), retain: (flags & RETAIN) !== 0, topic: textOf(body.subarray(1)) };
}

function decodeAcknowledgement(body: Buffer): Acknowledgement {
  return { topicId: body.readUInt16BE(0), messageId: body.readUInt16BE(2), code: body.readUInt8(4) };
}

function decodePublish(body: Buffer): ClientMessage {
  const flags = body.readUInt8(0);
  return {
    kind: "publish",
    duplicate: (flags & DUPLICATE) !== 0,
    qos: ((flags >> 5) & 3) === 3 ? -1 : qosOf(flags),
    retain: (flags & RETAIN) !== 0,
    topicType: topicTypeOf(flags),
    topicId: body.readUInt16BE(1),
    messageId: body.readUInt16BE(3),
    payload: Buffer.from(body.subarray(5)),
  };
}

function decodeFilter(body: Buffer): TopicFilter {
  const flags = body.readUInt8(0);
  const topicType = topicTypeOf(flags);
  const topic = topicType === TOPIC.predefined ? body.readUInt16BE(3) : textOf(body.subarray(3));
  return { qos: qosOf(flags), topicType, messageId: body.readUInt16BE(1), topic };
}

function qosOf(flags: number): Qos {
  const qos = (flags >> 5) & 3;
  if (qos === 3) throw new RangeError("QoS −1 is for PUBLISH only");
  return qos as Qos;
}

function topicTypeOf(flags: number): TopicType {
  const type = flags & 3;
  if (type === 3) throw new RangeError("a reserved type of topic");
  return type as TopicType;
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function textOf(bytes: Buffer): string {
  return UTF8.decode(bytes);
}

/** One message, its length in front. */
export function encode(type: number, ...body: readonly (readonly number[] | Buffer)[]): Buffer {
  const content = Buffer.concat([Buffer.of(type), ...body.map((part) => Buffer.from(part))]);
  const length = content.length + 1;
  const head = length <= 0xff ? Buffer.of(length) : Buffer.of(1, ...twoOctets(length + 2));
  return Buffer.concat([head, content]);
}

export function twoOctets(value: number): readonly number[] {
  return [value >> 8, value & 0xff];
}

export function acknowledge(type: number, topicId: number, messageId: number, code: number): Buffer {
  return encode(type, twoOctets(topicId), twoOctets(messageId), [code]);
}

export function suback(qos: Qos, topicId: number, messageId: number, code: number): Buffer {
  return encode(TYPE.suback, [qos << 5], twoOctets(topicId), twoOctets(messageId), [code]);
}

export function register(topicId: number, messageId: number, name: string): Buffer {
  return encode(TYPE.register, twoOctets(topicId), twoOctets(messageId), Buffer.from(name));
}

export function publish(message: Publication): Buffer {
  const { duplicate, qos, retain, topicType, topicId, messageId, payload } = message;
  const flags = (duplicate ? DUPLICATE : 0) | ((qos & 3) << 5) | (retain ? RETAIN : 0) | topicType;
  return encode(TYPE.publish, [flags], twoOctets(topicId), twoOctets(messageId), payload);
}
