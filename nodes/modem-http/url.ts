import { ModemError } from "../../driver/errors";
import { invalid } from "../common/errors";
import { isPlainObject, notTooLong, withoutBlanks } from "../common/input";
import { formText } from "./form";

export interface HttpTarget {
  /** Without user and password. */
  readonly url: string;
  /** From the URL's user:password@, as in the core node. */
  readonly user?: string;
  readonly password?: string;
}

export interface UrlParts {
  /** As errors name it. */
  readonly field: string;
  /** Of a text that has none. */
  readonly scheme: "http" | "https";
  readonly query?: unknown;
}

/** What every server should take (RFC 9110 4.1), and more than any modem does. */
const MAX_LENGTH = 8000;

/**
 * The absolute URL of a request, escaped as the core node does; an object as the payload of a GET becomes the query.
 *
 * @throws {ModemError} `INVALID_INPUT`
 */
export function targetUrl(text: string, { field, scheme, query }: UrlParts): HttpTarget {
  // Before it is looked at: a text from a message may have any length.
  notTooLong(text, field, MAX_LENGTH);
  const absolute = withScheme(withoutBlanks(text), scheme, field);
  const url = usableUrl(withQuery(escapePercent(absolute), query), undefined, (reason) => invalid(field, reason));
  const { username, password } = url;
  return {
    url: withoutCredentials(url),
    ...(username === "" ? {} : { user: decode(username) }),
    ...(password === "" ? {} : { password: decode(password) }),
  };
}

/**
 * Where a redirect leads, without user and password: a server's credentials are not the flow's.
 *
 * @param location as the modem gives it, a character a byte
 * @throws {ModemError} `PROTOCOL_ERROR`
 */
export function redirectTarget(location: string, base: string, operation: string): string {
  const refuse = (reason: string) =>
    new ModemError("PROTOCOL_ERROR", `${operation} was answered by a redirect whose Location ${reason}`);
  if (location.length > MAX_LENGTH)
    throw refuse(`has ${location.length} characters; at most ${MAX_LENGTH} are followed`);
  // Servers write UTF-8 there, as the core node reads it.
  const text = Buffer.from(location, "latin1").toString("utf8");
  const url = usableUrl(text, base, refuse);
  if (url.protocol === "http:" && base.startsWith("https:")) {
    throw refuse("leads from https: to http:, which is never followed");
  }
  return withoutCredentials(url);
}

function withScheme(text: string, scheme: "http" | "https", field: string): string {
  if (/^https?:\/\//i.test(text)) return text;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) throw invalid(field, "must begin with http:// or https://");
  return `${scheme}://${text}`;
}

/** A percent sign that begins no escape is taken literally, as in many hand-written queries. */
function escapePercent(url: string): string {
  const start = url.indexOf("?");
  if (start < 0) return url;
  return url.slice(0, start) + url.slice(start).replace(/%(?![0-9a-f]{2})/gi, "%25");
}

function withQuery(url: string, query: unknown): string {
  if (!isPlainObject(query)) return url;
  const text = formText(query, MAX_LENGTH);
  if (text === "") return url;
  const [location = "", fragment] = url.split("#", 2);
  const separator = !location.includes("?") ? "?" : location.endsWith("?") ? "" : "&";
  return `${location}${separator}${text}${fragment === undefined ? "" : `#${fragment}`}`;
}

/** @param refuse makes the error; the reasons never quote the URL, which may hold a password */
function usableUrl(text: string, base: string | undefined, refuse: (reason: string) => Error): URL {
  // The parser drops tabs and line ends silently; what asks for one resource must not become another.
  if (/\p{Cc}/u.test(text)) throw refuse("contains a control character");
  if (!URL.canParse(text, base)) throw refuse("is not a URL");
  const url = new URL(text, base);
  if (url.protocol !== "http:" && url.protocol !== "https:") throw refuse("must begin with http:// or https://");
  if (url.hostname === "") throw refuse("is not a URL");
  if (url.port === "0") throw refuse("has port 0, which no server has");
  return url;
}

/** The fragment stays, for `msg.responseUrl`; the modem is not told it (RFC 9110 7.1). */
function withoutCredentials(url: URL): string {
  const bare = new URL(url);
  bare.username = "";
  bare.password = "";
  return bare.href;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
