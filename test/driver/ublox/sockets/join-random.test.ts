import fc from "fast-check";
import { expect, it, vi } from "vitest";
import { passUntil, useFakeTime } from "../../../support/clock";
import { RANDOM_TIMEOUT_MS, randomRuns } from "../../../support/random";
import { socketBench } from "./fake-sockets";
import { Faults, type WriteFault } from "./socket-faults";

useFakeTime();

type Step =
  | { readonly do: "send"; readonly size: number; readonly text: boolean }
  | { readonly do: "give up"; readonly which: number }
  | { readonly do: "turns"; readonly count: number }
  | { readonly do: "fill the queue" }
  | { readonly do: "fail a write"; readonly how: WriteFault; readonly share: number };

/** Letters, which tell one call's bytes from the next one's. */
const MOST_CALLS = 26;

const STEPS = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant("send" as const),
        size: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 3000 })),
        text: fc.boolean(),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant("give up" as const), which: fc.nat({ max: MOST_CALLS - 1 }) }),
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constant("turns" as const), count: fc.integer({ min: 1, max: 20 }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("fill the queue" as const) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant("fail a write" as const),
        how: fc.constantFrom<WriteFault>("short", "uncounted", "silent", "refused"),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
    },
  ),
  { minLength: 1, maxLength: 50, size: "max" },
);

interface Call {
  readonly data: Buffer;
  readonly stop: AbortController;
  /** `done`, with the bytes that the module had by then, or `given up`. */
  end?: { readonly how: "done"; readonly taken: number } | { readonly how: "given up" };
}

/** Bytes of which each tells whose it is, and about where. */
function content(index: number, size: number, text: boolean): Buffer {
  const letter = 0x41 + index + (text ? 0 : 0x80);
  return Buffer.from(Array.from({ length: size }, (_, at) => (at % 3 === 0 ? letter : letter + 0x20)));
}

function prefixLength(data: Buffer, all: Buffer, from: number): number {
  let length = 0;
  while (length < data.length && from + length < all.length && all[from + length] === data[length]) length += 1;
  return length;
}

async function play(rate: number | undefined, steps: readonly Step[]): Promise<void> {
  const made = socketBench({ ...(rate !== undefined && { bytesPerSecond: rate }) });
  const { module } = made;
  const faults = new Faults(made);
  const { socket, seen } = await made.connect();
  const fake = module.sockets.get(0);
  const calls: Call[] = [];
  for (const step of steps) {
    if (step.do === "send" && calls.length < MOST_CALLS) {
      const call: Call = { data: content(calls.length, step.size, step.text), stop: new AbortController() };
      calls.push(call);
      socket.send(call.data, { signal: call.stop.signal }).then(
        () => {
          call.end = { how: "done", taken: module.sent(0).length };
        },
        (error: unknown) => {
          if (error === call.stop.signal.reason) call.end = { how: "given up" };
        },
      );
    } else if (step.do === "give up") calls[step.which]?.stop.abort(new Error("given up"));
    else if (step.do === "fill the queue") Object.assign(fake ?? {}, { unacknowledged: 8192 });
    else if (step.do === "fail a write") faults.write = step;
    for (let turn = 0; step.do === "turns" && turn < step.count; turn += 1) await new Promise(setImmediate);
  }
  faults.write = undefined;
  const drain = setInterval(() => Object.assign(fake ?? {}, { unacknowledged: 0 }), 1);
  await passUntil(() => calls.every(({ end }) => end !== undefined));
  const closed = socket.close();
  await passUntil(() => seen.closed.length > 0);
  await closed;
  clearInterval(drain);
  const all = Buffer.concat(fake?.sent ?? []);
  let at = 0;
  for (const { data, end } of calls) {
    const length = prefixLength(data, all, at);
    at += length;
    if (end?.how !== "done") continue;
    expect(length).toBe(data.length);
    expect(end.taken).toBeGreaterThanOrEqual(at);
  }
  expect(at).toBe(all.length);
  expect(seen.closed).toEqual([undefined]);
  expect(vi.getTimerCount()).toBe(0);
}

it(
  "carries every byte of every call once and in order, and of calls that are given up a first part",
  async () => {
    const rates = fc.constantFrom(undefined, 11_520, 92_160);
    await fc.assert(fc.asyncProperty(rates, STEPS, play), randomRuns(100));
  },
  RANDOM_TIMEOUT_MS,
);
