import { ModemError } from "../../driver/errors";
import { findModem } from "./config-nodes";
import type { KnownModel, Misfit } from "./model-fit";
import type { Runtime } from "./types";

/**
 * Refuses what the node's modem can't do, where its model is known before it answers: at deploy, and with each message.
 *
 * @throws {ModemError} `INVALID_INPUT` for too much, `NOT_SUPPORTED` for what it has not at all
 */
export function checkFit(RED: Runtime, modem: string, misfits: (model: KnownModel) => readonly Misfit[]): void {
  const model = findModem(RED, modem)?.knownModel;
  const [misfit] = model === undefined ? [] : misfits(model);
  if (model === undefined || misfit === undefined) return;
  const { field, max, oneOf } = misfit;
  if (max !== undefined) throw new ModemError("INVALID_INPUT", `${field}: ${model.name} takes at most ${max}`);
  if (oneOf !== undefined)
    throw new ModemError("NOT_SUPPORTED", `${field}: ${model.name} has ${oneOf.join(" and ")} only`);
  throw new ModemError("NOT_SUPPORTED", `${field}: ${model.name} has no such setting; leave it empty`);
}
