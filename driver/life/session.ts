import { AtChannel, type ChannelHooks } from "../at/channel/channel";
import type { RecentSecrets } from "../at/trace/fragments";
import { asModemError, ModemError, shortPort } from "../errors";
import type { AnyDriver, ModelDefinition } from "../services/model";
import type { Transport, TransportLoss } from "../transport/transport";

/**
 * Why a session ended.
 *
 * `lost`: the port is gone · `restarted`: the modem rebooted by itself · `rebooting`: it was told to · `silent`: it
 * has stopped answering · `failed`: it can't be used as it is · `closed`: by its owner.
 */
export interface Fault {
  readonly kind: "lost" | "restarted" | "rebooting" | "silent" | "failed" | "closed";
  readonly error: ModemError;
  /** How the modem was seen to have restarted. */
  readonly how?: string;
}

export interface SessionListeners {
  trace(entry: { direction: "sent" | "received" | "note"; text: string }): void;
}

/** A channel's own view of a transport that outlives it: after its session neither bytes nor losses reach it. */
class SessionTransport implements Transport {
  readonly name: string;
  readonly bytesPerSecond: number | undefined;
  hasHeard = false;
  readonly #port: Transport;
  #onData: (bytes: Buffer) => void = () => {};
  #onLost: (loss: TransportLoss) => void = () => {};

  constructor(port: Transport) {
    this.#port = port;
    this.name = port.name;
    this.bytesPerSecond = port.bytesPerSecond;
  }

  /** The session's owner has opened it. */
  async open(): Promise<void> {}

  write(bytes: Uint8Array): Promise<void> {
    return this.#port.write(bytes);
  }

  get drain(): (() => Promise<void>) | undefined {
    const { drain } = this.#port;
    return drain === undefined ? undefined : () => drain.call(this.#port);
  }

  pause(): void {
    this.#port.pause();
  }

  resume(): void {
    this.#port.resume();
  }

  /** The session's owner closes it. */
  async close(): Promise<void> {}

  onData(listener: (bytes: Buffer) => void): void {
    this.#onData = listener;
  }

  onLost(listener: (loss: TransportLoss) => void): void {
    this.#onLost = listener;
  }

  receive(bytes: Buffer): void {
    this.hasHeard = true;
    this.#onData(bytes);
  }

  lose(loss: TransportLoss): void {
    this.#onLost(loss);
  }
}

/** One stretch of talk with a modem: a channel, and once the model is known its driver. Ends with the first fault. */
export class Session {
  readonly channel: AtChannel;
  /** Called when the modem, after a missing answer, answers again. */
  onResynchronised: () => void = () => {};
  /** Called when that changes: whether the modem leaves even `AT` without an answer. */
  onSilence: (isSilent: boolean) => void = () => {};
  #driver: AnyDriver | undefined;
  #model: ModelDefinition | undefined;
  #fault: Fault | undefined;
  #lostPort = false;
  #progress: "silent" | "answering" | "up" = "silent";
  readonly #end = new AbortController();
  readonly #line: SessionTransport;

  /** @param recent what the modem was told in secret before, in other sessions */
  constructor(port: Transport, listeners: SessionListeners, recent?: RecentSecrets) {
    this.#line = new SessionTransport(port);
    port.onData((bytes) => this.#line.receive(bytes));
    port.onLost((loss) => this.#lose(loss, port.name));
    const hooks: ChannelHooks = {
      onTrace: (entry) => listeners.trace(entry),
      onNoise: (bytes) => listeners.trace({ direction: "note", text: `noise: ${printable(bytes)}` }),
      onBoot: (line) => this.restarted(`it printed ${line}`),
      onResynchronised: () => this.onResynchronised(),
      onSilence: (isSilent) => this.onSilence(isSilent),
      onUnresponsive: () =>
        this.end({ kind: "silent", error: new ModemError("MODEM_TIMEOUT", "The modem has stopped answering") }),
    };
    this.channel = new AtChannel(this.#line, hooks, recent);
  }

  /** Fires when the session ends; its reason is the fault's error. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  get fault(): Fault | undefined {
    return this.#fault;
  }

  get driver(): AnyDriver | undefined {
    return this.#driver;
  }

  get model(): ModelDefinition | undefined {
    return this.#model;
  }

  /** Whether a byte has come from the modem: it may be slow, but is not dead. */
  get hasHeard(): boolean {
    return this.#line.hasHeard;
  }

  /** Whether the modem has answered at all. */
  get hasAnswered(): boolean {
    return this.#progress !== "silent";
  }

  /** The modem has answered; with `up` it is identified and set up. */
  progress(progress: "answering" | "up"): void {
    this.#progress = progress;
  }

  /** Whether the port has gone, during the session or after it. */
  get hasLostPort(): boolean {
    return this.#lostPort;
  }

  /**
   * Makes the driver of the model, once it is known.
   *
   * @throws {ModemError} the fault's, when the session has ended meanwhile; `MODEM_OFFLINE` when the driver does not load
   */
  async use(model: ModelDefinition): Promise<AnyDriver> {
    this.channel.useDialect(model.dialect);
    this.#model = model;
    const driver = await model.create(this.channel).catch((error: unknown) => {
      throw unloaded(model, error);
    });
    if (this.#fault !== undefined) {
      driver.dispose(this.#fault.error);
      throw this.#fault.error;
    }
    this.#driver = driver;
    return driver;
  }

  /**
   * The modem has rebooted by itself: everything volatile is gone, and so is what was in flight. While it is being set
   * up, that only means starting over.
   */
  restarted(how: string): void {
    const error = new ModemError("MODEM_RESTARTED", `The modem restarted during the operation (${how})`);
    this.end({ kind: this.#progress === "up" ? "restarted" : "rebooting", error, how });
  }

  /** Fails everything in flight. Only the first fault counts. */
  end(fault: Fault): void {
    if (this.#fault !== undefined) return;
    this.#fault = fault;
    this.#driver?.dispose(fault.error);
    this.channel.close(fault.error);
    this.#end.abort(fault.error);
  }

  #lose(loss: TransportLoss, name: string): void {
    this.#lostPort = true;
    const error = new ModemError(
      "MODEM_OFFLINE",
      `The connection to the modem on ${shortPort(name)} was lost: ${loss.reason}`,
    );
    this.end({ kind: "lost", error });
    this.#line.lose(loss);
  }
}

function unloaded({ name }: ModelDefinition, error: unknown): ModemError {
  const operation = `The driver of ${name} does not load; install the package again. Node.js says`;
  return asModemError(error, "MODEM_OFFLINE", operation);
}

function printable(bytes: Uint8Array): string {
  return JSON.stringify(Buffer.from(bytes).toString("latin1"));
}
