/** A parsed URL of +QHTTPURL. */
export interface HttpUrl {
  readonly text: string;
  readonly secure: boolean;
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
  /** Path and query, as the request line has them. */
  readonly path: string;
  /** For the Host field: with the port if the URL has one. */
  readonly authority: string;
}

const FORM = /^(https?):\/\/((?:\[[0-9a-f:.]+\]|[^\s/?#@:[\]]+))(?::(\d{1,5}))?([/?][^\s#]*)?(?:#\S*)?$/i;
const HIGHEST_PORT = 65535;

/** Undefined if invalid. The scheme must be http or https (HTTP manual 2.2, which also prints it in capitals). */
export function parseUrl(text: string): HttpUrl | undefined {
  const [, scheme = "", host = "", explicitPort, rest = "/"] = FORM.exec(text) ?? [];
  if (host === "" || /\p{Cc}/u.test(text)) return undefined;
  const secure = scheme.toLowerCase() === "https";
  const port = explicitPort === undefined ? (secure ? 443 : 80) : Number(explicitPort);
  if (port < 1 || port > HIGHEST_PORT) return undefined;
  return {
    text,
    secure,
    host: host.replace(/^\[|\]$/g, ""),
    port,
    path: rest.startsWith("?") ? `/${rest}` : rest,
    authority: explicitPort === undefined ? host : `${host}:${explicitPort}`,
  };
}
