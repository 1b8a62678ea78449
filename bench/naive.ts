import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { type RunningNodeRed, startNodeRed } from "../test/support/node-red";
import { BareLine } from "./bare-line";
import type { FarEnd } from "./far-end";
import { Meter, sha256 } from "./meter";
import { naiveFlow } from "./naive-flow";
import { type SimulatorProcess, startSimulator } from "./simulator-process";
import { type Baud, type Case, casesOf, payloadOf } from "./socket-cases";
import { bestWay, ceiling, type Direction, type Payload } from "./socket-ways";

const SERIAL_NODE = "node-red-node-serialport@2.0.3";
const HOST = "bench.example";
const FLOW = "naive";
/** s of the line at the ceiling of its best way, and measurements of which the best counts. */
const DURATION = 2;
const TRIES = 2;
/** ms */
const INSTALLATION = 120_000;
const OPENING = 20_000;
const LIMIT = 120_000;

export type NaiveRates = Readonly<Record<Direction, Readonly<Record<Payload, number>>>>;

/**
 * Bytes a second that a user without a driver gets: Node-RED with the stock serial node, on the same line. Resolves to
 * an error saying why it can't be measured: no npm registry, no socat, …
 */
export async function measureNaive(farEnd: FarEnd, farPort: number, baud: Baud): Promise<NaiveRates | Error> {
  const rates = { up: { text: 0, random: 0 }, down: { text: 0, random: 0 } };
  const bench = new NaiveBench(farEnd, baud);
  try {
    await bench.start(farPort);
    for (const item of casesOf(baud)) {
      const most = ceiling(bestWay("LARA-R6", item.direction, item.payload, baud), baud);
      const data = payloadOf(item.payload, most, DURATION);
      for (let tries = 0; tries < TRIES; tries += 1) {
        const rate = await bench.measure(item, data);
        rates[item.direction][item.payload] = Math.max(rates[item.direction][item.payload], rate);
      }
    }
    return rates;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    await bench.close();
  }
}

class NaiveBench {
  readonly #directory = mkdtempSync(join(tmpdir(), "node-red-naive-"));
  readonly #farEnd: FarEnd;
  readonly #baud: number;
  #simulator: SimulatorProcess | undefined;
  #nodeRed: RunningNodeRed | undefined;

  constructor(farEnd: FarEnd, baud: number) {
    this.#farEnd = farEnd;
    this.#baud = baud;
  }

  async start(farPort: number): Promise<void> {
    await this.#install();
    const pty = join(this.#directory, "modem0");
    const routes = [`${HOST}:*=127.0.0.1:${farPort}`];
    this.#simulator = await startSimulator({ model: "LARA-R6", baud: this.#baud, routes, pty });
    this.#nodeRed = await startNodeRed(this.#directory, naiveFlow(FLOW, pty, this.#baud));
    for (const end = Date.now() + OPENING; Date.now() < end; await delay(100)) {
      if (/serial port .* opened/i.test(this.#nodeRed.log())) return;
    }
    throw new Error("the serial node did not open its port");
  }

  /** The connection is made and closed by other means: only the transfer is compared. */
  async measure({ direction, payload }: Case, data: Buffer): Promise<number> {
    const socket = await this.#onBareLine((line) => line.connect(HOST, 7));
    const peer = await this.#farEnd.next();
    try {
      if (direction === "up") return await this.#upload(peer, `?socket=${socket}&way=${payload}`, data);
      return await this.#download(peer, `?socket=${socket}&read=${data.length}`, data);
    } finally {
      await this.#onBareLine((line) => line.send("+USOCL=", [socket]));
      peer.destroy();
    }
  }

  async close(): Promise<void> {
    await this.#nodeRed?.stop({ keep: true });
    this.#simulator?.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** The newest to use the line has it; the serial node takes it back by its next command. */
  async #onBareLine<T>(work: (line: BareLine) => Promise<T>): Promise<T> {
    const line = await BareLine.open(this.#simulator?.port ?? 0, this.#baud);
    try {
      return await work(line);
    } finally {
      await line.close();
    }
  }

  async #upload(peer: Socket, query: string, data: Buffer): Promise<number> {
    const meter = new Meter(data);
    peer.on("data", (bytes) => meter.take(bytes));
    const [rate] = await Promise.all([meter.rate(LIMIT), this.#post(query, data)]);
    return rate;
  }

  async #download(peer: Socket, query: string, data: Buffer): Promise<number> {
    peer.write(data);
    const answer = await this.#post(query);
    const received = Buffer.from(await answer.arrayBuffer());
    if (sha256(received) !== sha256(data)) throw new Error("the bytes arrived changed");
    const first = Number(answer.headers.get("x-first"));
    return ((received.length - first) * 1000) / Number(answer.headers.get("x-ms"));
  }

  async #post(query: string, body?: Buffer): Promise<Response> {
    const answer = await fetch(new URL(`${FLOW}${query}`, this.#nodeRed?.url), {
      method: "POST",
      headers: { "content-type": "application/octet-stream" },
      ...(body && { body: new Uint8Array(body) }),
      signal: AbortSignal.timeout(LIMIT),
    });
    if (!answer.ok) throw new Error(`the flow answers ${answer.status}: ${await answer.text()}`);
    return answer;
  }

  async #install(): Promise<void> {
    writeFileSync(join(this.#directory, "package.json"), JSON.stringify({ name: "naive", private: true }));
    const options = ["--no-audit", "--no-fund", "--no-save", "--ignore-scripts"];
    const where = { cwd: this.#directory, timeout: INSTALLATION };
    await promisify(execFile)("npm", ["install", ...options, SERIAL_NODE], where);
  }
}
