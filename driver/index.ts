/**
 * The driver without Node-RED: `require("@cellular-flows/node-red-modem/driver")`.
 *
 * What is exported here is public; everything else in the driver may change with any version.
 */
import type { EventEmitter } from "node:events";
import { Modem, type ModemOptions } from "./modem";
import type { ModemEvents, ModemHandle, ModemSettings } from "./modem-types";
import { DEFAULT_SETTINGS } from "./modem-types";

export * from "./errors";
export type * from "./modem-types";
export type * from "./services/diagnostics";
export type * from "./services/files";
export type * from "./services/http/http";
export type { Services } from "./services/model";
export type * from "./services/packet-data";
export type * from "./services/security/security";
export type * from "./services/sockets/sockets";
export { listSerialPorts, type SerialPortInfo } from "./transport/discovery";

/** A modem that is opened once and then looked after until it is closed. It never emits `error`. */
export interface CellularModem extends ModemHandle, EventEmitter<ModemEvents> {}

/** What is left out is as in the dialog of a new modem node. */
export type CellularModemSettings = Pick<ModemSettings, "port"> & Partial<ModemSettings>;

export type CellularModemOptions = Pick<ModemOptions, "pinFile">;

/**
 * Makes a modem without opening it: set listeners, `open()` it, and wait for its services with `ready()`.
 *
 * @throws {ModemError} `INVALID_INPUT`, naming the setting
 */
export function createModem(settings: CellularModemSettings, { pinFile }: CellularModemOptions = {}): CellularModem {
  return new Modem({ ...DEFAULT_SETTINGS, ...settings }, pinFile === undefined ? {} : { pinFile });
}
