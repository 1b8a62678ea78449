import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createServer } from "node:net";
import { Modem } from "../../../../driver/modem";
import type { ModemSettings } from "../../../../driver/modem-types";
import { MqttSnGateway } from "../../../../simulator/internet/demo-example/mqtt-sn-gateway/gateway";
import { openInnerBroker } from "../../../support/brokers";
import { openServer } from "../../../support/listen";
import { SETTINGS } from "../../life/start-life";
import { pem } from "../../quectel/security/tls-profile";
import { AnswerThief, type Loot } from "./answer-thief";
import { type Bench, type Operation, USUAL_LIMIT } from "./operation";

/** ms that an operation may be late, and after it the line. */
const LATE_MS = 2000;
const FREE_AGAIN_MS = 10_000;
/** ms of the message that comes from elsewhere meanwhile. */
const BYSTANDER_MS = 5000;
/** What never ends is given up. */
const ENDLESS_MS = 600_000;

let number = 0;

/** Servers that every operation finds: HTTP, HTTPS, an echo by TCP, and a broker of MQTT, with TLS and without. */
export class Servers {
  readonly #ends: (() => Promise<void>)[] = [];
  #routes = "";

  async open(): Promise<void> {
    const answer: RequestListener = (request, response) => {
      request.resume().on("end", () => response.end(request.url === "/long" ? Buffer.alloc(40_000, "y") : "hello"));
    };
    const tls = { cert: pem("server.cert"), key: pem("server.key") };
    const echo = createServer((socket) => socket.pipe(socket));
    const servers = [
      [80, createHttpServer(answer)],
      [443, createHttpsServer(tls, answer)],
      [7, echo],
    ] as const;
    for (const [port, server] of servers) this.#lead(port, await openServer(server));
    const broker = await openInnerBroker();
    this.#lead(1883, broker);
    const options = { broker: { host: "127.0.0.1", port: broker.port }, predefined: { 7: "plant/alarm" } };
    const gateway = await MqttSnGateway.open(options);
    this.#lead(10_000, { port: gateway.port, close: () => gateway.close() });
    this.#lead(8883, await openInnerBroker(tls));
  }

  #lead(port: number, server: { readonly port: number; close(): Promise<void> }): void {
    this.#ends.push(server.close);
    this.#routes += `&route=server.test:${port}=127.0.0.1:${server.port}`;
  }

  async close(): Promise<void> {
    for (const end of this.#ends) await end();
  }

  /** A port text of a modem of its own. */
  port(model: string): string {
    number += 1;
    return `sim:${model}?seed=${7000 + number}${this.#routes}`;
  }
}

/** How one run went: what was wrong, if anything. */
export interface Outcome {
  readonly written: readonly string[];
  readonly faults: readonly string[];
}

/** Runs an operation on a modem of its own; with `stolen`, without the answer to that of its commands. */
export async function perform(
  servers: Servers,
  model: string,
  { prepare, run, limit = USUAL_LIMIT }: Operation,
  stolen?: { readonly index: number; readonly loot: Loot },
): Promise<Outcome> {
  const thief = new AnswerThief();
  const modem = new Modem({ ...SETTINGS, port: servers.port(model) });
  const faults: string[] = [];
  try {
    modem.open();
    const services = await modem.ready({ timeout: 60_000 });
    const bench: Bench = { modem, services, model };
    const prepared = await prepare?.(bench);
    await wait(500);
    thief.count(stolen);
    const work = ended(run(bench, prepared));
    if (stolen === undefined) {
      const { took, result } = await work;
      await wait(500);
      thief.stop();
      const written = [...thief.written];
      return { written, faults: isFailure(result) ? [`without a loss: ${result} after ${Math.round(took)} ms`] : [] };
    }
    const bystander = ended(modem.execute("AT+CSQ", { timeout: BYSTANDER_MS }));
    const { took, result } = await work;
    thief.stop();
    if (took > limit + LATE_MS) faults.push(`ended (${result}) after ${Math.round(took)} ms, not ${limit}`);
    const free = await ended(freeLine(modem));
    if (isFailure(free.result))
      faults.push(`then the line was not free: ${free.result}; before: ${result} after ${took}`);
    const other = await bystander;
    if (other.took > BYSTANDER_MS + LATE_MS) faults.push(`AT+CSQ of another message took ${Math.round(other.took)} ms`);
    return { written: [...thief.written], faults: faults.map((fault) => `${nameOf(stolen, thief.written)}: ${fault}`) };
  } finally {
    thief.stop();
    await modem.close();
  }
}

/** Brings a modem up; with `stolen`, without the answer to that of its commands. */
export async function startUp(
  servers: Servers,
  model: string,
  { limit, settings }: { readonly limit: number; readonly settings: Partial<ModemSettings> },
  stolen?: { readonly index: number; readonly loot: Loot },
): Promise<Outcome> {
  const thief = new AnswerThief();
  const modem = new Modem({ ...SETTINGS, port: servers.port(model), ...settings });
  try {
    thief.count(stolen);
    modem.open();
    const { took, result } = await ended(modem.ready({ timeout: ENDLESS_MS }));
    const written = [...thief.written];
    thief.stop();
    if (!isFailure(result) && took <= limit) return { written, faults: [] };
    const name = stolen === undefined ? "without a loss" : nameOf(stolen, written);
    return { written, faults: [`${name}: ${result} after ${Math.round(took)} ms`] };
  } finally {
    thief.stop();
    await modem.close();
  }
}

function nameOf({ index, loot }: { index: number; loot: Loot }, written: readonly string[]): string {
  return `${loot} of ${written[index] ?? `write ${index}`} (${index})`;
}

async function freeLine(modem: Modem): Promise<void> {
  const since = performance.now();
  await modem.lineReady({ timeout: FREE_AGAIN_MS });
  await modem.execute("AT+CSQ", { timeout: Math.max(1, FREE_AGAIN_MS - (performance.now() - since)) });
}

const FAILED = "failed: ";
const isFailure = (result: string): boolean => result.startsWith(FAILED);

/** How long it took, in ms, and what came of it. */
async function ended(work: Promise<unknown>): Promise<{ took: number; result: string }> {
  const since = performance.now();
  const result = await Promise.race([
    work.then(
      () => "done",
      (error: { code?: string; message?: string }) => `${FAILED}${error.code ?? "no code"} ${error.message ?? ""}`,
    ),
    wait(ENDLESS_MS).then(() => `${FAILED}endless`),
  ]);
  return { took: performance.now() - since, result };
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
