import { shortTopic } from "../../internet/mqtt-sn/messages";
import { type SnMessage, type SnQoS, TOPIC_TYPE, type TopicFilter, type TopicId } from "../../internet/mqtt-sn/types";
import type { Call, CommandDefinition, Handler } from "../../line/command";
import { expectCount, integerAt, stringAt } from "../../line/parameters";
import type { Modem } from "../../modem";
import { fileNotFound, incorrectParameters, notAllowed } from "../errors";
import { fileName } from "../files/files";
import { asText, bytesOf, textAt } from "../messaging/text";
import { type MqttSnClient, mqttSnClient, type Operation } from "./client";
import { mqttSnSettingCommands } from "./settings";

const LONGEST_TOPIC = 256;
const LONGEST_WILL = 256;
const LONGEST_MESSAGE = 1024;
/** What a message holds beside its head (AT facts 5.3). */
const LARGEST_PAYLOAD = 1017;
const HIGHEST_QOS = 2;
/** QoS −1 in the command. */
const NO_SESSION = 3;
const HIGHEST_ID = 65_535;
/** The modem hands on what came with the gateway's answer before the answer itself. */
const ANSWER_DELAY_MS = 50;

const OP = {
  disconnect: 0,
  connect: 1,
  register: 2,
  publish: 4,
  subscribe: 5,
  unsubscribe: 6,
  will: 7,
  willMessage: 8,
  read: 9,
  ping: 10,
  publishFile: 11,
};

/** MQTT-SN client (guide 7). */
export const mqttSnCommands: readonly CommandDefinition[] = [
  ...mqttSnSettingCommands,
  { name: "+UMQTTSNC", set: command, test: (call) => call.info("+UMQTTSNC: (0-2,4-11)") },
];

const OPERATIONS: ReadonlyMap<number, Handler> = new Map<number, Handler>([
  [OP.disconnect, disconnect],
  [OP.connect, connect],
  [OP.register, register],
  [OP.publish, publishText],
  [OP.subscribe, subscribe],
  [OP.unsubscribe, unsubscribe],
  [OP.will, updateWill],
  [OP.willMessage, updateWillMessage],
  [OP.read, read],
  [OP.ping, ping],
  [OP.publishFile, publishFile],
]);

async function command(call: Call, modem: Modem): Promise<void> {
  const operation = OPERATIONS.get(integerAt(call, 0, 0, OP.publishFile));
  if (operation === undefined) throw incorrectParameters();
  await operation(call, modem);
}

function connect(call: Call, modem: Modem): void {
  expectCount(call, 1, 1);
  const client = mqttSnClient(modem);
  client.needNone();
  call.afterResult(() => client.connect());
}

function disconnect(call: Call, modem: Modem): void {
  expectCount(call, 1, 1);
  const client = mqttSnClient(modem);
  client.needSession();
  call.afterResult(() => client.disconnect());
}

/** Runs when OK was printed; the result comes by URC (guide 7.2). */
function perform(call: Call, modem: Modem, op: number, operation: (client: MqttSnClient) => Operation): void {
  const client = mqttSnClient(modem);
  client.needSession();
  call.afterResult(() => client.perform(op, operation(client)));
}

function nameAt(call: Call, index: number): string {
  const name = textAt(call, index, LONGEST_TOPIC);
  if (name === "") throw incorrectParameters();
  return name;
}

function typeAt(call: Call, index: number): TopicId["type"] {
  return integerAt(call, index, TOPIC_TYPE.normal, TOPIC_TYPE.short) as TopicId["type"];
}

/** A number in quotation marks (guide 7.4), as a string of decimal digits. */
function idOf(text: string): number {
  const id = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (id < 1 || id > HIGHEST_ID) throw incorrectParameters();
  return id;
}

/** A name of exactly two characters (guide 7.7), which are two bytes. */
function shortAt(call: Call, index: number): string {
  const name = stringAt(call, index, LONGEST_TOPIC);
  if (name.length !== 2) throw incorrectParameters();
  return asText(name);
}

/** What a message is published to: an id, or a short name. */
function topicAt(call: Call, index: number, type: TopicId["type"]): TopicId {
  if (type === TOPIC_TYPE.short) return shortTopic(shortAt(call, index));
  return { type, id: idOf(stringAt(call, index, LONGEST_TOPIC)) };
}

function register(call: Call, modem: Modem): void {
  expectCount(call, 2, 2);
  const name = nameAt(call, 1);
  perform(call, modem, OP.register, (client) => async (connection) => {
    const id = await connection.register(name);
    client.gotId(id);
    return `1,${id}`;
  });
}

/** The parameters that both forms of publish begin with; −1 is for topics that need no session (MQTT-SN 6.8). */
function headAt(call: Call, topicIndex: number): Omit<SnMessage, "payload"> {
  const given = integerAt(call, 1, 0, NO_SESSION);
  const retain = integerAt(call, 2, 0, 1) === 1;
  const type = typeAt(call, topicIndex - 1);
  const topic = topicAt(call, topicIndex, type);
  if (given === NO_SESSION && type === TOPIC_TYPE.normal) throw incorrectParameters();
  return { qos: given === NO_SESSION ? -1 : (given as SnQoS), retain, topic };
}

