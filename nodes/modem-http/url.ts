import { invalid } from "../common/errors";
import { isPlainObject, withoutBlanks } from "../common/input";
import { formText } from "./form";

export interface HttpTarget {
  /** Without user and password. */
  readonly url: string;
  /** From the URL's user:password@, as in the core node. */
  readonly user?: string;
  readonly password?: string;
}

/**
 * The absolute URL of a request. The scheme defaults to `http:`; an object as the payload of a GET becomes the query.
 *
 * @throws {ModemError} `INVALID_INPUT`
 */
export function targetUrl(text: string, field: string, query: unknown): HttpTarget {
  const absolute = withScheme(withoutBlanks(text), field);
  if (/[\s\p{Cc}]/u.test(absolute)) throw invalid(field, "contains a blank or a control character");
  const parsed = parse(withQuery(escapePercent(absolute), query), field);
  const { username, password } = parsed;
  parsed.username = "";
  parsed.password = "";
  // A fragment is never sent (RFC 9110, 7.1).
  parsed.hash = "";
  return {
    url: parsed.href,
    ...(username === "" ? {} : { user: decode(username) }),
    ...(password === "" ? {} : { password: decode(password) }),
  };
}

function withScheme(text: string, field: string): string {
  if (/^https?:\/\//i.test(text)) return text;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) throw invalid(field, "must begin with http:// or https://");
  return `http://${text}`;
}

/** A percent sign that begins no escape is taken literally, as in many hand-written queries. */
function escapePercent(url: string): string {
  const start = url.indexOf("?");
  if (start < 0) return url;
  return url.slice(0, start) + url.slice(start).replace(/%(?![0-9a-f]{2})/gi, "%25");
}

function withQuery(url: string, query: unknown): string {
  if (!isPlainObject(query)) return url;
  const text = formText(query);
  if (text === "") return url;
  const [location = "", fragment] = url.split("#", 2);
  const separator = !location.includes("?") ? "?" : location.endsWith("?") ? "" : "&";
  return `${location}${separator}${text}${fragment === undefined ? "" : `#${fragment}`}`;
}

function parse(url: string, field: string): URL {
  try {
    const parsed = new URL(url);
    if (parsed.hostname !== "") return parsed;
  } catch {
    // reported below, without the URL, which may hold a password
  }
  throw invalid(field, "is not a URL");
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
