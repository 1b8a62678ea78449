import type { Duplex } from "node:stream";
import { promisify } from "node:util";
import type { SerialPort } from "serialport";
import type { ModemError } from "../errors";
import { DevicePresence } from "./device-presence";
import { StreamTransport } from "./stream-transport";

export interface SerialOptions {
  /** Device path (`/dev/serial/by-id/…` survives replugging) or COM name. */
  readonly path: string;
  /** Bits a second. */
  readonly baudRate: number;
  readonly dataBits: 7 | 8;
  readonly parity: "none" | "even" | "odd" | "mark" | "space";
  readonly stopBits: 1 | 2;
  /** RTS/CTS. */
  readonly flowControl: boolean;
}

/** What the bindings say, in the words of the operating system, and what a person can do about it. */
interface Failure {
  readonly words: RegExp;
  readonly text: string;
  readonly remedy: string;
}

const MISSING: Failure = {
  words: /no such file|file not found|unknown error code 2\b|ENOENT/i,
  text: "can't be opened: there is no such device",
  remedy: "Plug the modem in, or pick its path again, best one below /dev/serial/by-id.",
};
const FAILURES: readonly Failure[] = [
  MISSING,
  {
    words: /permission denied|EACCES/i,
    text: "can't be opened: permission denied",
    remedy:
      "Add the user that runs Node-RED to the group dialout, then log in again (in a container: pass the device).",
  },
  {
    words: /cannot lock|access denied|busy/i,
    text: "can't be opened: another program uses it",
    remedy: "Stop that program (often ModemManager, or a second modem node with the same port).",
  },
  {
    words: /inappropriate ioctl|not a tty|ENOTTY/i,
    text: "can't be opened: it is no serial port",
    remedy: "Pick the path of a serial port.",
  },
];

/** Payload bytes a second of a line: start bit, data, parity and stop bits make a character. */
export function lineRate({
  baudRate,
  dataBits,
  parity,
  stopBits,
}: Pick<SerialOptions, "baudRate" | "dataBits" | "parity" | "stopBits">): number {
  return baudRate / (1 + dataBits + (parity === "none" ? 0 : 1) + stopBits);
}

/**
 * A serial port, by the package `serialport`.
 *
 * Bindings 13 on Unix spin for ever, without an event, when a device goes away while it sends: a read returns 0 bytes
 * and they read again. So the device is watched from here while it is open, and its end breaks the loop by `close()`.
 */
export class SerialTransport extends StreamTransport {
  readonly name: string;
  readonly bytesPerSecond: number;
  readonly #options: SerialOptions;
  readonly #warn: (text: string) => void;
  #port: SerialPort | undefined;
  #presence: DevicePresence | undefined;

  constructor(options: SerialOptions, warn: (text: string) => void = () => {}) {
    super();
    this.#options = options;
    this.#warn = warn;
    this.name = options.path;
    this.bytesPerSecond = lineRate(options);
  }

  async drain(): Promise<void> {
    const port = this.#port;
    if (port?.isOpen !== true) return;
    await promisify((done: (error: Error | null) => void) => port.drain(done))().catch(() => {});
  }

  protected async connect(): Promise<Duplex> {
    const port = await this.#create();
    // A port without an error listener would end the process.
    port.on("error", () => {});
    await promisify((done: (error: Error | null) => void) => port.open(done))().catch((error: Error) => {
      throw this.#refused(error.message);
    });
    await this.#raiseLines(port);
    this.#presence = await DevicePresence.watch(this.#options.path, () => this.lose("the device was unplugged"));
    if (!port.isOpen) {
      this.#presence?.stop();
      throw this.offline("went away while it was being opened");
    }
    this.#port = port;
    return port;
  }

  protected async disconnect(stream: Duplex): Promise<void> {
    this.#presence?.stop();
    const port = stream as SerialPort;
    if (!port.isOpen) return;
    // Output that flow control holds back would keep a tty in close() for half a minute.
    await promisify((done: (error: Error | null) => void) => port.flush(done))().catch(() => {});
    await promisify((done: (error: Error | null) => void) => port.close(done))();
  }

  async #create(): Promise<SerialPort> {
    const { path, baudRate, dataBits, parity, stopBits, flowControl } = this.#options;
    // Loaded when it is needed: a platform without its binary still has tcp:// and sim: ports.
    const { SerialPort: Port } = await import("serialport").catch((error: Error) => {
      throw this.offline(`can't be opened: the package serialport does not load (${error.message})`);
    });
    return new Port({
      path,
      baudRate,
      dataBits,
      parity,
      stopBits,
      rtscts: flowControl,
      // Dropping DTR at close resets some modules and hangs others up.
      hupcl: false,
      autoOpen: false,
    });
  }

  /** Pseudo-terminals and some USB bridges have no such lines, which is worth a note and no error. */
  async #raiseLines(port: SerialPort): Promise<void> {
    const lines = { dtr: true, rts: true };
    await promisify((done: (error: Error | null) => void) => port.set(lines, done))().catch((error: Error) =>
      this.#warn(`Port ${this.name}: DTR and RTS can't be set (${error.message})`),
    );
  }

  #refused(words: string): ModemError {
    const known = FAILURES.find((failure) => failure.words.test(words));
    if (known === undefined) return this.offline(`can't be opened: ${words}`);
    return known === MISSING ? this.unplugged(known.text, known.remedy) : this.offline(known.text, known.remedy);
  }
}
