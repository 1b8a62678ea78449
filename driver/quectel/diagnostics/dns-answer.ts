import { splitFields, toInteger } from "../../at/fields";
import type { Line } from "../../at/line";
import { parseAddress } from "../../cellular/addresses";
import { ModemError } from "../../errors";
import { numberedError } from "../errors";

/**
 * Matches the URCs of +QIDNSGIP: `+QIURC: "dnsgip",0,<count>,<ttl>`, then `count` lines with an address each; only the
 * first line on an error (AT facts 2.1).
 */
export function dnsLines(operation: string, command: string): (line: Line) => string[] | ModemError | undefined {
  let expected: number | undefined;
  const addresses: string[] = [];
  return (line) => {
    const [kind, value, count] = line.text.startsWith("+QIURC:") ? splitFields(line) : [];
    if (kind?.text !== "dnsgip" || value === undefined) return undefined;
    if (value.quoted) {
      if (expected === undefined) return undefined;
      addresses.push(parseAddress(value.text) ?? value.text);
    } else {
      const error = toInteger(value);
      if (error !== 0) return failure(operation, error, { command, result: line.text });
      const announced = toInteger(count);
      // Where the line has damaged it, the first address has to do.
      expected = Number.isNaN(announced) ? 1 : announced;
    }
    return addresses.length >= (expected ?? 1) ? addresses : undefined;
  };
}

/** Whatever number it was, it was the name that was not resolved. */
function failure(operation: string, number: number, line: { command: string; result: string }): ModemError {
  const { message, cause } = numberedError(number, { operation, ...line });
  return new ModemError("DNS_FAILED", message, cause);
}
