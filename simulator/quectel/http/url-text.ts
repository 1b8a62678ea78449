/** A URL of +QHTTPURL, taken apart. */
export interface HttpUrl {
  readonly text: string;
  readonly secure: boolean;
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
  /** Path and query, as the request line has them. */
  readonly path: string;
  /** As the Host field has it: with the port where the URL has one. */
  readonly authority: string;
}

const FORM = /^(https?):\/\/((?:\[[0-9a-f:.]+\]|[^\s/?#@:[\]]+))(?::(\d{1,5}))?([/?][^\s#]*)?(?:#\S*)?$/i;
const HIGHEST_PORT = 65535;

/** Undefined when it is none: the scheme has to be http or https (HTTP manual 2.2), printed there in capitals too. */
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
