import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import type { Aedes } from "aedes" with { "resolution-mode": "import" };
import type { MqttOptions } from "../driver/services/mqtt/mqtt";
import { listen } from "./watched-wire";

/** Name that the simulators' routes lead to the broker. */
export const HOST = "broker.example";
export const WAIT = { timeout: 120_000 } as const;

/** A broker within this process, on loopback. */
export class Broker {
  readonly aedes: Aedes;
  /** For the simulators. */
  readonly route: string;
  readonly port: number;
  readonly #server: Server;
  readonly #connections = new Set<Socket>();
  /** Is told what clients publish. */
  onPublished: (payload: Buffer) => void = () => undefined;

  private constructor(aedes: Aedes, server: Server, port: number) {
    this.aedes = aedes;
    this.port = port;
    this.route = `${HOST}:*=127.0.0.1:${port}`;
    this.#server = server;
    server.on("connection", (connection: Socket) => {
      this.#connections.add(connection);
      connection.once("close", () => this.#connections.delete(connection));
    });
    // A modem that is switched off leaves without a word.
    server.on("tlsClientError", () => undefined);
    aedes.on("publish", ({ payload }, client) => {
      if (client !== null) this.onPublished(payload as Buffer);
    });
  }

  /** @param tls left out for plain MQTT */
  static async open(tls?: TlsOptions): Promise<Broker> {
    const { Aedes } = await import("aedes");
    const aedes = await Aedes.createBroker();
    const server = tls === undefined ? createServer(aedes.handle) : createTlsServer(tls, aedes.handle);
    return new Broker(aedes, server, await listen(server));
  }

  /** A login of a modem's client. */
  login(more: Partial<MqttOptions> = {}): MqttOptions {
    return {
      ...WAIT,
      host: HOST,
      port: 1883,
      clientId: "bench",
      keepAlive: 3600,
      cleanSession: true,
      version: "3.1.1",
      owner: "bench",
      ...more,
    };
  }

  /** Ends all connections without a word. */
  cut(): void {
    for (const connection of this.#connections) connection.destroy();
  }

  async publish(topic: string, payload: Buffer): Promise<void> {
    const packet = { cmd: "publish", topic, payload, qos: 0, retain: false, dup: false } as const;
    await new Promise<void>((resolve, reject) =>
      this.aedes.publish(packet, (error) => (error ? reject(error) : resolve())),
    );
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.aedes.close(resolve));
    this.#server.close();
  }
}
