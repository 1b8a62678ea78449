import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type BrokerAccess, BrokerLink } from "./broker-link";
import { type ClientMessage, decode, encode, type Publication, TOPIC, TYPE, typeOf } from "./messages";
import { GatewaySession } from "./session";
import { shortName } from "./topics";

export { CODE, TYPE } from "./messages";

export interface GatewayOptions {
  readonly broker: BrokerAccess;
  /** UDP; 0, the default, takes one that is free. */
  readonly port?: number;
  /** Loopback if left out. */
  readonly host?: string;
  /** Topics that clients may use by number without a registration. */
  readonly predefined?: Readonly<Record<number, string>>;
  /** The first topic id that a client gets; 1 if left out. */
  readonly firstTopicId?: number;
  /** ms until a message that was not answered goes out again; as MQTT-SN 7.2 advises if left out. */
  readonly retryAfter?: number;
}

const RETRY_MS = 10_000;
const RETRIES = 3;
const GATEWAY_ID = 1;

interface Drop {
  readonly direction: "in" | "out";
  readonly type: number | undefined;
  left: number;
}

/** A port of this machine that a gateway serves. */
interface Face {
  readonly port: number;
  close(): Promise<unknown>;
}

/**
 * A gateway of MQTT-SN 1.2 for tests and demo.example: by datagrams to the clients, by one MQTT connection for each of them to a
 * broker. It has what modems use: no sleeping clients, no forwarders, no advertisement. On command it forgets, refuses
 * and loses.
 */
export class MqttSnGateway {
  readonly #options: GatewayOptions;
  readonly #face: Face | undefined;
  readonly #predefined: ReadonlyMap<number, string>;
  readonly #sessions = new Map<string, GatewaySession>();
  readonly #drops = new Set<Drop>();
  #refusal: { readonly code: number; left: number } | undefined;
  /** For messages of clients that have no session. */
  #ownLink: Promise<BrokerLink> | undefined;

  /** Without a port of its own: its datagrams are handed to `receive`. */
  constructor(options: GatewayOptions, face?: Face) {
    this.#options = options;
    this.#face = face;
    this.#predefined = new Map(Object.entries(options.predefined ?? {}).map(([id, name]) => [Number(id), name]));
  }

  /** By UDP. */
  static async open(options: GatewayOptions): Promise<MqttSnGateway> {
    const socket = createSocket("udp4");
    socket.bind(options.port ?? 0, options.host ?? "127.0.0.1");
    await once(socket, "listening");
    const close = async (): Promise<void> => {
      socket.close();
      await once(socket, "close");
    };
    const gateway = new MqttSnGateway(options, { port: socket.address().port, close });
    socket.on("error", () => undefined);
    socket.on("message", (bytes, { address, port }) =>
      gateway.receive(bytes, `${address} ${port}`, (answer) => socket.send(answer, port, address, () => undefined)),
    );
    return gateway;
  }

  get port(): number {
    return this.#face?.port ?? 0;
  }

  /** Clients with a session, or on their way to one. */
  get clients(): readonly string[] {
    return [...this.#sessions.values()].map(({ clientId }) => clientId);
  }

  async close(): Promise<void> {
    this.forgetClients();
    const link = await this.#ownLink?.catch(() => undefined);
    link?.close();
    await this.#face?.close();
  }

  /** Every topic id that was given is void from now on; the sessions stay. */
  forgetTopics(): void {
    for (const session of this.#sessions.values()) session.forgetTopics();
  }

  /** As after a restart: clients learn of it when they say something. */
  forgetClients(): void {
    for (const session of [...this.#sessions.values()]) session.end(false);
  }

  /** As if the client's keep-alive time were over: its will goes out. */
  lose(clientId: string): void {
    for (const session of [...this.#sessions.values()]) if (session.clientId === clientId) session.end(true);
  }

  /**
   * The next datagrams get lost. @param direction as the gateway sees it @param type those of one type only
   * @returns what ends it
   */
  drop(direction: "in" | "out", count = 1, type?: number): () => void {
    const drop = { direction, type, left: count };
    this.#drops.add(drop);
    return () => void this.#drops.delete(drop);
  }

  /** The next CONNECT, REGISTER, PUBLISH or SUBSCRIBE are answered with this code. */
  refuse(code: number, count = 1): void {
    this.#refusal = { code, left: count };
  }

  #isLost(direction: Drop["direction"], bytes: Buffer): boolean {
    const type = typeOf(bytes);
    for (const drop of this.#drops) {
      if (drop.direction !== direction || (drop.type !== undefined && drop.type !== type)) continue;
      drop.left -= 1;
      if (drop.left <= 0) this.#drops.delete(drop);
      return true;
    }
    return false;
  }

  /** A datagram. @param key the same for all of one client */
  receive(bytes: Buffer, key: string, reply: (answer: Buffer) => void): void {
    if (this.#isLost("in", bytes)) return;
    const message = decode(bytes);
    if (message === undefined) return;
    const send = (answer: Buffer): void => {
      if (!this.#isLost("out", answer)) reply(answer);
    };
    if (message.kind === "connect") this.#connect(message, key, send);
    else if (message.kind === "searchGateway") send(encode(TYPE.gatewayInfo, [GATEWAY_ID]));
    else if (message.kind === "publish" && message.qos === -1) void this.#publishForNobody(message);
    else {
      const session = this.#sessions.get(key);
      // MQTT-SN 5.4.21: so a client learns that the gateway does not know it.
      if (session === undefined) send(encode(TYPE.disconnect));
      else session.take(message);
    }
  }

  #connect(message: Extract<ClientMessage, { kind: "connect" }>, key: string, send: (bytes: Buffer) => void): void {
    const { clientId } = message;
    // Also one that came from another port, such as a modem that was switched off meanwhile.
    for (const [known, session] of this.#sessions) {
      if (known === key || session.clientId === clientId) session.end(false);
    }
    const { broker, firstTopicId = 1, retryAfter = RETRY_MS } = this.#options;
    const session: GatewaySession = new GatewaySession(message, {
      broker,
      predefined: this.#predefined,
      firstTopicId,
      retryAfter,
      retries: RETRIES,
      refusal: () => this.#takeRefusal(),
      send,
      over: () => {
        if (this.#sessions.get(key) === session) this.#sessions.delete(key);
      },
    });
    this.#sessions.set(key, session);
    session.begin();
  }

  #takeRefusal(): number | undefined {
    const refusal = this.#refusal;
    if (refusal === undefined) return undefined;
    refusal.left -= 1;
    if (refusal.left <= 0) this.#refusal = undefined;
    return refusal.code;
  }

  /** MQTT-SN 6.8: QoS −1, with or without a session; nobody is told what became of it. */
  async #publishForNobody({ topicType, topicId, payload, retain }: Publication): Promise<void> {
    if (topicType === TOPIC.normal) return;
    const topic = topicType === TOPIC.short ? shortName(topicId) : this.#predefined.get(topicId);
    if (topic === undefined) return;
    try {
      const link = await this.#linkForNobody();
      await link.publish({ topic, payload, retain, qos: 0 });
    } catch {
      this.#ownLink = undefined;
    }
  }

  #linkForNobody(): Promise<BrokerLink> {
    this.#ownLink ??= BrokerLink.open(this.#options.broker, `mqtt-sn-gateway-${this.port}`, true, {
      message: async () => undefined,
      ended: () => {
        this.#ownLink = undefined;
      },
    });
    return this.#ownLink;
  }
}
