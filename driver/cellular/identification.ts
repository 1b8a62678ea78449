import type { Channel } from "../at/channel-types";
import type { Identity } from "../modem-types";
import { query, unlessRejected } from "./commands";

/** Asked again this often when an answer does not look like one: a URC or noise of the boot can come in its place. */
const ATTEMPTS = 3;

export interface Identification {
  readonly identity: Identity;
  /** The answers to ATI and +CGMM, one a line: what `ModelDefinition.matches` reads. */
  readonly text: string;
}

/** A command that answers with lines without a prefix, and what such a line looks like. */
interface Question {
  readonly name: string;
  readonly prefix?: string;
  readonly shape: RegExp;
}

const NAME = /^(?![+^%*#])[\x20-\x7e]{2,64}$/;
const ATI: Question = { name: "I", shape: NAME };
const MANUFACTURER: Question = { name: "+CGMI", prefix: "+CGMI:", shape: NAME };
const MODEL: Question = { name: "+CGMM", prefix: "+CGMM:", shape: NAME };
const REVISION: Question = { name: "+CGMR", prefix: "+CGMR:", shape: NAME };
/** 15 digits; 16 where the modem prints the software version (IMEISV), 14 without the check digit. */
const IMEI: Question = { name: "+CGSN", prefix: "+CGSN:", shape: /^\d{14,16}$/ };

/**
 * Asks the modem who it is, by the commands that every model knows (27.007 5.1 to 5.4, V.250 6.1.3). What it refuses to
 * tell is empty.
 */
export async function identify(channel: Channel, signal?: AbortSignal): Promise<Identification> {
  const ati = await answer(channel, ATI, signal);
  const model = await first(channel, MODEL, signal);
  return {
    text: [...ati, model].filter((line) => line !== "").join("\n"),
    identity: {
      manufacturer: await first(channel, MANUFACTURER, signal),
      model,
      revision: await first(channel, REVISION, signal),
      imei: await first(channel, IMEI, signal),
    },
  };
}

async function first(channel: Channel, question: Question, signal: AbortSignal | undefined): Promise<string> {
  const [line = ""] = await answer(channel, question, signal);
  return line;
}

/** The lines of the right shape; none where the modem has no such answer. */
async function answer(channel: Channel, question: Question, signal: AbortSignal | undefined): Promise<string[]> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const lines = (await unlessRejected(askOnce(channel, question, signal))) ?? [];
    const usable = lines.filter((text) => question.shape.test(text));
    if (usable.length > 0) return usable;
  }
  return [];
}

async function askOnce(
  channel: Channel,
  { name, prefix, shape }: Question,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const bare = { prefix: "bare", accepts: (line: { text: string }) => shape.test(line.text.trim()) };
  const expects = prefix === undefined ? [bare] : [bare, { prefix }];
  const response = await channel.send(query(name, [], { expects, signal }));
  return response.lines.map((line) =>
    line.text
      .replace(prefix ?? "", "")
      .trim()
      .replace(/^"(.*)"$/, "$1"),
  );
}
