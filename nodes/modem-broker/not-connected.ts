import { ModemError } from "../../driver/errors";
import type { LinkState } from "./link";

const REASONS: Readonly<Record<LinkState, string>> = {
  closed: "which is not connected by a message yet",
  waiting: "which waits for the modem, or for its next attempt",
  connecting: "which is connecting",
  connected: "which has just been lost",
  refused: "which has refused the login",
  failed: "whose settings can't be used",
};

/** Of what needs a session now. @param prefix names the operation, up to its colon */
export function notConnected(
  prefix: string,
  called: string,
  { state, lastError }: { readonly state: LinkState; readonly lastError: ModemError | undefined },
): ModemError {
  const why = lastError === undefined ? REASONS[state] : `${REASONS[state]}: ${lastError.message}`;
  return new ModemError(
    lastError?.code ?? "CONNECTION_CLOSED",
    `${prefix} there is no session with broker ${called}, ${why}. Nothing was sent`,
    lastError?.cause,
  );
}
