import type { Call, CommandDefinition } from "../line/command";
import { CommandError } from "../line/command-error";
import { expectCount, INCORRECT_PARAMETERS, stringAt } from "../line/parameters";
import type { Modem } from "../modem";
import { septetsOf, textOf } from "./messages/alphabet";

const QUESTION_MARK = 0x3f;

/** How +CSCS's character sets write a text. */
const SETS: Readonly<Record<string, (text: string) => string>> = {
  GSM: (text) => gsmCodes(text).toString("latin1"),
  IRA: (text) => text.replace(/[^\0-\xff]/gu, "?"),
  UCS2: (text) => Buffer.from(text, "utf16le").swap16().toString("hex").toUpperCase(),
  HEX: (text) => gsmCodes(text).toString("hex").toUpperCase(),
};

/** In the SIM's own alphabet, which HEX does not convert (27.007 5.5); what it lacks is a question mark. */
function gsmCodes(text: string): Buffer {
  return Buffer.from([...text].flatMap((character) => septetsOf(character) ?? [QUESTION_MARK]));
}

const INITIAL = "IRA";

function chosen(modem: Modem): { name: string } {
  return modem.service("common.character-set", () => ({ name: INITIAL }));
}

/** What +CSCS does; also how another program may have left it. */
export function chooseCharacterSet(modem: Modem, name: string): void {
  chosen(modem).name = name;
}

/** A name of the network in the character set the host asked for (27.007 5.5). */
export function inCharacterSet(text: string, modem: Modem): string {
  return SETS[chosen(modem).name]?.(text) ?? text;
}

/** What a host wrote in the character set it asked for. */
export function fromCharacterSet(text: string, modem: Modem): string {
  const { name } = chosen(modem);
  if (name === "GSM") return textOf([...Buffer.from(text, "latin1")]);
  const isHex = text.length % 2 === 0 && /^[0-9A-Fa-f]*$/.test(text);
  if (!isHex || (name !== "UCS2" && name !== "HEX")) return text;
  const bytes = Buffer.from(text, "hex");
  return name === "HEX"
    ? textOf([...bytes])
    : bytes
        .subarray(0, bytes.length & ~1)
        .swap16()
        .toString("utf16le");
}

export const characterSetCommand: CommandDefinition = {
  name: "+CSCS",
  set(call: Call, modem: Modem) {
    expectCount(call, 1, 1);
    const name = stringAt(call, 0, 8).toUpperCase();
    if (!Object.hasOwn(SETS, name)) throw new CommandError(INCORRECT_PARAMETERS);
    chooseCharacterSet(modem, name);
  },
  read: (call, modem) => call.info(`+CSCS: "${chosen(modem).name}"`),
  test: (call) =>
    call.info(
      `+CSCS: (${Object.keys(SETS)
        .map((name) => `"${name}"`)
        .join(",")})`,
    ),
};
