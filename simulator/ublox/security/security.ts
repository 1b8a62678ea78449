import type { Call, CommandDefinition } from "../../line/command";
import { expectCount, integerAt, stringAt } from "../../line/parameters";
import type { Modem } from "../../modem";
import { incorrectParameters, notAllowed, notSupported } from "../errors";
import { LONGEST_CERTIFICATE_NAME, LONGEST_KEY_PASSWORD } from "./certificates";
import { printedSuites, readSuites } from "./cipher-suites";
import { factorySecurityProfile, SECURITY_PROFILES, type SecurityProfile, securityProfiles } from "./profile";
import { resumptionCommand } from "./session-settings";

const LONGEST_HOST_NAME = 256;
const LONGEST_SERVER_NAME_INDICATION = 128;
const LONGEST_PSK = 64;
const LONGEST_PSK_IDENTITY = 128;
const HIGHEST_VALIDATION = 3;
const HIGHEST_VERSION = 4;
const HIGHEST_PINNING = 2;
const RESUMPTION = 13;
const HIGHEST_CODE = 255;
const LONGEST_OPERATION = 32;
const IPV4 = 4;

/** +USECPRF: security profiles (guide 3.2); +USECOPCMD. */
export const securityCommands: readonly CommandDefinition[] = [
  {
    name: "+USECPRF",
    set: configure,
    test: (call) => call.info(`+USECPRF: (0-${SECURITY_PROFILES - 1}),(0-${RESUMPTION})`),
  },
  { name: "+USECOPCMD", set: operate },
];

/** Lets the security services work over an APN for UDP only (guide 7.11), which this simulator does not tell from others. */
function operate(call: Call): void {
  expectCount(call, 2, 2);
  if (stringAt(call, 0, LONGEST_OPERATION) !== "cfgipv4") throw incorrectParameters();
  integerAt(call, 1, IPV4, IPV4);
}

/** One op code of +USECPRF; its values begin at the third parameter. */
interface Setting {
  /** The maximum number of values. */
  readonly values: number;
  write(profile: SecurityProfile, call: Call): void;
  /** @throws {CommandError} if it can't be read */
  read(profile: SecurityProfile): string;
}

type Key<T> = { [K in keyof SecurityProfile]: SecurityProfile[K] extends T ? K : never }[keyof SecurityProfile];

const settings: ReadonlyMap<number, Setting> = new Map<number, Setting>([
  [0, numberSetting("validation", HIGHEST_VALIDATION)],
  [1, numberSetting("version", HIGHEST_VERSION)],
  [2, { values: 4, write: setSuites, read: (profile) => printedSuites(profile.suites) }],
  [3, textSetting("root", LONGEST_CERTIFICATE_NAME)],
  [4, textSetting("hostName", LONGEST_HOST_NAME)],
  [5, textSetting("clientCertificate", LONGEST_CERTIFICATE_NAME)],
  [6, textSetting("clientKey", LONGEST_CERTIFICATE_NAME)],
  [7, { ...textSetting("keyPassword", LONGEST_KEY_PASSWORD), read: refuseToRead }],
  [8, secretSetting("psk", LONGEST_PSK)],
  [9, secretSetting("pskIdentity", LONGEST_PSK_IDENTITY)],
  [10, textSetting("serverNameIndication", LONGEST_SERVER_NAME_INDICATION)],
  [11, { values: 1, write: setRootOfTrust, read: (profile) => (profile.rootOfTrust ? "1" : "0") }],
  [12, { values: 2, write: setPinning, read: (profile) => `"${profile.pinned}",${profile.pinningLevel}` }],
]);

function configure(call: Call, modem: Modem): void | Promise<void> {
  const profiles = securityProfiles(modem);
  const number = integerAt(call, 0, 0, SECURITY_PROFILES - 1);
  if (call.arguments.length === 1) {
    profiles[number] = factorySecurityProfile();
    return;
  }
  const profile = profiles[number];
  if (profile === undefined) throw incorrectParameters();
  const code = integerAt(call, 1, 0, HIGHEST_CODE);
  if (code === RESUMPTION) return resumptionCommand(call, profile.resumption);
  const setting = settings.get(code);
  if (setting === undefined) throw notSupported();
  expectCount(call, 2, setting.values + 2);
  if (call.arguments.length > 2) setting.write(profile, call);
  else call.info(`+USECPRF: ${number},${code},${setting.read(profile)}`);
}

function numberSetting(key: Key<number>, highest: number): Setting {
  return {
    values: 1,
    write(profile, call) {
      profile[key] = integerAt(call, 2, 0, highest);
    },
    read: (profile) => `${profile[key]}`,
  };
}

function textSetting(key: Key<string>, longest: number): Setting {
  return {
    values: 1,
    write(profile, call) {
      profile[key] = stringAt(call, 2, longest);
    },
    read: (profile) => `"${profile[key]}"`,
  };
}

const HEX = 1;

/** Characters, or hexadecimal digits if a 1 follows. */
function secretSetting(key: Key<Buffer>, longest: number): Setting {
  return {
    values: 2,
    write(profile, call) {
      const format = integerAt(call, 3, 0, HEX, 0);
      const text = stringAt(call, 2, format === HEX ? 2 * longest : longest);
      if (format === HEX && !/^([0-9A-Fa-f]{2})*$/.test(text)) throw incorrectParameters();
      profile[key] = Buffer.from(text, format === HEX ? "hex" : "latin1");
    },
    read: refuseToRead,
  };
}

function refuseToRead(): never {
  throw notAllowed();
}

function setSuites(profile: SecurityProfile, call: Call): void {
  profile.suites = readSuites(call, profile.suites);
}

function setRootOfTrust(profile: SecurityProfile, call: Call): void {
  profile.rootOfTrust = integerAt(call, 2, 0, 1) === 1;
}

function setPinning(profile: SecurityProfile, call: Call): void {
  const pinned = stringAt(call, 2, LONGEST_CERTIFICATE_NAME);
  profile.pinningLevel = integerAt(call, 3, 0, HIGHEST_PINNING);
  profile.pinned = pinned;
}
