import { describe, expect, it, vi } from "vitest";
import type { BrokerSession } from "../../../../driver/services/mqtt/mqtt";
import { fakeTime, turns } from "../../../support/clock";
import { type Damage, DamagedLine, everyDamage, someDamage, wordsOf } from "../../../support/damage";
import { outcome } from "../../../support/failure";
import { RANDOM_TIMEOUT_MS, runs, seed } from "../../../support/random";
import { type MqttBench, message, Owner, startMqtt, WAIT } from "./mqtt-session";

/** ms of fake time after which what has not ended hangs. */
const LIMIT_MS = 120_000;
const STEP_MS = 100;
/** Damages of each operation where a person waits for them. */
const LEAST = 12;

interface Damaged extends MqttBench {
  readonly line: DamagedLine;
  readonly owner: Owner;
}

async function start(): Promise<Damaged> {
  let line: DamagedLine | undefined;
  const bench = await startMqtt({}, {}, (peer) => {
    line = new DamagedLine(peer);
    return line;
  });
  if (line === undefined) throw new Error("There is no line");
  return { ...bench, line, owner: new Owner() };
}

async function letPass(isOver: () => boolean): Promise<void> {
  for (let passed = 0; passed < LIMIT_MS && !isOver(); passed += STEP_MS) {
    for (let turn = 0; turn < 12 && !isOver(); turn += 1) await turns();
    if (!isOver()) await vi.advanceTimersByTimeAsync(STEP_MS);
  }
  if (!isOver()) throw new Error("It hangs");
}

async function endOf(work: Promise<unknown>): Promise<string> {
  let end: string | undefined;
  void outcome(work).then((word) => {
    end = word;
  });
  await letPass(() => end !== undefined);
  return end ?? "";
}

/** What an operation has done on the modem and the broker. */
type Effect = (bench: Damaged) => unknown;
interface Row {
  readonly run: (session: BrokerSession) => Promise<unknown>;
  readonly effect: Effect;
}

const published: Effect = ({ fake }) => fake.published.map(({ payload }) => payload.toString("latin1"));
const sent =
  (name: string): Effect =>
  ({ lines }) =>
    lines()
      .filter((line) => line.startsWith(`AT+${name}=`))
      .slice(-1);
const ROWS: Readonly<Record<string, Row>> = {
  publish: { run: (session) => session.publish(message('{"t":21.5}'), WAIT), effect: published },
  "publish at most once": {
    run: (session) => session.publish(message("\x1a\r\nOK\r\n", { qos: 0 }), WAIT),
    effect: published,
  },
  "publish nothing": { run: (session) => session.publish(message(""), WAIT), effect: published },
  subscribe: { run: (session) => session.subscribe("a/#", 1, WAIT), effect: sent("QMTSUB") },
  unsubscribe: { run: (session) => session.unsubscribe("a/#", WAIT), effect: sent("QMTUNS") },
  ping: { run: (session) => session.ping(WAIT), effect: () => true },
  disconnect: { run: (session) => session.disconnect(WAIT), effect: ({ fake }) => fake.clients.size },
};

