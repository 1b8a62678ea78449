/**
 * Sockets over a line paced as at a real baud rate: each way by itself, the driver's own choice, direct mode, and what a user
 * without a driver gets. Driver and simulator run in two processes; what arrives is compared by SHA-256.
 *
 * A ceiling is what a way can reach by the manuals' own rules (`socket-ways.ts`), not what was measured. Other programs
 * of the machine disturb a measurement: one that stays below its ceiling by more than `DISTURBED` is repeated.
 */
import { measureDriver, type Transferred } from "./driven-way";
import { measureNaive, type NaiveRates } from "./naive";
import { atLeast, type BenchRow } from "./row";
import { measureSingleWay } from "./single-way";
import { BAUD_RATES, type Baud, type Case, casesOf, payloadOf, titleOf } from "./socket-cases";
import { bestWay, ceiling, type ModelName, type Way, waysOf } from "./socket-ways";
import { Stage } from "./stage";
import { undisturbed } from "./undisturbed";

/** s of the line at its ceiling: long enough to be steady, with all rows in a few minutes. */
const DURATION = { command: 5, direct: 3, single: 3 } as const;

/** The driver's choice is the best of its ways but for what the measuring varies. */
const BEST = 0.98;
const OF_CEILING = 95;
const OF_LINE = 97;

/** kB/s of another driver of the same modem on a line paced alike, random bytes, and how often that is asked for. */
const OTHER_DRIVER = {
  115200: { up: { rate: 4.4, times: 1.35 }, down: { rate: 5.8, times: 1.45 } },
  921600: { up: { rate: 6.6, times: 1.8 }, down: { rate: 10, times: 3 } },
} as const;

interface Driven {
  readonly command: Transferred;
  readonly direct: Transferred;
}

/** Bytes a second by each way alone. */
function singleWays(stage: Stage, baud: Baud): Promise<Map<Case, Map<Way, number>>> {
  return stage.withBareLine(baud, async (line) => {
    const all = new Map<Case, Map<Way, number>>();
    for (const item of casesOf(baud)) {
      const rates = new Map<Way, number>();
      for (const way of waysOf("LARA-R6", item.direction, item.payload)) {
        const most = ceiling(way, baud);
        const data = payloadOf(item.payload, most, DURATION.single);
        const measure = (): Promise<number> => measureSingleWay(line, way, stage.farEnd, data);
        rates.set(way, await undisturbed(most, (rate) => rate, measure));
      }
      all.set(item, rates);
    }
    return all;
  });
}

function driven(stage: Stage, model: ModelName, cases: readonly Case[], baud: Baud): Promise<Map<Case, Driven>> {
  return stage.withModem(model, baud, async ({ sockets }) => {
    const all = new Map<Case, Driven>();
    for (const item of cases) {
      const { direction, payload } = item;
      const measure = (mode: "command" | "direct", most: number): Promise<Transferred> => {
        const data = payloadOf(payload, most, DURATION[mode]);
        const transfer = { mode, direction, data };
        return undisturbed(
          most,
          ({ rate }) => rate,
          () => measureDriver(sockets, stage.farEnd, transfer),
        );
      };
      const command = await measure("command", ceiling(bestWay(model, direction, payload, baud), baud));
      all.set(item, { command, direct: await measure("direct", baud / 10) });
    }
    return all;
  });
}

type Measured = Pick<BenchRow, "value" | "unit">;
const kilo = (rate: number): Measured => ({ value: rate / 1000, unit: "kB/s" });
const share = (part: number, whole: number): Measured => ({ value: (100 * part) / whole, unit: "%" });

function drivenRows(model: ModelName, item: Case, { command, direct }: Driven): BenchRow[] {
  const { baud, direction, payload } = item;
  const best = bestWay(model, direction, payload, baud);
  const most = ceiling(best, baud);
  // The bars are LARA-R6's; of BG96 the rows are for information.
  const judge = (least: number, row: BenchRow): BenchRow => (model === "LARA-R6" ? atLeast(least, row) : row);
  return [
    { name: `${titleOf(model, item)}: driver's choice (${command.way})`, ...kilo(command.rate) },
    { name: "— of the line rate", ...share(command.rate, baud / 10) },
    { name: `— its ceiling (${best.name})`, ...kilo(most) },
    judge(OF_CEILING, { name: "— of the ceiling", ...share(command.rate, most) }),
    { name: `${titleOf(model, item)}: ${direct.way}`, ...kilo(direct.rate) },
    judge(OF_LINE, { name: "— of the line rate", ...share(direct.rate, baud / 10) }),
  ];
}

function singleRows(item: Case, rates: ReadonlyMap<Way, number>, command: Transferred): BenchRow[] {
  const rows = [...rates].map(([way, rate]) => ({
    name: `${titleOf("LARA-R6", item)}: only by ${way.name} (ceiling ${(ceiling(way, item.baud) / 1000).toFixed(2)} kB/s)`,
    ...kilo(rate),
  }));
  const times = { name: "— driver's choice to the best of them", value: command.rate / Math.max(...rates.values()) };
  return [...rows, atLeast(BEST, { ...times, unit: "times" })];
}

function otherDriverRows({ baud, direction, payload }: Case, command: Transferred): BenchRow[] {
  if (payload !== "random") return [];
  const { rate, times } = OTHER_DRIVER[baud][direction];
  const name = `— driver's choice to another driver's ${rate} kB/s`;
  return [atLeast(times, { name, value: command.rate / (rate * 1000), unit: "times" })];
}

function naiveRows(item: Case, naive: NaiveRates | Error, command: Transferred): BenchRow[] {
  const name = `${titleOf("LARA-R6", item)}: serial node and function nodes`;
  if (naive instanceof Error) {
    const [reason = ""] = naive.message.split("\n");
    return [{ name, value: Number.NaN, unit: `not measured: ${reason}` }];
  }
  const rate = naive[item.direction][item.payload];
  return [
    { name, ...kilo(rate) },
    { name: "— driver's choice to it", value: command.rate / rate, unit: "times" },
  ];
}

async function laraRows(stage: Stage, baud: Baud): Promise<BenchRow[]> {
  const naive = await measureNaive(stage.farEnd, stage.port, baud);
  const singles = await singleWays(stage, baud);
  const rates = await driven(stage, "LARA-R6", [...singles.keys()], baud);
  return [...rates].flatMap(([item, result]) => [
    ...drivenRows("LARA-R6", item, result),
    ...singleRows(item, singles.get(item) ?? new Map(), result.command),
    ...otherDriverRows(item, result.command),
    ...naiveRows(item, naive, result.command),
  ]);
}

async function bg96Rows(stage: Stage, baud: Baud): Promise<BenchRow[]> {
  const cases = casesOf(baud).filter(({ payload }) => payload === "random");
  const rates = await driven(stage, "BG96", cases, baud);
  return [...rates].flatMap(([item, result]) => drivenRows("BG96", item, result));
}

export async function run(): Promise<BenchRow[]> {
  const stage = await Stage.open();
  try {
    const rows: BenchRow[] = [];
    for (const baud of BAUD_RATES) rows.push(...(await laraRows(stage, baud)));
    for (const baud of BAUD_RATES) rows.push(...(await bg96Rows(stage, baud)));
    return rows;
  } finally {
    stage.close();
  }
}
