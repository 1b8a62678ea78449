import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** ms until a modem that does not answer as printed is given up. */
const PATIENCE = 5000;

/** A host on the modem's TCP face: sends bytes, and waits for what a pattern says. One character = one byte. */
export class SerialClient {
  /** Whether the modem echoes what this host sends. */
  echoes = true;
  /** Sends each byte by itself, as a terminal does. */
  bytewise = false;
  #received = "";
  #wake: () => void = () => undefined;
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (bytes: Buffer) => {
      this.#received += bytes.toString("latin1");
      this.#wake();
    });
  }

  static async open(port: number): Promise<SerialClient> {
    const socket = connect({ host: "127.0.0.1", port });
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    return new SerialClient(socket);
  }

  /** What came in and was not asked for yet. */
  get unread(): string {
    return this.#received;
  }

  /** `gap` ms of silence first, as the modem wants it after a result or a prompt. */
  async send(text: string, gap = 0): Promise<void> {
    if (gap > 0) await sleep(gap);
    const bytes = Buffer.from(text, "latin1");
    if (!this.bytewise) this.#socket.write(bytes);
    else for (const byte of bytes) await this.#sendAlone(byte);
  }

  #sendAlone(byte: number): Promise<void> {
    return new Promise((resolve) => this.#socket.write(Buffer.of(byte), () => setImmediate(resolve)));
  }

  /** Takes what matches from the start of what came in. @throws with what came instead */
  async expect(pattern: RegExp, patience = PATIENCE): Promise<string> {
    const until = performance.now() + patience;
    for (;;) {
      const match = pattern.exec(this.#received);
      if (match !== null) {
        this.#received = this.#received.slice(match[0].length);
        return match[0];
      }
      const left = until - performance.now();
      if (left <= 0) throw new Error(`expected ${pattern}, received ${JSON.stringify(this.#received)}`);
      await this.#more(left);
    }
  }

  /** Forgets what came in. */
  discard(): void {
    this.#received = "";
  }

  close(): void {
    this.#socket.destroy();
  }

  #more(patience: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, patience);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
