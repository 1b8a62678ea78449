import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { AtChannel } from "../../../driver/at/channel/channel";
import type { Dialect } from "../../../driver/at/dialect";
import type { Transport } from "../../../driver/transport/transport";
import { UbloxDriver } from "../../../driver/ublox/driver";
import { LARA_R6 } from "../../../driver/ublox/lara-r6";
import type { UbloxTimeouts } from "../../../driver/ublox/timeouts";
import { TRANSCRIPTS } from "../../support/paths";
import { Peer, type PeerOptions } from "../peer";
import { EXPLAINED_COMMANDS } from "./explained-commands";

export interface Bench {
  readonly peer: Peer;
  readonly channel: AtChannel;
  readonly driver: UbloxDriver;
  readonly trace: string[];
}

/** LARA-R6's own grammar without its waits: they are the channel's matter, and tested there. */
const NO_WAITS: Dialect = { ...LARA_R6.dialect, gap: 0, promptDelay: { "@": 0, ">": 0, CONNECT: 0 } };

/**
 * The driver on a real channel over a byte stream to a scripted modem.
 *
 * @param lineTo what stands between the two
 */
export function bench(
  options: PeerOptions = {},
  lineTo: (peer: Peer) => Transport = (peer) => peer,
  timeouts: Partial<UbloxTimeouts> = {},
): Bench {
  const peer = new Peer(options);
  const trace: string[] = [];
  const channel = new AtChannel(lineTo(peer), {
    onTrace: (entry) => trace.push(`${entry.direction} ${entry.text}`),
    onNoise: (bytes) => trace.push(`noise ${Buffer.from(bytes).toString("latin1")}`),
  });
  channel.useDialect(NO_WAITS);
  const model = { ...LARA_R6, timeouts: { ...LARA_R6.timeouts, ...timeouts } };
  return { peer, channel, driver: new UbloxDriver(channel, model), trace };
}

interface Transcripts {
  readonly scenarios: readonly { readonly steps: readonly { readonly send?: string }[] }[];
}

const transcripts = JSON.parse(readFileSync(join(TRANSCRIPTS, "lara-r6.json"), "utf8")) as Transcripts;
const printed = new Set(transcripts.scenarios.flatMap(({ steps }) => steps.flatMap(({ send = [] }) => send)));

/** Fails for a command that neither the guide prints nor a reference explains. */
export function expectExplained(commands: readonly string[]): void {
  const unexplained = commands.filter(
    (line) => !printed.has(line) && !EXPLAINED_COMMANDS.some(({ pattern }) => pattern.test(line)),
  );
  expect(unexplained).toEqual([]);
}
