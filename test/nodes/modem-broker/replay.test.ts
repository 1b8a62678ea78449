import { describe, expect, it, vi } from "vitest";
import { ModemError } from "../../../driver/errors";
import { normal } from "../../../nodes/modem-broker/topic";
import { advance, passUntil, turns, useFakeTime } from "../../support/clock";
import { outboxPath } from "../common/outbox/files";
import { lost, ScriptedBroker } from "./scripted-session";

useFakeTime();

const RECORDS = 300;
const message = (number: number) => ({
  topic: normal(`t/${number % 7}`),
  payload: Buffer.from(String(number)),
  qos: 1 as const,
  retain: false,
});

/** The numbers in the order in which they came first. */
function firstOf(arrived: readonly number[]): number[] {
  return [...new Set(arrived)];
}

/** What real events bring, and then the next thing that waits for the time: pauses of minutes by the hundred. */
async function nextTimer(): Promise<void> {
  await turns(3);
  await vi.advanceTimersToNextTimerAsync();
}

describe("a replay of the outbox", () => {
  it.each([
    ["before the message has arrived", false],
    ["after it, before its acknowledgement", true],
  ])(
    "loses nothing and keeps its order when the link is cut at each record, %s",
    async (_name, isThere) => {
      const scripted = new ScriptedBroker(
        { outbox: { place: "disk", limit: RECORDS, age: 0, rate: 0 } },
        {
          outboxPath: await outboxPath(),
        },
      );
      const arrived: number[] = [];
      const cut = new Set<number>();
      scripted.script = async (asked) => {
        if (!asked.startsWith("publish")) return;
        const number = Number(asked.split(" ")[2]);
        const isCut = !cut.has(number);
        cut.add(number);
        if (!isCut || isThere) arrived.push(number);
        if (!isCut) return;
        scripted.lose();
        throw new ModemError("CONNECTION_CLOSED", "the link was cut");
      };
      const done: number[] = [];
      for (let number = 0; number < RECORDS; number += 1) {
        const { sent } = await scripted.broker.keep(message(number), 0);
        void sent.then(() => done.push(number));
      }
      await scripted.broker.connect();
      while (done.length < RECORDS) await nextTimer();
      const all = Array.from({ length: RECORDS }, (_value, number) => number);
      expect(done).toEqual(all);
      expect(firstOf(arrived)).toEqual(all);
      expect(arrived).toHaveLength(isThere ? 2 * RECORDS : RECORDS);
      expect(scripted.broker.depth).toMatchObject({ waiting: 0, repeats: RECORDS });
    },
    120_000,
  );

  it("loses nothing when the broker is deployed again at each tenth record", async () => {
    const path = await outboxPath();
    const arrived: number[] = [];
    const outbox = { place: "disk", limit: RECORDS, age: 0, rate: 0 } as const;
    const start = () => {
      const scripted = new ScriptedBroker({ outbox }, { outboxPath: path });
      const begun = arrived.length;
      scripted.script = (asked) => {
        const isPublish = asked.startsWith("publish");
        if (isPublish) arrived.push(Number(asked.split(" ")[2]));
        return isPublish && arrived.length === begun + 11 ? new Promise(() => {}) : undefined;
      };
      return { scripted, isStuck: () => arrived.length === begun + 11 };
    };
    let { scripted, isStuck } = start();
    for (let number = 0; number < RECORDS; number += 1) await scripted.broker.keep(message(number), 0);
    while (arrived.at(-1) !== RECORDS - 1) {
      await scripted.broker.connect();
      await passUntil(() => isStuck() || arrived.at(-1) === RECORDS - 1);
      const closed = scripted.broker.close(lost);
      await advance(3000);
      await closed;
      ({ scripted, isStuck } = start());
    }
    expect(firstOf(arrived)).toEqual(Array.from({ length: RECORDS }, (_value, number) => number));
    expect(arrived.length - RECORDS).toBeLessThanOrEqual(RECORDS / 10);
  }, 120_000);
});
