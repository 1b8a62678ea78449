import { existsSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { ask } from "../../support/ask";
import { closedPort, listen } from "../../support/listen";
import { type RunningNodeRed, startNodeRed, userDirectory } from "../../support/node-red";
import { SimCommand } from "../../support/sim-command";
import { FEED_PATH, HOST, KEEPER, outboxFlow, type Protocol } from "./flow";
import { Ledger } from "./ledger";
import { brokerSink, type Sink, serverSink } from "./sinks";

export interface StageOptions {
  readonly protocol: Protocol;
  readonly qos: 1 | 2;
  readonly model: string;
}

/** ms in which something has to move on: a backoff of two minutes, and a busy machine. */
const PATIENCE_MS = 300_000;
const LOOK_MS = 20;

/** A flow with an outbox in a real Node-RED, a simulated modem in a process of its own, and where its messages arrive. */
export class Stage {
  readonly ledger = new Ledger();
  readonly #options: StageOptions;
  readonly #directory = userDirectory();
  #sink: Sink | undefined;
  #modem: SimCommand | undefined;
  #nodeRed: RunningNodeRed | undefined;

  private constructor(options: StageOptions) {
    this.#options = options;
  }

  static async open(options: StageOptions): Promise<Stage> {
    const stage = new Stage(options);
    const { protocol, qos, model } = options;
    const sink = protocol === "mqtt" ? await brokerSink(stage.ledger, qos) : await serverSink(stage.ledger);
    stage.#sink = sink;
    const port = await closedPort();
    const route = `${HOST}:*=127.0.0.1:${sink.port}`;
    const modem = await SimCommand.start(["--model", model, "--tcp", String(port), "--route", route]);
    stage.#modem = modem;
    onTestFinished(() => stage.#close());
    const reports = await stage.#listen();
    stage.#nodeRed = await startNodeRed(
      stage.#directory,
      outboxFlow(protocol, { port: `tcp://127.0.0.1:${port}`, reports, qos }),
    );
    return stage;
  }

  /** Gives the flow so many further messages. */
  async feed(count: number): Promise<void> {
    const from = this.ledger.fed;
    this.ledger.fed += count;
    const response = await ask(new URL(FEED_PATH, this.#nodeRed?.url), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ from, to: from + count }),
    });
    if (!response.ok) throw new Error(`the flow answered ${response.status}`);
  }

  async restartSink(pause: number): Promise<void> {
    await this.#sink?.stop();
    await delay(pause);
    await this.#sink?.start();
  }

  async unplug(pause: number): Promise<void> {
    this.#modem?.say("unplug");
    await delay(pause);
    this.#modem?.say("plug");
  }

  /** Kills Node-RED once it has all that it was fed, and starts it again. Gives what was neither done nor kept then. */
  async killNodeRed(): Promise<number[]> {
    await this.until(() => this.ledger.unaccounted(this.kept()).length === 0, "messages are in the outbox");
    const { pid = 0 } = this.#nodeRed ?? {};
    process.kill(pid, "SIGKILL");
    await this.#nodeRed?.stop({ keep: true });
    const kept = this.kept();
    for (const number of kept) this.ledger.kept.add(number);
    const lost = this.ledger.unaccounted(kept);
    this.#nodeRed = await startNodeRed(this.#directory);
    return lost;
  }

  /** Numbers of the messages in the outbox's file. */
  kept(): Set<number> {
    const file = join(this.#directory, `cellular-modem-outbox-${KEEPER[this.#options.protocol]}.jsonl`);
    const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : [];
    const held = new Map<number, number>();
    for (const line of lines) {
      const { id, done, item } = JSON.parse(line).record;
      if (done !== undefined) held.delete(done);
      else held.set(id, Number(Buffer.from(item.payload ?? item.body, "base64").toString()));
    }
    return new Set(held.values());
  }

  async until(isSo: () => boolean, what: string): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    while (!isSo()) {
      if (performance.now() > end)
        throw new Error(`Waited in vain until ${what}:\n${this.#nodeRed?.log().slice(-3000)}`);
      await delay(LOOK_MS);
    }
  }

  async #listen(): Promise<number> {
    return listen(
      createServer((socket) => {
        createInterface({ input: socket }).on("line", (line) => {
          const { kind, number, error } = JSON.parse(line) as { kind: string; number?: number; error?: string };
          if (kind === "done" && number !== undefined) this.ledger.done.add(number);
          // Modem and broker tell of themselves, without a number.
          else if (number !== undefined) this.ledger.failures.push(`${number}: ${error}`);
        });
      }),
    );
  }

  async #close(): Promise<void> {
    await this.#nodeRed?.stop({ keep: true });
    await this.#modem?.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
