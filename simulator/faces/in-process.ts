import { Duplex } from "node:stream";
import { nextTurn } from "../clock";
import type { Host } from "../line/serial-line";
import { readOptions } from "../options";
import { parsePort } from "../port-text";
import { Simulator } from "../simulator";

/** What tests and demos can do with the modem behind a port. */
export interface SimulatedPort {
  /** Injects a fault, such as `reboot@5s`. @throws {Error} if the text is not a fault */
  fault(spec: string): void;
  readonly plugged: boolean;
}

interface Entry {
  readonly simulator: Simulator;
  stream: HostStream | undefined;
}

/** Modems live as long as the process: real ones also outlive the programs that open their ports. */
const modems = new Map<string, Entry>();

/**
 * Opens the port of a simulated modem, such as `sim:LARA-R6?baud=115200&route=httpbin.org:80=127.0.0.1:8080`. The same
 * text gives the same modem; `name=` separates modems that are otherwise alike.
 * @throws {Error} unknown model or option, port in use, modem unplugged
 */
export function openInProcess(port: string): Duplex {
  const entry = entryFor(port);
  if (!entry.simulator.plugged) throw Object.assign(new Error(`${port} is unplugged`), { code: "ENOENT" });
  if (entry.stream !== undefined) throw Object.assign(new Error(`${port}: port in use`), { code: "EBUSY" });
  const stream = new HostStream(entry.simulator, () => {
    if (entry.stream === stream) entry.stream = undefined;
  });
  entry.stream = stream;
  return stream;
}

/** The modem behind a port, open or not. @throws {Error} unknown model or option */
export function simulatorFor(port: string): SimulatedPort {
  return entryFor(port).simulator;
}

/** Switches the modem of a port off and forgets it. */
export function closeInProcess(port: string): void {
  const entry = modems.get(port);
  modems.delete(port);
  entry?.stream?.destroy();
  entry?.simulator.close();
}

function entryFor(port: string): Entry {
  const known = modems.get(port);
  if (known !== undefined) return known;
  const { model, values } = parsePort(port);
  const entry: Entry = { simulator: new Simulator(readOptions(model, values)), stream: undefined };
  modems.set(port, entry);
  return entry;
}

/** The host's end of the line. */
class HostStream extends Duplex implements Host {
  readonly #simulator: Simulator;
  readonly #released: () => void;

  constructor(simulator: Simulator, released: () => void) {
    super();
    this.#simulator = simulator;
    this.#released = released;
    simulator.line.attach(this);
  }

  receive(bytes: Buffer): boolean {
    return this.push(bytes);
  }

  hangUp(reason: Error): void {
    this.destroy(reason);
  }

  override _read(): void {
    this.#simulator.line.resume(this);
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    // A turn later, so that the answer does not arrive before the write returns.
    nextTurn(() => {
      void this.#simulator.line.send(this, Buffer.from(bytes)).then(() => done());
    });
  }

  override _final(done: (error?: Error) => void): void {
    done();
    this.destroy();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#simulator.line.detach(this);
    this.#released();
    done(error);
  }
}
