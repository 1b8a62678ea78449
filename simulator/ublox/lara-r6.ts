import type { Call } from "../line/command";
import { integerAt } from "../line/parameters";
import type { Personality } from "../personality";
import { cellCommands } from "./cell";
import { configurationCommands, greeting } from "./configuration";
import { diagnosticCommands } from "./diagnostics/diagnostics";
import { ERROR_TEXTS, notSupported } from "./errors";
import { fileCommands } from "./files/files";
import { httpCommands } from "./http/http";
import { mqttFaultTable } from "./mqtt/faulty";
import { mqttCommands } from "./mqtt/mqtt";
import { mqttSnFaultTable } from "./mqtt-sn/faulty";
import { mqttSnCommands } from "./mqtt-sn/mqtt-sn";
import { adoptOperatorProfile, restoreWithProfile } from "./packet-data/operator-profile";
import { packetDataCommands } from "./packet-data/packet-data";
import { certificateCommands } from "./security/certificates";
import { securityCommands } from "./security/security";
import { reportSim, simCommands } from "./sim";
import { socketCommands } from "./sockets/sockets";
import { moduleSettingCommands } from "./sockets/udconf";

const TYPE = "LARA-R6001-00B-00";
const FIRMWARE = "00.13,A00.01";

/**
 * u-blox LARA-R6001, not the "D" variant, whose first version lacks +UDCONF=19 (guide 2.3.1). It prints nothing after
 * booting unless +CSGT asks for it; a host sends AT until it answers.
 */
export const LARA_R6: Personality = {
  name: "LARA-R6",
  manufacturer: "u-blox",
  model: "LARA-R6001",
  revision: "00.13",
  starts: (modem) => {
    adoptOperatorProfile(modem);
    reportSim(modem);
  },
  bootLines: [{ text: greeting, delay: 0 }],
  // u-blox modems put NULs on the line when they restart.
  bootNoise: Buffer.from([0, 0]),
  bootTime: 50,
  errorTexts: ERROR_TEXTS,
  maxLine: 2048,
  commandGap: 20,
  promptDelay: 50,
  mmeInCereg: true,
  commands: [
    { name: "I", execute: identify },
    ...configurationCommands,
    ...simCommands,
    ...cellCommands,
    ...packetDataCommands,
    ...moduleSettingCommands,
    ...diagnosticCommands,
    ...fileCommands,
    ...certificateCommands,
    ...securityCommands,
    ...httpCommands,
    ...mqttCommands,
    ...mqttSnCommands,
    ...socketCommands,
  ],
  faults: {
    "restoring-profile": {
      help: "LARA-R6: the reboot after a new +UMNOPROF restores the factory's settings, as on LARA-R6401",
      start: (modem) => restoreWithProfile(modem, true),
      end: (modem) => restoreWithProfile(modem, false),
    },
    ...mqttFaultTable,
    ...mqttSnFaultTable,
  },
};

/** `ATI` names the type, `ATI9` the versions of modem and application. */
function identify(call: Call): void {
  const what = integerAt(call, 0, 0, 9, 0);
  if (what !== 0 && what !== 9) throw notSupported();
  call.info(what === 9 ? FIRMWARE : TYPE);
}
