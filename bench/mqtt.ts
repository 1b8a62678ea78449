/** MQTT over a line paced as at 115200 baud: how many messages it carries, how long one waits, and what a reconnect costs. */
import { Broker } from "./mqtt-broker";
import { latencyRows } from "./mqtt-latency";
import { ratesOf } from "./mqtt-rates";
import { reconnectRows } from "./mqtt-reconnect";
import type { BenchRow } from "./row";
import { Stage } from "./stage";

const MODELS = ["LARA-R6", "BG96"] as const;

export async function run(): Promise<BenchRow[]> {
  const broker = await Broker.open();
  const stage = await Stage.open([broker.route]);
  const rows: BenchRow[] = [];
  try {
    for (const model of MODELS) rows.push(...(await ratesOf(stage, broker, model)));
  } finally {
    stage.close();
    await broker.close();
  }
  return [...rows, ...(await latencyRows(MODELS)), ...(await reconnectRows())];
}
