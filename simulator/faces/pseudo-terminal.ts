import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { lstatSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import type { SerialLine } from "../line/serial-line";
import type { Face } from "./face";
import { StreamHost } from "./stream-host";

/** What socat logs once the device exists. */
const READY = "starting data transfer loop";
/** Characters with a meaning in socat's addresses. */
const SPECIAL = /[,:!"'\\()[\]{}]/;

type Socat = ChildProcessByStdio<Writable, Readable, Readable>;

/**
 * A serial device for other programs, at `link`. socat holds the pseudo-terminal, since Node can't unlock one itself.
 * The link disappears when the face closes or this process ends in any way.
 */
export class PseudoTerminal implements Face {
  readonly #line: SerialLine;
  readonly #link: string;
  readonly name = "pty";
  #socat: Socat | undefined;

  constructor(line: SerialLine, link: string) {
    this.#line = line;
    this.#link = link;
  }

  /** @throws {Error} without socat, or if the link can't be made */
  async open(): Promise<string> {
    checkLink(this.#link);
    const socat = spawn("socat", ["-d", "-d", `PTY,link=${this.#link},raw,echo=0`, "-"], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    await ready(socat);
    this.#socat = socat;
    new StreamHost(this.#line, socat.stdout, socat.stdin, () => undefined);
    return this.#link;
  }

  async close(): Promise<void> {
    const socat = this.#socat;
    this.#socat = undefined;
    if (socat === undefined || socat.exitCode !== null || socat.signalCode !== null) return;
    const ended = once(socat, "exit");
    socat.kill("SIGTERM");
    await ended;
  }
}

/** socat would remove any file with the link's name. */
function checkLink(link: string): void {
  if (SPECIAL.test(link)) throw new Error(`--pty ${link}: the name must do without , : ! quotes, brackets, backslash`);
  const there = lstatSync(link, { throwIfNoEntry: false });
  if (there !== undefined && !there.isSymbolicLink()) throw new Error(`--pty ${link}: there is a file with that name`);
}

async function ready(socat: Socat): Promise<void> {
  let log = "";
  await new Promise<void>((resolve, reject) => {
    socat.once("error", (error: NodeJS.ErrnoException) => {
      const missing = error.code === "ENOENT";
      reject(missing ? new Error("--pty needs the program socat (Debian: apt-get install socat)") : error);
    });
    socat.once("exit", () => reject(new Error(`socat could not make the pseudo-terminal: ${log.trim()}`)));
    // Keep reading: socat stops when the pipe is full.
    socat.stderr.on("data", (text: Buffer) => {
      if (log.length < 4096) log += text.toString();
      if (log.includes(READY)) resolve();
    });
  });
  // Not needed any more: an exit shows when the streams close.
  socat.on("error", () => undefined);
}
