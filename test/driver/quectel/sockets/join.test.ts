import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { advance, pass, passUntil, useFakeTime } from "../../../support/clock";
import { failure } from "../../../support/failure";
import { randomRuns } from "../../../support/random";
import { Owner, startSockets } from "./socket-session";

useFakeTime();

const sends = (lines: () => readonly string[]) => lines().filter((line) => /^AT\+QISEND=0,[1-9]/.test(line));

/** What has become of calls, in the order in which they were done. */
function follow(log: string[], name: string, work: Promise<void>): void {
  work.then(
    () => log.push(name),
    (error: Error) => log.push(`${name}: ${error.message}`),
  );
}

describe("small sends of one connection by BG96", () => {
  it("go at once while nothing is under way, and together when they waited for the same chunk", async () => {
    const { connect, fake, lines } = await startSockets();
    const socket = await pass(connect());
    const log: string[] = [];
    follow(log, "A", socket.send(Buffer.from("aaaaa")));
    await passUntil(() => sends(lines).length === 1);
    for (const name of ["B", "C", "D"]) follow(log, name, socket.send(Buffer.from(name.repeat(10))));
    await passUntil(() => log.length === 4);
    expect(sends(lines)).toEqual(["AT+QISEND=0,5", "AT+QISEND=0,30"]);
    expect(log).toEqual(["A", "B", "C", "D"]);
    expect(Buffer.concat(fake.get(0).sent).toString()).toBe(`aaaaa${"B".repeat(10)}${"C".repeat(10)}${"D".repeat(10)}`);
    await pass(socket.close());
  });

  it("fill chunks across their borders", async () => {
    const { connect, fake, lines } = await startSockets();
    const socket = await pass(connect());
    const parts = Array.from({ length: 1000 }, (_, index) => Buffer.alloc(64, index));
    await pass(Promise.all(parts.map((part) => socket.send(part))));
    expect(Buffer.concat(fake.get(0).sent).equals(Buffer.concat(parts))).toBe(true);
    expect(sends(lines)).toEqual([...Array.from({ length: 43 }, () => "AT+QISEND=0,1460"), "AT+QISEND=0,1220"]);
    await pass(socket.close());
  });

  it("are repeated when the buffer was full, with what has come since and without what was given up", async () => {
    const { connect, fake } = await startSockets();
    const socket = await pass(connect());
    fake.sendResults.push("SEND FAIL");
    fake.unacknowledged.splice(0, 1, 1460, 0);
    const stop = new AbortController();
    const log: string[] = [];
    follow(log, "A", socket.send(Buffer.from("aaaa")));
    follow(log, "B", socket.send(Buffer.from("bbbb"), { signal: stop.signal }));
    await passUntil(() => fake.sendResults.length === 0);
    follow(log, "C", socket.send(Buffer.from("cccc")));
    stop.abort(new Error("enough"));
    await passUntil(() => log.length === 3);
    expect(log).toEqual(["B: enough", "A", "C"]);
    expect(fake.get(0).sent.map(String)).toEqual(["aaaacccc"]);
    await pass(socket.close());
    expect(vi.getTimerCount()).toBe(0);
  });

  it("all fail when the buffer stays full for a minute, and who comes later is waited for anew", async () => {
    const { connect, fake } = await startSockets();
    const socket = await pass(connect());
    fake.sendResults.push(...Array.from({ length: 200 }, () => "SEND FAIL"));
    fake.unacknowledged.splice(0, 1, 3000);
    const log: string[] = [];
    follow(log, "A", socket.send(Buffer.alloc(1460, "a")));
    await advance(50_000);
    follow(log, "B", socket.send(Buffer.from("bbbb")));
    follow(log, "C", socket.send(Buffer.from("cccc")));
    await advance(11_000);
    const stuck = expect.stringContaining("it has taken nothing for 60 s");
    expect(log).toEqual(["A", "B", "C"].map((name) => expect.stringMatching(new RegExp(`^${name}: `))));
    expect(log).toEqual([stuck, stuck, stuck]);
    follow(log, "D", socket.send(Buffer.from("dddd")));
    await advance(50_000);
    expect(log).toHaveLength(3);
    fake.sendResults.length = 0;
    fake.unacknowledged.splice(0, 1, 0);
    await passUntil(() => log.length === 4);
    expect(log.at(-1)).toBe("D");
    expect(fake.get(0).sent.map(String)).toEqual(["dddd"]);
    await pass(socket.close());
    expect(vi.getTimerCount()).toBe(0);
  });

  it("are all carried out before the connection is closed", async () => {
    const { connect, fake } = await startSockets();
    const socket = await pass(connect());
    const sent = fake.get(0).sent;
    const log: string[] = [];
    for (const name of ["A", "B", "C"]) follow(log, name, socket.send(Buffer.from(name)));
    follow(log, "closed", socket.close());
    follow(log, "late", socket.send(Buffer.from("late")));
    await passUntil(() => log.length === 5);
    expect(log).toEqual([expect.stringMatching(/^late: .*closed/), "A", "B", "C", "closed"]);
    expect(sent.map(String)).toEqual(["ABC"]);
  });

  it("all fail with what ended the connection", async () => {
    const { connect, fake } = await startSockets();
    const owner = new Owner();
    const socket = await pass(connect({}, owner));
    fake.get(0).state = 0;
    const codes = ["A", "B", "C"].map((name) => socket.send(Buffer.from(name)).catch((error) => error.code));
    await passUntil(() => owner.ends.length > 0);
    expect(await pass(Promise.all(codes))).toEqual(["CONNECTION_CLOSED", "CONNECTION_CLOSED", "CONNECTION_CLOSED"]);
    await advance(10_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("fail at once when the connection ends while the buffer is full, and nothing is asked about it any more", async () => {
    const { connect, fake, lines } = await startSockets();
    const owner = new Owner();
    const socket = await pass(connect({}, owner));
    fake.sendResults.push(...Array.from({ length: 20 }, () => "SEND FAIL"));
    fake.unacknowledged.splice(0, 1, 1460);
    const sending = failure(socket.send(Buffer.from("x")));
    await advance(10_000);
    fake.hangUp(0);
    await passUntil(() => owner.ends.length === 1);
    expect((await sending).code).toBe("CONNECTION_CLOSED");
    expect(vi.getTimerCount()).toBe(0);
    expect(lines().at(-1)).toBe("AT+QICLOSE=0,1");
  });

  it("of a socket that is lost while they wait for the line are not written: its number may be another's", async () => {
    const { connect, sockets, peer, channel, lines } = await startSockets();
    const owner = new Owner();
    const socket = await pass(connect({}, owner));
    let answer = (): void => undefined;
    peer.on(/^AT\+COPS=\?$/, (_match, print) => {
      answer = () => print.line("OK");
    });
    await advance(100);
    const other = channel.send({ line: "AT+COPS=?", label: "AT+COPS=?", timeout: 180_000 });
    await passUntil(() => peer.commands.at(-1) === "AT+COPS=?");
    const sending = failure(socket.send(Buffer.from("x")));
    await advance(100);
    sockets.reset();
    expect((await pass(sending)).code).toBe("MODEM_RESTARTED");
    expect(owner.ends).toEqual(["MODEM_RESTARTED"]);
    answer();
    await pass(other);
    await advance(1_000);
    expect(sends(lines)).toEqual([]);
  });
});

type Step =
  | { readonly do: "send"; readonly size: number }
  | { readonly do: "give up"; readonly which: number }
  | { readonly do: "turns"; readonly count: number }
  | { readonly do: "refuse"; readonly times: number };

/** Letters, which tell one call's bytes from the next one's. */
const MOST_CALLS = 26;
/** One after the other; each is waited for up to 2 s, and a minute of it is the end. */
const MOST_REFUSALS = 10;
const STEPS = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant("send" as const),
        size: fc.oneof(fc.nat({ max: 100 }), fc.nat({ max: 4000 })),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant("give up" as const), which: fc.nat({ max: MOST_CALLS - 1 }) }),
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constant("turns" as const), count: fc.integer({ min: 1, max: 20 }) }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant("refuse" as const), times: fc.integer({ min: 1, max: 4 }) }),
    },
  ),
  { minLength: 1, maxLength: 50, size: "max" },
);

