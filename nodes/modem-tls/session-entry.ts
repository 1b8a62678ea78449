import { RESUMPTION_TYPES, type SessionData } from "../../driver/services/security/security";
import { isPlainObject } from "../common/message/input";

/** The last session with a server. */
export interface SessionEntry {
  /** Id of the node `modem-tls`. */
  readonly profile: string;
  /** Id of the node `modem`. */
  readonly modem: string;
  /** `host:port` */
  readonly server: string;
  /** Hash of the connection's settings: a session made without checks must not pass for a checked one. */
  readonly policy: string;
  readonly session: SessionData;
}

/** The valid entries in what was stored. */
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
