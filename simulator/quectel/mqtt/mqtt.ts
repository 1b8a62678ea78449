import type { Call, CommandDefinition } from "../../line/command";
import type { Modem } from "../../modem";
import { State } from "./client";
import { mqttClients } from "./clients";
import { mqttSettingCommands } from "./configure";
import { mqttParameters, notNow, OPENED } from "./errors";
import { mqttFaults } from "./faults";
import { loginOf } from "./opening";
import { mqttPublishCommands } from "./publish";
import { HIGHEST_ID, IDENTITY, LONGEST_TEXT, mqttSettings } from "./settings";
import { mqttSubscriptionCommands } from "./subscriptions";

const LONGEST_HOST = 100;
/** Anything else can't be a name or an address. */
const HOST = /^[\w.:-]+$/;
const PORT = { min: 1, max: 65_535 } as const;

function open(call: Call, modem: Modem): void {
  const parameters = mqttParameters(call).expect(3, 3);
  const id = parameters.number(0, IDENTITY);
  const broker = { host: parameters.text(1, { maxLength: LONGEST_HOST }), port: parameters.number(2, PORT) };
  if (broker.host === "") throw notNow("no host");
  const clients = mqttClients(modem);
  const tell = (result: number) => call.afterResult(() => modem.urc(`+QMTOPEN: ${id},${result}`));
  if (clients.find(id) !== undefined) tell(OPENED.occupied);
  else if (!HOST.test(broker.host)) tell(OPENED.parameter);
  else call.afterResult(() => clients.add(id, broker).open());
}

function showOpen(call: Call, modem: Modem): void {
  for (const { id, broker, state } of mqttClients(modem).all()) {
    if (state !== undefined) call.info(`+QMTOPEN: ${id},"${broker.host}",${broker.port}`);
  }
}

function close(call: Call, modem: Modem): void {
  const client = mqttClients(modem).get(mqttParameters(call).expect(1, 1).number(0, IDENTITY));
  call.afterResult(() => client.close());
}

function connect(call: Call, modem: Modem): void {
  const parameters = mqttParameters(call).expect(2, 4);
  const id = parameters.number(0, IDENTITY);
  const client = mqttClients(modem).get(id);
  const text = { maxLength: LONGEST_TEXT };
  const [user, password] = [2, 3].map((index) => parameters.text(index, { ...text, fallback: "" }));
  const credentials = { clientId: parameters.text(1, text), user: user ?? "", password: password ?? "" };
  const login = loginOf(mqttSettings(modem, id), credentials);
  client.need(State.Initial);
  call.afterResult(() => client.login(login));
}

function showStates(call: Call, modem: Modem): void {
  for (const { id, state } of mqttClients(modem).all()) {
    if (state !== undefined) call.info(`+QMTCONN: ${id},${state}`);
  }
}

function disconnect(call: Call, modem: Modem): void {
  const client = mqttClients(modem).get(mqttParameters(call).expect(1, 1).number(0, IDENTITY));
  client.need(State.Connected);
  call.afterResult(() => client.disconnect());
}

/** +QMTRECV=<id>[,<slot>]: that message, or all that wait. */
function receive(call: Call, modem: Modem): void {
  needBuffer(modem);
  const parameters = mqttParameters(call).expect(1, 2);
  const { inbox } = mqttClients(modem).get(parameters.number(0, IDENTITY));
  const slot = parameters.count === 2 ? parameters.number(1, { min: 0, max: 4 }) : undefined;
  for (const line of inbox.take(slot)) call.info(...line);
}

function showSlots(call: Call, modem: Modem): void {
  needBuffer(modem);
  for (const { id, inbox } of mqttClients(modem).all()) call.info(`+QMTRECV: ${[id, ...inbox.status].join()}`);
}

/** @throws {CommandError} the firmware knows no buffered messages */
function needBuffer(modem: Modem): void {
  if (mqttFaults(modem).old) throw notNow("no such command");
}

const RANGE = `(0-${HIGHEST_ID})`;

/** MQTT client (AT facts 6). */
export const mqttCommands: readonly CommandDefinition[] = [
  ...mqttSettingCommands,
  {
    name: "+QMTOPEN",
    test: (call) => call.info(`+QMTOPEN: ${RANGE},<host_name>,(1-65535)`),
    read: showOpen,
    set: open,
  },
  { name: "+QMTCLOSE", test: (call) => call.info(`+QMTCLOSE: ${RANGE}`), set: close },
  {
    name: "+QMTCONN",
    test: (call) => call.info(`+QMTCONN: ${RANGE},<clientID>,<username>,<password>`),
    read: showStates,
    set: connect,
  },
  { name: "+QMTDISC", test: (call) => call.info(`+QMTDISC: ${RANGE}`), set: disconnect },
  ...mqttSubscriptionCommands,
  ...mqttPublishCommands,
  { name: "+QMTRECV", read: showSlots, set: receive },
];
