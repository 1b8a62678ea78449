import { createServer, type Server, type Socket } from "node:net";
import { type OpenServer, openServer } from "../../support/listen";

/** A toy modem behind a TCP port: a registered modem of 27.007, and two commands of its own for HTTP. */
export class ToyPeer {
  /** Every command line that came in. */
  readonly commands: string[] = [];
  /** Pages by their URL. */
  readonly pages = new Map<string, string>();
  readonly #server: Server = createServer((socket) => this.#accept(socket));
  #open: OpenServer | undefined;
  #active = false;
  #reporting = 0;

  async listen(): Promise<string> {
    this.#open = await openServer(this.#server);
    return `tcp://127.0.0.1:${this.#open.port}`;
  }

  async close(): Promise<void> {
    await this.#open?.close();
  }

  #accept(socket: Socket): void {
    let buffer = "";
    socket.on("error", () => undefined);
    socket.on("data", (bytes: Buffer) => {
      buffer += bytes.toString("latin1");
      for (let end = buffer.indexOf("\r"); end >= 0; end = buffer.indexOf("\r")) {
        const line = buffer.slice(0, end);
        buffer = buffer.slice(end + 1);
        this.commands.push(line);
        const answer = this.#answer(line);
        const lines = answer === undefined ? ["ERROR"] : [...answer, "OK"];
        socket.write(`${line}\r${lines.map((text) => `\r\n${text}\r\n`).join("")}`);
      }
    });
  }

  /** Information lines; undefined is an error. */
  #answer(line: string): readonly string[] | undefined {
    const activated = /^AT\+CGACT=([01]),1$/.exec(line)?.[1];
    if (activated !== undefined) this.#active = activated === "1";
    if (line === "AT+CREG=2") this.#reporting = 2;
    const url = /^AT\+TOYGET="(.*)"$/.exec(line)?.[1];
    if (url !== undefined) return this.#page(url);
    if (activated !== undefined || /^AT(E1|\+CMEE=2|\+CREG=2|\+COPS=3,0|\+CGDCONT=.*)?$/.test(line)) return [];
    return this.#state(line);
  }

  #state(line: string): readonly string[] | undefined {
    const answers: Readonly<Record<string, string>> = {
      ATI: "TOY-1",
      "AT+CGMI": "Toys",
      "AT+CGMM": "TOY-1",
      "AT+CGMR": "1.0",
      "AT+CGSN": "351234567890123",
      "AT+CPIN?": "+CPIN: READY",
      "AT+CFUN?": "+CFUN: 1",
      "AT+CSQ": "+CSQ: 17,99",
      "AT+CREG?": `+CREG: ${this.#reporting},1`,
      "AT+COPS?": '+COPS: 0,0,"Toy Net",7',
      "AT+CGACT?": `+CGACT: 1,${this.#active ? 1 : 0}`,
    };
    const answer = answers[line];
    return answer === undefined ? undefined : [answer];
  }

  #page(url: string): readonly string[] {
    const page = this.pages.get(url);
    const body = Buffer.from(page ?? "", "latin1").toString("hex");
    return [`+TOYGET: ${page === undefined ? 404 : 200},"${body}"`];
  }
}
