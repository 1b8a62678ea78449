import type { Channel } from "../at/channel-types";
import type { Command } from "../at/command";
import { type AnswerField, toInteger } from "../at/fields";
import { unlessRejected } from "../network/procedures";
import type { PersistentSettings } from "../services/model";
import { ask, command, query, trySend } from "./commands";
import { READ_MNO_PROFILE, requireDataContext } from "./mno-profile";
import { TIMEOUTS } from "./timeouts";

/** A setting in NVM that needs a reboot: what the module holds is compared with what is wanted. */
interface PersistentSetting {
  readonly read: Command;
  readonly write: Command;
  /** Whether a line of the answer to `read` shows the wanted value. */
  holds(fields: AnswerField[]): boolean;
}

/** Keeps NVM as the settings say (guide 2.3.1, 2.5). */
export class PersistentStore {
  readonly #channel: Channel;
  /** Settings that can't be read back are written once, or every start would end in another reboot. */
  readonly #unreadable = new Set<string>();

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /**
   * Writes what differs, with the radio off (guide 2.3.1), and leaves it off: the caller reboots.
   *
   * @returns whether something was written
   * @throws {ModemError} `MODEM_REJECTED` when this firmware lacks a setting (+UDCONF=19 on LARA-R6001D-00B), with the
   * radio on again; `INVALID_INPUT` for context 1 with the Verizon profile
   */
  async write(settings: PersistentSettings): Promise<boolean> {
    const different: PersistentSetting[] = [];
    for (const setting of wantedSettings(settings)) {
      if (!(await this.#holds(setting))) different.push(setting);
    }
    if (different.length === 0) return false;
    await this.#channel.send(command("+CFUN=", [0], { timeout: TIMEOUTS.radio }));
    try {
      for (const setting of different) await this.#channel.send(setting.write);
    } catch (error) {
      await trySend(this.#channel, command("+CFUN=", [1], { timeout: TIMEOUTS.radio }));
      throw error;
    }
    return true;
  }

  async #holds(setting: PersistentSetting): Promise<boolean> {
    const answer = await unlessRejected(ask(this.#channel, setting.read));
    if (answer?.some((fields) => setting.holds(fields))) return true;
    if (answer !== undefined && answer.length > 0) return false;
    const known = this.#unreadable.has(setting.write.line);
    this.#unreadable.add(setting.write.line);
    return known;
  }
}

function wantedSettings({ mnoProfile, xlat, defaultContext }: PersistentSettings): PersistentSetting[] {
  const settings: PersistentSetting[] = [];
  // First: on LARA-R6401 a change of profile restores the factory configuration of the rest (guide 2.3.1).
  if (mnoProfile !== undefined) settings.push(mnoProfileSetting(mnoProfile));
  if (defaultContext !== undefined) {
    const { cid, preferIpv6 } = defaultContext;
    requireDataContext(mnoProfile, cid);
    settings.push(configuration([19], [cid, preferIpv6 ? 1 : 0]));
  }
  if (xlat !== undefined) settings.push(configuration([66, 4], [xlat ? 1 : 0]));
  return settings;
}

function mnoProfileSetting(profile: number): PersistentSetting {
  return {
    read: READ_MNO_PROFILE,
    write: command("+UMNOPROF=", [profile]),
    holds: ([current]) => toInteger(current) === profile,
  };
}

/** +UDCONF: `key` alone reads what `key` and `value` write. */
function configuration(key: readonly number[], value: readonly number[]): PersistentSetting {
  const whole = [...key, ...value];
  return {
    read: query("+UDCONF=", { prefix: "+UDCONF:" }, key),
    write: command("+UDCONF=", whole),
    holds: (fields) => fields.length === whole.length && fields.every((field, i) => toInteger(field) === whole[i]),
  };
}
