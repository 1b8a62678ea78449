import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

/** Lines before `OK`, an error line, or no answer at all. */
export type Reply = readonly string[] | string | undefined;

/** A modem that answers by a table, over a real TCP connection. */
export class PeerModem {
  /** Every line that came in, over all connections. */
  readonly commands: string[] = [];
  connections = 0;
  registered = true;
  active = false;
  /** <n> of +CREG: 0 again after a reboot. */
  reporting = 0;
  silent = false;
  /** It takes all for data but `+++` that comes alone. */
  inDataMode = false;
  payload = "";
  /** What the far end of data mode sends when the first data reach it. */
  farEnd = "";
  readonly replies = new Map<string, Reply | (() => Reply)>();
  #server: Server | undefined;
  #socket: Socket | undefined;
  #port = 0;
  #buffer = "";
  readonly #waiting = new Set<() => void>();

  constructor() {
    const fixed: Record<string, Reply> = {
      AT: [],
      ATE1: [],
      "AT+CMEE=2": [],
      ATI: ["TEST-1"],
      "AT+CGMI": ["Maker"],
      "AT+CGMM": ["TEST-1"],
      "AT+CGMR": ["1.0"],
      "AT+CGSN": ["351234567890123"],
      "AT+CPIN?": ["+CPIN: READY"],
      "AT+CFUN?": ["+CFUN: 1"],
      "AT+COPS=3,0": [],
      "AT+CSQ": ["+CSQ: 17,99"],
      "AT+CESQ": "ERROR",
      "AT+TINIT": [],
      "AT+CGREG=2": "ERROR",
      "AT+CEREG=2": "ERROR",
    };
    for (const [line, reply] of Object.entries(fixed)) this.replies.set(line, reply);
    const changing: Record<string, () => Reply> = {
      "AT+CREG=2": () => this.#report(2),
      "AT+CREG?": () => [`+CREG: ${this.reporting},${this.registered ? 1 : 2}`],
      "AT+COPS?": () => [this.registered ? '+COPS: 0,0,"Test Net",7' : "+COPS: 0"],
      "AT+CFUN=0": () => this.#radio(false),
      "AT+CFUN=1": () => this.#radio(true),
      "AT+CGACT=1,1": () => this.#activate(true),
      "AT+CGACT=0,1": () => this.#activate(false),
      "AT+CGACT?": () => [`+CGACT: 1,${this.active ? 1 : 0}`],
      "AT+TDEF?": () => [],
      "AT+TREBOOT": () => {
        this.reboot();
        return [];
      },
    };
    for (const [line, reply] of Object.entries(changing)) this.replies.set(line, reply);
  }

  get url(): string {
    return `tcp://127.0.0.1:${this.#port}`;
  }

  /** Listens, on the same port as before when it has listened before. */
  async listen(): Promise<void> {
    const server = createServer((socket) => this.#accept(socket));
    this.#server = server;
    server.listen(this.#port, "127.0.0.1");
    await once(server, "listening");
    this.#port = (server.address() as AddressInfo).port;
  }

  /** The device server goes away. */
  async unplug(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = once(server, "close");
    server.close();
    this.#socket?.destroy();
    await closed;
  }

  /** Prints an unsolicited line. */
  print(line: string): void {
    this.#write(`\r\n${line}\r\n`);
  }

  /** What a reboot takes away. */
  reboot(): void {
    this.active = false;
    this.reporting = 0;
  }

  /** Resolves when `line` has come in `times` times. */
  async heard(line: string, times = 1): Promise<void> {
    while (this.count(line) < times) await this.#news();
  }

  /** Resolves when so many connections have been made. */
  async connected(times: number): Promise<void> {
    while (this.connections < times) await this.#news();
  }

  count(line: string): number {
    return this.commands.filter((command) => command === line).length;
  }

  #news(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  #tell(): void {
    for (const resolve of [...this.#waiting]) resolve();
    this.#waiting.clear();
  }

  #accept(socket: Socket): void {
    this.connections += 1;
    this.#tell();
    this.#socket = socket;
    this.#buffer = "";
    socket.setNoDelay(true);
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      if (this.inDataMode) {
        this.#takeData(bytes.toString("latin1"));
        return;
      }
      const parts = (this.#buffer + bytes.toString("latin1")).split("\r");
      this.#buffer = parts.pop() ?? "";
      for (const line of parts) this.#command(line.trim());
    });
  }

  #takeData(text: string): void {
    this.inDataMode = text !== "+++";
    if (!this.inDataMode) {
      this.#write("\r\nOK\r\n");
      return;
    }
    this.payload += text;
    this.#write(this.farEnd);
    this.farEnd = "";
  }

  #command(line: string): void {
    this.commands.push(line);
    if (!this.silent) this.#answer(line);
    this.#tell();
  }

  #answer(line: string): void {
    const entry = this.replies.has(line) ? this.replies.get(line) : "ERROR";
    const reply = typeof entry === "function" ? entry() : entry;
    if (reply === undefined) return;
    const lines = typeof reply === "string" ? [reply] : [...reply, "OK"];
    this.#write(`${line}\r${lines.map((text) => `\r\n${text}\r\n`).join("")}`);
  }

  #write(text: string): void {
    this.#socket?.write(text, "latin1");
  }

  #report(mode: number): Reply {
    this.reporting = mode;
    return [];
  }

  #radio(on: boolean): Reply {
    if (!on) this.active = false;
    return [];
  }

  #activate(active: boolean): Reply {
    this.active = active;
    return [];
  }
}
