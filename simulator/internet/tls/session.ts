import { type DerElement, firstElement, readDer, writeDer } from "./der";
import type { SessionKind } from "./types";

const SEQUENCE = 0x30;
/** Fields of OpenSSL's SSL_SESSION (ssl/ssl_asn1.c): the first ones by position, the others by tag. */
const FIELD = { version: 1, sessionId: 3, peer: 0xa3, ticket: 0xaa } as const;
const TLS_1_3 = 0x0304;
/** Some releases of Node put the server's name (length first) before the session; they accept it without, too. */
const NAMED = Buffer.from("\0nodejs:tls:session:1\0");

/** The relevant fields of OpenSSL's SSL_SESSION. */
interface Session {
  readonly version: number;
  readonly id: Buffer;
  readonly hasTicket: boolean;
}

/** OpenSSL's SSL_SESSION out of what Node gives. */
export function bareSession(given: Buffer | undefined): Buffer | undefined {
  if (given === undefined || !given.subarray(0, NAMED.length).equals(NAMED)) return given;
  return given.subarray(NAMED.length + 2 + given.readUInt16BE(NAMED.length));
}

/**
 * The session without the server's certificate, so that it fits an AT line: the certificate is most of its bytes and
 * not needed again. Undefined if the session can't be resumed in this way.
 */
export function sessionOfKind(serialised: Buffer | undefined, kind: SessionKind): Buffer | undefined {
  if (serialised === undefined || !isOfKind(serialised, kind)) return undefined;
  const fields = fieldsOf(serialised) ?? [];
  return writeDer(SEQUENCE, Buffer.concat(fields.filter((f) => f.tag !== FIELD.peer).map((f) => f.whole)));
}

/** RFC 5246 7.4.1.3; undefined if the server gave none. With a ticket, OpenSSL invents one. */
export function sessionId(serialised: Buffer | undefined): Buffer | undefined {
  const session = serialised && read(serialised);
  return session === undefined || session.hasTicket || session.id.length === 0 ? undefined : session.id;
}

/** Whether `serialised` is a session that can be resumed in this way. */
export function isOfKind(serialised: Buffer, kind: SessionKind): boolean {
  const session = read(serialised);
  if (session === undefined) return false;
  if (kind === "id") return session.version < TLS_1_3 && !session.hasTicket && session.id.length > 0;
  return session.hasTicket && session.version >= TLS_1_3 === (kind === "psk-ticket");
}

function read(serialised: Buffer): Session | undefined {
  const fields = fieldsOf(serialised);
  const version = fields?.[FIELD.version]?.content;
  const id = fields?.[FIELD.sessionId]?.content;
  if (version === undefined || version.length !== 2 || id === undefined) return undefined;
  return {
    version: version.readUInt16BE(),
    id: Buffer.from(id),
    hasTicket: fields?.some((field) => field.tag === FIELD.ticket) ?? false,
  };
}

function fieldsOf(serialised: Buffer): DerElement[] | undefined {
  const sequence = firstElement(serialised);
  if (sequence?.tag !== SEQUENCE || sequence.whole.length !== serialised.length) return undefined;
  return readDer(sequence.content);
}
