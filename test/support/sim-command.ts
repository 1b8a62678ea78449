import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { buildSync } from "esbuild";
import { ROOT } from "./paths";

let bundle: string | undefined;

/** The simulator's command in one file, built once a test file. */
function command(): string {
  if (bundle === undefined) {
    const folder = mkdtempSync(path.join(tmpdir(), "sim-command-"));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    bundle = path.join(folder, "cli.js");
    const entry = path.join(ROOT, "simulator", "cli.ts");
    buildSync({ entryPoints: [entry], bundle: true, platform: "node", outfile: bundle, logLevel: "error" });
  }
  return bundle;
}

/** The simulator's command as a program of its own. */
export class SimCommand {
  /** Face name → address, as printed. */
  readonly addresses = new Map<string, string>();
  output = "";
  errors = "";
  readonly process: ChildProcess;

  constructor(args: readonly string[], environment: NodeJS.ProcessEnv = process.env) {
    this.process = spawn(process.execPath, [command(), ...args], { env: environment, stdio: ["pipe", "pipe", "pipe"] });
    this.process.stdout?.on("data", (text: Buffer) => {
      this.output += text.toString();
      for (const [, name = "", address = ""] of this.output.matchAll(/^listening (\S+) (.*)$/gm)) {
        this.addresses.set(name, address);
      }
    });
    this.process.stderr?.on("data", (text: Buffer) => {
      this.errors += text.toString();
    });
  }

  /** Starts it and waits for so many faces. */
  static async start(args: readonly string[], faces = 1): Promise<SimCommand> {
    const started = new SimCommand(args);
    while (started.addresses.size < faces) {
      if (started.process.exitCode !== null) throw new Error(`it ended: ${started.errors}`);
      await Promise.race([once(started.process.stdout ?? started.process, "data"), once(started.process, "exit")]);
    }
    return started;
  }

  get tcpPort(): number {
    return Number(this.addresses.get("tcp")?.split(":")[1]);
  }

  say(line: string): void {
    this.process.stdin?.write(`${line}\n`);
  }

  /** @returns its exit status */
  async ended(): Promise<number | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) await once(this.process, "exit");
    return this.process.exitCode;
  }

  /** Ends it without a chance to do anything more. */
  kill(): void {
    this.process.kill("SIGKILL");
  }

  async stop(): Promise<number | null> {
    this.process.kill("SIGTERM");
    return await this.ended();
  }
}
