import type { Duplex } from "node:stream";
import { ModemError, shortPort } from "../errors";
import { StreamTransport } from "./stream-transport";

/** Bits a character takes on an 8N1 line. */
const BITS_PER_BYTE = 10;

/** A modem in software, in this process: `sim:LARA-R6?baud=115200`. Nothing else of the driver knows the simulator. */
export class SimulatedTransport extends StreamTransport {
  readonly bytesPerSecond: number | undefined;

  constructor(readonly name: string) {
    super();
    this.bytesPerSecond = pacedRate(name);
  }

  protected async connect(): Promise<Duplex> {
    // Loaded when it is needed: a gateway with real modems never reads it.
    const simulator = await import("../../simulator/faces/in-process.js").catch((error: Error) => {
      throw this.offline(`can't be opened: the simulator does not load (${error.message})`);
    });
    try {
      return simulator.openInProcess(this.name);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") throw this.unplugged("can't be opened: the modem is unplugged");
      if (code === "EBUSY") throw this.offline(`can't be opened: ${message}`);
      throw new ModemError("INVALID_INPUT", `port ${shortPort(this.name)} can't be used: ${message}`);
    }
  }

  protected disconnect(stream: Duplex): Promise<void> {
    if (stream.closed) return Promise.resolve();
    return new Promise((resolve) => {
      stream.once("close", resolve);
      stream.destroy();
    });
  }
}

function pacedRate(port: string): number | undefined {
  const question = port.indexOf("?");
  const baud = Number(new URLSearchParams(question < 0 ? "" : port.slice(question)).get("baud") ?? 0);
  return baud > 0 ? baud / BITS_PER_BYTE : undefined;
}
