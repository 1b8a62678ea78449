import { isModemError } from "../../driver/errors";
import { EXPIRY_WARNING_DAYS } from "../modem-tls/types";
import { findTls } from "./config-nodes";
import { RED_RING, type StatusText, YELLOW_DOT } from "./status";
import type { Runtime } from "./types";

/** Replaces "ready" if a node's security profile can't be used, or soon can't. */
export function tlsWarning(RED: Runtime, id: string): StatusText | undefined {
  try {
    return expiryWarning(findTls(RED, id)?.daysLeft());
  } catch (error) {
    const key = isModemError(error) ? `status.error.${error.code}` : "status.error.other";
    return { appearance: RED_RING, key };
  }
}

/** @param days whole days left, negative once expired */
export function expiryWarning(days: number | undefined): StatusText | undefined {
  if (days === undefined || days > EXPIRY_WARNING_DAYS) return undefined;
  if (days < 0) return { appearance: YELLOW_DOT, key: "status.certificateExpired" };
  if (days === 0) return { appearance: YELLOW_DOT, key: "status.certificateExpiresToday" };
  if (days === 1) return { appearance: YELLOW_DOT, key: "status.certificateExpiresTomorrow" };
  return { appearance: YELLOW_DOT, key: "status.certificateExpires", values: { days: String(days) } };
}
