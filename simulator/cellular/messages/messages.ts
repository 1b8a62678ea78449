import type { Call, CommandDefinition } from "../../line/command";
import { expectCount, integerAt, stringAt } from "../../line/parameters";
import { MessageError } from "../../line/results";
import type { Modem } from "../../modem";
import { fromCharacterSet, inCharacterSet } from "../character-set";
import { SERVICE_CENTRE } from "./pdu";
import { inTextMode, printListed, printRead, typeOf } from "./printing";
import { sendingCommands } from "./sending";
import { chosenStores, type Message, MessageStore, messageStore, ROOM, STATES, STORES, type StoreName } from "./store";

const INVALID_PARAMETER = 302;
const INVALID_INDEX = 321;
const ALL = 4;
const WORDS: readonly string[] = [...STATES, "ALL"];
const UNREAD = 0;

/** Short messages (27.005): their stores, what is in them, and what is sent. */
export const messageCommands: readonly CommandDefinition[] = [
  {
    name: "+CPMS",
    set: chooseStores,
    read: readStores,
    test: (call) => call.info(`+CPMS: ${Array<string>(3).fill('("ME","SM")').join(",")}`),
  },
  { name: "+CMGL", set: list, execute: listUnread, test: listStates },
  { name: "+CMGR", set: read },
  { name: "+CMGD", set: remove, test: listIndices },
  { name: "+CSCA", set: setCentre, read: readCentre, test: () => undefined },
  { name: "+CSMS", set: setService, read: readService, test: (call) => call.info("+CSMS: (0,1)") },
  ...sendingCommands,
];

interface Service {
  centre: string;
  /** <service> of +CSMS. */
  level: number;
}

function service(modem: Modem): Service {
  return modem.service<Service>("common.message-service", () => ({ centre: SERVICE_CENTRE, level: 0 }));
}

function setCentre(call: Call, modem: Modem): void {
  expectCount(call, 1, 2);
  const centre = fromCharacterSet(stringAt(call, 0, 84), modem);
  if (!/^\+?[0-9]{1,20}$/.test(centre)) throw new MessageError(INVALID_PARAMETER);
  modem.sim.require();
  service(modem).centre = centre;
}

function readCentre(call: Call, modem: Modem): void {
  modem.sim.require();
  const { centre } = service(modem);
  call.info(`+CSCA: "${inCharacterSet(centre, modem)}",${typeOf(centre)}`);
}

/** Messages come in, go out, and there are no broadcasts (27.005 3.2.1). */
const SERVICES = "1,1,0";

function setService(call: Call, modem: Modem): void {
  expectCount(call, 1, 1);
  service(modem).level = integerAt(call, 0, 0, 1);
  call.info(`+CSMS: ${SERVICES}`);
}

function readService(call: Call, modem: Modem): void {
  call.info(`+CSMS: ${service(modem).level},${SERVICES}`);
}

function chooseStores(call: Call, modem: Modem): void {
  expectCount(call, 1, 3);
  const choice = chosenStores(modem);
  const named = choice.stores.map((store, index) => stringAt(call, index, 2, store));
  const stores = named.filter((store): store is StoreName => STORES.some((known) => known === store));
  const [reading, writing, receiving] = stores;
  if (reading === undefined || writing === undefined || receiving === undefined) {
    throw new MessageError(INVALID_PARAMETER);
  }
  modem.sim.require();
  choice.stores = [reading, writing, receiving];
  call.info(`+CPMS: ${stores.map((store) => `${new MessageStore(modem, store).used},${ROOM}`).join(",")}`);
}

function readStores(call: Call, modem: Modem): void {
  modem.sim.require();
  const { stores } = chosenStores(modem);
  call.info(`+CPMS: ${stores.map((store) => `"${store}",${new MessageStore(modem, store).used},${ROOM}`).join(",")}`);
}

function list(call: Call, modem: Modem): void {
  expectCount(call, 1, 1);
  const state = inTextMode(modem) ? WORDS.indexOf(stringAt(call, 0, 10)) : integerAt(call, 0, 0, ALL);
  if (state < 0) throw new MessageError(INVALID_PARAMETER);
  print(call, modem, state);
}

function listUnread(call: Call, modem: Modem): void {
  print(call, modem, UNREAD);
}

function print(call: Call, modem: Modem, wanted: number): void {
  modem.sim.require();
  const store = messageStore(modem, 0);
  const listed = store.all().filter(([, { state }]) => wanted === ALL || STATES.indexOf(state) === wanted);
  for (const [index, message] of listed) call.info(printListed(modem, index, message));
  store.markRead(listed.map(([index]) => index));
}

function listStates(call: Call, modem: Modem): void {
  const states = inTextMode(modem) ? WORDS.map((state) => `"${state}"`).join(",") : "0,1,2,3,4";
  call.info(`+CMGL: (${states})`);
}

/** @throws {MessageError} 321 */
function messageAt(call: Call, modem: Modem): [index: number, message: Message] {
  const index = integerAt(call, 0, 0, ROOM);
  modem.sim.require();
  const message = messageStore(modem, 0).at(index);
  if (message === undefined) throw new MessageError(INVALID_INDEX);
  return [index, message];
}

function read(call: Call, modem: Modem): void {
  expectCount(call, 1, 1);
  const [index, message] = messageAt(call, modem);
  call.info(printRead(modem, message));
  messageStore(modem, 0).markRead([index]);
}

/** By <delflag> (27.005 3.5.4): which states go, beside the index that 0 names. */
const DELETED: readonly (readonly string[])[] = [
  [],
  ["REC READ"],
  ["REC READ", "STO SENT"],
  ["REC READ", "STO SENT", "STO UNSENT"],
  STATES,
];

function remove(call: Call, modem: Modem): void {
  expectCount(call, 1, 2);
  const flag = integerAt(call, 1, 0, DELETED.length - 1, 0);
  const store = messageStore(modem, 0);
  if (flag === 0) {
    store.remove([messageAt(call, modem)[0]]);
    return;
  }
  integerAt(call, 0, 0, ROOM);
  modem.sim.require();
  const gone = store.all().filter(([, { state }]) => DELETED[flag]?.includes(state));
  store.remove(gone.map(([index]) => index));
}

function listIndices(call: Call, modem: Modem): void {
  const used = messageStore(modem, 0)
    .all()
    .map(([index]) => index);
  call.info(`+CMGD: (${used.join(",")}),(0-4)`);
}
