import type { Modem } from "../modem";

/** The current V.250 settings of a line. */
export interface LineSettings {
  echo: boolean;
  verbose: boolean;
  quiet: boolean;
  /** +CMEE */
  errorMode: number;
  /** S3 */
  terminator: number;
  /** S4 */
  lineFeed: number;
  /** S5 */
  editing: number;
  /** S2 and S12: the escape character, and its guard time in 1/50 s. */
  escape: number;
  guard: number;
  /** +IPR, bit/s */
  rate: number;
  /** Whether this port prints unsolicited lines (u-blox +UURCCONF). */
  unsolicited: boolean;
  /** Settings that are stored and read back but change little or nothing here: `X`, `&C`, `&D`, `&K`, S0… */
  readonly numbers: Map<string, number>;
}

const STORED = "line.profile";

/** The factory's settings (V.250; u-blox and Quectel agree on these). */
export function factorySettings(): LineSettings {
  return {
    echo: true,
    verbose: true,
    quiet: false,
    errorMode: 0,
    terminator: 13,
    lineFeed: 10,
    editing: 8,
    escape: 43,
    guard: 50,
    rate: 115_200,
    unsolicited: true,
    numbers: new Map(),
  };
}

/** The settings of this power cycle; a reboot restores what `&W` stored. */
export function lineSettings(modem: Modem): LineSettings {
  return modem.service("line.settings", () => {
    const settings = factorySettings();
    restoreProfile(modem, settings);
    return settings;
  });
}

interface StoredProfile extends Omit<LineSettings, "numbers" | "errorMode" | "rate" | "unsolicited"> {
  readonly numbers: readonly (readonly [string, number])[];
}

/** `&W` */
export function storeProfile(modem: Modem, settings: LineSettings): void {
  const { errorMode: _volatile, unsolicited: _too, rate: _ofTheLine, numbers, ...rest } = settings;
  const profile: StoredProfile = { ...rest, numbers: [...numbers] };
  modem.storage.set(STORED, profile);
}

/** `Z`; `&F` takes the factory's instead. */
export function restoreProfile(modem: Modem, settings: LineSettings): void {
  restoreFactory(settings);
  const stored = modem.storage.get<StoredProfile>(STORED);
  if (stored === undefined) return;
  const { numbers: storedNumbers, ...rest } = stored;
  Object.assign(settings, rest);
  for (const [name, value] of storedNumbers) settings.numbers.set(name, value);
}

/** `&F` */
export function restoreFactory(settings: LineSettings): void {
  const { numbers: _none, rate: _kept, ...factory } = factorySettings();
  Object.assign(settings, factory);
  settings.numbers.clear();
}
