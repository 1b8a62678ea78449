import type { ModemError } from "../../errors";
import type { DataMode } from "../data-mode/data-mode";
import type { Exchange } from "./exchange";
import type { Resync } from "./resync";

/** Who uses the line: one at a time. `closed` is for good. */
export type LineUse =
  | { readonly kind: "free" }
  | { readonly kind: "exchange"; readonly exchange: Exchange }
  /** From `CONNECT` on, until the modem is known to take commands again, or has to be asked whether it does. */
  | { readonly kind: "data"; readonly data: DataMode }
  /** `behind` is set when it is data mode, not a missing answer, that the modem is brought back from. */
  | { readonly kind: "resync"; readonly resync: Resync; readonly behind?: LeftDataMode }
  | { readonly kind: "closed"; readonly error: ModemError };

/** Data mode that is over without an answer to `+++`. */
export interface LeftDataMode {
  readonly data: DataMode;
  /** Whether the modem has said that it left, so that answering again is not taken for a reboot. */
  readonly isAnnounced: boolean;
}

export const FREE: LineUse = { kind: "free" };

/** Fails the user of a line that was taken away from it. */
export function failUse(use: LineUse, error: ModemError): void {
  switch (use.kind) {
    case "exchange":
      use.exchange.end(error);
      return;
    case "data":
      use.data.fail(error);
      return;
    case "resync":
      use.resync.cancel();
      use.behind?.data.fail(error);
      return;
    case "free":
    case "closed":
      return;
  }
}

/** Why a command was not sent, for who waited in vain: who had the line. */
export function whatHolds(use: LineUse): string {
  switch (use.kind) {
    case "exchange":
      return `${use.exchange.command.label} has held the line for ${Math.round(use.exchange.lasts / 1000)} s, and no turn came`;
    case "data":
      return "a direct connection holds the line, and no turn came";
    case "resync":
      return "the modem owes an answer, and no turn came";
    case "free":
    case "closed":
      return "no turn came";
  }
}
