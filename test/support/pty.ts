import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Readable, Writable } from "node:stream";

/** A pseudo-terminal kept by socat. Its other end is a pair of streams; killing socat is the unplugging. */
export class Pty {
  readonly path: string;
  readonly #folder: string;
  #socat: ChildProcess | undefined;

  constructor() {
    this.#folder = mkdtempSync(path.join(tmpdir(), "pty-"));
    this.path = path.join(this.#folder, "modem0");
  }

  /** Resolves when the device is there. With `address` socat connects it to that (`TCP:…`) instead of to the streams. */
  async plug(address = "-"): Promise<void> {
    const socat = spawn("socat", ["-d", "-d", `PTY,link=${this.path},raw,echo=0`, address]);
    this.#socat = socat;
    for (const stream of [socat.stdin, socat.stdout]) stream.on("error", () => {});
    let log = "";
    for await (const chunk of socat.stderr) {
      log += chunk;
      if (log.includes("starting data transfer loop")) break;
    }
    if (socat.exitCode !== null) throw new Error(`socat ended: ${log}`);
  }

  /** What the modem prints. */
  get input(): Writable {
    return this.#running().stdin as Writable;
  }

  /** What the modem is told. */
  get output(): Readable {
    return this.#running().stdout as Readable;
  }

  async unplug(): Promise<void> {
    const socat = this.#socat;
    this.#socat = undefined;
    if (socat === undefined || socat.exitCode !== null || socat.signalCode !== null) return;
    const ended = once(socat, "exit");
    socat.kill("SIGKILL");
    await ended;
    rmSync(this.path, { force: true });
  }

  async remove(): Promise<void> {
    await this.unplug();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #running(): ChildProcess {
    if (this.#socat === undefined) throw new Error("the pseudo-terminal is unplugged");
    return this.#socat;
  }
}
