import type { MqttOptions, SessionEvents } from "../../../../driver/services/mqtt/mqtt";
import type { UbloxTimeouts } from "../../../../driver/ublox/timeouts";
import type { Answer, Peer, PeerOptions, Print } from "../../peer";
import { bench } from "../bench";
import { addFiles } from "../lara";

export interface Published {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: number;
  readonly retain: number;
  readonly by: "text" | "hex" | "binary" | "file";
}

const NOT_ALLOWED = ["+CME ERROR: operation not allowed"];

/** The module's MQTT client as guide 6 and AT facts 5.2 have it, behind a scripted peer. */
export class FakeMqtt {
  /** As sent, by number, since the last reset. */
  readonly settings = new Map<number, string>();
  readonly published: Published[] = [];
  readonly subscribed = new Set<string>();
  readonly files: Map<string, Buffer>;
  /** Unread, each as the line that reads it. */
  readonly unread: Buffer[] = [];
  isConnected = false;
  /** Op of the operation whose result is still to come. */
  running: number | undefined;
  /** Ops whose results are held back, till `finish`. */
  readonly held = new Set<number>();
  /** What `+UUMQTTC` says for an op instead of success. */
  readonly results = new Map<number, string>();
  lastError = "13,0";
  hasCleanSession = true;
  hasFiles = true;
  /** Refuses everything. */
  isStuck = false;
  readonly #peer: Peer;

  constructor(peer: Peer) {
    this.#peer = peer;
    this.files = addFiles(peer);
    peer.on(/^AT\+UMQTTNV=0$/, () => {
      this.settings.clear();
      return ["OK"];
    });
    peer.on(/^AT\+UMQTT=(\d+),(.*)$/, ([, number, values = ""]) => {
      if (Number(number) === 12 && !this.hasCleanSession) return ["ERROR"];
      this.settings.set(Number(number), values);
      return ["OK"];
    });
    peer.on(/^AT\+UMQTTER$/, () => [`+UMQTTER: ${this.lastError}`, "OK"]);
    peer.on(/^AT\+UMQTTC=0$/, () => this.#start(0, this.isConnected, () => this.leave("0,1")));
    peer.on(/^AT\+UMQTTC=1$/, () => this.#start(1, !this.isConnected, () => this.#logIn()));
    peer.on(/^AT\+UMQTTC=2,(\d),(\d),([01]),"([^"]*)","([^"]*)"$/, ([, qos, retain, hex, topic = "", text = ""]) => {
      const isHex = hex === "1";
      const payload = Buffer.from(text, isHex ? "hex" : "latin1");
      return this.#publish(2, { topic, payload, qos, retain, by: isHex ? "hex" : "text" });
    });
    peer.on(/^AT\+UMQTTC=3,(\d),(\d),"([^"]*)","([^"]*)"$/, ([, qos, retain, topic = "", file = ""]) => {
      if (!this.hasFiles) return ["ERROR"];
      return this.#publish(3, { topic, payload: this.files.get(file) ?? Buffer.alloc(0), qos, retain, by: "file" });
    });
    peer.on(/^AT\+UMQTTC=9,(\d),(\d),"([^"]*)",(\d+)$/, async ([, qos, retain, topic = "", size], print) => {
      const payload = this.isFree ? await print.prompt(Number(size), ">") : Buffer.alloc(0);
      this.#say(this.#publish(2, { topic, payload, qos, retain, by: "binary" }), print);
    });
    peer.on(/^AT\+UMQTTC=4,(\d),"([^"]*)"$/, ([, qos, filter = ""]) =>
      this.#start(4, this.isConnected, () => {
        this.subscribed.add(filter);
        return `4,1,${qos},"${filter}"`;
      }),
    );
    peer.on(/^AT\+UMQTTC=5,"([^"]*)"$/, ([, filter = ""]) =>
      this.#start(5, this.isConnected, () => {
        this.subscribed.delete(filter);
        return "5,1";
      }),
    );
    peer.on(/^AT\+UMQTTC=6,1$/, (_match, print) => this.#read(print));
    peer.on(/^AT\+UMQTTC=8,[01]$/, () => (this.isFree && this.isConnected ? ["OK"] : NOT_ALLOWED));
    peer.on(/^AT\+CGSN$/, ["357862090033897", "OK"]);
    peer.on(/^AT\+UDCONF=19$/, ["+UDCONF: 19,1,0", "OK"]);
  }

  get isFree(): boolean {
    return this.running === undefined && !this.isStuck;
  }

  /** A message arrives from the broker. */
  receive(topic: string, payload: Uint8Array | string, qos = 0, more = ""): void {
    const name = Buffer.from(topic);
    const message = Buffer.from(payload as string);
    const head = `+UMQTTC: 6,${qos},${name.length + message.length},${name.length},"`;
    const middle = `",${message.length},"`;
    this.unread.push(
      Buffer.concat([Buffer.from(head), name, Buffer.from(middle), message, Buffer.from('"'), Buffer.from(more)]),
    );
    this.announce();
  }

  announce(): void {
    if (this.unread.length > 0) this.#peer.urc(`+UUMQTTC: 6,${this.unread.length}`);
  }

  /** The result that was held back. */
  finish(result?: string): void {
    const { running } = this;
    if (running === undefined) throw new Error("Nothing is running");
    this.running = undefined;
    this.#peer.urc(`+UUMQTTC: ${result ?? `${running},1`}`);
  }

  /** The client leaves. */
  leave(result: string): string {
    this.isConnected = false;
    this.running = undefined;
    return result;
  }

  lose(code: number): void {
    this.#peer.urc(`+UUMQTTC: ${this.leave(`0,${code}`)}`);
  }

  #logIn(): string {
    this.isConnected = true;
    return "1,1";
  }

  #publish(
    op: number,
    {
      topic,
      payload,
      qos,
      retain,
      by,
    }: Pick<Published, "topic" | "payload" | "by"> & { qos?: string; retain?: string },
  ): readonly string[] {
    return this.#start(op, this.isConnected, () => {
      const name = Buffer.from(topic, "latin1").toString();
      this.published.push({ topic: name, payload, qos: Number(qos), retain: Number(retain), by });
      return `${op},1`;
    });
  }

  #start(op: number, isAllowed: boolean, work: () => string): readonly string[] {
    if (!this.isFree || !isAllowed) return NOT_ALLOWED;
    this.running = op;
    const own = this.results.get(op);
    setImmediate(() => {
      // It was broken off.
      if (this.running !== op) return;
      const result = own ?? work();
      if (this.held.has(op)) return;
      this.running = undefined;
      this.#peer.urc(`+UUMQTTC: ${result}`);
    });
    return ["OK"];
  }

  #read(print: Print): void {
    const next = this.isFree ? this.unread.shift() : undefined;
    this.#say(next === undefined ? ["ERROR"] : [next.toString("latin1"), "OK"], print);
    if (next !== undefined) this.announce();
  }

  #say(answer: Answer, print: Print): void {
    for (const line of answer as readonly string[]) print.line(line);
  }
}

