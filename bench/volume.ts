/**
 * Much data through one socket of a modem in software, byte for byte:
 * `node --expose-gc --import tsx bench/volume.ts --model BG96 --way up --mode command --bytes 100000000`.
 *
 * `--way up` and `down` carry `--bytes` random ones over TCP, in `--mode` command or direct; `udp-echo`, `udp-up` and
 * `udp-down` carry `--count` datagrams of 1 to 1024 bytes. The line has no baud rate and the driver keeps no waits: nothing is
 * measured but what arrives and the memory it takes, compared with a run of a quarter of it just before. Prints one line of JSON;
 * ends with status 1 when something did not arrive as it was sent.
 */
import { parseArgs } from "node:util";
import { openUnpaced, type Unpaced } from "./unpaced";
import * as tcp from "./volume-tcp";
import * as udp from "./volume-udp";

/** ms between two looks at the memory. */
const LOOK = 250;
/** Share of the whole that goes before, so that the heap has its size. */
const WARM_UP = 0.25;

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "LARA-R6" },
    way: { type: "string", default: "up" },
    mode: { type: "string", default: "command" },
    bytes: { type: "string", default: "100000000" },
    count: { type: "string", default: "100000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});

type Run = (modem: Unpaced, seed: number, share: number) => Promise<object>;

const mode = values.mode === "direct" ? "direct" : "command";
const transfer = (work: typeof tcp.up): Run => {
  return async (modem, seed, share) => {
    const bytes = Math.ceil(Number(values.bytes) * share);
    const carried = await work(modem, { seed, bytes, mode });
    const { sent, received, way } = carried;
    if (received.sha256 !== sent.sha256 || sent.bytes !== bytes) throw new Error(JSON.stringify(carried));
    return { ...received, way };
  };
};
const datagrams = (work: typeof udp.up): Run => {
  return (modem, seed, share) => work(modem, { seed, count: Math.ceil(Number(values.count) * share) });
};

const RUNS: Readonly<Record<string, Run>> = {
  up: transfer(tcp.up),
  down: transfer(tcp.down),
  "udp-echo": datagrams(udp.echo),
  "udp-up": datagrams(udp.up),
  "udp-down": datagrams(udp.down),
};

/** Bytes of resident memory; with `--expose-gc` without what merely waits to be collected. */
function resident(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss();
}

/** The most that it takes while it runs, and what it leaves. */
async function watched<T>(work: () => Promise<T>): Promise<{ result: T; peak: number; after: number }> {
  let peak = 0;
  const looks = setInterval(() => {
    peak = Math.max(peak, resident());
  }, LOOK);
  const result = await work();
  clearInterval(looks);
  const after = resident();
  return { result, peak: Math.max(peak, after), after };
}

async function main(): Promise<void> {
  const run = RUNS[values.way];
  if (run === undefined) throw new Error(`--way is one of ${Object.keys(RUNS).join(", ")}`);
  const seed = Number(values.seed);
  const modem = await openUnpaced(values.model);
  const warm = await watched(() => run(modem, seed + 1, WARM_UP));
  const started = performance.now();
  const { result, peak, after } = await watched(() => run(modem, seed, 1));
  const seconds = (performance.now() - started) / 1000;
  const growth = { peak: peak - warm.peak, after: after - warm.after };
  const { model, way } = values;
  process.stdout.write(`${JSON.stringify({ model, way, mode, seed, seconds, ...result, peak, growth })}\n`);
  await modem.close();
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
});
