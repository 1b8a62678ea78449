import type { Call, CommandDefinition } from "../../line/command";
import { expectCount, integerAt } from "../../line/parameters";
import type { Modem } from "../../modem";
import { incorrectParameters, notAllowed } from "../errors";
import { type ModemSocket, TCP, UDP } from "./socket";
import { HIGHEST_SOCKET, socketTable } from "./table";

/** Settings of one socket and of all (guide 5, 5.4). */
export const socketOptionCommands: readonly CommandDefinition[] = [
  { name: "+USOSO", set: setOption, test: (call) => call.info(`+USOSO: (0-${HIGHEST_SOCKET}),(0,6,65535)`) },
  { name: "+USOGO", set: getOption, test: (call) => call.info(`+USOGO: (0-${HIGHEST_SOCKET}),(0,6,65535)`) },
  { name: "+USOCFG", set: configure },
];

/** One option: its values, each with range and initial value. */
interface SocketOptionRule {
  readonly values: readonly (readonly [least: number, most: number, initial: number])[];
  /** Values may be left out from here on. */
  readonly needed: number;
  readonly only?: typeof TCP | typeof UDP;
}

const HIGHEST_TIME = 2_147_483_647;
const one = (most: number, initial: number, only?: typeof TCP | typeof UDP): SocketOptionRule => ({
  values: [[0, most, initial]],
  needed: 1,
  ...(only === undefined ? {} : { only }),
});

const NO_DELAY = "6,1";
const KEEP_IDLE = "6,2";
const KEEP_ALIVE = "65535,8";
const TIME_TO_LIVE = "0,2";
const BROADCAST = "65535,32";

/** By level and option. */
const RULES: ReadonlyMap<string, SocketOptionRule> = new Map([
  // Type of service
  ["0,1", one(255, 0)],
  [TIME_TO_LIVE, one(255, 255)],
  [NO_DELAY, one(1, 0, TCP)],
  [KEEP_IDLE, one(HIGHEST_TIME, 7_200_000, TCP)],
  // Reuse of addresses
  ["65535,4", one(1, 0)],
  [KEEP_ALIVE, one(1, 0, TCP)],
  [BROADCAST, one(1, 0, UDP)],
  // Linger, and its ms
  [
    "65535,128",
    {
      values: [
        [0, 1, 0],
        [0, 32_767, 0],
      ],
      needed: 1,
      only: TCP,
    },
  ],
  // Reuse of addresses and ports
  ["65535,512", one(1, 0)],
]);

function ruleAt(call: Call, socket: ModemSocket): { key: string; rule: SocketOptionRule } {
  const key = `${integerAt(call, 1, 0, 65_535)},${integerAt(call, 2, 0, 65_535)}`;
  const rule = RULES.get(key);
  if (rule === undefined) throw incorrectParameters();
  if (rule.only !== undefined && rule.only !== socket.parts.protocol) throw notAllowed();
  return { key, rule };
}

function setOption(call: Call, modem: Modem): void {
  expectCount(call, 4, 5);
  const socket = socketTable(modem).at(call);
  const { key, rule } = ruleAt(call, socket);
  const given = call.arguments.length - 3;
  if (given < rule.needed || given > rule.values.length) throw incorrectParameters();
  const values = rule.values.map(([least, most, initial], index) => integerAt(call, 3 + index, least, most, initial));
  socket.options.set(key, values);
  applyOptions(socket);
}

function getOption(call: Call, modem: Modem): void {
  expectCount(call, 3, 3);
  const socket = socketTable(modem).at(call);
  const { key, rule } = ruleAt(call, socket);
  const values = socket.options.get(key) ?? rule.values.map(([, , initial]) => initial);
  call.info(`+USOGO: ${values.join(",")}`);
}

/** Applies the options that this machine's sockets support. */
export function applyOptions(socket: ModemSocket): void {
  const first = (key: string) =>
    (socket.options.get(key) ?? RULES.get(key)?.values.map(([, , value]) => value))?.[0] ?? 0;
  socket.connection?.setNoDelay(first(NO_DELAY) === 1);
  socket.connection?.setKeepAlive(first(KEEP_ALIVE) === 1, first(KEEP_IDLE));
  socket.datagrams?.setBroadcast(first(BROADCAST) === 1);
  // 0 is not a valid hop count.
  socket.datagrams?.setTtl(Math.max(1, first(TIME_TO_LIVE)));
}

const SYSTEM = "ublox.socket-configuration";

/** For all sockets, in NVM. Without effect: this machine's stack decides on selective acknowledgement and the like. */
function configure(call: Call, modem: Modem): void {
  expectCount(call, 1, 2);
  const stored = modem.storage.get<Record<string, number>>(SYSTEM) ?? {};
  const parameter = integerAt(call, 0, 0, 255);
  if (call.arguments.length === 1) call.info(`+USOCFG: ${parameter},${stored[parameter] ?? 0}`);
  else modem.storage.set(SYSTEM, { ...stored, [parameter]: integerAt(call, 1, 0, HIGHEST_TIME) });
}
