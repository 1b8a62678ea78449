import type { Channel } from "../../at/channel-types";
import { toInteger } from "../../at/fields";
import { ask, unlessRejected } from "../../cellular/commands";
import { ModemError } from "../../errors";
import { query } from "../commands";
import type { UbloxTraits } from "../traits";

/** Without +UDCONF=19 the modem's own clients use context 1 (guide 2.3.1). */
export const FACTORY_CONTEXT = 1;

/**
 * Checks that commands without a context of their own would use `cid`.
 *
 * @throws {ModemError} `NOT_SUPPORTED` when they use another one
 */
export async function requireDefaultContext(
  channel: Channel,
  { name }: UbloxTraits,
  cid: number | undefined,
  what: string,
): Promise<void> {
  if (cid === undefined) return;
  const answer = await unlessRejected(ask(channel, query("+UDCONF=", [19])));
  const configured = toInteger(answer?.[0]?.[1]);
  const used = Number.isNaN(configured) ? FACTORY_CONTEXT : configured;
  if (used === cid) return;
  throw new ModemError(
    "NOT_SUPPORTED",
    `${name} can ${what} only over its default data connection, which is ${used}, not ${cid}. Leave cid out.`,
  );
}
