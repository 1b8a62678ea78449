import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

export interface SimulatorOptions {
  readonly model: "LARA-R6" | "BG96";
  readonly baud: number;
  /** `NAME:PORT=HOST:PORT`: where a name of the modem's internet leads. */
  readonly routes: readonly string[];
  /** Path of a serial device for other people's programs; the port is there as well. */
  readonly pty?: string;
}

export interface SimulatorProcess {
  /** On TCP at 127.0.0.1. */
  readonly port: number;
  stop(): void;
}

/** The simulator in a process of its own, so that its pacing and the driver don't share a thread. */
export async function startSimulator({ model, baud, routes, pty }: SimulatorOptions): Promise<SimulatorProcess> {
  const cli = join(__dirname, "..", "simulator", "cli.ts");
  const faces = ["--tcp", "0", ...(pty === undefined ? [] : ["--pty", pty])];
  const options = [
    "--model",
    model,
    "--baud",
    String(baud),
    ...faces,
    ...routes.flatMap((route) => ["--route", route]),
  ];
  const child = spawn(process.execPath, ["--import", "tsx", cli, ...options], { stdio: ["ignore", "pipe", "inherit"] });
  let port: number | undefined;
  let faceCount = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith("listening ")) continue;
    faceCount += 1;
    port ??= Number(/^listening tcp .*?(\d+)$/.exec(line)?.[1]);
    if (faceCount === (pty === undefined ? 1 : 2)) return { port, stop: () => void child.kill("SIGTERM") };
  }
  throw new Error("the simulator didn't start");
}
