import type { Deadline } from "../services/waiting/deadline";
import type { AcquireOptions } from "../services/waiting/waiting-line";

/** ms, to which the wait is rounded down. */
const STEP = 100;

/** Waits for what others hold till a little before the deadline, so that the caller is told who holds it. */
export function waitUntil({ remaining, signal }: Deadline, owner: string): AcquireOptions {
  return { timeout: Math.max(0, Math.ceil(remaining / STEP) - 1) * STEP, signal, owner };
}
