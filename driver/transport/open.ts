import { ModemError } from "../errors";
import { kindOfPort, portProblem } from "./port-text";
import { lineRate, type SerialOptions, SerialTransport } from "./serial";
import { SimulatedTransport } from "./simulated";
import { TcpTransport } from "./tcp";
import type { Transport } from "./transport";

/** A port's text and, for a serial one, how its line is set. */
export interface PortSettings extends Omit<SerialOptions, "path"> {
  /** Serial path or COM name, `tcp://host:port`, or `sim:MODEL?options`. */
  readonly port: string;
}

const PROBLEMS = {
  length: "is too long",
  characters: "must name a serial port, tcp://host:port or sim:MODEL",
  tcp: "must read tcp://host:port, with an IPv6 address in brackets",
  scheme: "must be the path of a serial port, tcp://host:port or sim:MODEL: other kinds of address are not known",
} as const;

/** @throws {ModemError} `INVALID_INPUT`, naming `port` */
export function checkPortText(port: string): void {
  const problem = portProblem(port);
  if (problem !== undefined) throw new ModemError("INVALID_INPUT", `port ${PROBLEMS[problem]}`);
}

/**
 * Makes the transport for a port's text, without opening it.
 *
 * @param warn gets what is worth a note in the trace and no error
 * @throws {ModemError} `INVALID_INPUT`, naming `port`
 */
export function createTransport(settings: PortSettings, warn?: (text: string) => void): Transport {
  const { port } = settings;
  checkPortText(port);
  switch (kindOfPort(port)) {
    case "tcp":
      return new TcpTransport(port, lineRate(settings));
    case "simulated":
      return new SimulatedTransport(port);
    case "serial":
      return new SerialTransport({ ...settings, path: port }, warn);
  }
}
