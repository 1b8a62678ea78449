import { ModemError } from "../errors";
import { lineRate, type SerialOptions, SerialTransport } from "./serial";
import { SimulatedTransport } from "./simulated";
import { TcpTransport } from "./tcp";
import type { Transport } from "./transport";

/** A port's text and, for a serial one, how its line is set. */
export interface PortSettings extends Omit<SerialOptions, "path"> {
  /** Serial path or COM name, `tcp://host:port`, or `sim:MODEL?options`. */
  readonly port: string;
}

export type PortKind = "serial" | "tcp" | "simulated";

/** Which kind of port a text names. */
export function kindOfPort(port: string): PortKind {
  if (/^tcp:/i.test(port)) return "tcp";
  return /^sim:/i.test(port) ? "simulated" : "serial";
}

/**
 * Makes the transport for a port's text, without opening it.
 *
 * @param warn gets what is worth a note in the trace and no error
 * @throws {ModemError} `INVALID_INPUT`, naming `port`
 */
export function createTransport(settings: PortSettings, warn?: (text: string) => void): Transport {
  const { port } = settings;
  if (port.trim() === "" || /\p{Cc}/u.test(port)) {
    throw new ModemError("INVALID_INPUT", "port must name a serial port, tcp://host:port or sim:MODEL");
  }
  switch (kindOfPort(port)) {
    case "tcp":
      return new TcpTransport(port, lineRate(settings));
    case "simulated":
      return new SimulatedTransport(port);
    case "serial":
      return new SerialTransport({ ...settings, path: port }, warn);
  }
}
