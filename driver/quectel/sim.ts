import type { Channel } from "../at/channel-types";
import { quote, toInteger } from "../at/fields";
import { ask, unlessRejected } from "../cellular/commands";
import type { SimQuestions } from "../services/model";
import { query } from "./commands";

/** The SIM's own PIN, as +QPINC and +CLCK call it. */
const SIM_LOCK = "SC";

/** What a SIM tells before its PIN (AT facts 1.5). */
export function simQuestions(channel: Channel): SimQuestions {
  const lock = quote(SIM_LOCK, { field: "facility", max: 2 });
  return {
    async iccid() {
      const answer = await unlessRejected(ask(channel, query("+QCCID")));
      const [digits] = /^\d{18,20}/.exec(answer?.[0]?.[0]?.text ?? "") ?? [];
      return digits;
    },
    async pinAttempts() {
      // The manual has both forms, and firmware may lack one.
      for (const question of [query("+QPINC=", [lock]), query("+QPINC?")]) {
        const answer = await unlessRejected(ask(channel, question));
        const left = toInteger(answer?.find(([facility]) => facility?.text === SIM_LOCK)?.[1]);
        if (left >= 0) return left;
      }
      return undefined;
    },
  };
}
