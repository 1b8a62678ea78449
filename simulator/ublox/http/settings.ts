import { isIP } from "node:net";
import type { Call, CommandDefinition } from "../../line/command";
import { expectCount, integerAt, stringAt } from "../../line/parameters";
import type { Modem } from "../../modem";
import { incorrectParameters, notAllowed, notSupported, textTooLong } from "../errors";
import {
  CUSTOM_HEADERS,
  effectivePort,
  factoryProfile,
  type HttpProfile,
  type HttpSlot,
  httpSlots,
  PROFILES,
} from "./profile";

const LONGEST_SERVER_NAME = 253;
const LONGEST_CREDENTIAL = 128;
const LONGEST_HEADER_NAME = 64;
const LONGEST_HEADER_VALUE = 256;
const HIGHEST_CID = 8;
const HIGHEST_SECURITY_PROFILE = 4;

/** +UHTTP (guide 10.1) and +UHTTPER (guide 10.3). */
export const httpSettingCommands: readonly CommandDefinition[] = [
  { name: "+UHTTP", set: configure, test: (call) => call.info(`+UHTTP: (0-${PROFILES - 1}),(0-7,9,20)`) },
  { name: "+UHTTPER", set: lastError, test: (call) => call.info(`+UHTTPER: (0-${PROFILES - 1})`) },
];

/** The profile that the first parameter of every HTTP command names. */
export function slotOf(call: Call, modem: Modem): { readonly number: number; readonly slot: HttpSlot } {
  const number = integerAt(call, 0, 0, PROFILES - 1);
  const slot = httpSlots(modem)[number];
  if (slot === undefined) throw incorrectParameters();
  return { number, slot };
}

/** One op code of +UHTTP; its values begin at the third parameter. */
interface Setting {
  /** The maximum number of values. */
  readonly values: number;
  write(profile: HttpProfile, call: Call): void;
  /** Values as printed, one list per line. @throws {CommandError} if they can't be read */
  read(profile: HttpProfile): string[];
}

const settings: ReadonlyMap<number, Setting> = new Map<number, Setting>([
  [0, { values: 1, write: setAddress, read: (profile) => [`"${profile.serverIsAddress ? profile.server : ""}"`] }],
  [1, { values: 1, write: setName, read: (profile) => [`"${profile.serverIsAddress ? "" : profile.server}"`] }],
  [2, { values: 1, write: setUser, read: (profile) => [`"${profile.user}"`] }],
  [3, { values: 1, write: setPassword, read: refuseToRead }],
  [4, { values: 1, write: setAuthentication, read: (profile) => [profile.basicAuthentication ? "1" : "0"] }],
  [5, { values: 1, write: setPort, read: (profile) => [`${effectivePort(profile)}`] }],
  [6, { values: 2, write: setSecurity, read: readSecurity }],
  [7, { values: 2, write: setTimeouts, read: (profile) => [`${profile.timeout},${profile.linger}`] }],
  [9, { values: 1, write: setHeader, read: readHeaders }],
  [20, { values: 2, write: setContext, read: readContext }],
]);

function configure(call: Call, modem: Modem): void {
  expectCount(call, 1, 4);
  const { number, slot } = slotOf(call, modem);
  if (call.arguments.length === 1) {
    slot.profile = factoryProfile();
    return;
  }
  const code = integerAt(call, 1, 0, 255);
  const setting = settings.get(code);
  if (setting === undefined) throw notSupported();
  if (call.arguments.length === 2) {
    for (const line of setting.read(slot.profile)) call.info(`+UHTTP: ${number},${code},${line}`);
    return;
  }
  if (call.arguments.length > setting.values + 2) throw incorrectParameters();
  setting.write(slot.profile, call);
}

function setAddress(profile: HttpProfile, call: Call): void {
  const address = stringAt(call, 2, LONGEST_SERVER_NAME);
  if (address !== "" && isIP(address) === 0) throw incorrectParameters();
  profile.server = address;
  profile.serverIsAddress = true;
}

function setName(profile: HttpProfile, call: Call): void {
  profile.server = stringAt(call, 2, LONGEST_SERVER_NAME);
  profile.serverIsAddress = false;
}

function setUser(profile: HttpProfile, call: Call): void {
  profile.user = stringAt(call, 2, LONGEST_CREDENTIAL);
}

function setPassword(profile: HttpProfile, call: Call): void {
  profile.password = stringAt(call, 2, LONGEST_CREDENTIAL);
}

function refuseToRead(): never {
  throw notAllowed();
}

function setAuthentication(profile: HttpProfile, call: Call): void {
  profile.basicAuthentication = integerAt(call, 2, 0, 1) === 1;
}

function setPort(profile: HttpProfile, call: Call): void {
  profile.port = integerAt(call, 2, 1, 65535);
}

function setSecurity(profile: HttpProfile, call: Call): void {
  const secure = integerAt(call, 2, 0, 1) === 1;
  const security = call.arguments.length > 3 ? integerAt(call, 3, 0, HIGHEST_SECURITY_PROFILE) : undefined;
  profile.secure = secure;
  profile.security = security;
}

function readSecurity(profile: HttpProfile): string[] {
  const security = profile.security === undefined ? "" : `,${profile.security}`;
  return [`${profile.secure ? 1 : 0}${security}`];
}

function setTimeouts(profile: HttpProfile, call: Call): void {
  // The guide prints no range; u-blox's own driver starts at 30 s, and 180 s is the factory setting.
  const timeout = integerAt(call, 2, 30, 180);
  const linger = integerAt(call, 3, 1, 180, profile.linger);
  profile.timeout = timeout;
  profile.linger = linger;
}

function setHeader(profile: HttpProfile, call: Call): void {
  const text = stringAt(call, 2, LONGEST_HEADER_NAME + LONGEST_HEADER_VALUE + 3);
  const index = Number(/^([0-9]):/.exec(text)?.[1] ?? CUSTOM_HEADERS);
  if (index >= CUSTOM_HEADERS) throw incorrectParameters();
  const field = text.slice(2);
  if (field === "") {
    profile.headers.delete(index);
    return;
  }
  const colon = field.indexOf(":");
  if (colon < 1) throw incorrectParameters();
  if (colon > LONGEST_HEADER_NAME || field.length - colon - 1 > LONGEST_HEADER_VALUE) throw textTooLong();
  profile.headers.set(index, field);
}

function readHeaders(profile: HttpProfile): string[] {
  return [...profile.headers].sort(([a], [b]) => a - b).map(([index, field]) => `"${index}:${field}"`);
}

function setContext(profile: HttpProfile, call: Call): void {
  const cid = integerAt(call, 2, 1, HIGHEST_CID);
  const type = call.arguments.length > 3 ? integerAt(call, 3, 0, 1) : undefined;
  profile.cid = cid;
  profile.preferredType = type;
}

function readContext(profile: HttpProfile): string[] {
  return [`${profile.cid ?? 1},${profile.preferredType ?? 0}`];
}

function lastError(call: Call, modem: Modem): void {
  expectCount(call, 1, 1);
  const { number, slot } = slotOf(call, modem);
  call.info(`+UHTTPER: ${number},${slot.lastError.errorClass},${slot.lastError.code}`);
}
