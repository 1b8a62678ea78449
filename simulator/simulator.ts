import { commonCommands } from "./cellular/commands";
import { FaultInjector } from "./faults/injector";
import { FileStorage } from "./file-storage";
import { createInternet } from "./internet/real-internet";
import { CommandInterpreter } from "./line/command-interpreter";
import { CommandTable } from "./line/dispatch";
import { SerialLine } from "./line/serial-line";
import { SimulatedModem } from "./modem-core";
import type { SimulatorOptions } from "./options";
import { personality } from "./personalities";
import { seededRandom } from "./random";
import { traceTo } from "./trace";

/** A modem, its serial line, and the faults of both. */
export class Simulator {
  readonly modem: SimulatedModem;
  readonly line: SerialLine;
  readonly #storage: FileStorage;
  readonly #faults: FaultInjector;

  /** @throws {Error} unknown model, unreadable state file, invalid fault */
  constructor(options: SimulatorOptions) {
    const model = personality(options.model);
    this.#storage = new FileStorage(options.state);
    const random = seededRandom(options.modem.seed);
    this.modem = new SimulatedModem({
      personality: model,
      options: options.modem,
      subscription: options.subscription,
      storage: this.#storage,
      internet: createInternet({ routes: options.routes, latency: options.modem.latency, random }),
      random,
      ...(options.boot === undefined ? {} : { bootTime: options.boot }),
      ...(options.technology === undefined ? {} : { technology: options.technology }),
    });
    this.line = new SerialLine(options.baud);
    if (options.trace) this.line.trace = traceTo((line) => process.stderr.write(`${line}\n`));
    const table = new CommandTable([...model.commands, ...commonCommands], model.plainUnknown);
    const interpreter = new CommandInterpreter(this.modem, table, this.line, options.strict);
    this.line.connectModem({
      receive: (bytes, arrival) => interpreter.receive(bytes, arrival),
      hangUp: () => interpreter.hangUp(),
    });
    this.#faults = new FaultInjector({ modem: this.modem, line: this.line, interpreter, random });
    this.modem.start({
      urc: (parts) => interpreter.urc(parts),
      push: (parts) => interpreter.push(parts),
      noise: (noise) => interpreter.noise(noise),
      stop: () => interpreter.stop(),
      start: () => interpreter.start(),
    });
    for (const spec of options.faults) this.fault(spec);
  }

  /** Injects a fault, now or later; see `FAULTS`. @throws {Error} if the text is not a fault */
  fault(spec: string): void {
    this.#faults.inject(spec);
  }

  /** Whether the plug is in; otherwise no face has a client. */
  get plugged(): boolean {
    return this.#faults.plugged;
  }

  /** Calls back when the plug is pulled (`false`) or put back. */
  onPlug(listener: (plugged: boolean) => void): void {
    this.#faults.onPlug(listener);
  }

  /** Stops everything and writes the state. */
  close(): void {
    this.#faults.stop();
    this.line.unplug();
    this.modem.powerOff("the simulator ended");
    this.#storage.flush();
  }
}
