import { delay } from "../../delay";
import { Deadline } from "../waiting/deadline";

/** How long a socket that is to be closed waits for acknowledgements. */
export interface FlushTimes {
  /** ms in all. */
  readonly limit: number;
  /** ms between the first two questions. */
  readonly pause: number;
  /** Each pause is so many times the one before; 1 keeps it the same. */
  readonly growth: number;
}

/** A socket that is to be closed. */
export interface Flushed {
  readonly operation: string;
  /** Bytes that the peer has not acknowledged; undefined where the modem does not tell. */
  unacknowledged(signal: AbortSignal): Promise<number | undefined>;
  /** Whether nothing can arrive any more. */
  hasEnded(): boolean;
  /** Fires when the caller waits no longer. */
  readonly stopped: AbortSignal;
}

/**
 * Waits until the peer has acknowledged what was sent, as far as the modem tells, since closing may drop the rest. Never
 * fails: what can't be found out, or takes too long, is not waited for.
 */
export async function flush(socket: Flushed, { limit, pause: first, growth }: FlushTimes): Promise<void> {
  const deadline = new Deadline(limit, socket.operation, socket.stopped);
  try {
    for (let pause = first; !socket.hasEnded(); pause *= growth) {
      if (((await socket.unacknowledged(deadline.signal)) ?? 0) === 0) return;
      await delay(pause, deadline.signal);
    }
  } catch {
    // See above.
  } finally {
    deadline.clear();
  }
}
