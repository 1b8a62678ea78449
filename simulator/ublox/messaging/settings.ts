import { isIP } from "node:net";
import type { Call } from "../../line/command";
import { expectCount, integerAt, stringAt } from "../../line/parameters";
import { incorrectParameters, notSupported } from "../errors";
import { SECURITY_PROFILES } from "../security/profile";
import { textAt } from "./text";

/** Of a text of a profile. */
export const LONGEST = 256;
export const HIGHEST_PORT = 65_535;
const HIGHEST_CID = 8;
const HIGHEST_CODE = 255;

/** One op code of +UMQTT or +UMQTTSN; its values begin at the second parameter. */
export interface Setting<Profile> {
  /** The maximum number of values. */
  readonly values: number;
  write(profile: Profile, call: Call): void;
  read(profile: Profile): string;
  /** The read command does not show it. */
  readonly hidden?: true;
}

/** The settings of a profile by their op codes, in the order in which they are shown. */
export type Settings<Profile> = ReadonlyMap<number, Setting<Profile>>;

/** `<op>[,<values>]`: without values it shows what is set. */
export function configure<Profile>(call: Call, name: string, settings: Settings<Profile>, profile: Profile): void {
  expectCount(call, 1, 3);
  const code = integerAt(call, 0, 0, HIGHEST_CODE);
  const setting = settings.get(code);
  if (setting === undefined) throw notSupported();
  if (call.arguments.length === 1) {
    call.info(`${name}: ${code},${setting.read(profile)}`);
    return;
  }
  if (call.arguments.length > setting.values + 1) throw incorrectParameters();
  setting.write(profile, call);
}

export function printAll<Profile>(call: Call, name: string, settings: Settings<Profile>, profile: Profile): void {
  for (const [code, { read, hidden }] of settings) {
    if (hidden !== true) call.info(`${name}: ${code},${read(profile)}`);
  }
}

export function numberSetting<Key extends string>(key: Key, highest: number): Setting<Record<Key, number>> {
  return {
    values: 1,
    write(profile, call) {
      Object.assign(profile, { [key]: integerAt(call, 1, 0, highest) });
    },
    read: (profile) => `${profile[key]}`,
  };
}

export function textSetting<Key extends string>(key: Key): Setting<Record<Key, string>> {
  return {
    values: 1,
    write(profile, call) {
      textAt(call, 1, LONGEST);
      Object.assign(profile, { [key]: stringAt(call, 1, LONGEST) });
    },
    read: (profile) => `"${profile[key]}"`,
  };
}

/** @param usualPort counts where none is given */
export function serverSetting(usualPort: number): Setting<{ server: string; port: number }> {
  return {
    values: 2,
    write(profile, call) {
      const server = stringAt(call, 1, LONGEST);
      const port = integerAt(call, 2, 1, HIGHEST_PORT, usualPort);
      Object.assign(profile, { server, port });
    },
    read: ({ server, port }) => `"${server}",${port}`,
  };
}

/** For when the server is empty. @param usualPort counts where none is given */
export function addressSetting(usualPort: number): Setting<{ address: string; addressPort: number }> {
  return {
    values: 2,
    write(profile, call) {
      const address = stringAt(call, 1, LONGEST);
      if (address !== "" && isIP(address) === 0) throw incorrectParameters();
      const addressPort = integerAt(call, 2, 1, HIGHEST_PORT, usualPort);
      Object.assign(profile, { address, addressPort });
    },
    read: ({ address, addressPort }) => `"${address}",${addressPort}`,
  };
}

/** @param isPossible whether this computer can do what secures the protocol */
export function securitySetting(isPossible: boolean): Setting<{ secure: number; security: number | undefined }> {
  return {
    values: 2,
    write(profile, call) {
      const secure = integerAt(call, 1, 0, 1);
      if (secure === 1 && !isPossible) throw notSupported();
      const security = call.arguments.length > 2 ? integerAt(call, 2, 0, SECURITY_PROFILES - 1) : undefined;
      Object.assign(profile, { secure, security });
    },
    read: ({ secure, security }) => (security === undefined ? `${secure}` : `${secure},${security}`),
  };
}

export const contextSetting: Setting<{ cid: number | undefined; preferredType: number }> = {
  values: 2,
  write(profile, call) {
    const cid = integerAt(call, 1, 1, HIGHEST_CID);
    const preferredType = integerAt(call, 2, 0, 1, 0);
    Object.assign(profile, { cid, preferredType });
  },
  read: ({ cid, preferredType }) => `${cid ?? 1},${preferredType}`,
  hidden: true,
};
