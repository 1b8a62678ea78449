import type { Modem } from "../modem";
import type { Personality } from "../personality";
import { configurationCommands } from "./configuration";
import { occupyDataMode } from "./data-mode";
import { diagnosticCommands } from "./diagnostics/diagnostics";
import { FILE_TEXTS } from "./files/errors";
import { fileCommands } from "./files/files";
import { fileHandleCommands } from "./files/handles";
import { HTTP_TEXTS } from "./http/errors";
import { httpReadingCommands } from "./http/reading";
import { httpRequestCommands } from "./http/requests";
import { httpSettingCommands } from "./http/settings";
import { mqttFaultTable } from "./mqtt/faulty";
import { mqttCommands } from "./mqtt/mqtt";
import { networkInformationCommands } from "./network-information";
import { packetDataCommands } from "./packet-data/packet-data";
import { powerCommands } from "./power";
import { securityCommands } from "./security/security";
import { simCommands } from "./sim";
import { socketDataCommands } from "./sockets/data";
import { socketOpenCommands } from "./sockets/open";
import { secureSocketCommands } from "./sockets/secure";
import { socketSettingCommands } from "./sockets/settings";
import { socketStateCommands } from "./sockets/state";
import { transparentCommands } from "./sockets/transparent";
import { errorCommands, TCP_IP_TEXTS } from "./tcpip-errors";
import { timeCommands } from "./time";

/** <AcT> of LTE Cat M1 as Quectel counts; 27.007 has EC-GSM there. */
const CAT_M1 = 8;

/** The clock starts at 80/01/06 until it is set. */
const CLOCK_AT_BOOT = Date.UTC(1980, 0, 6);

/** Nothing while the card boots; the line then comes when it has booted. */
function cardLine(modem: Modem): string {
  const { state } = modem.sim;
  if (state === "booting" || state === "busy") return "";
  return `+CPIN: ${state === "absent" ? "NOT INSERTED" : state}`;
}

/** Messages and phone book can't be read before the SIM is unlocked. */
function onceCardIsReady(modem: Modem, line: string): string {
  return modem.sim.state === "READY" ? line : "";
}

/** Quectel BG96. It reports when it has booted (AT manual, URC list); `APP RDY` comes last. */
export const BG96: Personality = {
  name: "BG96",
  manufacturer: "Quectel",
  model: "BG96",
  revision: "BG96MAR02A07M1G",
  bootLines: [
    { text: "RDY", delay: 0 },
    { text: (modem) => `+CFUN: ${modem.radio.functionality}`, delay: 10 },
    { text: cardLine, delay: 10 },
    { text: (modem) => onceCardIsReady(modem, "+QIND: SMS DONE"), delay: 10 },
    { text: (modem) => onceCardIsReady(modem, "+QIND: PB DONE"), delay: 10 },
    { text: "APP RDY", delay: 10 },
  ],
  cardLine,
  bootTime: 50,
  errorTexts: new Map([...FILE_TEXTS, ...TCP_IP_TEXTS, ...HTTP_TEXTS]),
  maxLine: 2048,
  clockAtBoot: CLOCK_AT_BOOT,
  commandGap: 0,
  promptDelay: 0,
  accessTechnology: CAT_M1,
  highestContext: 16,
  functionalities: [0, 1, 4],
  plainUnknown: true,
  commands: [
    ...packetDataCommands,
    ...errorCommands,
    ...diagnosticCommands,
    ...networkInformationCommands,
    ...configurationCommands,
    ...simCommands,
    ...powerCommands,
    ...timeCommands,
    ...fileCommands,
    ...fileHandleCommands,
    ...httpSettingCommands,
    ...httpRequestCommands,
    ...httpReadingCommands,
    ...securityCommands,
    ...socketSettingCommands,
    ...socketOpenCommands,
    ...socketStateCommands,
    ...socketDataCommands,
    ...transparentCommands,
    ...secureSocketCommands,
    ...mqttCommands,
  ],
  faults: {
    "data-mode": {
      help: "another port of a BG96 is in data mode",
      start: (modem) => occupyDataMode(modem, true),
      end: (modem) => occupyDataMode(modem, false),
    },
    ...mqttFaultTable,
  },
};
