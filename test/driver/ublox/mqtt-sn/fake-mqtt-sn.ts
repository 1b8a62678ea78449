import type { SessionEvents, SessionOptions } from "../../../../driver/services/mqtt/mqtt";
import type { SnTopic } from "../../../../driver/services/mqtt-sn/mqtt-sn";
import type { Peer, PeerOptions } from "../../peer";
import { bench } from "../bench";
import { addFiles } from "../lara";

export interface SnPublished {
  readonly type: number;
  /** As the gateway knows it. */
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: number;
  readonly retain: number;
  readonly by: "text" | "hex" | "file";
}

const NOT_ALLOWED = ["+CME ERROR: operation not allowed"];

/** The module's MQTT-SN client as guide 7 and AT facts 5.3 have it, with its gateway, behind a scripted peer. */
export class FakeMqttSn {
  readonly settings = new Map<number, string>();
  readonly published: SnPublished[] = [];
  readonly unread: Buffer[] = [];
  readonly files: Map<string, Buffer>;
  /** The gateway's, by id. */
  readonly names = new Map<number, string>();
  /** What `+UUMQTTSNC` says for an op instead of success. */
  readonly results = new Map<number, string>();
  isConnected = false;
  isBusy = false;
  lastError = "14,0";
  hasFiles = true;
  nextId = 1;
  will = "";
  readonly #peer: Peer;

  constructor(peer: Peer) {
    this.#peer = peer;
    this.files = addFiles(peer);
    peer.on(/^AT\+UMQTTSNNV=0$/, () => {
      this.settings.clear();
      return ["OK"];
    });
    peer.on(/^AT\+UMQTTSN=(\d+),(.*)$/, ([, number, values = ""]) => {
      this.settings.set(Number(number), values);
      return ["OK"];
    });
    peer.on(/^AT\+UMQTTSNER$/, () => [`+UMQTTSNER: ${this.lastError}`, "OK"]);
    peer.on(/^AT\+UMQTTSNC=0$/, () =>
      this.#start(0, this.isConnected, () => {
        this.isConnected = false;
        return "0,1";
      }),
    );
    peer.on(/^AT\+UMQTTSNC=1$/, () =>
      this.#start(1, !this.isConnected, () => {
        this.isConnected = true;
        return "1,1";
      }),
    );
    peer.on(/^AT\+UMQTTSNC=2,"([^"]*)"$/, ([, name = ""]) =>
      this.#start(2, this.isConnected, () => `2,1,${this.#idOf(name)}`),
    );
    peer.on(
      /^AT\+UMQTTSNC=4,(\d),(\d),([01]),(\d),"([^"]*)","([^"]*)"$/,
      ([, qos, retain, hex, type, topic = "", text = ""]) => {
        const payload = Buffer.from(text, hex === "1" ? "hex" : "latin1");
        return this.#publish(4, [qos, retain, type], topic, payload, hex === "1" ? "hex" : "text");
      },
    );
    peer.on(/^AT\+UMQTTSNC=11,(\d),(\d),(\d),"([^"]*)","([^"]*)"$/, ([, qos, retain, type, topic = "", file = ""]) =>
      this.hasFiles
        ? this.#publish(11, [qos, retain, type], topic, this.files.get(file) ?? Buffer.alloc(0), "file")
        : ["ERROR"],
    );
    peer.on(/^AT\+UMQTTSNC=5,(\d),(\d),"([^"]*)"$/, ([, qos, type, topic = ""]) =>
      this.#start(5, this.isConnected, () => {
        if (type === "2") return "5,1,2,0";
        return `5,1,${qos},${type === "1" ? topic : /[+#]/.test(topic) ? 0 : this.#idOf(topic)}`;
      }),
    );
    peer.on(/^AT\+UMQTTSNC=6,(\d),"([^"]*)"$/, () => this.#start(6, this.isConnected, () => "6,1"));
    peer.on(/^AT\+UMQTTSNC=7,(\d),(\d),"([^"]*)"$/, ([, qos, retain, topic]) =>
      this.#start(7, this.isConnected, () => {
        this.will = `${topic} ${qos} ${retain}`;
        return "7,1";
      }),
    );
    peer.on(/^AT\+UMQTTSNC=8,"([^"]*)"$/, ([, message]) =>
      this.#start(8, this.isConnected, () => {
        this.will += ` ${message}`;
        return "8,1";
      }),
    );
    peer.on(/^AT\+UMQTTSNC=9,1$/, (_match, print) => {
      const next = this.unread.shift();
      for (const line of next === undefined ? ["ERROR"] : [next.toString("latin1"), "OK"]) print.line(line);
      if (next !== undefined) this.announce();
    });
    peer.on(/^AT\+UMQTTSNC=10,[01]$/, () => (this.isConnected && !this.isBusy ? ["OK"] : NOT_ALLOWED));
    peer.on(/^AT\+CGSN$/, ["357862090033897", "OK"]);
    peer.on(/^AT\+UDCONF=19$/, ["+UDCONF: 19,1,0", "OK"]);
  }

  receive(type: number, topic: string, payload: Uint8Array | string, qos = 0): void {
    const message = Buffer.from(payload as string);
    const head = `+UMQTTSNC: 9,${qos},${type},${topic.length + message.length},${topic.length},"${topic}",${message.length},"`;
    this.unread.push(Buffer.concat([Buffer.from(head, "latin1"), message, Buffer.from('"')]));
    this.announce();
  }

  announce(): void {
    if (this.unread.length > 0) this.#peer.urc(`+UUMQTTSNC: 9,${this.unread.length}`);
  }

  /** The gateway was restarted. */
  forget(): void {
    this.names.clear();
    this.nextId += 100;
  }

  #idOf(name: string): number {
    for (const [id, known] of this.names) if (known === name) return id;
    const id = this.nextId;
    this.nextId += 1;
    this.names.set(id, name);
    return id;
  }

  #publish(
    op: number,
    [qos, retain, type]: readonly (string | undefined)[],
    topic: string,
    payload: Buffer,
    by: SnPublished["by"],
  ): readonly string[] {
    return this.#start(op, this.isConnected || qos === "3", () => {
      const name = type === "0" ? this.names.get(Number(topic)) : topic;
      if (name === undefined) return `${op},0`;
      this.published.push({ type: Number(type), topic: name, payload, qos: Number(qos), retain: Number(retain), by });
      return `${op},1`;
    });
  }

  #start(op: number, isAllowed: boolean, work: () => string): readonly string[] {
    if (this.isBusy || !isAllowed) return NOT_ALLOWED;
    this.isBusy = true;
    setImmediate(() => {
      this.isBusy = false;
      const own = this.results.get(op);
      this.#peer.urc(own?.startsWith("+") === true ? own : `+UUMQTTSNC: ${own ?? work()}`);
    });
    return ["OK"];
  }
}

