import { describe, expect, it, vi } from "vitest";
import type { HttpRequest } from "../../../driver/services/http/http";
import { fakeTime, turns } from "../../support/clock";
import { type Damage, everyDamage, wordsOf } from "../../support/damage";
import { RANDOM_TIMEOUT_MS, runs, seed } from "../../support/random";
import type { Model } from "./modem";
import { type Scene, type Stage, stage } from "./stage";

/**
 * 1 to 8 bytes lost, doubled or flipped at every place of every answer of HTTP and files: never a success with other
 * bytes, but where the modem gives nothing to tell it by. What passes so is counted, and stands beside the test.
 */

const BODY = '{"t":21.5,"u":[7,7,7,7],"s":"all is well"}\r\n';
const HEAD = `HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: ${BODY.length}\r\n\r\n`;
const FRAMED: Scene = { answer: HEAD + BODY, outcome: `0,200,${BODY.length}` };
const UNFRAMED: Scene = { answer: `HTTP/1.1 200 OK\r\nServer: x\r\n\r\n${BODY}`, outcome: "0,200" };
/** Everything takes longer than a second. */
const SLOW = { bytesPerSecond: 40 };

/** Why a success may have other bytes; undefined for one that may not. */
type Excuse = (damage: Damage, printed: string) => string | undefined;

interface Operation {
  readonly models: readonly Model[];
  readonly scene?: Scene;
  readonly run: (stage: Stage) => Promise<unknown>;
  readonly excuse?: Excuse;
  readonly takesAll?: true;
}

const request =
  (fields: Partial<HttpRequest> = {}) =>
  async ({ services }: Stage): Promise<unknown> => {
    const common = { method: "GET", url: "http://a.test/", headers: [], timeout: 30_000 } as const;
    const { statusCode, headers, body } = await services.http.request({ ...common, ...fields });
    return { statusCode, headers, body: body.toString("latin1") };
  };
/** Not printable: LARA-R6 gets it in a file. */
const POST = { method: "POST", body: Buffer.from([1, 2, 34, 255]), contentType: "text/plain" } as const;
const read = async ({ services }: Stage) => (await services.files.read("a.txt")).toString("latin1");
const write = async ({ services, files }: Stage) => {
  await services.files.write("b.txt", Buffer.from(BODY));
  return files.get("b.txt")?.toString("latin1");
};

const flipped: Excuse = ({ kind }) => (kind === "flipped" ? "bits flipped in bytes that are only counted" : undefined);
const cancelled: Excuse = ({ kind, count }) =>
  kind === "flipped" && count % 4 === 0 ? "bits flipped that cancel each other out in the checksum" : undefined;
const inline: Excuse = (damage, printed) =>
  damage.at < printed.indexOf(BODY) && damage.at + damage.count > printed.indexOf("HTTP/")
    ? "a field of a head whose length nothing tells"
    : flipped(damage, printed);

const BOTH: readonly Model[] = ["LARA-R6", "BG96"];
const OPERATIONS: Readonly<Record<string, Operation>> = {
  "a GET, read from a file": { models: ["LARA-R6"], scene: FRAMED, run: request(), excuse: flipped, takesAll: true },
  "a GET, read in place": { models: ["BG96"], scene: FRAMED, run: request(), excuse: inline, takesAll: true },
  "a verified GET": { models: BOTH, scene: FRAMED, run: request({ verify: "always" }) },
  "a GET in blocks": { models: ["BG96"], scene: { ...FRAMED, ...SLOW }, run: request(), excuse: flipped },
  "a GET without a length": { models: ["BG96"], scene: UNFRAMED, run: request(), excuse: cancelled },
  "a GET that nothing ends": { models: ["LARA-R6"], scene: UNFRAMED, run: request(), excuse: flipped },
  "a POST by a file": { models: ["LARA-R6"], scene: FRAMED, run: request(POST), excuse: flipped },
  "a POST from the line": { models: ["BG96"], scene: FRAMED, run: request(POST), excuse: inline },
  "reading a file": { models: ["LARA-R6"], run: read, excuse: flipped },
  "reading a file with its checksum": { models: ["BG96"], run: read, excuse: cancelled },
  "reading a file in blocks": { models: ["BG96"], scene: SLOW, run: read, excuse: flipped },
  "writing a file": { models: BOTH, run: write },
  "writing a file in blocks": { models: ["BG96"], scene: SLOW, run: write },
  "listing files": { models: BOTH, run: ({ services }) => services.files.list() },
  "removing a file": { models: BOTH, run: ({ services }) => services.files.remove("a.txt") },
};

