import type { Channel } from "../at/channel-types";
import { toInteger } from "../at/fields";
import { ask, unlessRejected } from "../cellular/commands";
import type { SimQuestions } from "../services/model";
import { query } from "./commands";

/** What a SIM tells before its PIN (AT facts 2.2). */
export function simQuestions(channel: Channel): SimQuestions {
  return {
    async iccid() {
      const answer = await unlessRejected(ask(channel, query("+CCID")));
      const [digits] = /^\d{18,20}/.exec(answer?.[0]?.[0]?.text ?? "") ?? [];
      return digits;
    },
    async pinAttempts() {
      const answer = await unlessRejected(ask(channel, query("+UPINCNT")));
      const left = toInteger(answer?.[0]?.[0]);
      return left >= 0 ? left : undefined;
    },
  };
}
