import type { Call } from "../../line/command";
import { expectCount, integerAt } from "../../line/parameters";
import { incorrectParameters, notAllowed } from "../errors";
import { isDataTag, type Resumption, resumptionStatus, resumptionType } from "./session-resumption";

const STATUS = 0;
const TYPE = 1;
const HIGHEST_TAG = 15;
/** Longest session data, characters. */
const LONGEST_DATA = 8192;
/** Bounds each pause in the data at the prompt. */
const TRANSFER_TIMEOUT_MS = 20_000;

/** Op 13 of +USECPRF, `<profile>,13,<tag>[,…]`: session resumption (guide 3.4.4). */
export function resumptionCommand(call: Call, resumption: Resumption): void | Promise<void> {
  const tag = integerAt(call, 2, STATUS, HIGHEST_TAG);
  if (tag === STATUS) return statusCommand(call, resumption);
  if (tag === TYPE) return typeCommand(call, resumption);
  if (!isDataTag(tag)) throw incorrectParameters();
  // Data of another type would never be used.
  if (!resumption.enabled || resumption.type.tag !== tag) throw notAllowed();
  return dataCommand(call, resumption);
}

function statusCommand(call: Call, resumption: Resumption): void {
  expectCount(call, 3, 4);
  if (call.arguments.length === 3) {
    tell(call, `${resumptionStatus(resumption)}`);
    return;
  }
  resumption.enabled = integerAt(call, 3, 0, 1) === 1;
  if (!resumption.enabled) resumption.data = undefined;
}

function typeCommand(call: Call, resumption: Resumption): void {
  expectCount(call, 3, 4);
  if (call.arguments.length === 3) {
    tell(call, `${resumption.type.number}`);
    return;
  }
  const type = resumptionType(integerAt(call, 3, 0, HIGHEST_TAG));
  if (type === undefined) throw incorrectParameters();
  if (type !== resumption.type) resumption.data = undefined;
  resumption.type = type;
}

function dataCommand(call: Call, resumption: Resumption): void | Promise<void> {
  if (call.arguments.length === 3) return tellData(call, resumption);
  return resumption.type.prompted ? takeAtPrompt(call, resumption) : takeFromLine(call, resumption);
}

function tellData(call: Call, { type, data }: Resumption): void {
  // The data of a session id were reported by URC; the host keeps them.
  if (type.told || data === undefined) throw notAllowed();
  tell(call, data.join(","));
}

function takeFromLine(call: Call, resumption: Resumption): void {
  expectCount(call, 5, 5);
  const first = base64At(call, 3);
  const hasSize = resumption.type.encrypted || resumption.type.kind !== "id";
  const second = hasSize ? `${integerAt(call, 4, 1, LONGEST_DATA)}` : base64At(call, 4);
  if (hasSize && second !== `${first.length}`) throw incorrectParameters();
  resumption.data = [first, second];
}

async function takeAtPrompt(call: Call, resumption: Resumption): Promise<void> {
  expectCount(call, 4, 4);
  const size = integerAt(call, 3, 1, LONGEST_DATA);
  const content = await call.prompt(">", size, TRANSFER_TIMEOUT_MS, { idleTimeout: true });
  const text = content.toString("latin1");
  if (content.length < size || !isBase64(text)) throw incorrectParameters();
  resumption.data = [text, `${size}`];
}

/** With or without quotation marks: the guide prints none. */
function base64At(call: Call, index: number): string {
  const text = call.arguments[index]?.text ?? "";
  if (!isBase64(text)) throw incorrectParameters();
  return text;
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
}

function tell(call: Call, values: string): void {
  const [profile, , tag] = call.arguments;
  call.info(`+USECPRF: ${Number(profile?.text)},13,${Number(tag?.text)},${values}`);
}
