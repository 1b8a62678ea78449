import type { Channel } from "../../at/channel-types";
import { toInteger } from "../../at/fields";
import { askWhole, unlessRejected } from "../../cellular/commands";
import { ModemError } from "../../errors";
import { query } from "../commands";
import type { UbloxTraits } from "../traits";

/** Without +UDCONF=19 the modem's own clients use context 1 (guide 2.3.1). */
export const FACTORY_CONTEXT = 1;

/**
 * The context of commands that name none.
 *
 * @throws {ModemError} `PROTOCOL_ERROR` for an answer that can't be read
 */
export async function readDefaultContext(channel: Channel): Promise<number> {
  const used = await unlessRejected(
    askWhole(channel, query("+UDCONF=", [19]), ([fields = [], ...more]) => {
      const [op, cid] = fields.map(toInteger);
      return more.length === 0 && op === 19 && cid !== undefined && cid >= 1 ? cid : undefined;
    }),
  );
  return used ?? FACTORY_CONTEXT;
}

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
  const used = await readDefaultContext(channel);
  if (used === cid) return;
  throw new ModemError(
    "NOT_SUPPORTED",
    `${name} can ${what} only over its default data connection, which is ${used}, not ${cid}. Leave cid out.`,
  );
}