export const OPTIONS: MqttOptions = {
  host: "broker.test",
  port: 1883,
  version: "3.1.1",
  clientId: "gateway-1",
  keepAlive: 60,
  cleanSession: true,
  owner: "broker A",
  timeout: 5000,
};

export const WAIT = { timeout: 5000 };

/** What a session told its owner. */
export class Owner implements SessionEvents {
  readonly messages: { topic: string; payload: string; qos: number | undefined }[] = [];
  readonly closed: Error[] = [];
  readonly damaged: Error[] = [];
  /** Resolves when more may be read. */
  hold: Promise<void> | undefined;

  onMessage({ topic, payload, qos }: { topic: string; payload: Buffer; qos?: number }): void | Promise<void> {
    this.messages.push({ topic, payload: payload.toString("latin1"), qos });
    return this.hold;
  }

  onClosed(error: Error): void {
    this.closed.push(error);
  }

  onDamaged(error: Error): void {
    this.damaged.push(error);
  }
}

/** A driver on a module with an MQTT client. */
export function mqttBench(options: PeerOptions = {}, timeouts: Partial<UbloxTimeouts> = {}) {
  const parts = bench(options, undefined, timeouts);
  const fake = new FakeMqtt(parts.peer);
  const { mqtt } = parts.driver.services;
  const owner = new Owner();
  const connect = (more: Partial<MqttOptions> = {}) => mqtt.connect({ ...OPTIONS, ...more }, owner);
  return { ...parts, fake, mqtt, owner, connect };
}
