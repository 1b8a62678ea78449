import type { Call, CommandDefinition } from "../line/command";
import { CommandError } from "../line/command-error";
import { expectCount, integerAt } from "../line/parameters";
import type { Modem } from "../modem";

const NOT_SUPPORTED = 4;
/** <snt> of +CGSN (27.007 5.4): 2 IMEISV, 3 software version number. */
const SOFTWARE_VERSION = "01";

/** Identification; answered by bare lines without a prefix. */
export const identityCommands: readonly CommandDefinition[] = [
  { name: "I", execute: identify },
  ...says(["+CGMI", "+GMI"], (modem) => modem.personality.manufacturer),
  ...says(["+CGMM", "+GMM"], (modem) => modem.personality.model),
  ...says(["+CGMR", "+GMR"], (modem) => modem.personality.revision),
  ...says(["+GSN"], (modem) => modem.options.imei),
  {
    name: "+CGSN",
    execute: (call, modem) => call.info(modem.options.imei),
    set: serialNumber,
    test: (call) => call.info("+CGSN: (0-3)"),
  },
  // Without fax and V.42 there is only the GSM command set to name (V.250 6.1.9).
  { name: "+GCAP", execute: (call) => call.info("+GCAP: +CGSM") },
];

function says(names: readonly string[], text: (modem: Modem) => string): CommandDefinition[] {
  return names.map((name) => ({ name, execute: (call, modem) => call.info(text(modem)) }));
}

function identify(call: Call, modem: Modem): void {
  const { manufacturer, model, revision } = modem.personality;
  if (integerAt(call, 0, 0, 9, 0) !== 0) throw new CommandError(NOT_SUPPORTED);
  call.info(manufacturer);
  call.info(model);
  call.info(`Revision: ${revision}`);
}

function serialNumber(call: Call, modem: Modem): void {
  expectCount(call, 1, 1);
  const { imei } = modem.options;
  const forms = [
    imei,
    `+CGSN: "${imei}"`,
    `+CGSN: "${imei.slice(0, 14)}${SOFTWARE_VERSION}"`,
    `+CGSN: "${SOFTWARE_VERSION}"`,
  ];
  call.info(forms[integerAt(call, 0, 0, 3)] ?? imei);
}
