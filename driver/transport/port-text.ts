/*
 * What a port's text says, by rules that dialogs share with the runtime: nothing here needs Node.js.
 */

export type PortKind = "serial" | "tcp" | "simulated";

/** Characters: a simulated modem may have many routes. */
const LONGEST_PORT = 4096;
/** Before the slashes of an address; a drive letter and a path below /dev are none. */
const SCHEME = /^([a-z][a-z0-9+.-]+):/i;
/** `host:port`, without the `tcp://` that it needs; a serial port has no such name. */
const BARE_ADDRESS = /^[^/\\]*:\d{1,5}$/;
const TCP = /^tcp:\/\/(?:\[([0-9a-f:.%a-z]{2,64})\]|([^\s/:[\]@?#%]{1,253})):(\d{1,5})\/?$/i;

/** Where a `tcp://` port leads. */
export interface TcpAddress {
  readonly host: string;
  readonly port: number;
}

/** Which kind of port a text names. */
export function kindOfPort(port: string): PortKind {
  if (/^tcp:/i.test(port)) return "tcp";
  return /^sim:/i.test(port) ? "simulated" : "serial";
}

/** The model that a simulated port names. */
export function simulatedModel(port: string): string | undefined {
  return kindOfPort(port) === "simulated" ? port.slice("sim:".length).split("?", 1)[0] : undefined;
}

/** Takes `tcp://host:port` apart; an IPv6 address stands in brackets. Undefined for what reads otherwise. */
export function tcpAddress(text: string): TcpAddress | undefined {
  const [, address, name, digits] = (text.length > LONGEST_PORT ? null : TCP.exec(text)) ?? [];
  const host = address ?? name;
  const port = Number(digits);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}

/** Why no port can have this text; undefined when one can. The options of a `sim:` port are the simulator's to check. */
export function portProblem(text: string): "length" | "characters" | "tcp" | "scheme" | undefined {
  if (text.length > LONGEST_PORT) return "length";
  if (text.trim() === "" || /\p{Cc}/u.test(text)) return "characters";
  const kind = kindOfPort(text);
  if (kind === "tcp") return tcpAddress(text) === undefined ? "tcp" : undefined;
  return kind === "serial" && (SCHEME.test(text) || BARE_ADDRESS.test(text)) ? "scheme" : undefined;
}
