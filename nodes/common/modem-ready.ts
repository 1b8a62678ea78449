import { once } from "node:events";
import type { Services } from "../../driver/services/model";
import type { ObservableModem } from "./types";

/** ms of one attempt to use a modem that says it is ready; there is always another. */
const ATTEMPT_MS = 60_000;

/** Resolves when the modem is ready, however long that takes. @throws the abort reason; why it was ready no longer */
export async function modemReady(modem: ObservableModem, signal: AbortSignal): Promise<Services> {
  while (modem.state !== "ready") await once(modem, "state", { signal });
  return modem.ready({ timeout: ATTEMPT_MS, signal });
}
