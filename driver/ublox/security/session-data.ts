import { transferTime } from "../../at/clock";
import type { Command } from "../../at/command";
import { type AnswerField, type Field, integer, splitFields, toInteger } from "../../at/fields";
import type { Line } from "../../at/line";
import { ModemError } from "../../errors";
import type { ResumptionType, SessionData } from "../../services/security/security";
import { command, query } from "../commands";
import { SIMPLE_MS } from "../timeouts";

/** Op code of +USECPRF for session resumption, and its tags (guide 3.4.4). */
const RESUMPTION = 13;
const TAG = { status: 0, type: 1 } as const;
const ON = 1;
/** Status in the URC: session data have been obtained (guide 3.4.2). */
const OBTAINED = 2;

/** One of the six kinds of guide 3.4.4. */
export interface SessionKind {
  readonly type: ResumptionType;
  readonly encrypted: boolean;
  /** Value of tag 1. */
  readonly number: number;
  /** Tag of the data. */
  readonly tag: number;
  /** How the modem tells the data: by itself along with the connection, or when asked after it. */
  readonly told: "urc" | "query";
  /** Where the data go when they are set. */
  readonly set: "command" | "prompt";
  /** What follows the tag: the data's parts, and their size. */
  readonly parts: 1 | 2;
  readonly sized: boolean;
}

const SESSION_KINDS: readonly SessionKind[] = [
  { type: "id", encrypted: false, number: 0, tag: 2, told: "urc", set: "command", parts: 2, sized: false },
  { type: "id", encrypted: true, number: 10, tag: 12, told: "urc", set: "command", parts: 1, sized: true },
  { type: "ticket", encrypted: false, number: 1, tag: 3, told: "query", set: "command", parts: 1, sized: true },
  { type: "ticket", encrypted: true, number: 11, tag: 13, told: "query", set: "command", parts: 1, sized: true },
  { type: "psk-ticket", encrypted: false, number: 3, tag: 5, told: "query", set: "prompt", parts: 1, sized: true },
  { type: "psk-ticket", encrypted: true, number: 13, tag: 15, told: "query", set: "prompt", parts: 1, sized: true },
];

/** Undefined for "off". */
export function sessionKind(type: ResumptionType | "off", encrypted: boolean): SessionKind | undefined {
  return SESSION_KINDS.find((kind) => kind.type === type && kind.encrypted === encrypted);
}

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** Characters; a ticket has some hundred, and a command line of the modem takes far less than this. */
const MAX_DATA = 16_384;

/**
 * Session data from outside, checked: they become part of a command line.
 *
 * @throws {ModemError} `INVALID_INPUT`, without the data
 */
export function checkSession(session: SessionData, kind: SessionKind): SessionData {
  if (session.type !== kind.type || session.encrypted !== kind.encrypted) {
    throw new ModemError(
      "INVALID_INPUT",
      `session data are of type ${described(session)}, but the security profile resumes by ${described(kind)}`,
    );
  }
  const parts = session.data.split(",");
  if (parts.length !== kind.parts || !parts.every((part) => BASE64.test(part))) {
    const form = kind.parts === 2 ? "session id and master secret in base64 with a comma between" : "base64";
    throw new ModemError("INVALID_INPUT", `session data must be ${form}`);
  }
  if (session.data.length > MAX_DATA) {
    throw new ModemError("INVALID_INPUT", `session data are too long: at most ${MAX_DATA} characters`);
  }
  if (session.size !== undefined) integer(session.size, { field: "size of the session data", min: 1, max: 65_535 });
  return session;
}

function described({ type, encrypted }: Pick<SessionData, "type" | "encrypted">): string {
  return `${type} (${encrypted ? "encrypted" : "plain"})`;
}

export function sameSession(one: SessionData | undefined, other: SessionData | undefined): boolean {
  return one?.data === other?.data && one?.type === other?.type && one?.encrypted === other?.encrypted;
}

type Form = "bare" | "quoted";

/** Turns resumption on and says by what, in the guide's order (3.4.4.1). */
export function enableCommands(profile: number, kind: SessionKind, signal?: AbortSignal): Command[] {
  return [
    command("+USECPRF=", [profile, RESUMPTION, TAG.status, ON], { signal }),
    command("+USECPRF=", [profile, RESUMPTION, TAG.type, kind.number], { signal }),
  ];
}

/** Gives the modem session data. At the prompt the announced size is that of the text: just so many bytes follow. */
export function setCommand(
  profile: number,
  kind: SessionKind,
  session: SessionData,
  form: Form,
  { signal, bytesPerSecond }: { signal?: AbortSignal; bytesPerSecond?: number },
): Command {
  const { data, size = data.length } = session;
  const timeout = SIMPLE_MS + transferTime(data.length, bytesPerSecond);
  const target = [profile, RESUMPTION, kind.tag];
  if (kind.set === "prompt") {
    const upload = { prompt: ">", data: Buffer.from(data, "latin1") } as const;
    return command("+USECPRF=", [...target, data.length], { timeout, upload, signal });
  }
  const parts = data.split(",").map((part) => secret(part, form));
  return command("+USECPRF=", [...target, ...parts, ...(kind.sized ? [size] : [])], { timeout, signal });
}

/** Only base64 gets here (`checkSession`), which holds nothing that could end a parameter. */
function secret(text: string, form: Form): Field {
  return form === "bare" ? { wire: text, shown: "***" } : { wire: `"${text}"`, shown: '"***"' };
}

/** Asks for what the last handshake gave. */
export function queryCommand(profile: number, kind: SessionKind, bytesPerSecond?: number): Command {
  const accepts = (line: Line): boolean => readData(splitFields(line), profile, kind) !== undefined;
  return query("+USECPRF=", [profile, RESUMPTION, kind.tag], {
    expects: [{ prefix: "+USECPRF:", accepts }],
    confidential: true,
    timeout: SIMPLE_MS + transferTime(MAX_DATA, bytesPerSecond),
  });
}

/** What a line about session resumption says: the answer to a query, and the URC, which the guide prints with one U or two. */
export function readData(fields: readonly AnswerField[], profile: number, kind: SessionKind): SessionData | undefined {
  const [ofProfile, op, tag, ...rest] = fields;
  if (toInteger(ofProfile) !== profile || toInteger(op) !== RESUMPTION || toInteger(tag) !== kind.tag) return undefined;
  const parts = rest.slice(0, kind.parts).map(({ text }) => text);
  const data = parts.join(",");
  if (parts.length < kind.parts || !parts.every((part) => BASE64.test(part)) || data.length > MAX_DATA)
    return undefined;
  const { type, encrypted } = kind;
  const size = toInteger(rest[kind.parts]);
  return { type, encrypted, data, ...(kind.sized && size > 0 ? { size } : {}) };
}

/** Whether it is the status URC of a ticket, and says that there are new data. */
export function tellsObtained(fields: readonly AnswerField[]): boolean {
  const [, op, tag, status] = fields.map(toInteger);
  return op === RESUMPTION && tag === TAG.status && status === OBTAINED;
}
