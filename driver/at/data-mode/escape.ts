import { delay } from "../../delay";
import type { Transport } from "../../transport/transport";
import type { Trace } from "../trace/trace";

/** What leaves data mode when nothing is sent before and after it (V.250 6.2.9). */
export const ESCAPE = Buffer.from("+++", "latin1");

/** Sends it between two silences of `guard` ms. */
export async function sendEscape(
  transport: Pick<Transport, "write">,
  trace: Trace,
  guard: number,
  signal: AbortSignal,
): Promise<void> {
  await delay(guard, signal);
  trace.sent("+++");
  transport.write(ESCAPE).catch((error: unknown) => trace.note(`+++ could not be sent: ${String(error)}`));
  await delay(guard, signal);
}

/** Whether bytes are just `+++`, which leaves data mode when silence surrounds them (BG96 guide 1.3). */
export function isEscape(bytes: Uint8Array): boolean {
  return bytes.length === 3 && bytes.every((byte) => byte === 0x2b);
}
