import type { Route } from "./internet";

const FORM = "NAME:PORT=HOST:PORT";
const HIGHEST_PORT = 65535;

/**
 * Reads `--route NAME:PORT=HOST:PORT`. A port `*` means every port on the left and the same port on the right; IPv6
 * addresses are in brackets.
 * @throws {RangeError} with the text and what is wrong with it
 */
export function parseRoute(text: string): Route {
  const parts = text.split("=");
  const [left, right] = parts;
  if (parts.length !== 2 || left === undefined || right === undefined) {
    throw new RangeError(`route "${text}": expected ${FORM}`);
  }
  const from = parseEnd(text, left);
  const to = parseEnd(text, right);
  return { name: plainName(from.host), port: from.port, target: { host: plainName(to.host), port: to.port } };
}

/** One form for names and addresses: no brackets, no final dot, lower case. */
export function plainName(host: string): string {
  const bare = host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
  return bare.replace(/\.$/, "").toLowerCase();
}

function parseEnd(route: string, text: string): { host: string; port: number | undefined } {
  const match = /^(\[[^[\]\s]+\]|[^:[\]\s]+):(\*|\d+)$/.exec(text.trim());
  const host = match?.[1];
  const port = match?.[2];
  if (host === undefined || port === undefined) {
    const hint = text.split(":").length > 2 ? " (an IPv6 address stands in brackets)" : "";
    throw new RangeError(`route "${route}": "${text}" is not a name and a port${hint}; expected ${FORM}`);
  }
  if (port === "*") return { host, port: undefined };
  const number = Number(port);
  if (number < 1 || number > HIGHEST_PORT) {
    throw new RangeError(`route "${route}": port ${port} is not in 1-${HIGHEST_PORT}`);
  }
  return { host, port: number };
}