/** One run takes so much of the whole, which lasts for minutes; the seed says which share. */
const SHARES = 8;
const KINDS = ["lost", "doubled", "flipped"] as const;
/** Bytes from the answer with the data on, of which an operation that has them all takes every damage. */
const ALL_OF = 200;

function chosen(printed: string, takesAll: boolean): Damage[] {
  const first = printed.search(/\r\nCONNECT\r\nHTTP|\r\n\+URDBLOCK/);
  const isTurn = ({ at, count, kind }: Damage) => (at + count + KINDS.indexOf(kind) + seed) % SHARES === 0;
  const isInData = ({ at }: Damage) => takesAll && at >= first && at < first + ALL_OF;
  const all = everyDamage(printed.length).filter((damage) => isInData(damage) || isTurn(damage));
  const step = Math.max(1, Math.floor(all.length / runs(all.length, 40)));
  return all.filter((_damage, index) => (index + seed) % step === 0);
}

async function start(model: Model, { scene = {} }: Operation): Promise<Stage> {
  const ready = await stage(model, scene);
  ready.files.set("a.txt", Buffer.from(BODY)).set("c.txt", Buffer.from("x"));
  return ready;
}

/** ms of fake time after which what has not ended hangs. */
const LIMIT_MS = 120_000;
const STEP_MS = 100;

/** The result as text, or undefined for an error. */
async function endOf(work: Promise<unknown>): Promise<string | undefined> {
  let isOver = false;
  const result = work.then(
    (value) => JSON.stringify(value ?? "done"),
    () => undefined,
  );
  void result.then(() => {
    isOver = true;
  });
  for (let passed = 0; passed < LIMIT_MS; passed += STEP_MS) {
    for (let turn = 0; turn < 12 && !isOver; turn += 1) await turns();
    if (isOver) return result;
    await vi.advanceTimersByTimeAsync(STEP_MS);
  }
  throw new Error("It hangs");
}

const CASES = Object.entries(OPERATIONS).flatMap(([name, operation]) =>
  operation.models.map((model) => [model, name, operation] as const),
);

describe("a line that loses, doubles or flips bytes", () => {
  it.each(CASES)(
    "%s: %s is right or an error",
    async (model, name, operation) => {
      fakeTime();
      const whole = await start(model, operation);
      whole.line.record();
      const right = await endOf(operation.run(whole));
      const printed = whole.line.recorded.toString("latin1");
      expect(right).toBeDefined();
      const wrong: string[] = [];
      const passed: Record<string, number> = {};
      for (const damage of chosen(printed, operation.takesAll === true)) {
        const damaged = await start(model, operation);
        damaged.line.damage(damage);
        const end = await endOf(operation.run(damaged));
        if (end === undefined || end === right) continue;
        const excuse = operation.excuse?.(damage, printed);
        if (excuse === undefined)
          wrong.push(`${wordsOf(damage)}, behind ${JSON.stringify(printed.slice(0, damage.at).slice(-30))}: ${end}`);
        else passed[excuse] = (passed[excuse] ?? 0) + 1;
      }
      for (const [excuse, count] of Object.entries(passed)) console.info(`${model}: ${name}: ${count} times ${excuse}`);
      expect(wrong, `SEED=${seed}`).toEqual([]);
    },
    RANDOM_TIMEOUT_MS,
  );
});
