import { expect } from "vitest";
import type { Bg96Host } from "../bg96-host";

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Into transparent mode, with a guard time of a fiftieth of a second instead of fifty. */
export async function transparent(host: Bg96Host, id = 0): Promise<void> {
  await host.command("ATS12=1");
  host.write(`AT+QIOPEN=1,${id},"TCP","peer.test",7,0,2\r`);
  expect(await host.until(/\r\n[^\r]*\r\n/)).toBe("\r\nCONNECT\r\n");
}

export async function leave(host: Bg96Host): Promise<string> {
  await pause(40);
  host.write("+++");
  return host.until(/\r\nOK\r\n/);
}