function publish(call: Call, modem: Modem, op: number, message: SnMessage): void {
  const client = mqttSnClient(modem);
  if (message.qos === -1) client.needIdle();
  else client.needSession();
  if (message.payload.length > LARGEST_PAYLOAD) throw notAllowed();
  call.afterResult(() => client.publish(op, message));
}

const PRINTABLE = /^[\x20-\x7e]*$/;

function publishText(call: Call, modem: Modem): void {
  expectCount(call, 7, 7);
  const head = headAt(call, 5);
  const hex = integerAt(call, 3, 0, 1) === 1;
  const text = stringAt(call, 6, LONGEST_MESSAGE);
  if (!PRINTABLE.test(text)) throw incorrectParameters();
  publish(call, modem, OP.publish, { ...head, payload: bytesOf(text, hex) });
}

function publishFile(call: Call, modem: Modem): void {
  expectCount(call, 6, 6);
  const head = headAt(call, 4);
  const payload = modem.storage.files.read(fileName(call, 5));
  if (payload === undefined) throw fileNotFound();
  publish(call, modem, OP.publishFile, { ...head, payload });
}

function subscribe(call: Call, modem: Modem): void {
  expectCount(call, 4, 4);
  const qos = integerAt(call, 1, 0, HIGHEST_QOS) as 0 | 1 | 2;
  const type = typeAt(call, 2);
  const filter = { type, topic: type === TOPIC_TYPE.predefined ? topicAt(call, 3, type).id : filterAt(call, 3, type) };
  perform(call, modem, OP.subscribe, (client) => async (connection) => {
    const granted = await connection.subscribe(filter, qos);
    client.gotId(granted.id);
    await new Promise<void>((resolve) => modem.later(ANSWER_DELAY_MS, resolve));
    // Guide 7.7 prints `5,1,2,0` for a QoS of 0: the type of the topic, then the QoS.
    return type === TOPIC_TYPE.short ? `1,${type},${granted.qos}` : `1,${granted.qos},${granted.id}`;
  });
}

function filterAt(call: Call, index: number, type: TopicId["type"]): string {
  return type === TOPIC_TYPE.short ? shortAt(call, index) : nameAt(call, index);
}

/** A normal topic goes by its id, as guide 7.5 prints it, or by its name, as ubxlib sends it. */
function unsubscribe(call: Call, modem: Modem): void {
  expectCount(call, 3, 3);
  const type = typeAt(call, 1);
  const client = mqttSnClient(modem);
  client.needSession();
  const filter: TopicFilter = {
    type,
    topic: type === TOPIC_TYPE.predefined ? topicAt(call, 2, type).id : unsubscribed(call, client, type),
  };
  perform(call, modem, OP.unsubscribe, () => async (connection) => {
    await connection.unsubscribe(filter);
    return "1";
  });
}

function unsubscribed(call: Call, client: MqttSnClient, type: TopicId["type"]): string {
  const name = filterAt(call, 2, type);
  if (type === TOPIC_TYPE.short || !/^\d{1,5}$/.test(name)) return name;
  return client.nameOf(Number(name)) ?? name;
}

/** Of the running session (MQTT-SN 6.4). */
function updateWill(call: Call, modem: Modem): void {
  expectCount(call, 4, 4);
  const qos = integerAt(call, 1, 0, HIGHEST_QOS) as 0 | 1 | 2;
  const retain = integerAt(call, 2, 0, 1) === 1;
  const topic = nameAt(call, 3);
  perform(call, modem, OP.will, () => async (connection) => {
    await connection.updateWillTopic({ topic, qos, retain });
    return "1";
  });
}

function updateWillMessage(call: Call, modem: Modem): void {
  expectCount(call, 2, 2);
  const payload = Buffer.from(stringAt(call, 1, LONGEST_WILL), "latin1");
  perform(call, modem, OP.willMessage, () => async (connection) => {
    await connection.updateWillMessage(payload);
    return "1";
  });
}

/** 0, or nothing: all; 1: the oldest one (guide 7.4). */
function read(call: Call, modem: Modem): void {
  expectCount(call, 1, 2);
  const all = integerAt(call, 1, 0, 1, 0) === 0;
  const client = mqttSnClient(modem);
  client.needIdle();
  if (client.unread.count === 0) throw notAllowed();
  for (const { qos, topic, payload } of client.unread.take(all)) {
    const name =
      topic.type === TOPIC_TYPE.short ? Buffer.of(topic.id >> 8, topic.id & 0xff) : Buffer.from(`${topic.id}`);
    const lengths = `${qos},${topic.type},${name.length + payload.length},${name.length}`;
    call.info(`+UMQTTSNC: ${OP.read},${lengths},"`, name, `",${payload.length},"`, payload, '"');
  }
  call.afterResult(() => client.unread.announce());
}

function ping(call: Call, modem: Modem): void {
  expectCount(call, 2, 2);
  const on = integerAt(call, 1, 0, 1) === 1;
  const client = mqttSnClient(modem);
  client.needSession();
  client.keepAlive(on);
}
