import type { LaraHost } from "../lara-host";

/** ms of a guard time that +S12=1 sets, and what timers may be late. */
const GUARD = 40;
export const silence = () => new Promise((resolve) => setTimeout(resolve, GUARD));

export async function enter(host: LaraHost, id = 0): Promise<void> {
  await host.command("ATS12=1");
  host.write(`AT+USODL=${id}\r`);
  await host.until(/\r\nCONNECT\r\n/);
}

/** Leaves by +++, and gives back what came until the final result. */
export async function leave(host: LaraHost): Promise<string> {
  await silence();
  host.write("+++");
  return host.until(/OK\r\n/);
}

export const LEFT = "\r\nDISCONNECT\r\n\r\nOK\r\n";