describe("a line that loses, doubles or flips bytes of MQTT", () => {
  it("connects, or fails and leaves nothing open", { timeout: RANDOM_TIMEOUT_MS }, async () => {
    fakeTime();
    const whole = await start();
    whole.line.record();
    expect(await endOf(whole.connect({}, whole.owner))).toBe("done");
    const wrong: string[] = [];
    for (const damage of someDamage(whole.line.recorded.length, { least: LEAST })) {
      const damaged = await start();
      damaged.line.damage(damage);
      const end = await endOf(damaged.connect({}, damaged.owner));
      const isConnected = damaged.fake.clients.get(0)?.isConnected ?? false;
      if ((end === "done") !== isConnected) wrong.push(`${wordsOf(damage)}: ${end}`);
      const again = await endOf(damaged.connect({ clientId: "next" }, damaged.owner));
      if (again !== "done") wrong.push(`${wordsOf(damage)}: ${again} afterwards`);
    }
    expect(wrong, `SEED=${seed}`).toEqual([]);
  });

  it.each(Object.entries(ROWS))("%s: is done, or an error", { timeout: RANDOM_TIMEOUT_MS }, async (_name, row) => {
    fakeTime();
    const run = async (bench: Damaged, damage?: Damage): Promise<string> => {
      const session = await bench.connect({}, bench.owner);
      // A modem that takes lengths has shown so.
      await session.publish(message("first"), WAIT);
      if (damage === undefined) bench.line.record();
      else bench.line.damage(damage);
      return endOf(row.run(session));
    };
    const whole = await start();
    expect(await run(whole)).toBe("done");
    const right = row.effect(whole);
    const wrong: string[] = [];
    for (const damage of someDamage(whole.line.recorded.length, { least: LEAST })) {
      const damaged = await start();
      const end = await run(damaged, damage);
      const effect = row.effect(damaged);
      if (end === "done" && JSON.stringify(effect) !== JSON.stringify(right))
        wrong.push(`${wordsOf(damage)}: ${JSON.stringify(effect)}`);
      const ends = damaged.owner.ends.length;
      if (ends > 1) wrong.push(`${wordsOf(damage)}: ended ${ends} times`);
    }
    expect(wrong, `SEED=${seed}`).toEqual([]);
  });

  it("brings a message as it was sent, or says that it was damaged", { timeout: RANDOM_TIMEOUT_MS }, async () => {
    fakeTime();
    const payload = Buffer.from('{"t":21.5}\r\nOK\r\n"');
    const line = `\r\n+QMTRECV: 0,7,"a/b",${payload.length},"${payload.toString("latin1")}"\r\n`;
    const first = line.indexOf(payload.toString("latin1"));
    const topic = line.indexOf('"a/b"');
    const passed: Record<string, number> = {};
    const wrong: string[] = [];
    const all = everyDamage(line.length);
    const step = Math.max(1, Math.floor(all.length / runs(all.length, 60)));
    for (const damage of all.filter((_damage, index) => (index + seed) % step === 0)) {
      const bench = await start();
      const session = await bench.connect({}, bench.owner);
      await session.publish(message("first"), WAIT);
      bench.line.damage(damage);
      bench.peer.raw(Buffer.from(line, "latin1"));
      await letPass(() => bench.line.isDone);
      // What the length swallows of the next answers is the line's to find out.
      await endOf(session.ping(WAIT).catch(() => undefined));
      const { messages, damaged, ends } = bench.owner;
      for (const got of messages) {
        if (got.payload.equals(payload) && got.topic === "a/b") continue;
        const touches = (from: number, to: number): boolean => damage.at < to && damage.at + damage.count > from;
        const isInTopic = got.payload.equals(payload) && touches(topic - 2, topic + 5);
        const isFlipped = damage.kind === "flipped" && got.payload.length === payload.length;
        const excuse = isInTopic
          ? "a topic, whose length nothing tells"
          : isFlipped
            ? "bits flipped in bytes that are only counted"
            : undefined;
        if (excuse === undefined || !touches(topic - 2, first + payload.length))
          wrong.push(`${wordsOf(damage)}: ${got.topic} ${got.payload.toString("latin1")}`);
        else passed[excuse] = (passed[excuse] ?? 0) + 1;
      }
      if (messages.length + damaged.length > 2)
        wrong.push(`${wordsOf(damage)}: told ${messages.length + damaged.length} times`);
      if (ends.length > 0 && !/CONNECTION_CLOSED|MODEM/.test(ends[0]?.code ?? ""))
        wrong.push(`${wordsOf(damage)}: ${ends[0]}`);
    }
    for (const [excuse, count] of Object.entries(passed)) console.info(`BG96: a message: ${count} times ${excuse}`);
    expect(wrong, `SEED=${seed}`).toEqual([]);
  });
});
