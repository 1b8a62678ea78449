import type { Channel } from "../at/channel-types";
import type { Priority } from "../at/command";
import { toInteger } from "../at/fields";
import { ask, command, query, TIMEOUTS, trySend, unlessRejected } from "./commands";
import { technologyName } from "./technology";
import { decodeText } from "./text";

export interface OperatorSelection {
  /** 0 automatic, 1 manual, 2 deregistered, 4 manual then automatic (27.007 7.3). */
  readonly mode: number;
  /** Empty while there is none. */
  readonly operator: string;
  readonly technology: string;
}

const DEREGISTERED = 2;

/** The operator by name, not by number, in what +COPS? answers from now on. */
export async function nameOperators(channel: Channel): Promise<void> {
  await trySend(channel, command("+COPS=", [3, 0]));
}

/** Reads the current operator; undefined where the modem can't tell now. */
export async function readOperator(channel: Channel, priority?: Priority): Promise<OperatorSelection | undefined> {
  const answer = await unlessRejected(ask(channel, query("+COPS?", [], { priority })));
  const [mode, , operator, act] = answer?.[0] ?? [];
  if (mode === undefined) return undefined;
  return {
    mode: toInteger(mode),
    operator: decodeText(operator?.text ?? ""),
    technology: technologyName(toInteger(act)),
  };
}

/** Lets a modem that was told to stay away from networks choose one (u-blox guide 2.3.1: `+COPS: 2`). */
export async function selectAutomatically(channel: Channel, signal: AbortSignal): Promise<void> {
  const selection = await readOperator(channel);
  if (selection?.mode !== DEREGISTERED) return;
  await trySend(channel, command("+COPS=", [0], { timeout: TIMEOUTS.network, repeatable: true, signal }));
}
