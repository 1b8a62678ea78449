import type { Call, CommandDefinition } from "../line/command";
import { choiceAt, expectCount } from "../line/parameters";
import type { Modem } from "../modem";

const OFF = 0;
/** The short form of the serving cell, the only one that LARA-R6 has. */
const SERVING_CELL = 2;

/** +UCGED: channel and network environment (development note, radio parameters). */
export const cellCommands: readonly CommandDefinition[] = [
  { name: "+UCGED", set: choose, read: describe, test: (call) => call.info("+UCGED: (0,2)") },
];

function chosen(modem: Modem): { mode: number } {
  return modem.service("ublox.cell", () => ({ mode: OFF }));
}

function choose(call: Call, modem: Modem): void {
  expectCount(call, 1, 1);
  chosen(modem).mode = choiceAt(call, 0, [OFF, SERVING_CELL]);
}

/** <rat> of an LTE cell, and its <svc>: registered, or none. */
const LTE = 6;
const SERVICE = { registered: 4, none: 3 };
/** LTE band 20 and a channel of it, 10 MHz wide (50 resource blocks). */
const CHANNEL = "6300,20,50,50";
const PHYSICAL_CELL = 187;
const NO_CHANNEL = "65535,255,255,255";

/** The first line has the prefix, the two with the values have none. Signal in dBm and dB, as firmware 00B prints it. */
function describe(call: Call, modem: Modem): void {
  const { mode } = chosen(modem);
  call.info(`+UCGED: ${mode}`);
  if (mode === OFF) return;
  const { registration, cell, signal } = modem.radio;
  if (registration !== 1 && registration !== 5) {
    call.info(`${LTE},${SERVICE.none},fff,fff`);
    call.info(`${NO_CHANNEL},ffff,0000000,65535,00000000,ffff,ff,255,255,255,1,255,255,255,255,255,0,255,255,0`);
    return;
  }
  const place = `${cell.tac.toLowerCase()},${cell.ci.toLowerCase()},${PHYSICAL_CELL},d60814d1,8001,01`;
  call.info(`${LTE},${SERVICE.registered},${cell.mcc},${cell.mnc}`);
  call.info(`${CHANNEL},${place},${signal.rsrp},${signal.rsrq},13.75,3,1,10,${signal.rsrp},-50,-6,0,255,255,0`);
}
