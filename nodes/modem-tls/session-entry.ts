import { RESUMPTION_TYPES, type SessionData } from "../../driver/services/security/security";
import { isPlainObject } from "../common/input";

/** What is known of the last session with a server. */
export interface SessionEntry {
  /** Id of the node `modem-tls`. */
  readonly profile: string;
  /** Id of the node `modem`. */
  readonly modem: string;
  /** `host:port` */
  readonly server: string;
  /** Stands for what the connection was made with: a session made without checks must not pass for a checked one. */
  readonly policy: string;
  readonly session: SessionData;
}

/** The entries in what comes from storage; what is none is left out. */
export function sessionEntries(stored: unknown): SessionEntry[] {
  if (!isPlainObject(stored) || !Array.isArray(stored.sessions)) return [];
  return stored.sessions.filter(isSessionEntry);
}

function isSessionEntry(value: unknown): value is SessionEntry {
  if (!isPlainObject(value)) return false;
  const names = [value.profile, value.modem, value.server, value.policy];
  return names.every((name) => typeof name === "string") && isSessionData(value.session);
}

function isSessionData(value: unknown): value is SessionData {
  if (!isPlainObject(value)) return false;
  const { type, encrypted, data, size } = value;
  return (
    RESUMPTION_TYPES.some((known) => known === type) &&
    typeof encrypted === "boolean" &&
    typeof data === "string" &&
    (size === undefined || typeof size === "number")
  );
}
