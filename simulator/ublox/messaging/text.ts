import type { Call } from "../../line/command";
import { stringAt } from "../../line/parameters";
import { incorrectParameters } from "../errors";

const HEX = /^([0-9A-Fa-f]{2})*$/;
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A topic or a name as MQTT has it; the line has its bytes. @throws {CommandError} when they are no UTF-8 */
export function asText(bytes: string): string {
  try {
    return UTF8.decode(Buffer.from(bytes, "latin1"));
  } catch {
    throw incorrectParameters();
  }
}

/** A string parameter that has to be UTF-8. */
export function textAt(call: Call, index: number, longest: number): string {
  return asText(stringAt(call, index, longest));
}

/** Bytes that stand in the line as they are, or in hexadecimal digits. */
export function bytesOf(text: string, hex: boolean): Buffer {
  if (hex && !HEX.test(text)) throw incorrectParameters();
  return Buffer.from(text, hex ? "hex" : "latin1");
}
