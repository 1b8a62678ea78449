import type { Channel } from "../../at/channel-types";
import { toInteger } from "../../at/fields";
import { ask, unlessRejected } from "../../cellular/commands";
import { ModemError } from "../../errors";
import { query } from "../commands";

export const READ_MNO_PROFILE = query("+UMNOPROF?");

/** Verizon: context 1 carries IMS, data go over context 3, which the profile makes the default one (guide 2.3.1). */
const VERIZON = 3;
const IMS_CONTEXT = 1;

/** The MNO profile in force; undefined where the modem doesn't tell. */
export async function readMnoProfile(channel: Channel): Promise<number | undefined> {
  const answer = await unlessRejected(ask(channel, READ_MNO_PROFILE));
  const profile = toInteger(answer?.[0]?.[0]);
  return Number.isNaN(profile) ? undefined : profile;
}

/** Whether the network operator provisions the APNs itself, so that an empty APN must not overwrite them. */
export function provisionsApns(profile: number | undefined): boolean {
  return profile === VERIZON;
}

/** @throws {ModemError} `INVALID_INPUT` when `cid` can't carry data with this MNO profile */
export function requireDataContext(profile: number | undefined, cid: number): void {
  if (profile !== VERIZON || cid !== IMS_CONTEXT) return;
  throw new ModemError(
    "INVALID_INPUT",
    "cid 1 is reserved for IMS with the Verizon profile (mnoProfile 3): set cid to 3, where Verizon carries data",
  );
}
