import type { MqttMessage, QoS } from "../../internet/mqtt/types";
import type { Call, CommandDefinition, Handler } from "../../line/command";
import { expectCount, integerAt, stringAt } from "../../line/parameters";
import type { Modem } from "../../modem";
import { fileNotFound, incorrectParameters, notAllowed } from "../errors";
import { fileName } from "../files/files";
import { bytesOf, textAt } from "../messaging/text";
import { type MqttClient, mqttClient, type Operation } from "./client";
import { mqttFaults } from "./faults";
import { mqttSettingCommands } from "./settings";
import { checkCharacters } from "./text";

const LONGEST_TOPIC = 256;
const LONGEST_MESSAGE = 1024;
const LARGEST_FILE = 8192;
const HIGHEST_QOS = 2;
/** ms for the broker's answer */
const ANSWER_TIMEOUT_MS = 60_000;
const WAIT = { timeout: ANSWER_TIMEOUT_MS };
/** The modem hands on what came with the broker's answer before the answer itself. */
const ANSWER_DELAY_MS = 50;
const REFUSED = 128;

const OP = {
  logout: 0,
  login: 1,
  publish: 2,
  publishFile: 3,
  subscribe: 4,
  unsubscribe: 5,
  read: 6,
  ping: 8,
  binary: 9,
};

/** MQTT client (guide 6). */
export const mqttCommands: readonly CommandDefinition[] = [
  ...mqttSettingCommands,
  { name: "+UMQTTC", set: command, test: (call) => call.info("+UMQTTC: (0-6,8,9)") },
];

const OPERATIONS: ReadonlyMap<number, Handler> = new Map<number, Handler>([
  [OP.logout, logout],
  [OP.login, login],
  [OP.publish, publishText],
  [OP.publishFile, publishFile],
  [OP.subscribe, subscribe],
  [OP.unsubscribe, unsubscribe],
  [OP.read, read],
  [OP.ping, ping],
  [OP.binary, publishBinary],
]);

async function command(call: Call, modem: Modem): Promise<void> {
  const operation = OPERATIONS.get(integerAt(call, 0, 0, 9));
  if (operation === undefined) throw incorrectParameters();
  checkCharacters(call, modem);
  await operation(call, modem);
}

function login(call: Call, modem: Modem): void {
  expectCount(call, 1, 1);
  const client = mqttClient(modem);
  client.needNone();
  call.afterResult(() => client.login());
}

function logout(call: Call, modem: Modem): void {
  expectCount(call, 1, 1);
  const client = mqttClient(modem);
  client.needSession();
  call.afterResult(() => client.logout());
}

/** Runs when OK was printed; the result comes by URC (guide 6.2). */
function perform(call: Call, client: MqttClient, op: number, operation: Operation): void {
  call.afterResult(() => client.perform(op, operation));
}

/** The parameters that every form of publish begins with. */
function headAt(call: Call): Pick<MqttMessage, "qos" | "retain"> {
  return { qos: integerAt(call, 1, 0, HIGHEST_QOS) as QoS, retain: integerAt(call, 2, 0, 1) === 1 };
}

function topicAt(call: Call, index: number): string {
  const topic = textAt(call, index, LONGEST_TOPIC);
  if (topic === "") throw incorrectParameters();
  return topic;
}

function sends(modem: Modem, message: MqttMessage): Operation {
  return async (connection) => {
    await connection.publish(message, WAIT);
    // Without an acknowledgement, that of TCP ends the operation.
    if (message.qos === 0) await Promise.race([modem.internet.delay(modem.powerCycle), later(modem, WAIT.timeout)]);
    return "1";
  };
}

function later(modem: Modem, ms: number): Promise<void> {
  return new Promise((resolve) => modem.later(ms, resolve));
}

function publishText(call: Call, modem: Modem): void {
  expectCount(call, 6, 6);
  const head = headAt(call);
  const hex = integerAt(call, 3, 0, 1) === 1;
  const topic = topicAt(call, 4);
  const payload = bytesOf(stringAt(call, 5, LONGEST_MESSAGE), hex);
  const client = mqttClient(modem);
  client.needSession();
  perform(call, client, OP.publish, sends(modem, { ...head, topic, payload }));
}

function publishFile(call: Call, modem: Modem): void {
  expectCount(call, 5, 5);
  const head = headAt(call);
  const topic = topicAt(call, 3);
  const payload = modem.storage.files.read(fileName(call, 4));
  const client = mqttClient(modem);
  client.needSession();
  if (payload === undefined) throw fileNotFound();
  if (payload.length > LARGEST_FILE) throw notAllowed();
  perform(call, client, OP.publishFile, sends(modem, { ...head, topic, payload }));
}

/** The result is printed as that of the other publish (guide 6.5). */
async function publishBinary(call: Call, modem: Modem): Promise<void> {
  expectCount(call, 5, 5);
  const head = headAt(call);
  const topic = topicAt(call, 3);
  const length = integerAt(call, 4, 1, LONGEST_MESSAGE);
  const client = mqttClient(modem);
  client.needSession();
  const { latePrompt, binaryResult } = mqttFaults(modem);
  await client.quiet();
  const late = latePrompt.take();
  if (late !== undefined) await later(modem, late.what);
  const payload = await call.prompt(">", length);
  perform(call, client, binaryResult ? OP.binary : OP.publish, sends(modem, { ...head, topic, payload }));
}

function subscribe(call: Call, modem: Modem): void {
  expectCount(call, 3, 3);
  const qos = integerAt(call, 1, 0, HIGHEST_QOS) as QoS;
  const filter = topicAt(call, 2);
  const printed = stringAt(call, 2, LONGEST_TOPIC);
  const client = mqttClient(modem);
  client.needSession();
  perform(call, client, OP.subscribe, async (connection) => {
    const [granted = REFUSED] = await connection.subscribe([{ filter, qos }], WAIT);
    await later(modem, ANSWER_DELAY_MS);
    return granted === REFUSED ? "0" : `1,${granted},"${printed}"`;
  });
}

function unsubscribe(call: Call, modem: Modem): void {
  expectCount(call, 2, 2);
  const filter = topicAt(call, 1);
  const client = mqttClient(modem);
  client.needSession();
  perform(call, client, OP.unsubscribe, async (connection) => {
    await connection.unsubscribe([filter], WAIT);
    return "1";
  });
}

/** 0, or nothing: all; 1: the oldest one (guide 6.3). */
function read(call: Call, modem: Modem): void {
  expectCount(call, 1, 2);
  const all = integerAt(call, 1, 0, 1, 0) === 0;
  const client = mqttClient(modem);
  client.needIdle();
  if (client.unread.count === 0) throw notAllowed();
  for (const { qos, topic, payload } of client.unread.take(all)) {
    const name = Buffer.from(topic);
    const lengths = `${qos},${name.length + payload.length},${name.length}`;
    call.info(`+UMQTTC: ${OP.read},${lengths},"`, name, `",${payload.length},"`, payload, '"');
  }
  call.afterResult(() => client.unread.announce());
}

function ping(call: Call, modem: Modem): void {
  expectCount(call, 2, 2);
  const on = integerAt(call, 1, 0, 1) === 1;
  const client = mqttClient(modem);
  client.needSession();
  client.keepAlive(on);
}
