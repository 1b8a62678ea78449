import { nextTurn, now } from "../clock";
import { type Arrival, Pacer } from "./pacer";

/** The current host of the line. */
export interface Host {
  /** Takes bytes from the modem; `false` asks for no more until `resume`. */
  receive(bytes: Buffer): boolean;
  /** The line was taken away: by the next host, or because the plug was pulled. */
  hangUp(reason: Error): void;
}

/** The modem's end. */
export interface LineListener {
  /** `false` holds the host off until `resumeInput`, as RTS/CTS does. */
  receive(bytes: Buffer, arrival: Arrival): boolean;
  /** The host closed its port. */
  hangUp(): void;
}

/** Changes bytes on their way, as a bad contact does. */
export type Disturbance = (bytes: Buffer) => Buffer;

/** Printed by `--trace`: which way bytes went. */
export type Trace = (direction: "to-modem" | "to-host", bytes: Buffer) => void;

/** Bytes; a driver's write is done once no more than this waits, as with an operating system's serial buffer. */
const HOST_BUFFER = 4096;

/** The wire between a host and the modem: full duplex, paced each way, with at most one host. */
export class SerialLine {
  readonly disturb: { toHost: Disturbance; toModem: Disturbance } = { toHost: (same) => same, toModem: (same) => same };
  trace: Trace | undefined;
  #listener: LineListener | undefined;
  #host: Host | undefined;
  readonly #toModem = new Pacer((bytes, arrival) => this.#arrive(bytes, arrival));
  readonly #toHost = new Pacer((bytes) => this.#depart(bytes));
  #baud = 0;
  /** When the last byte of the input being answered arrived. */
  #heardAt: number | undefined;

  constructor(baud: number) {
    this.setRate(baud);
  }

  /** bit/s; 0: bytes take no time. */
  get rate(): number {
    return this.#baud;
  }

  setRate(baud: number): void {
    this.#baud = baud;
    this.#toModem.setRate(baud);
    this.#toHost.setRate(baud);
  }

  connectModem(listener: LineListener): void {
    this.#listener = listener;
  }

  /** Gives the line to the newest host and hangs up the previous one. */
  attach(host: Host): void {
    const before = this.#host;
    if (before === host) return;
    if (before === undefined) this.#toHost.clear();
    else this.detach(before);
    this.#host = host;
    before?.hangUp(new Error("the port was taken over by another client"));
  }

  detach(host: Host): void {
    if (this.#host !== host) return;
    this.#host = undefined;
    this.#toModem.clear();
    this.#toHost.clear();
    this.#listener?.hangUp();
  }

  /** Pulls the plug and hangs up the attached host. */
  unplug(): void {
    const host = this.#host;
    if (host === undefined) return;
    this.detach(host);
    host.hangUp(Object.assign(new Error("the modem was unplugged"), { code: "ENXIO", disconnected: true }));
  }

  /** Bytes from the host; resolves when there is room for more. */
  async send(host: Host, bytes: Buffer): Promise<void> {
    if (this.#host !== host) return;
    this.#toModem.write(bytes);
    await this.#toModem.lower(HOST_BUFFER);
  }

  resume(host: Host): void {
    if (this.#host === host) this.#toHost.resume();
  }

  /** The modem has room again. */
  resumeInput(): void {
    this.#toModem.resume();
  }

  /**
   * Bytes from the modem that were ready at `from`; returns the time at which the last has been sent. An answer counts
   * as ready when its command has arrived: this process's own time must not slow the line down.
   */
  write(bytes: Buffer, from = this.#heardAt ?? now()): number {
    // No host has the port open: the output is lost.
    if (this.#host === undefined) return now();
    return this.#toHost.write(bytes, from);
  }

  /** Bytes that wait for the host. */
  get backlog(): number {
    return this.#toHost.backlog;
  }

  lower(limit: number): Promise<void> {
    return this.#toHost.lower(limit);
  }

  #arrive(bytes: Buffer, arrival: Arrival): boolean {
    const heard = this.disturb.toModem(bytes);
    this.trace?.("to-modem", heard);
    this.#noteHeard(arrival.first + (bytes.length - 1) * arrival.step);
    return this.#listener?.receive(heard, arrival) ?? true;
  }

  /** Applies to immediate answers only, not to later output from events or timers. */
  #noteHeard(at: number): void {
    if (this.#baud === 0) return;
    this.#heardAt = at;
    nextTurn(() => {
      if (this.#heardAt === at) this.#heardAt = undefined;
    });
  }

  #depart(bytes: Buffer): boolean {
    const said = this.disturb.toHost(bytes);
    this.trace?.("to-host", said);
    return this.#host?.receive(said) ?? true;
  }
}
