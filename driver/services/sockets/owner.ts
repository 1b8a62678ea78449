import type { Channel } from "../../at/channel-types";

type Notes = Pick<Channel, "note">;

/** Tells an owner of the end. What it throws is its own fault, and only noted. */
export function tellEnd(channel: Notes, operation: string, tell: () => void): void {
  try {
    tell();
  } catch (error) {
    channel.note(`${operation}: its owner failed at its end: ${String(error)}`);
  }
}

/**
 * Hands over to an owner what has arrived; resolves when it takes more. What it throws is its own fault, and only noted:
 * the connection goes on.
 */
export function handOver(channel: Notes, operation: string, give: () => void | Promise<void>): void | Promise<void> {
  const failed = (error: unknown): void =>
    channel.note(`${operation}: what was received could not be handed over: ${String(error)}`);
  try {
    const taken = give();
    if (taken !== undefined) return Promise.resolve(taken).catch(failed);
  } catch (error) {
    failed(error);
  }
}
