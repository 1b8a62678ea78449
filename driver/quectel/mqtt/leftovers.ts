import type { Line } from "../../at/line";
import { askWhole, unlessRejected } from "../../cellular/commands";
import { isModemError } from "../../errors";
import { query } from "../commands";
import type { KnownModem } from "../traits";
import { MqttClient } from "./client";

/** `<client>,"<host>",<port>`; the result of an order has the same name. */
const OPEN = /^\+QMTOPEN: ?(\d),"[^"]*",\d+$/;

/**
 * Closes the clients that an earlier session, whose port was unplugged, left open on the modem.
 *
 * @returns whether none is open, so far as the modem tells
 */
export async function closeOrphanedClients(modem: KnownModem): Promise<boolean> {
  const question = query("+QMTOPEN?", [], { expects: [{ prefix: "+QMTOPEN:", accepts: isOpen }] });
  const open = await unlessRejected(
    askWhole(modem.channel, question, (lines) => lines.map(([number]) => Number(number?.text))),
  ).catch((error: unknown) => {
    // Then each client is closed before its first use: no reason to do without the modem.
    if (isModemError(error, "PROTOCOL_ERROR")) return undefined;
    throw error;
  });
  let areClosed = open !== undefined;
  for (const number of open ?? []) areClosed = (await new MqttClient(modem, number).close()) !== "failed" && areClosed;
  return areClosed;
}

function isOpen({ text }: Line): boolean {
  return OPEN.test(text);
}
