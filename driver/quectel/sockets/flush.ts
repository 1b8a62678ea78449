import { delay } from "../../delay";
import { Deadline } from "../../services/waiting/deadline";
import type { SocketCommands } from "./commands";
import type { SocketState } from "./state";

/** ms for which closing waits for what was sent to be acknowledged: +QICLOSE drops the rest. */
const FLUSHING = 5_000;
/** ms between the first two questions; it doubles. */
const FIRST_PAUSE = 100;

/** Waits until the peer has acknowledged what was sent, as far as the modem tells; not for ever. */
export async function flushSocket(commands: SocketCommands, state: SocketState, operation: string): Promise<void> {
  const limit = new Deadline(FLUSHING, operation, state.stopped);
  try {
    for (let pause = FIRST_PAUSE; !state.hasEnded; pause *= 2) {
      if (((await commands.unacknowledged(limit.signal)) ?? 0) === 0) return;
      await delay(pause, limit.signal);
    }
  } catch {
    // What can't be found out, or takes too long, is not waited for.
  } finally {
    limit.clear();
  }
}
