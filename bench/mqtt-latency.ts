/**
 * How long publishes wait beside a download of 1 MB on the same modem, at 115200 baud: what they take longer than on an idle
 * line, in times of one chunk of the download. With `OK` and the URC of its result a publish can meet two of them.
 */
import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Modem } from "../driver/modem";
import type { BrokerSession } from "../driver/services/mqtt/mqtt";
import { Broker, WAIT } from "./mqtt-broker";
import { BAUD, TOPIC } from "./mqtt-ways";
import { quantile } from "./quantile";
import { RandomBytes } from "./random-bytes";
import { atMost, type BenchRow } from "./row";
import { payloadOf } from "./socket-cases";
import type { ModelName } from "./socket-ways";
import { Stage } from "./stage";
import { listen } from "./watched-wire";

const BODY = Buffer.alloc(1_000_000, "0123456789abcdef\r\n");
const SIZE = 200;
const MOST_CHUNKS = 2;
const IDLE = 15;
/** ms between two publishes, so that they meet a chunk at any of its moments. */
const LONGEST_REST = 150;
const SEED = 11;

/** The block that the driver reads (docs/carrying-bytes.md), what stands around it, and the silence behind it in ms. */
const CHUNK = 5760;
const READS: Readonly<Record<ModelName, { readonly name: string; readonly frame: number; readonly gap: number }>> = {
  "LARA-R6": { name: "+URDBLOCK=", frame: 80, gap: 20 },
  BG96: { name: "+QFREAD=", frame: 50, gap: 0 },
};

const random = new RandomBytes(SEED);

/** ms of each publish, until `isOver`. */
async function publishes(session: BrokerSession, isOver: (count: number) => boolean): Promise<number[]> {
  const taken: number[] = [];
  while (!isOver(taken.length)) {
    const payload = payloadOf("text", SIZE, 1);
    const start = performance.now();
    await session.publish({ topic: TOPIC, payload, qos: 1, retain: false }, WAIT);
    taken.push(performance.now() - start);
    await delay(random.below(LONGEST_REST));
  }
  return taken;
}

/** Resolves at the first read of the download. */
function firstRead(modem: Modem, name: string): Promise<void> {
  return new Promise((resolve) => {
    const listener = ({ direction, text }: { direction: string; text: string }): void => {
      if (direction !== "sent" || !text.includes(name)) return;
      modem.off("trace", listener);
      resolve();
    };
    modem.on("trace", listener);
  });
}

async function rowsOf(stage: Stage, broker: Broker, model: ModelName): Promise<BenchRow[]> {
  const { name, frame, gap } = READS[model];
  const chunk = ((CHUNK + frame) * 10_000) / BAUD + gap;
  return stage.withModem(model, BAUD, async ({ http, mqtt }, modem) => {
    const session = await mqtt.connect(broker.login(), { onMessage: () => undefined, onClosed: () => undefined });
    const idle = quantile(await publishes(session, (count) => count === IDLE), 0.5);
    let isOver = false;
    const begun = firstRead(modem, name);
    const url = "http://web.example/body";
    const download = http.request({ method: "GET", url, headers: [], timeout: 600_000 }).finally(() => {
      isOver = true;
    });
    await Promise.race([begun, download]);
    const taken = await publishes(session, () => isOver);
    if (!(await download).body.equals(BODY)) throw new Error("the body arrived changed");
    await session.disconnect(WAIT);
    const waits = taken.map((time) => (time - idle) / chunk);
    const beside = `beside a download of 1 MB (a chunk: ${chunk.toFixed(0)} ms)`;
    const title = `${model} MQTT publish ${beside}, QoS 1, ${SIZE} bytes`;
    const p = (share: number): number => quantile(taken, share);
    return [
      { name: `${title}: median of ${taken.length}, ${idle.toFixed(0)} without`, value: p(0.5), unit: "ms" },
      { name: "— p99", value: p(0.99), unit: "ms" },
      { name: "— wait for the line, median", value: quantile(waits, 0.5), unit: "chunks" },
      atMost(MOST_CHUNKS, { name: "— wait for the line, p99", value: quantile(waits, 0.99), unit: "chunks" }),
    ];
  });
}

export async function latencyRows(models: readonly ModelName[]): Promise<BenchRow[]> {
  const web = createServer((_request, response) => response.end(BODY));
  const broker = await Broker.open();
  const stage = await Stage.open([broker.route, `web.example:80=127.0.0.1:${await listen(web)}`]);
  try {
    const rows: BenchRow[] = [];
    for (const model of models) rows.push(...(await rowsOf(stage, broker, model)));
    return rows;
  } finally {
    stage.close();
    await broker.close();
    web.closeAllConnections();
    web.close();
  }
}
