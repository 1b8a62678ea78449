import { ModemError } from "../errors";

/**
 * The URL of a request, checked as far as it is the same for every modem.
 *
 * @throws {ModemError} `INVALID_INPUT`; `NOT_SUPPORTED` for https:
 */
export function parseHttpUrl(text: string): URL {
  // The URL parser drops tabs and line ends silently; what asks for one host must not become another.
  if (/[^\x20-\x7e\u00a0-\u{10ffff}]/u.test(text)) {
    throw new ModemError("INVALID_INPUT", "url contains a control character");
  }
  if (!URL.canParse(text)) {
    throw new ModemError("INVALID_INPUT", "url is not an absolute URL such as http://example.com/");
  }
  const url = new URL(text);
  if (url.protocol === "https:") {
    throw new ModemError(
      "NOT_SUPPORTED",
      "https: is not supported yet, since it needs a security profile on the modem. Only http:// URLs work.",
    );
  }
  if (url.protocol !== "http:") throw new ModemError("INVALID_INPUT", "url must begin with http:");
  return url;
}

/** What stands before the @ of a URL; undefined where nothing does. @throws {ModemError} `INVALID_INPUT` */
export function urlCredentials(url: URL): { user: string; password: string } | undefined {
  if (url.username === "" && url.password === "") return undefined;
  try {
    return { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
  } catch {
    throw new ModemError("INVALID_INPUT", "url: the credentials are not percent-encoded properly");
  }
}

/**
 * What a request line asks for: path and query, without the fragment. An empty query (`/echo?`) stays, as in guide B
 * 3.1.2; `URL.search` would leave its question mark out, and to a server that is another resource (RFC 3986 6.2.3).
 */
export function requestTarget(url: URL): string {
  const isEmptyQuery = url.search === "" && url.href.replace(/#.*/, "").endsWith("?");
  return `${url.pathname}${isEmptyQuery ? "?" : url.search}`;
}
