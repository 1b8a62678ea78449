import type { Call, CommandDefinition } from "../../line/command";
import { expectCount, integerAt } from "../../line/parameters";
import type { Modem } from "../../modem";
import { incorrectParameters, notAllowed } from "../errors";

/** Mobile network operator profiles of LARA-R6. */
const PROFILES = [0, 1, 2, 3, 4, 5, 6, 8, 19, 20, 21, 28, 31, 32, 39, 90, 100, 101, 201, 206];
const FACTORY_PROFILE = 90;
const VERIZON = 3;
const PROFILE = "ublox.operator-profile";
const IN_FORCE = "ublox.operator-profile-in-force";
const RESTORES = "ublox.profile-restores";
/** What a new profile sets back: data connections, radio access and reports. Files and certificates stay. */
const RESTORED = [
  "radio.contexts",
  "ublox.default-connection",
  "ublox.464xlat",
  "ublox.technologies",
  "ublox.bands",
  "common.csconn",
  "common.power-saving",
  "common.edrx",
];
/** Guide 2.3.1: with Verizon's profile data go over context 3. */
const VERIZON_CONNECTION = { cid: 3, type: 0 };
const VERIZON_CONTEXTS = [
  { cid: 1, type: "IPV4V6", apn: "" },
  { cid: 3, type: "IPV4V6", apn: "" },
];

export const operatorProfileCommands: readonly CommandDefinition[] = [
  {
    name: "+UMNOPROF",
    set: setProfile,
    read: readProfile,
    test: (call) => call.info(`+UMNOPROF: (${PROFILES.join()})`),
  },
];

function profile(modem: Modem): number {
  return modem.storage.get<number>(PROFILE) ?? FACTORY_PROFILE;
}

function setProfile(call: Call, modem: Modem): void {
  expectCount(call, 1, 1);
  const wanted = integerAt(call, 0, 0, 255);
  if (!PROFILES.includes(wanted)) throw incorrectParameters();
  // Guide 2.3.1: profiles are changed with the radio off.
  if (modem.radio.functionality !== 0) throw notAllowed();
  modem.storage.set(PROFILE, wanted);
}

function readProfile(call: Call, modem: Modem): void {
  call.info(`+UMNOPROF: ${profile(modem)}`);
}

/** From now on a new profile brings the factory's settings, as on LARA-R6401. */
export function restoreWithProfile(modem: Modem, on: boolean): void {
  modem.storage.set(RESTORES, on);
}

/** Another profile than at the last start undoes what was written since (guide 2.3.1, of LARA-R6401). */
export function adoptOperatorProfile(modem: Modem): void {
  const { storage } = modem;
  const wanted = profile(modem);
  const before = storage.get<number>(IN_FORCE) ?? FACTORY_PROFILE;
  if (wanted === before) return;
  storage.set(IN_FORCE, wanted);
  if (storage.get<boolean>(RESTORES) !== true) return;
  for (const key of RESTORED) storage.remove(key);
  if (wanted === VERIZON) {
    storage.set("ublox.default-connection", VERIZON_CONNECTION);
    storage.set("radio.contexts", VERIZON_CONTEXTS);
  }
}
