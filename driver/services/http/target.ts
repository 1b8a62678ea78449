import { ModemError } from "../../errors";
import type { HttpRequest } from "./http";

/** Characters; no modem takes as many. */
const LONGEST_URL = 8_192;

/** The URL of a request, checked as far as it is the same for every modem. @throws {ModemError} `INVALID_INPUT` */
export function parseHttpUrl({ url: text, security }: Pick<HttpRequest, "url" | "security">): URL {
  if (text.length > LONGEST_URL) {
    throw new ModemError("INVALID_INPUT", `url is too long: ${text.length} characters, at most ${LONGEST_URL}`);
  }
  // The URL parser drops tabs and line ends silently; what asks for one host must not become another.
  if (/[^\x20-\x7e\u00a0-\u{10ffff}]/u.test(text)) {
    throw new ModemError("INVALID_INPUT", "url contains a control character");
  }
  if (!URL.canParse(text)) {
    throw new ModemError("INVALID_INPUT", "url is not an absolute URL such as http://example.com/");
  }
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new ModemError("INVALID_INPUT", "url must begin with http: or https:");
  }
  if (url.port === "0") throw new ModemError("INVALID_INPUT", "url: there is no port 0");
  // A modem has no certificates of its own to check a server with: going on would be TLS in name only.
  if (url.protocol === "https:" && security === undefined) {
    throw new ModemError(
      "INVALID_INPUT",
      "tls: an https: URL needs a security profile. Choose one in the node (validation none makes no checks).",
    );
  }
  return url;
}

/** What is before the @ of a URL; undefined where nothing is. @throws {ModemError} `INVALID_INPUT` */
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
