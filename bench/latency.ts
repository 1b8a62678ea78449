/**
 * How long commands wait for the line beside a bulk transfer through a socket, at 115200 baud: a single command, and those of
 * an HTTP GET. What they wait is what they take longer than on an idle line, in times of one chunk of the transfer.
 */
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Modem } from "../driver/modem";
import type { HttpService } from "../driver/services/http/http";
import type { Services } from "../driver/services/model";
import type { ModemSocket } from "../driver/services/sockets/sockets";
import { quantile } from "./quantile";
import { RandomBytes } from "./random-bytes";
import { atMost, type BenchRow } from "./row";
import { bestWay, type Direction, exchangeTime } from "./socket-ways";
import { Stage } from "./stage";

const BAUD = 115_200;
const MOST_CHUNKS = 2;
/** Samples beside each transfer, and ms between them, so that they meet a chunk at any of its moments. */
const COMMANDS = 100;
const REQUESTS = 10;
const LONGEST_REST = 150;
/** Samples of an idle line. */
const IDLE = 7;
const COUNTED = 6;
/** ms */
const TIMEOUT = 30_000;
const MESSAGE = 16_384;
const SEED = 5;

const random = new RandomBytes(SEED);

/** ms of each of `count` runs. */
async function times(count: number, work: () => Promise<unknown>): Promise<number[]> {
  const taken: number[] = [];
  for (let done = 0; done < count; done += 1) {
    const start = performance.now();
    await work();
    taken.push(performance.now() - start);
    await delay(random.below(LONGEST_REST));
  }
  return taken;
}

async function get(http: HttpService): Promise<void> {
  const url = "http://web.example/small";
  const answer = await http.request({ method: "GET", url, headers: [], timeout: TIMEOUT });
  if (answer.body.toString() !== "small") throw new Error("the body arrived changed");
}

/** Commands of one GET: the least of a few, as others may come in between, and each of four profiles needs one more at first. */
async function commandsOf(modem: Modem, http: HttpService): Promise<number> {
  const counts: number[] = [];
  for (let tries = 0; tries < COUNTED; tries += 1) {
    let count = 0;
    const onTrace = ({ direction, text }: { direction: string; text: string }): void => {
      if (direction === "sent" && text.startsWith("AT")) count += 1;
    };
    modem.on("trace", onTrace);
    await get(http);
    modem.off("trace", onTrace);
    counts.push(count);
  }
  return Math.min(...counts);
}

/** A transfer without end, until it is stopped. */
class Bulk {
  readonly #socket: ModemSocket;
  readonly #peer: Socket;
  #stopped = false;
  #received = 0;
  #work: Promise<void> = Promise.resolve();

  private constructor(socket: ModemSocket, peer: Socket) {
    this.#socket = socket;
    this.#peer = peer;
  }

  static async start({ sockets }: Services, stage: Stage, direction: Direction): Promise<Bulk> {
    const counted = { bulk: undefined as Bulk | undefined };
    const socket = await sockets.connect(
      { host: "bench.example", port: 7, timeout: TIMEOUT, mode: "command" },
      {
        onData: (bytes) => counted.bulk?.count(bytes),
        onClosed: () => undefined,
      },
    );
    const bulk = new Bulk(socket, await stage.farEnd.next());
    counted.bulk = bulk;
    bulk.#peer.on("data", (bytes) => bulk.count(bytes));
    bulk.#work = direction === "up" ? bulk.#send() : bulk.#feed();
    return bulk;
  }

  count(bytes: Uint8Array): void {
    this.#received += bytes.length;
  }

  /** @throws {Error} when nothing has been transferred */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#peer.resume();
    await this.#work;
    this.#peer.destroy();
    await this.#socket.close();
    if (this.#received === 0) throw new Error("the bulk transfer carried nothing");
  }

  async #send(): Promise<void> {
    while (!this.#stopped) await this.#socket.send(random.next(MESSAGE));
  }

  /** No more than the modem takes, so that what is left at the end is little. */
  async #feed(): Promise<void> {
    while (!this.#stopped) {
      if (this.#peer.writableLength === 0) this.#peer.write(random.next(MESSAGE));
      await delay(20);
    }
  }
}

async function rowsOf(stage: Stage, services: Services, modem: Modem, direction: Direction): Promise<BenchRow[]> {
  const { http } = services;
  const chunk = exchangeTime(bestWay("LARA-R6", direction, "random", BAUD), BAUD);
  const ask = (): Promise<unknown> => modem.execute("AT+CSQ", { timeout: TIMEOUT });
  const commands = await commandsOf(modem, http);
  const idle = { ask: quantile(await times(IDLE, ask), 0.5), get: quantile(await times(IDLE, () => get(http)), 0.5) };
  const bulk = await Bulk.start(services, stage, direction);
  const asked = (await times(COMMANDS, ask)).map((time) => (time - idle.ask) / chunk);
  const got = (await times(REQUESTS, () => get(http))).map((time) => (time - idle.get) / commands / chunk);
  await bulk.stop();
  const beside = `beside a bulk transfer ${direction} (a chunk: ${chunk.toFixed(0)} ms)`;
  const unit = "chunks";
  return [
    { name: `Wait of a command ${beside}, median of ${COMMANDS}`, value: quantile(asked, 0.5), unit },
    atMost(MOST_CHUNKS, { name: "— p99", value: quantile(asked, 0.99), unit }),
    {
      name: `Wait of each of the ${commands} commands of a GET ${beside}, median of ${REQUESTS}`,
      value: quantile(got, 0.5),
      unit,
    },
    atMost(MOST_CHUNKS, { name: "— longest", value: Math.max(...got), unit }),
  ];
}

export async function run(): Promise<BenchRow[]> {
  const web = createServer((_request, response) => response.end("small"));
  await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
  const stage = await Stage.open([`web.example:80=127.0.0.1:${(web.address() as AddressInfo).port}`]);
  try {
    return await stage.withModem("LARA-R6", BAUD, async (services, modem) => [
      ...(await rowsOf(stage, services, modem, "up")),
      ...(await rowsOf(stage, services, modem, "down")),
    ]);
  } finally {
    stage.close();
    web.closeAllConnections();
    web.close();
  }
}
