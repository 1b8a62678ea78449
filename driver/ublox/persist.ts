import type { Channel } from "../at/channel-types";
import type { Command } from "../at/command";
import { type AnswerField, toInteger } from "../at/fields";
import { ask, trySend, unlessRejected } from "../cellular/commands";
import type { PersistentSettings } from "../services/model";
import { command, query } from "./commands";
import { FACTORY_CONTEXT } from "./packet-data/default-context";
import { READ_MNO_PROFILE, requireDataContext } from "./packet-data/mno-profile";
import type { UbloxTraits } from "./traits";

/** A setting in NVM that needs a reboot: what the modem holds is compared with what is wanted. */
interface PersistentSetting {
  readonly read: Command;
  readonly write: Command;
  /** Whether a line of the answer to `read` shows the wanted value. */
  holds(fields: AnswerField[]): boolean;
  /** Whether the wanted value is what every modem has that lacks the setting. */
  readonly factory: boolean;
}

/** What was written without being able to read it, by IMEI: once in a process, for every write wears the flash. */
const blindWrites = new Set<string>();

const READ_IMEI = query("+CGSN", [], { expects: [{ prefix: "bare" }] });

/**
 * Keeps NVM as the settings say (guide 2.3.1, 2.5): writes what differs, with the radio off, and leaves it off, since
 * the caller reboots.
 *
 * @returns whether something was written
 * @throws {ModemError} `MODEM_REJECTED` when this firmware lacks a setting (+UDCONF=19 on LARA-R6001D-00B), with the
 * radio on again; `INVALID_INPUT` for context 1 with the Verizon profile
 */
export async function persist(
  channel: Channel,
  settings: PersistentSettings,
  { timeouts }: UbloxTraits,
): Promise<boolean> {
  const differences: Difference[] = [];
  for (const setting of wantedSettings(settings)) {
    const difference = await compare(channel, setting);
    if (difference !== undefined) differences.push(difference);
  }
  if (differences.length === 0) return false;
  await channel.send(command("+CFUN=", [0], { timeout: timeouts.radio, repeatable: true }));
  try {
    for (const { write } of differences) await channel.send(write);
  } catch (error) {
    await trySend(channel, command("+CFUN=", [1], { timeout: timeouts.radio, repeatable: true }));
    throw error;
  }
  // A new profile restores the factory values of the rest (guide 2.3.1).
  if (differences.some(({ write }) => write.line.startsWith("AT+UMNOPROF="))) blindWrites.clear();
  for (const { blind } of differences) if (blind !== undefined) blindWrites.add(blind);
  return true;
}

interface Difference {
  readonly write: Command;
  /** What to note in `blindWrites`. */
  readonly blind?: string;
}

/** A setting that can't be read counts as different until it was written, unless every modem has it anyway. */
async function compare(channel: Channel, setting: PersistentSetting): Promise<Difference | undefined> {
  const { read, write, factory } = setting;
  const answer = (await unlessRejected(ask(channel, read))) ?? [];
  if (answer.length > 0) return answer.some((fields) => setting.holds(fields)) ? undefined : { write };
  if (factory) return undefined;
  const imei = (await unlessRejected(ask(channel, READ_IMEI)))?.[0]?.[0]?.text ?? "";
  const blind = `${imei} ${write.line}`;
  return blindWrites.has(blind) ? undefined : { write, blind };
}

function wantedSettings({ mnoProfile, xlat, defaultContext }: PersistentSettings): PersistentSetting[] {
  const settings: PersistentSetting[] = [];
  // First: on LARA-R6401 a change of profile restores the factory configuration of the rest (guide 2.3.1).
  if (mnoProfile !== undefined) settings.push(mnoProfileSetting(mnoProfile));
  if (defaultContext !== undefined) {
    const { cid, preferIpv6 } = defaultContext;
    requireDataContext(mnoProfile, cid);
    settings.push(configuration([19], [cid, preferIpv6 ? 1 : 0], cid === FACTORY_CONTEXT && !preferIpv6));
  }
  if (xlat !== undefined) settings.push(configuration([66, 4], [xlat ? 1 : 0], false));
  return settings;
}

function mnoProfileSetting(profile: number): PersistentSetting {
  return {
    read: READ_MNO_PROFILE,
    write: command("+UMNOPROF=", [profile]),
    holds: ([current]) => toInteger(current) === profile,
    factory: false,
  };
}

/** +UDCONF: `key` alone reads what `key` and `value` write. */
function configuration(key: readonly number[], value: readonly number[], factory: boolean): PersistentSetting {
  const whole = [...key, ...value];
  return {
    read: query("+UDCONF=", key),
    write: command("+UDCONF=", whole),
    holds: (fields) => fields.length === whole.length && fields.every((field, i) => toInteger(field) === whole[i]),
    factory,
  };
}
