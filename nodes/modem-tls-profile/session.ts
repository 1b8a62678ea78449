import { RESUMPTION_TYPES, type SessionData, type SessionRecord } from "../../driver/services/security/security";
import { invalid } from "../common/errors";
import {
  flag,
  isPlainObject,
  optionalChoice,
  optionalInteger,
  optionalText,
  requiredText,
} from "../common/message/input";

/** A message of the second output. */
export interface SessionEvent {
  readonly event: "session";
  readonly payload: Omit<SessionRecord, "size"> & { size?: number };
}

export interface SessionRequest {
  readonly session: SessionData;
  /** `host:port`; if left out, the data are for any server. */
  readonly server: string | undefined;
}

const BASE64 = "[A-Za-z0-9+/]+={0,2}";
const ONE_PART = new RegExp(`^${BASE64}$`);
/** Session id and master secret (u-blox guide 3.4.4). */
const TWO_PARTS = new RegExp(`^${BASE64},${BASE64}$`);
/** Characters; tickets have a few hundred bytes. */
const DATA_LIMIT = 16_384;
/** A host name or an address (in brackets if it has colons), and a port. */
const SERVER = /^(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]):(\d{1,5})$/;

/** Checks data from the second output. @throws {ModemError} `INVALID_INPUT`, naming the field but never its content */
export function sessionRequest(payload: unknown): SessionRequest {
  if (!isPlainObject(payload)) {
    throw invalid("msg.payload", "must be what the second output gave: { type, encrypted, data, … }");
  }
  const type = optionalChoice(payload.type, "msg.payload.type", RESUMPTION_TYPES);
  if (type === undefined) throw invalid("msg.payload.type", `must be one of ${RESUMPTION_TYPES.join(", ")}`);
  const encrypted = flag(payload.encrypted, "msg.payload.encrypted", false);
  const data = requiredText(payload.data, "msg.payload.data", "", Number.POSITIVE_INFINITY);
  const pattern = type === "id" && !encrypted ? TWO_PARTS : ONE_PART;
  if (data.length > DATA_LIMIT || !pattern.test(data)) {
    throw invalid("msg.payload.data", `is not the session data of type ${type} that the second output gives`);
  }
  const size = optionalInteger(payload.size, "msg.payload.size", { min: 0, max: DATA_LIMIT });
  const session = { type, encrypted, data, ...(size === undefined ? {} : { size }) };
  return { session, server: serverOf(payload.server) };
}

function serverOf(value: unknown): string | undefined {
  const server = optionalText(value, "msg.payload.server");
  if (server === undefined) return undefined;
  const port = Number(SERVER.exec(server)?.[1]);
  if (!(port >= 1 && port <= 65_535)) throw invalid("msg.payload.server", "must be host:port");
  return server;
}

export function sessionEvent({ profile, type, encrypted, data, size, server }: SessionRecord): SessionEvent {
  const payload = { profile, type, encrypted, data, ...(size === undefined ? {} : { size }), server };
  return { event: "session", payload };
}
