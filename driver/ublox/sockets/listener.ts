import type { Channel } from "../../at/channel-types";
import { isModemError, type ModemError } from "../../errors";
import { tellEnd } from "../../services/sockets/owner";
import type { ModemListener, ModemSocket, SocketEvents } from "../../services/sockets/sockets";
import { command } from "../commands";
import { exists } from "./control";
import { connectionClosed, socketFailure } from "./errors";
import type { NumberOwner, SocketNumbers } from "./numbers";
import type { ListenPlan } from "./plan";

export interface ListenerParts {
  readonly channel: Channel;
  readonly number: number;
  readonly plan: ListenPlan;
  readonly accept: (socket: ModemSocket) => SocketEvents;
  readonly onClosed: (error?: ModemError) => void;
  /** Closes the modem's socket. Never fails. */
  close(): Promise<void>;
  /** The modem's socket is gone. */
  forget(): void;
  /** Gives back what it had. Never fails. */
  release(): void;
}

/** A socket in listening mode (guide 5.2). */
export class UbloxListener implements ModemListener {
  readonly parts: ListenerParts;
  #listens = false;
  /** Its data connection was lost before the modem listened. */
  #lost: ModemError | undefined;
  #ended: Promise<void> | undefined;

  constructor(parts: ListenerParts) {
    this.parts = parts;
  }

  get number(): number {
    return this.parts.number;
  }

  get localPort(): number {
    return this.parts.plan.localPort;
  }

  get cid(): number | undefined {
    return this.parts.plan.cid;
  }

  /** Whether it takes connections. */
  get isOpen(): boolean {
    return this.#ended === undefined;
  }

  /** The modem listens: from now on its end is told. @throws {ModemError} where its data connection is gone */
  start(): void {
    if (this.#lost !== undefined) throw this.#lost;
    this.#listens = true;
  }

  /** A listening socket has no data. */
  announced(): void {}

  /** +UUSOCL, which may be meant for an earlier life of the number. */
  closeAnnounced(): void {
    const { channel, plan } = this.parts;
    const { operation } = plan;
    const check = async (): Promise<void> => {
      if (!(await exists(channel, this.number))) {
        await this.end({ closeOnModem: false, error: connectionClosed(operation, "the modem listens no more") });
      }
    };
    void check().catch((error: unknown) => channel.note(`${operation}: ${String(error)}`));
  }

  superseded(): void {
    void this.end({
      closeOnModem: false,
      error: connectionClosed(this.parts.plan.operation, "the modem listens no more"),
    });
  }

  contextLost(error: ModemError): void {
    if (this.#listens) void this.end({ closeOnModem: true, error });
    else this.#lost = error;
  }

  async close(): Promise<void> {
    this.#listens = false;
    await this.end({ closeOnModem: true });
  }

  end({ closeOnModem, error }: { closeOnModem: boolean; error?: ModemError }): Promise<void> {
    this.#ended ??= this.#end(closeOnModem, error);
    return this.#ended;
  }

  async #end(closeOnModem: boolean, error: ModemError | undefined): Promise<void> {
    const { parts } = this;
    if (closeOnModem) await parts.close();
    else parts.forget();
    if (this.#listens) tellEnd(parts.channel, parts.plan.operation, () => parts.onClosed(error));
    parts.release();
  }
}

/** Makes a socket and sets it into listening mode; where that fails, or `signal` aborts, nothing is left of it. */
export async function openListener(
  { giveBack, ...parts }: Omit<ListenerParts, "number" | "close" | "forget" | "release"> & { giveBack: () => void },
  numbers: SocketNumbers<NumberOwner>,
  signal: AbortSignal,
): Promise<UbloxListener> {
  const { channel, plan } = parts;
  const make = (number: number): UbloxListener => {
    const listener: UbloxListener = new UbloxListener({
      ...parts,
      number,
      close: () => numbers.close(number, listener),
      forget: () => numbers.forget(number, listener),
      release: giveBack,
    });
    return listener;
  };
  const listener = await numbers.create(plan, make, signal).catch((error: unknown) => {
    giveBack();
    throw error;
  });
  try {
    signal.throwIfAborted();
    await channel.send(command("+USOLI=", [listener.number, plan.localPort]));
    signal.throwIfAborted();
    listener.start();
  } catch (error) {
    const failure = isModemError(error, "MODEM_REJECTED") ? await socketFailure(channel, plan.operation, error) : error;
    await listener.end({ closeOnModem: true });
    throw failure;
  }
  return listener;
}
