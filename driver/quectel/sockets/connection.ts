import type { Channel } from "../../at/channel-types";
import { integer } from "../../at/fields";
import { asModemError, ModemError } from "../../errors";
import type { NameCache } from "../../services/sockets/name-cache";
import { tellEnd } from "../../services/sockets/owner";
import type {
  ModemSocket,
  SendOptions,
  SocketAddress,
  SocketEvents,
  SocketStatus,
} from "../../services/sockets/sockets";
import { Pool } from "../../services/waiting/pool";
import type { QuectelTraits } from "../traits";
import type { Opened } from "./connect";
import { SocketControl, type SocketFamily } from "./control";
import { SocketReader } from "./reader";
import { StreamWriter } from "./stream";
import { SocketWriter } from "./writer";

/** What +QISTATE's numbers are of a connection; 3 is printed for one that has just been made (AT facts 2.2). */
const STATES: readonly string[] = ["closed", "syn-sent", "established", "established", "close-wait"];

/** An open socket, and what it needs. */
export interface SocketParts extends Opened {
  readonly channel: Channel;
  readonly model: QuectelTraits;
  readonly operation: string;
  readonly family: SocketFamily;
  readonly remote: SocketAddress | undefined;
  /** Of the receivers of datagrams. */
  readonly names: NameCache<AbortSignal | undefined>;
}

/** A connection or UDP socket with buffer access (AT facts 2.2, 3.2). */
export class QuectelSocket implements ModemSocket {
  readonly way = "command: binary";
  readonly #parts: SocketParts;
  readonly #control: SocketControl;
  readonly #sender: SocketWriter;
  readonly #stream: StreamWriter;
  readonly #datagrams = new Pool(["turn"], { name: "turns to send" });
  #closing: Promise<void> | undefined;
  #ended: Promise<void> = Promise.resolve();

  constructor(parts: SocketParts) {
    this.#parts = parts;
    this.#control = new SocketControl(parts, parts.number.value, parts.family);
    this.#sender = new SocketWriter(this.#control, parts.state, parts.operation);
    this.#stream = new StreamWriter(this.#sender, parts.model.limits.send);
  }

  get number(): number {
    return this.#parts.number.value;
  }

  get protocol(): "tcp" | "udp" {
    return this.#parts.family.protocol;
  }

  get remote(): SocketAddress | undefined {
    return this.#parts.remote;
  }

  /** Begins to read. */
  start(events: SocketEvents): void {
    this.#ended = this.#run(events);
  }

  async send(data: Uint8Array, { to, signal, onSent }: SendOptions = {}): Promise<void> {
    const { model, operation, state, names } = this.#parts;
    checkSend(model, this.protocol, data, to);
    if (state.hasEnded || this.#closing !== undefined) throw this.#sender.closed();
    signal?.throwIfAborted();
    if (to === undefined) return this.#stream.send(data, signal);
    const send = async (): Promise<void> => {
      const address = { ip: await names.resolve(to.host, signal), port: to.port };
      await this.#sender.datagram(data, address, signal);
      onSent?.(address);
    };
    await this.#datagrams.withItem(send, { signal, owner: operation });
  }

  status(): Promise<SocketStatus> {
    return socketStatus(this.#control, this.#parts);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { state } = this.#parts;
    // After what is being sent; a connection that ends meanwhile takes its senders along.
    await this.#stream.idle();
    await this.#datagrams.withItem(() => this.#sender.flush()).catch(() => undefined);
    state.stop();
    await this.#ended;
  }

  async #run(events: SocketEvents): Promise<void> {
    const { channel, operation, number, state, remote, release } = this.#parts;
    let failure: ModemError | undefined;
    try {
      await new SocketReader({ control: this.#control, state, operation, remote, channel }).run(events);
      // Who still waits to send asks nothing about a number that is about to be another's.
      state.stop();
    } catch (error) {
      // One that was stopped has its reason already; one whose peer has closed has not, where the rest can't be read.
      if (!state.stopped.aborted) failure = asModemError(error, "CONNECTION_CLOSED", operation);
      state.stop(failure);
    }
    this.#datagrams.close(this.#sender.closed());
    if (number.isHeld && !state.isGone) await this.#control.close();
    tellEnd(channel, operation, () => events.onClosed(state.error ?? failure));
    release();
  }
}

export async function socketStatus(
  control: SocketControl,
  { state, remote }: Pick<SocketParts, "state" | "remote">,
): Promise<SocketStatus> {
  const reported = state.hasEnded ? undefined : await control.state();
  if (reported === undefined) return { state: "closed" };
  const unacknowledged = await control.unacknowledged();
  const unread = await control.unread();
  return {
    state: control.family.protocol === "udp" ? "open" : (STATES[reported.state] ?? "closed"),
    ...(remote === undefined ? {} : { remote }),
    ...(unacknowledged === undefined ? {} : { unacknowledged }),
    ...(unread === undefined ? {} : { unread }),
  };
}

/** @throws {ModemError} `INVALID_INPUT` */
export function checkSend(
  { name, limits }: QuectelTraits,
  protocol: "tcp" | "udp",
  data: Uint8Array,
  to: SendOptions["to"],
): void {
  if (protocol === "tcp") {
    if (to !== undefined)
      throw new ModemError("INVALID_INPUT", "host and port are for datagrams, not for a connection");
    return;
  }
  if (to === undefined) throw new ModemError("INVALID_INPUT", "host and port are missing: a datagram needs a receiver");
  integer(to.port, { field: "port", min: 1, max: 65_535 });
  if (data.length === 0)
    throw new ModemError("INVALID_INPUT", `payload is empty: ${name} can't send an empty datagram`);
  if (data.length > limits.send) {
    const message = `payload has ${data.length} bytes: a datagram of ${name} has at most ${limits.send}`;
    throw new ModemError("INVALID_INPUT", message);
  }
}
