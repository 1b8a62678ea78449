/*
 * What a URL's text may be, by rules that the dialog shares with the runtime: nothing here needs Node.js.
 */

/** What every server should take (RFC 9110 4.1), and more than any modem does. */
export const LONGEST_URL = 8000;

export type UrlProblem = "length" | "control" | "scheme" | "malformed" | "port";

/** The URL of a text without blanks around it, or why there is none. */
export function readUrl(text: string, base?: string): URL | UrlProblem {
  if (text.length > LONGEST_URL) return "length";
  // The parser drops tabs and line ends silently; what asks for one resource must not become another.
  if (/\p{Cc}/u.test(text)) return "control";
  if (!URL.canParse(text, base)) return "malformed";
  const url = new URL(text, base);
  if (url.protocol !== "http:" && url.protocol !== "https:") return "scheme";
  if (url.hostname === "") return "malformed";
  return url.port === "0" ? "port" : url;
}

/** With a scheme, where it has none; and a percent sign that begins no escape taken literally, as in many hand-written queries. */
export function completeUrl(text: string, scheme: "http" | "https"): string {
  // Of `https:/host` the parser makes what was meant; with another scheme before it, https would be the host.
  return escapePercent(/^(?:[a-z][a-z0-9+.-]*:\/\/|https?:[/\\])/i.test(text) ? text : `${scheme}://${text}`);
}

function escapePercent(url: string): string {
  const start = url.indexOf("?");
  if (start < 0) return url;
  return url.slice(0, start) + url.slice(start).replace(/%(?![0-9a-f]{2})/gi, "%25");
}

/** RFC 9110 5.6.2, as far as modems can send one. */
export function isHeaderName(name: string): boolean {
  return name.length <= 256 && /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name);
}
