import { toInteger } from "../../at/fields";
import { ask, unlessRejected } from "../../cellular/commands";
import { query } from "../commands";
import type { KnownModem } from "../traits";
import { SocketControl, TCP, TLS } from "./control";

/** Closes all sockets, TLS included, since no owner is left to do it. Firmware that can't tell of them is left alone. */
export async function closeOrphanedSockets(modem: KnownModem): Promise<void> {
  for (const family of [TCP, TLS]) {
    const sockets = (await unlessRejected(ask(modem.channel, query(family.state)))) ?? [];
    const numbers = sockets.map(([number]) => toInteger(number)).filter(Number.isInteger);
    for (const number of numbers) await new SocketControl(modem, number, family).close();
  }
}
