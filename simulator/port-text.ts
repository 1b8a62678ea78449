/*
 * What the text of a `sim:` port says. Dialogs check a port by this too, so nothing here needs Node.js or a modem.
 */
import { OWN_FAULTS } from "./faults/own-names";
import { parseFault } from "./faults/spec";
import { FAULTS } from "./faults/table";
import { parseRoute } from "./internet/route";
import { checkOptions, type OptionValues } from "./options";

const PORT = /^sim:([^?]*)(?:\?(.*))?$/is;

/** @throws {Error} if it is not a simulated port */
export function parsePort(port: string): { model: string; values: OptionValues } {
  const match = PORT.exec(port);
  if (match === null) throw new Error(`"${port}" is not a simulated port; these read sim:LARA-R6?baud=115200`);
  const values = new Map<string, string[]>();
  for (const pair of (match[2] ?? "").split("&").filter((text) => text !== "")) {
    const [written = "", ...rest] = pair.split("=");
    // Option names as in a URL, or with the command's dashes.
    const name = written.replace(/^--/, "");
    const value = decode(rest.join("="), port);
    // A name only separates one modem from another.
    if (name !== "name") values.set(name, [...(values.get(name) ?? []), value]);
  }
  return { model: match[1] ?? "", values };
}

/**
 * All that is checked when the port is opened.
 *
 * @param models the names that there are
 * @throws {Error} that says what is wrong
 */
export function checkPort(port: string, models: readonly string[]): void {
  const { model, values } = parsePort(port);
  if (!models.includes(model)) throw new Error(`no modem "${model}"; there are ${models.join(", ")}`);
  checkOptions(values);
  for (const route of values.get("route") ?? []) parseRoute(route);
  for (const fault of values.get("fault") ?? []) parseFault(fault, { ...FAULTS, ...OWN_FAULTS[model] });
}

function decode(text: string, port: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error(`"${port}" has a percent sign that does not begin a character`);
  }
}
