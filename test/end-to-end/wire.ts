import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { closeInProcess, openInProcess } from "../../simulator/faces/in-process";
import { type OpenServer, openServer } from "../support/listen";
import { Conversation, type Piece } from "./conversation";

export interface WireOptions {
  /** Port of the simulated modem, `sim:…`. */
  readonly modem: string;
  /** `off`: the modem says OK to ATE1 and stays silent, as one does whose echo is fixed. */
  readonly echo?: "on" | "off";
  /** Bytes in the next TCP write; one write after the other, each on its way before the next. All when left out. */
  readonly cut?: () => number;
  /** What comes in place of something that the modem printed; `command` is the last that it has taken. */
  readonly alter?: (piece: Piece, command: string) => Buffer;
}

/** What to put behind the border with that number, counted from the last `count`. */
export type Inserter = (border: number) => string | undefined;

/** A device server on loopback between a driver and a simulated modem, which can do to the bytes what lines do. */
export class Wire {
  /** What the driver opens. */
  port = "";
  conversation: Conversation;
  readonly #server: Server;
  #open: OpenServer | undefined;
  readonly #modem: Duplex;
  readonly #output: Buffer[] = [];
  #host: Socket | undefined;
  #writing = false;
  #borders = 0;
  #insert: Inserter = () => undefined;
  #failure: unknown;
  #typed = "";
  readonly #options: WireOptions;

  private constructor(options: WireOptions) {
    this.#options = options;
    this.conversation = new Conversation(options.echo !== "off");
    this.#modem = openInProcess(options.modem);
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  static async start(options: WireOptions): Promise<Wire> {
    const wire = new Wire(options);
    if (options.echo === "off") await wire.#silence();
    wire.#modem.on("data", (bytes: Buffer) => wire.#guard(() => wire.#fromModem(bytes)));
    wire.#open = await openServer(wire.#server);
    wire.port = `tcp://127.0.0.1:${wire.#open.port}`;
    return wire;
  }

  /** Counts borders from 0 again; `insert` says what stands behind which. */
  count(insert: Inserter = () => undefined): void {
    this.#borders = 0;
    this.#insert = insert;
  }

  /** Borders since `count`. */
  get counted(): number {
    return this.#borders;
  }

  /** @throws what this wire could not read */
  async stop(): Promise<void> {
    const closed = this.#open?.close();
    closeInProcess(this.#options.modem);
    await closed;
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #silence(): Promise<void> {
    this.#modem.write("ATE0\r");
    let answer = "";
    while (!answer.includes("OK\r\n")) answer += String((await once(this.#modem, "data"))[0]);
    this.#modem.removeAllListeners("data");
  }

  #accept(socket: Socket): void {
    this.#host?.destroy();
    this.#host = socket;
    socket.on("error", () => {});
    socket.on("data", (bytes: Buffer) => this.#guard(() => this.#fromHost(bytes)));
  }

  #fromHost(bytes: Buffer): void {
    this.conversation.fromHost(bytes);
    if (this.#options.echo !== "off") {
      this.#modem.write(bytes);
      return;
    }
    this.#typed += bytes.toString("latin1");
    if ("ATE1\r".startsWith(this.#typed) && this.#typed !== "ATE1\r") return;
    this.#modem.write(Buffer.from(this.#typed.replace(/^ATE1\r/, "AT\r"), "latin1"));
    this.#typed = "";
  }

  #fromModem(bytes: Buffer): void {
    for (const piece of this.conversation.fromModem(bytes)) this.#pass(piece);
    void this.#write();
  }

  #pass(piece: Piece): void {
    const { alter } = this.#options;
    this.#output.push(alter === undefined ? piece.bytes : alter(piece, this.conversation.commands.at(-1) ?? ""));
    if (!piece.border) return;
    const line = this.#insert(this.#borders);
    this.#borders += 1;
    if (line !== undefined) this.#output.push(Buffer.from(line, "latin1"));
  }

  async #write(): Promise<void> {
    if (this.#writing) return;
    this.#writing = true;
    for (let next = this.#output.shift(); next !== undefined; next = this.#output.shift()) await this.#writePiece(next);
    this.#writing = false;
  }

  async #writePiece(bytes: Buffer): Promise<void> {
    const { cut = () => bytes.length } = this.#options;
    for (let start = 0, end = 0; start < bytes.length; start = end) {
      end = start + Math.max(1, cut());
      this.#host?.write(bytes.subarray(start, end));
      // Whoever reads in this process reads between two turns.
      if (this.#options.cut !== undefined) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** An error in a listener would end the process; here it ends the test. */
  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#failure ??= error;
      this.#host?.destroy();
    }
  }
}
