import { createHash } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { afterEach } from "vitest";
import { AtChannel } from "../../../driver/at/channel/channel";
import { BG96 } from "../../../driver/quectel/bg96";
import { QuectelDriver } from "../../../driver/quectel/driver";
import type { ConnectOptions, ModemSocket, SocketEvents } from "../../../driver/services/sockets/sockets";
import { createTransport } from "../../../driver/transport/open";
import { openServer } from "../../support/listen";
import { pem } from "./security/tls-profile";

export const MEGABYTE = 1024 * 1024;
export const hash = (data: Buffer): string => createHash("sha256").update(data).digest("hex");

/** Drivers on simulated modems and real servers, which end with the test. */
export class SimulatedBench {
  #ends: (() => Promise<unknown> | unknown)[] = [];

  constructor() {
    afterEach(async () => {
      for (const end of this.#ends.reverse()) await end();
      this.#ends = [];
    });
  }

  /** Something to stop when the test is over. */
  atEnd(end: () => Promise<unknown> | unknown): void {
    this.#ends.push(end);
  }

  /** A driver on a simulated BG96 whose network leads `server.test` to a port here. */
  async start(port: number, options = ""): Promise<QuectelDriver> {
    const { driver } = await this.plug(port, options);
    return driver;
  }

  async plug(port: number, options = ""): Promise<{ driver: QuectelDriver; channel: AtChannel }> {
    const transport = createTransport({
      port: `sim:BG96?route=server.test:*=127.0.0.1:${port}${options}`,
      baudRate: 115_200,
      flowControl: false,
      dataBits: 8,
      parity: "none",
      stopBits: 1,
    });
    const channel = new AtChannel(transport);
    await transport.open();
    channel.useDialect(BG96.dialect);
    const driver = new QuectelDriver(channel, BG96);
    this.atEnd(() => transport.close());
    this.atEnd(() => driver.dispose(new Error("closed")));
    await driver.initialise();
    await driver.services.packetData.define({ cid: 1, apn: "a.test", pdpType: "IPV4V6", authType: "none" });
    await driver.services.packetData.activate(1);
    return { driver, channel };
  }

  serveTls(onConnection: (socket: Socket) => void): Promise<number> {
    const server = createTlsServer({ cert: pem("server.cert"), key: pem("server.key") });
    server.on("secureConnection", onConnection);
    return this.#listen(server);
  }

  serve(onConnection: (socket: Socket) => void): Promise<number> {
    return this.#listen(createServer(onConnection));
  }

  async #listen(server: Server): Promise<number> {
    const { port, close } = await openServer(server);
    this.atEnd(close);
    return port;
  }
}

export function dial(
  { services }: QuectelDriver,
  owner: SocketEvents,
  more: Partial<ConnectOptions> = {},
): Promise<ModemSocket> {
  const target = { host: "server.test", port: 7, timeout: 30_000, mode: "command" } as const;
  return services.sockets.connect({ ...target, ...more }, owner);
}
