import type { Command } from "../../at/command";
import type { Field } from "../../at/fields";
import { command } from "../commands";
import type { ClientProtocol } from "./protocol";

/** Those of one command of the profile: the number of the setting and its values. */
export interface Parameters {
  readonly values: readonly (Field | number)[];
  /** A firmware may lack it: then the flow can't have this property, or does without. */
  readonly unlessRefused?: { readonly property?: string };
}

/** What a session goes over, found out before. */
export interface Surroundings {
  readonly clientId?: Field;
  readonly context?: { readonly cid: number; readonly family: 0 | 1 };
  /** Number of the security profile. */
  readonly security?: number | undefined;
}

/** 0: the factory's (guide 6.1.3, 7.1.3). What an earlier flow set is gone; flash is never written. */
const RESET = 0;

export function resetProfile({ memory }: ClientProtocol, signal: AbortSignal): Command {
  return command(`${memory}=`, [RESET], { signal });
}

export function profileCommand({ profile }: ClientProtocol, { values }: Parameters, signal: AbortSignal): Command {
  return command(`${profile}=`, values, { signal, utf8: true });
}
