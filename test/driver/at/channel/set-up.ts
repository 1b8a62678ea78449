import { vi } from "vitest";
import { AtChannel, type ChannelHooks } from "../../../../driver/at/channel/channel";
import type { Command } from "../../../../driver/at/command";
import type { Dialect } from "../../../../driver/at/dialect";
import { RecentSecrets } from "../../../../driver/at/trace/fragments";
import { DIALECT } from "../grammar";
import { FakeLine } from "./fake-line";

export const NO_GAP: Dialect = { ...DIALECT, gap: 0 };

export function setUp({
  dialect = NO_GAP,
  line = new FakeLine(),
  hooks = {} as ChannelHooks,
  recent = new RecentSecrets(),
} = {}) {
  const trace: string[] = [];
  const onTrace = (entry: { direction: string; text: string }) => trace.push(`${entry.direction} ${entry.text}`);
  const channel = new AtChannel(line, { onTrace, ...hooks }, recent);
  channel.useDialect(dialect);
  return { channel, line, trace };
}

export const simple = (line: string, more: Partial<Command> = {}): Command => ({
  line,
  label: line,
  timeout: 1000,
  ...more,
});
export const CSQ = simple("AT+CSQ", { expects: [{ prefix: "+CSQ:" }] });
export const texts = ({ lines }: { lines: readonly { text: string }[] }) => lines.map(({ text }) => text);
/** Lets promises run, without time passing. */
export const turns = () => vi.advanceTimersByTimeAsync(0);
