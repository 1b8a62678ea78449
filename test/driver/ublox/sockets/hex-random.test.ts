import fc from "fast-check";
import { expect, it, vi } from "vitest";
import { until, useFakeTime } from "../../../support/clock";
import { RANDOM_TIMEOUT_MS, randomRuns } from "../../../support/random";
import { socketBench } from "./fake-sockets";
import { type ChangeFault, Faults, type WriteFault } from "./socket-faults";

useFakeTime();

type Step =
  | { readonly do: "send"; readonly socket: number; readonly size: number; readonly text: boolean }
  | { readonly do: "receive"; readonly socket: number; readonly size: number }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "turns"; readonly count: number }
  | { readonly do: "lose the mode" }
  | { readonly do: "fill the queue"; readonly socket: number }
  | { readonly do: "fail a write"; readonly how: WriteFault; readonly share: number }
  | { readonly do: "fail a change"; readonly how: ChangeFault };

const socket = fc.nat({ max: 2 });
const STEPS = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant("send" as const),
        socket,
        size: fc.oneof(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 4000, max: 12_000 })),
        text: fc.nat({ max: 4 }).map((one) => one === 0),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant("receive" as const), socket, size: fc.integer({ min: 1, max: 3000 }) }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 900 }) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant("turns" as const), count: fc.integer({ min: 1, max: 60 }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("lose the mode" as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("fill the queue" as const), socket }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant("fail a write" as const),
        how: fc.constantFrom<WriteFault>("short", "uncounted", "silent", "refused"),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant("fail a change" as const),
        how: fc.constantFrom<ChangeFault>("silent", "silent, but done", "refused"),
      }),
    },
  ),
  { minLength: 1, maxLength: 40, size: "max" },
);

function content(size: number, text: boolean, from: number): Buffer {
  return Buffer.from(
    Array.from({ length: size }, (_, at) => (text ? 0x61 + ((from + at) % 26) : (from + at * 7) % 256)),
  );
}

/** Lets time pass, slowly enough for the module to answer, until `ready`. */
async function passing(ready: () => boolean): Promise<void> {
  for (let turn = 0; turn < 100_000 && !ready(); turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    if (turn % 10 === 9) await vi.advanceTimersByTimeAsync(50);
  }
  await until(ready);
}

async function play(steps: readonly Step[]): Promise<void> {
  const made = socketBench({ bytesPerSecond: 92_160 });
  const { module } = made;
  const faults = new Faults(made);
  const connections = await Promise.all([0, 1, 2].map(() => made.connect()));
  const sent: Buffer[][] = [[], [], []];
  const received: Buffer[][] = [[], [], []];
  const work: Promise<void>[] = [];
  for (const [index, step] of steps.entries()) {
    if (step.do === "send") {
      const data = content(step.size, step.text, index * 31);
      sent[step.socket]?.push(data);
      work.push(connections[step.socket]?.socket.send(data) ?? Promise.reject(new Error("no connection")));
    } else if (step.do === "receive") {
      const data = content(step.size, false, index * 17);
      received[step.socket]?.push(data);
      module.receive(step.socket, data);
    } else if (step.do === "wait") await vi.advanceTimersByTimeAsync(step.ms);
    else if (step.do === "lose the mode") module.hex = false;
    else if (step.do === "fill the queue")
      Object.assign(module.sockets.get(step.socket) ?? {}, { unacknowledged: 8192 });
    else if (step.do === "fail a write") faults.write = step;
    else if (step.do === "fail a change") faults.change = step.how;
    for (let turn = 0; step.do === "turns" && turn < step.count; turn += 1) await new Promise(setImmediate);
  }
  faults.write = undefined;
  faults.change = undefined;
  const drain = setInterval(() => {
    for (const fake of module.sockets.values()) fake.unacknowledged = 0;
  }, 1);
  try {
    let isSent = false;
    const all = Promise.all(work).finally(() => {
      isSent = true;
    });
    all.catch(() => undefined);
    await passing(() => isSent);
    await all;
    const sum = (parts: readonly Buffer[] = []): Buffer => Buffer.concat(parts);
    await passing(() => connections.every(({ seen }, index) => seen.data.length >= sum(received[index]).length));
    await passing(() => !module.hex);
    for (const [index, { seen }] of connections.entries()) {
      expect(module.sent(index).equals(sum(sent[index]))).toBe(true);
      expect(seen.data.equals(sum(received[index]))).toBe(true);
      expect(seen.closed).toEqual([]);
    }
  } finally {
    clearInterval(drain);
  }
}

it(
  "carries every byte once and in order, whatever happens to writes and changes of the mode",
  async () => {
    await fc.assert(fc.asyncProperty(STEPS, play), randomRuns(100));
  },
  RANDOM_TIMEOUT_MS,
);
