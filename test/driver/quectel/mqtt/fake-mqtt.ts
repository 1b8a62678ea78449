import type { Peer, Print } from "../../peer";

const CTRL_Z = 0x1a;

export interface FakeClient {
  readonly host: string;
  readonly port: number;
  isConnected: boolean;
}

export interface Published {
  readonly client: number;
  readonly id: number;
  readonly qos: number;
  readonly retain: number;
  readonly topic: string;
  readonly payload: Buffer;
}

type OrderName = `QMT${"OPEN" | "CONN" | "SUB" | "UNS" | "PUB" | "DISC" | "CLOSE"}`;

/** What firmware differs in. */
export interface Firmware {
  /** +QMTPUB takes a length. */
  readonly counts?: boolean;
  /** QMTCFG "recv/mode" is there, and so lengths in +QMTRECV. */
  readonly lengths?: boolean;
}

/** The MQTT clients of AT facts 6 by script. */
export class FakeMqtt {
  readonly clients = new Map<number, FakeClient>();
  /** By client and name, as written: `0 will`. */
  readonly settings = new Map<string, string>();
  readonly published: Published[] = [];
  /** Results in place of 0; a list of lines is printed instead of the result URC. */
  readonly results: Partial<Record<OrderName, (string | readonly string[])[]>> = {};
  /** Final results in place of OK. */
  readonly refusals: Partial<Record<OrderName, string[]>> = {};
  readonly #peer: Peer;
  readonly #firmware: Required<Firmware>;

  constructor(peer: Peer, { counts = true, lengths = true }: Firmware = {}) {
    this.#peer = peer;
    this.#firmware = { counts, lengths };
    peer
      .on(/^AT\+CGSN$/, ["866425030000001", "OK"])
      .on(/^AT\+QMTCFG="([a-z/]+)",(\d)((?:,.*)?)$/, (match, print) => this.#configure(match, print))
      .on(/^AT\+QMTOPEN=(\d),"([^"]+)",(\d+)$/, (match, print) => this.#open(match, print))
      .on(/^AT\+QMTOPEN\?$/, (_match, print) => {
        for (const [number, { host, port }] of this.clients) print.line(`+QMTOPEN: ${number},"${host}",${port}`);
        print.line("OK");
      })
      .on(/^AT\+QMTCONN\?$/, (_match, print) => {
        for (const [number, { isConnected }] of this.clients) print.line(`+QMTCONN: ${number},${isConnected ? 3 : 1}`);
        print.line("OK");
      })
      .on(/^AT\+QMTCONN=(\d)((?:,"[^"]*"){1,3})$/, ([, client], print) => this.#logIn(Number(client), print))
      .on(/^AT\+QMTSUB=(\d),(\d+),"([^"]+)",([012])$/, ([, client, id, , qos], print) =>
        this.#packet("QMTSUB", [client, id], `0,${qos}`, print),
      )
      .on(/^AT\+QMTUNS=(\d),(\d+),"([^"]+)"$/, ([, client, id], print) =>
        this.#packet("QMTUNS", [client, id], "0", print),
      )
      .on(/^AT\+QMTPUB=(\d),(\d+),([012]),([01]),"([^"]+)"(?:,(\d+))?$/, (match, print) => this.#publish(match, print))
      .on(/^AT\+QMTDISC=(\d)$/, ([, client], print) => {
        const known = this.clients.get(Number(client));
        if (known?.isConnected !== true) return ["ERROR"];
        known.isConnected = false;
        this.#end("QMTDISC", [client], "0", print);
        return undefined;
      })
      .on(/^AT\+QMTCLOSE=(\d)$/, ([, client], print) => {
        if (!this.clients.delete(Number(client))) return ["ERROR"];
        this.#end("QMTCLOSE", [client], "0", print);
        return undefined;
      });
  }

  get(client: number): FakeClient {
    const known = this.clients.get(client);
    if (known === undefined) throw new Error(`client ${client} is not open`);
    return known;
  }

  /** A message comes from the broker. */
  deliver(client: number, id: number, topic: string, payload: Buffer | string): void {
    const bytes = typeof payload === "string" ? Buffer.from(payload) : payload;
    const length = this.#firmware.lengths ? `${bytes.length},` : "";
    const head = Buffer.from(`\r\n+QMTRECV: ${client},${id},"${topic}",${length}"`);
    this.#peer.raw(Buffer.concat([head, bytes, Buffer.from('"\r\n')]));
  }

  /** The client is gone. */
  leave(client: number, report: number): void {
    this.clients.delete(client);
    this.#peer.urc(`+QMTSTAT: ${client},${report}`);
  }

  #configure([, name = "", client = "", values = ""]: RegExpExecArray, print: Print): void {
    const isKnown = name !== "recv/mode" || this.#firmware.lengths;
    if (!isKnown || this.clients.has(Number(client))) {
      print.line("ERROR");
      return;
    }
    this.settings.set(`${client} ${name}`, values.slice(1));
    print.line("OK");
  }

  #open([, number, host = "", port]: RegExpExecArray, print: Print): void {
    const isOccupied = this.clients.has(Number(number));
    const outcome = this.#end("QMTOPEN", [number], isOccupied ? "2" : "0", print);
    if (outcome === "0") this.clients.set(Number(number), { host, port: Number(port), isConnected: false });
  }

  #logIn(number: number, print: Print): void {
    const client = this.clients.get(number);
    if (client === undefined) {
      print.line("ERROR");
      return;
    }
    const outcome = this.#end("QMTCONN", [String(number)], "0,0", print);
    client.isConnected = outcome === "0,0" || outcome === undefined;
  }

  #packet(name: OrderName, ids: readonly (string | undefined)[], result: string, print: Print): void {
    if (this.clients.get(Number(ids[0]))?.isConnected === true) this.#end(name, ids, result, print);
    else print.line("ERROR");
  }

  async #publish([, client, id, qos, retain, topic = "", length]: RegExpExecArray, print: Print): Promise<void> {
    const isCounted = length !== undefined;
    const isConnected = this.clients.get(Number(client))?.isConnected === true;
    if (!isConnected || (isCounted && !this.#firmware.counts)) {
      print.line("ERROR");
      return;
    }
    const data = await (isCounted ? print.prompt(Number(length)) : print.promptUntil(CTRL_Z));
    this.published.push({
      client: Number(client),
      id: Number(id),
      qos: Number(qos),
      retain: Number(retain),
      topic: Buffer.from(topic, "latin1").toString(),
      payload: isCounted ? data : data.subarray(0, -1),
    });
    this.#end("QMTPUB", [client, id], "0", print);
  }

  /** Prints the final result and then that of the order. */
  #end(name: OrderName, ids: readonly (string | undefined)[], result: string, print: Print): string | undefined {
    const refusal = this.refusals[name]?.shift();
    print.line(refusal ?? "OK");
    if (refusal !== undefined) return undefined;
    const outcome = this.results[name]?.shift() ?? result;
    if (typeof outcome === "string") print.line(`+${name}: ${ids.join(",")},${outcome}`);
    else for (const line of outcome) print.line(line);
    return typeof outcome === "string" ? outcome : undefined;
  }
}
