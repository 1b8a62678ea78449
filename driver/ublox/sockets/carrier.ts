import type { ModemError } from "../../errors";
import type { Resolve } from "../../services/sockets/name-cache";
import type { SendOptions } from "../../services/sockets/sockets";
import { DatagramWriter } from "./datagrams";
import type { ReaderOwner, SocketEnd, SocketReader } from "./reader";
import { StreamWriter } from "./stream";

/** A socket as those see it who carry its bytes. */
export interface CarrierOwner extends ReaderOwner {
  readonly secure: boolean;
  readonly peer?: { readonly host: string; readonly port: number };
  readonly reader: SocketReader;
  readonly resolve: Resolve<AbortSignal>;
  /** What has reached the peer is unknown: nothing may follow it. */
  broken(error: ModemError): void;
}

/** How the bytes of a socket are carried over the line. */
export interface Carrier {
  /** For people. */
  readonly way: string;
  /** Once, when the socket is open. `signal` ends the attempt. @throws {ModemError} where it can't be carried */
  open(signal: AbortSignal): Promise<void>;
  /** Delivers what arrives; resolves to the end. */
  receive(): Promise<SocketEnd>;
  /** Resolves when the modem has taken all of it; calls are carried out in their order. `signal` is not aborted yet. */
  send(data: Uint8Array, options: SendOptions): Promise<void>;
  /** The modem has told of data, or of an end, in command mode. */
  news(): void;
  /** Nothing more is sent: resolves when commands for the socket, its close among them, can be sent. Never fails. */
  finish(): Promise<void>;
  /** The socket has ended: resolves when the line is free of it. Never fails. */
  stop(error: ModemError | undefined): Promise<void>;
}

/** Chunk by chunk, between other commands (guide 5.3 to 5.7). */
export class CommandCarrier implements Carrier {
  readonly #owner: CarrierOwner;
  readonly #reader: SocketReader;
  readonly #writer: StreamWriter | DatagramWriter;

  constructor(owner: CarrierOwner) {
    this.#owner = owner;
    this.#reader = owner.reader;
    this.#writer =
      owner.protocol === "tcp"
        ? new StreamWriter({
            ...owner,
            peerClosed: () => this.#reader.peerClosed(),
            gone: () => this.#reader.announced(),
          })
        : new DatagramWriter(owner);
  }

  get way(): string {
    return this.#owner.syntax.hasHex ? "command: text, hex, binary" : "command: text, binary";
  }

  async open(): Promise<void> {}

  receive(): Promise<SocketEnd> {
    return this.#reader.run();
  }

  send(data: Uint8Array, options: SendOptions): Promise<void> {
    return this.#writer.send(data, options);
  }

  news(): void {
    // The reader waits for it by itself.
  }

  finish(): Promise<void> {
    return this.#writer.idle();
  }

  async stop(): Promise<void> {}
}
