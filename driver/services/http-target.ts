/**
 * What a request line asks for: path and query, without the fragment. An empty query (`/echo?`) stays, as in guide B
 * 3.1.2; `URL.search` would leave its question mark out, and to a server that is another resource (RFC 3986 6.2.3).
 */
export function requestTarget(url: URL): string {
  const isEmptyQuery = url.search === "" && url.href.replace(/#.*/, "").endsWith("?");
  return `${url.pathname}${isEmptyQuery ? "?" : url.search}`;
}
