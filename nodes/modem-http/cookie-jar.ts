import { isIP } from "node:net";
import { MAX_COOKIE_FIELD, type OwnCookie } from "./cookies";

interface Cookie extends OwnCookie {
  readonly domain: string;
  /** Not for the names below its domain. */
  readonly hostOnly: boolean;
  readonly path: string;
  readonly secure: boolean;
  /** Of the flow's own: they go to no other server of the same host. */
  readonly port?: string;
}

/**
 * The cookies of one message on its way through redirects (RFC 6265 5). The flow's own go to the host and port of its
 * URL only, a server's where that says.
 */
export class CookieJar {
  #cookies: Cookie[];

  constructor(url: string, own: readonly OwnCookie[]) {
    const { host, port } = place(url);
    this.#cookies = own.map(({ name, text }) => {
      return { name, text, domain: host, hostOnly: true, path: "/", secure: false, port };
    });
  }

  /** @param fields of the answer's `set-cookie` */
  take(fields: string | readonly string[] | undefined, url: string): void {
    for (const field of [fields ?? []].flat()) {
      if (field.length <= MAX_COOKIE_FIELD) this.#set(field, url);
    }
  }

  /** The header field for a request; undefined where there is nothing to send. */
  header(url: string): string | undefined {
    const { host, port, path, secure } = place(url);
    const fitting = this.#cookies.filter((cookie) => {
      if (cookie.hostOnly ? cookie.domain !== host : !isBelow(host, cookie.domain)) return false;
      if (cookie.port !== undefined && cookie.port !== port) return false;
      return covers(cookie.path, path) && (secure || !cookie.secure);
    });
    if (fitting.length === 0) return undefined;
    // Longer paths first, else in order of arrival.
    return fitting
      .sort((a, b) => b.path.length - a.path.length)
      .map(({ text }) => text)
      .join("; ");
  }

  #set(field: string, url: string): void {
    const { host, path: requested } = place(url);
    const [pair = "", ...rest] = field.split(";").map((piece) => piece.trim());
    const name = pair.includes("=") ? (pair.split("=", 1)[0]?.trim() ?? "") : "";
    if (name === "") return;
    const attributes = new Map(rest.map((piece) => attribute(piece)));
    const domain = (attributes.get("domain") ?? "").replace(/^\./, "").toLowerCase();
    // Whole top-level domains are nobody's own.
    if (domain !== "" && domain !== host && !(isBelow(host, domain) && domain.includes("."))) return;
    const given = attributes.get("path") ?? "";
    const cookie = {
      name,
      text: pair,
      domain: domain || host,
      hostOnly: domain === "",
      path: given.startsWith("/") ? given : defaultPath(requested),
      secure: attributes.has("secure"),
    };
    this.#cookies = this.#cookies.filter((other) => !isSame(other, cookie));
    if (!isOver(attributes)) this.#cookies.push(cookie);
  }
}

function place(text: string): { host: string; port: string; path: string; secure: boolean } {
  const { hostname, port, pathname, protocol } = new URL(text);
  const secure = protocol === "https:";
  return { host: hostname, port: port || (secure ? "443" : "80"), path: pathname, secure };
}

function attribute(piece: string): [name: string, value: string] {
  const [name = "", value = ""] = piece.split(/=(.*)/s, 2);
  return [name.trim().toLowerCase(), value.trim()];
}

function isSame(a: Cookie, b: Cookie): boolean {
  return a.name === b.name && a.domain === b.domain && a.path === b.path;
}

/** Max-Age wins over Expires; without either a cookie lasts, and the whole exchange takes minutes at most. */
function isOver(attributes: ReadonlyMap<string, string>): boolean {
  const age = attributes.get("max-age");
  if (age !== undefined && /^-?\d+$/.test(age)) return Number(age) <= 0;
  return Date.parse(attributes.get("expires") ?? "") <= Date.now();
}

function isBelow(host: string, domain: string): boolean {
  // Nothing is below an IPv4 address; one of IPv6 has no dots.
  return host === domain || (host.endsWith(`.${domain}`) && isIP(host) === 0);
}

function covers(path: string, requested: string): boolean {
  if (!requested.startsWith(path)) return false;
  return requested.length === path.length || path.endsWith("/") || requested[path.length] === "/";
}

/** RFC 6265 5.1.4: up to the last slash. */
function defaultPath(requested: string): string {
  return requested.slice(0, Math.max(1, requested.lastIndexOf("/")));
}
