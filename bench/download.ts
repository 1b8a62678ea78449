/**
 * A download through driver and simulator over a line paced as at a real baud rate.
 *
 * The ceiling is what the protocol itself leaves: every byte that had to cross the line (echo apart, which flows back while the
 * command goes out) at 10 bits a byte, and the silence the modem asks for between a final result and the next command. The time
 * before the modem has the body, which no driver can shorten, is the server's and not counted: both clocks start at the first read.
 */
import { createServer } from "node:http";
import { Modem } from "../driver/modem";
import type { BenchRow } from "./row";
import { modemSettings } from "./settings";
import { startSimulator } from "./simulator-process";
import { listen, openWire, type Watcher } from "./watched-wire";

const BAUD_RATES = [115_200, 921_600] as const;
const BODY = Buffer.alloc(1_000_000, "0123456789abcdef\r\n");
interface Model {
  readonly name: "LARA-R6" | "BG96";
  /** The command that reads a block of the response. */
  readonly read: string;
  /** ms that the modem wants between a final result and the next command (LARA-R6: development note, R6DEV). */
  readonly gap: number;
}

const MODELS: readonly Model[] = [
  { name: "LARA-R6", read: "+URDBLOCK=", gap: 20 },
  { name: "BG96", read: "+QFREAD=", gap: 0 },
];

interface Traffic {
  up: number;
  down: number;
  commands: number;
  /** ms, set at the first block read. */
  started: number;
}

/** Counts what crosses a wire from the first block read on. */
function counter({ read }: Model, traffic: Traffic): Watcher {
  return {
    up(bytes) {
      if (traffic.started === 0 && bytes.includes(read)) traffic.started = performance.now();
      if (traffic.started === 0) return;
      traffic.up += bytes.length;
      traffic.commands += 1;
    },
    down(bytes) {
      if (traffic.started !== 0) traffic.down += bytes.length;
    },
  };
}

async function measure(model: Model, baud: number, webPort: number): Promise<BenchRow[]> {
  const simulator = await startSimulator({
    model: model.name,
    baud,
    routes: [`bench.example:80=127.0.0.1:${webPort}`],
  });
  const traffic: Traffic = { up: 0, down: 0, commands: 0, started: 0 };
  const wire = await openWire(simulator.port, counter(model, traffic));
  const modem = new Modem(modemSettings(`tcp://127.0.0.1:${wire.port}`, baud));
  modem.open();
  try {
    const { http } = await modem.ready({ timeout: 30_000 });
    const answer = await http.request({
      method: "GET",
      url: "http://bench.example/body",
      headers: [],
      timeout: 600_000,
    });
    if (!answer.body.equals(BODY)) throw new Error("the body arrived changed");
    const seconds = (performance.now() - traffic.started) / 1000;
    const lineRate = baud / 10;
    const echo = traffic.up;
    const ceiling = (traffic.down - echo + traffic.up) / lineRate + (traffic.commands * model.gap) / 1000;
    const ofCeiling = (100 * ceiling) / seconds;
    return [
      { name: `${model.name}: 1 MB download at ${baud} baud`, value: BODY.length / seconds / 1000, unit: "kB/s" },
      { name: `— of the line rate`, value: (100 * BODY.length) / seconds / lineRate, unit: "%" },
      { name: `— of the ceiling`, value: ofCeiling, unit: "%", bar: "≥ 95 %", ok: ofCeiling >= 95 },
    ];
  } finally {
    await modem.close();
    wire.close();
    simulator.stop();
  }
}

export async function run(): Promise<BenchRow[]> {
  const web = createServer((_request, response) => response.end(BODY));
  const port = await listen(web);
  try {
    const rows: BenchRow[] = [];
    for (const model of MODELS) for (const baud of BAUD_RATES) rows.push(...(await measure(model, baud, port)));
    return rows;
  } finally {
    web.closeAllConnections();
    web.close();
  }
}
