import type { Call, CommandDefinition } from "../line/command";
import { expectCount, integerAt, stringAt } from "../line/parameters";
import { MessageError } from "../line/results";
import type { Modem } from "../modem";
import { setting } from "./settings";

const STORES = ["ME", "SM"];
const ROOM = 255;
const INVALID_PARAMETER = 302;
const INVALID_INDEX = 321;
const STATES = ["REC UNREAD", "REC READ", "STO UNSENT", "STO SENT", "ALL"];

/** The message stores of 27.005: present but empty. */
export const messageCommands: readonly CommandDefinition[] = [
  {
    name: "+CPMS",
    set: chooseStores,
    read: readStores,
    test: (call) => call.info(`+CPMS: ${Array<string>(3).fill('("ME","SM")').join(",")}`),
  },
  { name: "+CMGL", set: list, execute: (_call, modem) => modem.sim.require(), test: listStates },
  { name: "+CMGR", set: noMessage },
  { name: "+CMGD", set: remove, test: (call) => call.info("+CMGD: (),(0-4)") },
];

function chosen(modem: Modem): { stores: string[] } {
  return modem.service("common.message-stores", () => ({ stores: ["ME", "ME", "ME"] }));
}

function chooseStores(call: Call, modem: Modem): void {
  expectCount(call, 1, 3);
  const now = chosen(modem).stores;
  const stores = now.map((store, index) => stringAt(call, index, 2, store));
  if (stores.some((store) => !STORES.includes(store))) throw new MessageError(INVALID_PARAMETER);
  modem.sim.require();
  chosen(modem).stores = stores;
  call.info(`+CPMS: ${stores.map(() => `0,${ROOM}`).join(",")}`);
}

function readStores(call: Call, modem: Modem): void {
  modem.sim.require();
  call.info(
    `+CPMS: ${chosen(modem)
      .stores.map((store) => `"${store}",0,${ROOM}`)
      .join(",")}`,
  );
}

function inTextMode(modem: Modem): boolean {
  return setting(modem, "+CMGF")[0] === 1;
}

function list(call: Call, modem: Modem): void {
  expectCount(call, 1, 1);
  if (!inTextMode(modem)) integerAt(call, 0, 0, 4);
  else if (!STATES.includes(stringAt(call, 0, 10))) throw new MessageError(INVALID_PARAMETER);
  modem.sim.require();
}

function listStates(call: Call, modem: Modem): void {
  const states = inTextMode(modem) ? STATES.map((state) => `"${state}"`).join(",") : "0,1,2,3,4";
  call.info(`+CMGL: (${states})`);
}

/** With a <delflag> other than 0 it deletes whole classes of messages, of which there are none (27.005 3.5.4). */
function remove(call: Call, modem: Modem): void {
  expectCount(call, 1, 2);
  if (integerAt(call, 1, 0, 4, 0) === 0) noMessage(call, modem);
  integerAt(call, 0, 0, ROOM);
  modem.sim.require();
}

function noMessage(call: Call, modem: Modem): void {
  expectCount(call, 1, 2);
  integerAt(call, 0, 0, ROOM);
  modem.sim.require();
  throw new MessageError(INVALID_INDEX);
}