function prefixLength(data: Buffer, all: Buffer, from: number): number {
  let length = 0;
  while (length < data.length && all[from + length] === data[length]) length += 1;
  return length;
}

async function play(steps: readonly Step[]): Promise<void> {
  vi.clearAllTimers();
  const { connect, fake } = await startSockets();
  const socket = await pass(connect());
  const { sent } = fake.get(0);
  const calls: { readonly data: Buffer; readonly stop: AbortController; end?: string }[] = [];
  for (const step of steps) {
    if (step.do === "send" && calls.length < MOST_CALLS) {
      const stop = new AbortController();
      const call: (typeof calls)[number] = { data: Buffer.alloc(step.size, 0x41 + calls.length), stop };
      calls.push(call);
      socket.send(call.data, { signal: stop.signal }).then(
        () => {
          call.end = "done";
        },
        (error: Error) => {
          call.end = error.message;
        },
      );
    } else if (step.do === "give up") calls[step.which]?.stop.abort(new Error("given up"));
    else if (step.do === "refuse" && fake.sendResults.length < MOST_REFUSALS) {
      fake.sendResults.push(...Array.from({ length: step.times }, () => "SEND FAIL"));
    }
    for (let turn = 0; step.do === "turns" && turn < step.count; turn += 1) await new Promise(setImmediate);
  }
  await passUntil(() => calls.every(({ end }) => end !== undefined));
  await pass(socket.close());
  const all = Buffer.concat(sent);
  let at = 0;
  for (const { data, end } of calls) {
    const length = prefixLength(data, all, at);
    at += length;
    expect(end === "given up" || (end === "done" && length === data.length), end).toBe(true);
  }
  expect(at).toBe(all.length);
  expect(vi.getTimerCount()).toBe(0);
}

it("carries every byte of every call once and in order by BG96, and of calls that are given up a first part", async () => {
  await fc.assert(fc.asyncProperty(STEPS, play), randomRuns(100));
}, 120_000);
