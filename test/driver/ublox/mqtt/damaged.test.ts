import { describe, expect, it, vi } from "vitest";
import type { BrokerSession } from "../../../../driver/services/mqtt/mqtt";
import { fakeTime, turns } from "../../../support/clock";
import { type Damage, DamagedLine, someDamage, wordsOf } from "../../../support/damage";
import { RANDOM_TIMEOUT_MS, seed } from "../../../support/random";
import { bench } from "../bench";
import { FakeMqtt, OPTIONS, Owner } from "./fake-mqtt";

/** ms of fake time: what has not ended then hangs. */
const LIMIT_MS = 60_000;
const STEP_MS = 500;
/** Of a case in CI: a login has a dozen commands, and one of it that is damaged takes a third of a second. */
const MOST = 200;
const WAIT = { timeout: 20_000 };

interface Stage {
  readonly fake: FakeMqtt;
  readonly owner: Owner;
  readonly line: DamagedLine;
  readonly connect: () => Promise<BrokerSession>;
}

function stage(): Stage {
  let line: DamagedLine | undefined;
  const { peer, driver } = bench({}, (to) => {
    line = new DamagedLine(to);
    return line;
  });
  if (line === undefined) throw new Error("There is no line");
  const owner = new Owner();
  const connect = (): Promise<BrokerSession> => driver.services.mqtt.connect({ ...OPTIONS, ...WAIT }, owner);
  return { fake: new FakeMqtt(peer), owner, line, connect };
}

/** What came of it, as text; undefined for an error. */
async function endOf(work: Promise<unknown>): Promise<string | undefined> {
  let isOver = false;
  const result = work
    .then(
      (value) => JSON.stringify(value ?? "done"),
      () => undefined,
    )
    .finally(() => {
      isOver = true;
    });
  for (let passed = 0; passed < LIMIT_MS; passed += STEP_MS) {
    for (let turn = 0; turn < 8 && !isOver; turn += 1) await turns();
    if (isOver) return result;
    await vi.advanceTimersByTimeAsync(STEP_MS);
  }
  throw new Error("It hangs");
}

const message = (payload: Buffer) => ({ topic: "a/b", payload, qos: 1, retain: false }) as const;
const PAYLOAD = Buffer.from('1,"\r\nOK\r\n+UUMQTTC: 2,1\r\n');

interface Case {
  readonly prepare: (stage: Stage) => Promise<BrokerSession | undefined>;
  readonly run: (stage: Stage, session: BrokerSession) => Promise<unknown>;
  /** What a success may tell beside what an undamaged one tells. */
  readonly allows?: (end: string, damage: Damage) => boolean;
}

const logIn = ({ connect }: Stage): Promise<BrokerSession> => connect();
const flips = (_end: string, { kind }: Damage): boolean => kind === "flipped";

const CASES: Readonly<Record<string, Case>> = {
  "a login": { prepare: async () => undefined, run: ({ connect }) => connect().then(() => "in") },
  "a publish": { prepare: logIn, run: (_stage, session) => session.publish(message(PAYLOAD), WAIT) },
  "a publish at the prompt": {
    prepare: logIn,
    run: (_stage, session) => session.publish(message(Buffer.alloc(600, 0x81)), WAIT),
  },
  "a publish that fails": {
    prepare: async (one) => {
      const session = await logIn(one);
      one.fake.results.set(2, "2,0");
      return session;
    },
    run: (_stage, session) => session.publish(message(PAYLOAD), WAIT),
    allows: flips,
  },
  "a subscription": {
    prepare: logIn,
    run: (_stage, session) => session.subscribe("a/b", 2, WAIT),
    // The QoS that was granted may be told as unknown.
    allows: (end, damage) => end === '"done"' || flips(end, damage),
  },
};

describe("MQTT on a line that loses, doubles or flips bytes", () => {
  it.each(Object.entries(CASES))(
    "%s is right or an error",
    async (_name, { prepare, run, allows }) => {
      fakeTime();
      const start = async (): Promise<{ made: Stage; session: BrokerSession }> => {
        const made = stage();
        let session: BrokerSession | undefined;
        await endOf(
          prepare(made).then((prepared) => {
            session = prepared;
          }),
        );
        return { made, session: session as BrokerSession };
      };
      const whole = await start();
      whole.made.line.record();
      const right = await endOf(run(whole.made, whole.session));
      const { length } = whole.made.line.recorded;
      const wrong: string[] = [];
      for (const damage of someDamage(length, { most: MOST })) {
        const { made, session } = await start();
        made.line.damage(damage);
        const end = await endOf(run(made, session)).catch((error: Error) => error.message);
        if (end === undefined || end === right || allows?.(end, damage) === true) continue;
        wrong.push(`${wordsOf(damage)}: ${end}`);
      }
      expect(wrong, `SEED=${seed}`).toEqual([]);
    },
    RANDOM_TIMEOUT_MS,
  );
});
