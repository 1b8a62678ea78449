/** Why a transport closed by itself; absent when `close()` was asked for. */
export interface TransportLoss {
  readonly reason: string;
}

/**
 * A byte stream to a modem that opens and closes, any number of times.
 *
 * Listeners are set before `open()`. After `close()` or a loss no listener is called until the next `open()`.
 */
export interface Transport {
  /** The port as the user wrote it, for messages. */
  readonly name: string;
  /** Payload bytes a second that the line carries (baud rate / bits per character); undefined where nothing paces it. */
  readonly bytesPerSecond: number | undefined;
  /** @throws {ModemError} `MODEM_OFFLINE` when it can't be opened, with the reason and the remedy. */
  open(): Promise<void>;
  /** Resolves when the bytes left this process. @throws {ModemError} `MODEM_OFFLINE` */
  write(bytes: Uint8Array): Promise<void>;
  /**
   * Resolves when what was written is on the line, where that can be known; at once after a loss. Never rejects. Flow
   * control may hold it for ever.
   */
  readonly drain?: (() => Promise<void>) | undefined;
  /** Stops reading: with flow control the modem holds back what it has. A loss may not be seen meanwhile. */
  pause(): void;
  resume(): void;
  /** Ends the stream; never rejects, never hangs. */
  close(): Promise<void>;
  onData(listener: (bytes: Buffer) => void): void;
  /** Called once when an open stream ends without `close()`. */
  onLost(listener: (loss: TransportLoss) => void): void;
}
