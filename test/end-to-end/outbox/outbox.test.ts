import { describe, expect, it } from "vitest";
import { needsTool } from "../../support/needs";
import { randomWords, seed } from "../../support/random";
import type { Protocol } from "./flow";
import { Stage } from "./stage";

/** `npm run soak -- outbox` asks for the full size. */
const isSoak = process.env.OUTBOX_SOAK === "1";
const mosquitto = needsTool("mosquitto");
const LIMIT_MS = isSoak ? 3_600_000 : 240_000;
/** ms that the plug is out, or nobody listens, at least and at most. */
const PAUSE_MS = { min: 300, max: 2000 } as const;

const FAULTS = ["stop", "unplug", "kill"] as const;
type Fault = (typeof FAULTS)[number];

interface Size {
  readonly messages: number;
  /** How often each fault comes. */
  readonly faults: Readonly<Record<Fault, number>>;
}

const SMALL: Size = { messages: 100, faults: { stop: 1, unplug: 1, kill: 1 } };
const CASES: readonly { protocol: Protocol; qos: 1 | 2; small: Size; full: Size }[] = [
  {
    protocol: "mqtt",
    qos: 1,
    small: { messages: 300, faults: { stop: 2, unplug: 1, kill: 1 } },
    full: { messages: 10_000, faults: { stop: 20, unplug: 10, kill: 5 } },
  },
  { protocol: "mqtt", qos: 2, small: SMALL, full: { messages: 200, faults: { stop: 6, unplug: 3, kill: 3 } } },
  { protocol: "http", qos: 1, small: SMALL, full: { messages: 200, faults: { stop: 6, unplug: 3, kill: 3 } } },
];

/** Each kind spread evenly over the messages. */
function schedule(faults: Size["faults"]): Fault[] {
  const all = FAULTS.flatMap((fault) =>
    Array.from({ length: faults[fault] }, (_value, index) => ({ fault, at: (index + 0.5) / faults[fault] })),
  );
  return all.sort((one, other) => one.at - other.at).map(({ fault }) => fault);
}

/** Strikes in the midst of each batch, and goes on when messages arrive again. Gives what a kill has lost. */
async function strike(stage: Stage, { messages, faults }: Size): Promise<number[]> {
  const words = randomWords();
  const share = () => words() / 2 ** 32;
  const lost: number[] = [];
  const struck = schedule(faults);
  const batch = Math.floor(messages / (struck.length + 1));
  const { ledger } = stage;
  for (const fault of struck) {
    const before = ledger.arrived;
    await stage.feed(batch);
    const wanted = before + Math.ceil(batch * share() * 0.8);
    await stage.until(() => ledger.arrived >= wanted, `${wanted} have arrived`);
    const pause = PAUSE_MS.min + share() * (PAUSE_MS.max - PAUSE_MS.min);
    if (fault === "kill") lost.push(...(await stage.killNodeRed()));
    else await (fault === "stop" ? stage.restartSink(pause) : stage.unplug(pause));
    const now = ledger.arrived;
    await stage.until(() => ledger.arrived > now || now === ledger.fed, `messages arrive again after ${fault}`);
    if (isSoak) process.stdout.write(`${fault}: ${ledger.arrived} of ${ledger.fed}, ${ledger.repeats} repeats\n`);
  }
  await stage.feed(messages - ledger.fed);
  return lost;
}

describe.skipIf(mosquitto.skip)(`an outbox in a real Node-RED${mosquitto.reason}`, () => {
  it.each(CASES.map((one) => ({ ...one, ...(isSoak ? one.full : one.small) })))(
    "loses none of $messages messages by $protocol at QoS $qos, whatever stops",
    async ({ protocol, qos, messages, faults }) => {
      const since = performance.now();
      const stage = await Stage.open({ protocol, qos, model: "LARA-R6" });
      const { ledger } = stage;
      const lost = await strike(stage, { messages, faults });
      await stage.until(() => ledger.arrived === messages, "all have arrived");
      await stage.until(() => stage.kept().size === 0, "the outbox is empty");
      const took = ((performance.now() - since) / 1000).toFixed(0);
      const words = `${messages} by ${protocol} at QoS ${qos} in ${took} s: ${ledger.repeats} came again, ${ledger.done.size} done, ${ledger.kept.size} kept over a kill, ${ledger.untold.length} untold`;
      process.stdout.write(`${words}, after ${JSON.stringify(faults)}; seed ${seed}\n`);
      expect(ledger.missing, `seed ${seed}`).toEqual([]);
      expect(ledger.disorder, `seed ${seed}`).toEqual([]);
      expect(ledger.failures, `seed ${seed}`).toEqual([]);
      expect(lost, `seed ${seed}`).toEqual([]);
      // One each, whose end a kill kept from being told.
      expect(ledger.untold.length, `seed ${seed}`).toBeLessThanOrEqual(faults.kill);
    },
    LIMIT_MS,
  );
});
