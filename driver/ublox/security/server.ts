import { isIPv6 } from "node:net";
import { withoutBrackets } from "../../cellular/addresses";
import { ModemError } from "../../errors";

/** What a secure connection is made to. */
export interface SecureServer {
  /** Name or address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

/** `host:port`, under which sessions are kept. */
export function serverText({ host, port }: SecureServer): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

/** @throws {ModemError} `INVALID_INPUT` for what is not `host:port` */
export function parseServer(text: string): SecureServer {
  const [, authority = "", digits = ""] = /^([^\s/?#@]+):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  // The URL parser brings names and addresses into the one form that they have in requests.
  const url = `https://${authority}/`;
  if (authority === "" || port < 1 || port > 65_535 || !URL.canParse(url) || new URL(url).port !== "") {
    throw new ModemError("INVALID_INPUT", "server must be host:port, as in example.com:443");
  }
  return { host: withoutBrackets(new URL(url).hostname), port };
}
