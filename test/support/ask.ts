/**
 * `fetch` by a connection of its own: a server closes one that has been quiet for some seconds, and a request that is
 * just being sent then fails.
 */
export function ask(url: string | URL, { headers, ...init }: RequestInit = {}): Promise<Response> {
  const all = new Headers(headers);
  all.set("connection", "close");
  return fetch(url, { ...init, headers: all });
}
