/**
 * How long the driver itself takes between two commands: from the last byte of a final result, handed to the channel, to the
 * first byte of the next command, with the model's gap taken out.
 */
import { AtChannel } from "../driver/at/channel/channel";
import type { Dialect } from "../driver/at/dialect";
import { commandLine, splitFields, toInteger } from "../driver/at/fields";
import type { Transport } from "../driver/transport/transport";
import type { BenchRow } from "./row";

const WARM_UP = 2000;
const COMMANDS = 20_000;
/** ms */
const MEDIAN_BAR = 1;
const P99_BAR = 5;

const DIALECT: Dialect = {
  gap: 0,
  promptDelay: { "@": 0, ">": 0, CONNECT: 0 },
  counted: [{ prefix: "+USORD:", strings: [{ field: 2, length: 1 }] }],
  urcs: [{ prefix: "+CEREG:" }, { prefix: "+CSCON:" }, { prefix: "+UUSORD:" }],
  errorTexts: new Map(),
};

/** The other end: answers in the next turn of the event loop, the last byte apart, and takes the times. */
class StopwatchLine implements Transport {
  readonly name = "bench";
  readonly bytesPerSecond = undefined;
  readonly times: number[] = [];
  #answered = 0;
  #listener: (bytes: Buffer) => void = () => undefined;

  async open(): Promise<void> {}
  async close(): Promise<void> {}
  pause(): void {}
  resume(): void {}
  onLost(): void {}

  onData(listener: (bytes: Buffer) => void): void {
    this.#listener = listener;
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#answered > 0) this.times.push(performance.now() - this.#answered);
    const line = Buffer.from(bytes).toString("latin1");
    setImmediate(() => this.#answer(line));
    return Promise.resolve();
  }

  #answer(line: string): void {
    this.#listener(Buffer.from(`${line}\r\n+CSQ: 17,99\r\n\r\nOK\r`, "latin1"));
    const lineFeed = Buffer.from("\n", "latin1");
    this.#answered = performance.now();
    this.#listener(lineFeed);
  }
}

/** Commands one after the other, each sent when the one before has been read. */
async function inSequence(count: number): Promise<number[]> {
  const line = new StopwatchLine();
  const channel = new AtChannel(line);
  channel.useDialect(DIALECT);
  for (let sent = 0; sent < count; sent += 1) {
    const { lines } = await channel.send({
      ...commandLine("+CSQ"),
      expects: [{ prefix: "+CSQ:" }],
      timeout: 1000,
    });
    const [answer] = lines;
    if (answer === undefined || toInteger(splitFields(answer)[0]) !== 17) throw new Error("wrong answer");
  }
  return line.times.sort((a, b) => a - b);
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export async function run(): Promise<BenchRow[]> {
  await inSequence(WARM_UP);
  const times = await inSequence(COMMANDS);
  const median = quantile(times, 0.5);
  const p99 = quantile(times, 0.99);
  return [
    { name: "Command turnaround, median", value: median, unit: "ms", bar: "< 1 ms", ok: median < MEDIAN_BAR },
    { name: "Command turnaround, p99", value: p99, unit: "ms", bar: "< 5 ms", ok: p99 < P99_BAR },
  ];
}
