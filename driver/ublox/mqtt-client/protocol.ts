import type { ErrorMeaning } from "../error-tables";

/** What tells the modem's two clients apart, for MQTT (guide 6) and MQTT-SN (guide 7). */
export interface ClientProtocol {
  readonly name: "MQTT" | "MQTT-SN";
  /** Commands: the profile, its memory, what the client does, and why that failed. */
  readonly profile: string;
  readonly memory: string;
  readonly control: string;
  readonly lastError: string;
  /** Prefixes of the URCs that tell a result, or news. */
  readonly urcs: readonly string[];
  /** Numbers of the operations that both have, beside 0 (log out) and 1 (log in). */
  readonly read: number;
  readonly ping: number;
  /** What the numbers of `lastError` mean, and their class. */
  readonly errors: { readonly errorClass: number; readonly meanings: ReadonlyMap<number, ErrorMeaning> };
}

export const LOG_OUT = 0;
export const LOG_IN = 1;
