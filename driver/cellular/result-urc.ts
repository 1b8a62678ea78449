import type { Channel, WaitOptions } from "../at/channel-types";
import type { Command, Response } from "../at/command";
import type { Line } from "../at/line";
import { isModemError, ModemError } from "../errors";

/** What waits for a result URC and how. */
export interface ResultUrc<T> extends WaitOptions {
  /** undefined for a URC that is not the one; an error for one that reports a failure. */
  readonly match: (line: Line) => T | ModemError | undefined;
  /**
   * Waits for it also where the command was not answered in time. The modem may have taken it, since one lost byte is
   * enough for that, and its URC, which names no command, would be taken for that of the next one.
   */
  readonly evenUnanswered?: boolean;
  /**
   * Waits for it then, but does not believe it: of data whose prompt was lost the modem takes what comes instead, and
   * reports success of that.
   */
  readonly onlyAnswered?: boolean;
}

const UNANSWERED: Response = { lines: [] };

/**
 * Sends a command whose outcome comes in a URC after `OK`. The wait begins before the command is written and its time
 * limit after `OK`.
 *
 * @throws {ModemError} of the command, of the wait, or what `match` made of the URC
 */
export async function commandWithResult<T>(
  channel: Channel,
  command: Command,
  urc: ResultUrc<T>,
): Promise<{ result: T; response: Response }> {
  const waiter = channel.waitForUrc(urc.match, urc);
  // A restart fails the command and the wait together; the command's error is the one that is reported.
  waiter.promise.catch(() => undefined);
  const response = await channel.send(command).catch(async (error: unknown) => {
    if (urc.evenUnanswered === true && isModemError(error, "MODEM_TIMEOUT")) {
      if (urc.onlyAnswered !== true) return UNANSWERED;
      waiter.start();
      await waiter.promise.catch(() => undefined);
    }
    waiter.cancel();
    throw error;
  });
  waiter.start();
  const result = await waiter.promise;
  if (result instanceof ModemError) throw result;
  return { result, response };
}
