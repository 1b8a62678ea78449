import { type ChildProcess, spawn } from "node:child_process";
import { createServer, type Server } from "node:http";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { mosquitto } from "../../support/brokers";
import { closedPort } from "../../support/listen";
import type { Ledger } from "./ledger";

/** Where messages arrive. */
export interface Sink {
  readonly port: number;
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** A broker that keeps everything over a stop, and a client of it that counts. */
export async function brokerSink(ledger: Ledger, qos: 1 | 2): Promise<Sink> {
  const lines = ["max_queued_messages 0"];
  const broker = await mosquitto({ isPersistent: true, lines });
  const words = ["-p", String(broker.port), "-t", "t/#", "-v", "-c", "-i", "counter", "-q", String(qos), "-k", "60"];
  const counter = spawn("mosquitto_sub", words, { stdio: ["ignore", "pipe", "ignore"] });
  onTestFinished(() => end(counter));
  createInterface({ input: counter.stdout }).on("line", (line) => {
    const [topic = "", payload] = line.split(" ");
    ledger.arrive(topic, Number(payload));
  });
  return { port: broker.port, start: () => broker.start(), stop: () => broker.stop() };
}

async function end(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
}

/** A web server that counts what it has answered. */
export async function serverSink(ledger: Ledger): Promise<Sink> {
  const port = await closedPort();
  let server: Server | undefined;
  const stop = async (): Promise<void> => {
    const old = server;
    server = undefined;
    old?.closeAllConnections();
    await new Promise((resolve) => (old === undefined ? resolve(undefined) : old.close(resolve)));
  };
  const start = async (): Promise<void> => {
    const started = createServer((request, response) => {
      let body = "";
      request.on("error", () => {});
      request.on("data", (chunk) => {
        body += String(chunk);
      });
      request.on("end", () => {
        ledger.arrive((request.url ?? "").slice(1), Number(body));
        response.end("stored");
      });
    });
    server = started;
    await new Promise<void>((resolve) => started.listen(port, "127.0.0.1", resolve));
  };
  await start();
  onTestFinished(stop);
  return { port, start, stop };
}
