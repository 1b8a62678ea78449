import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { LOOPBACK, SocketError } from "../tcp-udp/tcp-udp";

/** DTLS is OpenSSL's, by its program: Node has none. */
const PROGRAM = "openssl";
/** Without commands, or a `Q` in the data would end it; data go in and out as they are. */
const ALWAYS = ["s_client", "-dtls1_2", "-brief", "-nocommands"];
/** What it says once the handshake is over. */
const ESTABLISHED = "CONNECTION ESTABLISHED";
/** Of what it says of an error. */
const MOST_WORDS = 4096;
/** ms for its goodbye */
const GOODBYE_MS = 2000;

interface ProcessEvents {
  data(bytes: Buffer): void;
  /** The peer closed, or the program ended. */
  ended(): void;
}

/** One `openssl s_client`. */
export class ClientProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #events: ProcessEvents;
  #words = "";
  #over = false;

  constructor(port: number, args: readonly string[], events: ProcessEvents) {
    const all = [...ALWAYS, "-connect", `${LOOPBACK}:${port}`, ...args];
    this.#child = spawn(PROGRAM, all, { env: { PATH: process.env.PATH ?? "" } });
    this.#events = events;
    const { stdin, stdout, stderr } = this.#child;
    stdin.on("error", () => undefined);
    stderr.on("data", (bytes: Buffer) => {
      this.#words = (this.#words + bytes.toString("latin1")).slice(-MOST_WORDS);
    });
    stdout.on("data", (bytes: Buffer) => {
      if (!this.#over) events.data(bytes);
    });
  }

  /** Resolves when the handshake is over. @throws {SocketError} `tls`, `aborted` */
  established(signal: AbortSignal): Promise<void> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void) => {
        signal.removeEventListener("abort", onAbort);
        child.stderr.off("data", look);
        child.off("close", onClose).off("error", onError);
        finish();
      };
      const fail = (error: SocketError) => {
        settle(() => reject(error));
        this.kill();
      };
      const look = () => {
        if (!this.#words.includes(ESTABLISHED)) return;
        child.once("close", () => this.#end());
        settle(resolve);
      };
      const onClose = () => fail(new SocketError("tls", this.#reason));
      const onError = () => fail(new SocketError("tls", `${PROGRAM} is not installed on this machine`));
      const onAbort = () => fail(new SocketError("aborted", "the modem was switched off"));
      child.on("error", () => undefined);
      child.once("close", onClose).once("error", onError);
      child.stderr.on("data", look);
      signal.addEventListener("abort", onAbort, { once: true });
      if (signal.aborted) onAbort();
    });
  }

  write(bytes: Buffer): void {
    this.#child.stdin.write(bytes);
  }

  /** Tells the peer. */
  close(): void {
    this.#over = true;
    this.#child.stdin.end();
    setTimeout(() => this.kill(), GOODBYE_MS).unref();
  }

  /** Calls back once the process has ended. */
  gone(work: () => void): void {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) work();
    else this.#child.once("close", work);
  }

  /** Ends it at once and silently. */
  kill(): void {
    this.#over = true;
    this.#child.kill("SIGKILL");
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#events.ended();
  }

  /** OpenSSL's own words: `…:error:NUMBER:library:function:reason:…`, or those of the check. */
  get #reason(): string {
    const checked = /verify error:num=\d+:([^\r\n]+)/.exec(this.#words)?.[1];
    const said = /:error:[0-9A-F]+:[^:\r\n]*:[^:\r\n]*:([^:\r\n]+)/.exec(this.#words)?.[1];
    return checked ?? said ?? "the handshake failed";
  }
}
