import type { Argument, Call } from "../../line/command";
import type { Modem } from "../../modem";
import { incorrectParameters } from "../errors";
import { mqttFaults } from "./faults";

const BEYOND_ASCII = /[^\x20-\x7e]/;

/** @throws {CommandError} the fault `mqtt-ascii` is on, and a string has other characters */
export function checkCharacters(call: Call, modem: Modem): void {
  const isRefused = ({ text }: Argument) => BEYOND_ASCII.test(text);
  if (mqttFaults(modem).asciiOnly && call.arguments.some(isRefused)) throw incorrectParameters();
}
