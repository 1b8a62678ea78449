import { chooseCharacterSet } from "../cellular/character-set";
import type { FaultTable } from "./fault";

/** The beginning of a command: `+QISDE`, `+CFUN?`, `+CGDCONT=1`, `E1`; blanks, quotation marks and commas included. */
const COMMAND = /^[\x21-\x7e][\x20-\x7e]{0,200}$/;
/** What a refusal ends with: a number of +CME ERROR, or a plain ERROR. */
const CODE = /^(\d{1,4}|ERROR)$/;
const NOT_SUPPORTED = 4;

function refusal(value: string): { readonly command: string; readonly code: number | undefined } {
  const at = value.lastIndexOf(":");
  const code = value.slice(at + 1);
  if (at < 0 || !CODE.test(code)) return { command: value, code: NOT_SUPPORTED };
  return { command: value.slice(0, at), code: code === "ERROR" ? undefined : Number(code) };
}

/** What happens to single commands: the next one that begins like that, or with a duration every one. */
export const COMMAND_FAULTS: FaultTable = {
  refuse: {
    help: "refuses the next =COMMAND[:CODE] such as +QISDE, E1 or +CFUN?, with +CME ERROR CODE (4) or :ERROR",
    value: COMMAND,
    needsValue: true,
    start: ({ targets }, value = "", lasts) => {
      const { command, code } = refusal(value);
      targets.interpreter.faults.refuse(command, code, lasts);
    },
    end: ({ targets }, value = "") => targets.interpreter.faults.endRefusal(refusal(value).command),
  },
  swallow: {
    help: "runs the next =COMMAND, but its answer is lost",
    value: COMMAND,
    needsValue: true,
    start: ({ targets }, value = "", lasts) => targets.interpreter.faults.lose(value, "answer", lasts),
    end: ({ targets }, value = "") => targets.interpreter.faults.endLoss(value, "answer"),
  },
  "swallow-result": {
    help: "likewise, but only the final result is lost: a prompt and what was printed before come",
    value: COMMAND,
    needsValue: true,
    start: ({ targets }, value = "", lasts) => targets.interpreter.faults.lose(value, "result", lasts),
    end: ({ targets }, value = "") => targets.interpreter.faults.endLoss(value, "result"),
  },
  "character-set": {
    help: "another program has left +CSCS at =UCS2, GSM, IRA or HEX",
    value: /^(UCS2|GSM|IRA|HEX)$/,
    needsValue: true,
    start: ({ targets }, value = "") => chooseCharacterSet(targets.modem, value),
  },
};
