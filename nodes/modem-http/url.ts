import { ModemError } from "../../driver/errors";
import { invalid } from "../common/errors";
import { withoutBlanks } from "../common/message/blanks";
import { isPlainObject, notTooLong } from "../common/message/input";
import { formText } from "./form";
import { completeUrl, LONGEST_URL, readUrl, type UrlProblem } from "./url-text";

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

/**
 * The absolute URL of a request, escaped as the core node does; an object as the payload of a GET becomes the query.
 *
 * @throws {ModemError} `INVALID_INPUT`
 */
export function targetUrl(text: string, { field, scheme, query }: UrlParts): HttpTarget {
  // Before it is looked at: a text from a message may have any length.
  notTooLong(text, field, LONGEST_URL);
  const absolute = completeUrl(withoutBlanks(text), scheme);
  const url = usableUrl(withQuery(absolute, query), undefined, (reason) => invalid(field, reason));
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
  if (location.length > LONGEST_URL)
    throw refuse(`has ${location.length} characters; at most ${LONGEST_URL} are followed`);
  // Servers write UTF-8 there, as the core node reads it.
  const text = Buffer.from(location, "latin1").toString("utf8");
  const url = usableUrl(text, base, refuse);
  if (url.protocol === "http:" && base.startsWith("https:")) {
    throw refuse("leads from https: to http:, which is never followed");
  }
  return withoutCredentials(url);
}

function withQuery(url: string, query: unknown): string {
  if (!isPlainObject(query)) return url;
  const text = formText(query, LONGEST_URL);
  if (text === "") return url;
  const [location = "", fragment] = url.split("#", 2);
  const separator = !location.includes("?") ? "?" : location.endsWith("?") ? "" : "&";
  return `${location}${separator}${text}${fragment === undefined ? "" : `#${fragment}`}`;
}

const REASONS: Readonly<Record<UrlProblem, string>> = {
  length: `is too long: at most ${LONGEST_URL} characters are allowed`,
  control: "contains a control character",
  scheme: "must begin with http:// or https://",
  malformed: "is not a URL",
  port: "has port 0, which no server has",
};

/** @param refuse makes the error; the reasons never quote the URL, which may hold a password */
function usableUrl(text: string, base: string | undefined, refuse: (reason: string) => Error): URL {
  const url = readUrl(text, base);
  if (typeof url === "string") throw refuse(REASONS[url]);
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
