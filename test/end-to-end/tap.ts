import { createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { closeInProcess, openInProcess, simulatorFor } from "../../simulator/faces/in-process";
import { type OpenServer, openServer } from "../support/listen";

/** What goes wrong while a modem is told something. */
export interface Trouble {
  /** In what the modem is told, since the last time that it was. */
  readonly when: RegExp;
  /** As the simulator's `--fault` takes them. */
  readonly faults?: readonly string[];
  /** What comes in place of what was found, where the modem repeats it. */
  readonly echo?: (command: string) => string;
  /** What comes in place of an answer; the modem does not get the line. */
  readonly answer?: (command: string) => string;
}

/** A device server on loopback between a Node-RED of its own and a simulated modem; keeps what goes either way. */
export class Tap {
  /** What the modem has been told, and what it has said: one character is one byte. */
  told = "";
  said = "";
  /** How often trouble was made. */
  troubled = 0;
  /** For a config node. */
  port = "";
  readonly #server: Server;
  #open: OpenServer | undefined;
  readonly #modem: Duplex;
  #host: Socket | undefined;
  #looked = 0;
  #echo: { readonly from: string; readonly to: string } | undefined;
  readonly #name: string;
  readonly #troubles: readonly Trouble[];

  private constructor(name: string, troubles: readonly Trouble[]) {
    this.#name = name;
    this.#troubles = troubles;
    this.#modem = openInProcess(name);
    this.#modem.on("data", (bytes: Buffer) => this.#print(bytes));
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  /** @param modem a `sim:` port */
  static async start(modem: string, troubles: readonly Trouble[] = []): Promise<Tap> {
    const tap = new Tap(modem, troubles);
    tap.#open = await openServer(tap.#server);
    tap.port = `tcp://127.0.0.1:${tap.#open.port}`;
    return tap;
  }

  async stop(): Promise<void> {
    const closed = this.#open?.close();
    closeInProcess(this.#name);
    await closed;
  }

  #accept(socket: Socket): void {
    this.#host?.destroy();
    this.#host = socket;
    socket.on("error", () => {});
    socket.on("data", (bytes: Buffer) => this.#pass(bytes));
  }

  #pass(bytes: Buffer): void {
    this.told += bytes.toString("latin1");
    for (const { when, faults = [], echo, answer } of this.#troubles) {
      const match = when.exec(this.told.slice(this.#looked));
      if (match === null) continue;
      this.#looked = this.told.length;
      this.troubled += 1;
      for (const fault of faults) simulatorFor(this.#name).fault(fault);
      if (echo !== undefined) this.#echo = { from: match[0], to: echo(match[0]) };
      if (answer === undefined) continue;
      this.#print(Buffer.from(answer(match[0]), "latin1"));
      return;
    }
    this.#modem.write(bytes);
  }

  /** Unpaced, a modem repeats a command in one piece. */
  #print(bytes: Buffer): void {
    let text = bytes.toString("latin1");
    if (this.#echo !== undefined && text.includes(this.#echo.from)) {
      text = text.replace(this.#echo.from, () => this.#echo?.to ?? "");
      this.#echo = undefined;
    }
    this.said += text;
    this.#host?.write(text, "latin1");
  }
}