export const OPTIONS: SessionOptions = {
  host: "gateway.test",
  port: 10_000,
  clientId: "sensor-1",
  keepAlive: 60,
  cleanSession: true,
  owner: "broker A",
  timeout: 5000,
};

export const WAIT = { timeout: 5000 };
export const normal = (name: string): SnTopic => ({ type: "normal", name });

export class SnOwner implements SessionEvents<SnTopic> {
  readonly messages: { topic: SnTopic; payload: string; qos: number | undefined }[] = [];
  readonly closed: Error[] = [];
  readonly damaged: Error[] = [];

  onMessage({ topic, payload, qos }: { topic: SnTopic; payload: Buffer; qos?: number }): void {
    this.messages.push({ topic, payload: payload.toString("latin1"), qos });
  }

  onClosed(error: Error): void {
    this.closed.push(error);
  }

  onDamaged(error: Error): void {
    this.damaged.push(error);
  }
}

/** A driver on a module with an MQTT-SN client. */
export function snBench(options: PeerOptions = {}) {
  const parts = bench(options);
  const fake = new FakeMqttSn(parts.peer);
  const { mqttSn } = parts.driver.services;
  const owner = new SnOwner();
  const connect = (more: Partial<SessionOptions> = {}) => mqttSn.connect({ ...OPTIONS, ...more }, owner);
  return { ...parts, fake, mqttSn, owner, connect };
}
