import { createHash } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { afterEach, expect } from "vitest";
import { AtChannel } from "../../../../driver/at/channel/channel";
import { ModemError } from "../../../../driver/errors";
import type { ConnectOptions, SocketService } from "../../../../driver/services/sockets/sockets";
import { SimulatedTransport } from "../../../../driver/transport/simulated";
import { UbloxDriver } from "../../../../driver/ublox/driver";
import { LARA_R6 } from "../../../../driver/ublox/lara-r6";
import { simulatorFor } from "../../../../simulator/faces/in-process";
import { openServer } from "../../../support/listen";
import { expectExplained } from "../bench";
import { pem } from "../security/fake-tls";

/** ms: what V.250 asks for around `+++`, and a margin; the driver allows for twice as much. */
const GUARD = 1100;

/** The driver's sockets on the simulated LARA-R6, with real servers. Ends with the test, every command explained. */
export class SimulatedSockets {
  readonly sent: string[] = [];
  readonly #ends: (() => Promise<void>)[] = [];
  #plugged: { transport: SimulatedTransport; channel: AtChannel; driver: UbloxDriver } | undefined;

  constructor() {
    afterEach(() => this.#end());
  }

  get driver(): UbloxDriver {
    if (this.#plugged === undefined) throw new Error("There is no modem yet");
    return this.#plugged.driver;
  }

  get sockets(): SocketService {
    return this.driver.services.sockets;
  }

  get channel(): AtChannel {
    if (this.#plugged === undefined) throw new Error("There is no modem yet");
    return this.#plugged.channel;
  }

  get #transport(): SimulatedTransport {
    if (this.#plugged === undefined) throw new Error("There is no modem yet");
    return this.#plugged.transport;
  }

  /** A modem of which `peer.test` is this computer's `port`. */
  async plug(port: number): Promise<void> {
    const transport = new SimulatedTransport(`sim:LARA-R6?route=peer.test:*=127.0.0.1:${port}`);
    const channel = new AtChannel(transport, {
      onTrace: ({ direction, text }) => {
        if (direction === "sent" && text.startsWith("AT")) this.sent.push(text.replace(/<\d+ bytes>$/, '"text"'));
      },
    });
    await transport.open();
    // Without the waits of a real module, of which a megabyte has a thousand.
    const { dialect } = LARA_R6;
    const dataMode = { answer: [], ends: [], ...dialect.dataMode, guard: GUARD };
    channel.useDialect({ ...dialect, gap: 0, promptDelay: { "@": 0, ">": 0, CONNECT: 0 }, dataMode });
    const driver = new UbloxDriver(channel, LARA_R6);
    this.#plugged = { transport, channel, driver };
    await driver.initialise();
    const { packetData } = driver.services;
    await packetData.define({ cid: 1, apn: "internet", pdpType: "IPV4V6", authType: "none" });
    const attempt = (): Promise<boolean> =>
      packetData.activate(1).then(
        () => true,
        () => false,
      );
    await expect.poll(attempt, { timeout: 10_000 }).toBe(true);
  }

  /** Something goes wrong with the modem: `congestion:5s`. */
  fault(spec: string): void {
    simulatorFor(this.#transport.name).fault(spec);
  }

  /** The next session's driver on the same modem, which the one before left as it is. */
  replug(): void {
    this.driver.dispose(new ModemError("MODEM_OFFLINE", "unplugged"));
    if (this.#plugged !== undefined) this.#plugged.driver = new UbloxDriver(this.channel, LARA_R6);
  }

  serve(onSocket: (socket: Socket) => void): Promise<number> {
    return this.#listen(createServer({ allowHalfOpen: true }, onSocket));
  }

  serveTls(onSocket: (socket: TLSSocket) => void): Promise<number> {
    const server = createTlsServer({ cert: pem("server.cert"), key: pem("server.key") }, onSocket);
    return this.#listen(server);
  }

  /** Something to stop when the test is over. */
  atEnd(end: () => Promise<void>): void {
    this.#ends.push(end);
  }

  async #listen(server: Server): Promise<number> {
    const { port, close } = await openServer(server);
    this.atEnd(close);
    return port;
  }

  async #end(): Promise<void> {
    const closed = new ModemError("MODEM_OFFLINE", "closed");
    this.driver.dispose(closed);
    this.channel.close(closed);
    await this.#plugged?.transport.close();
    this.#plugged = undefined;
    for (const end of this.#ends.splice(0)) await end();
    expectExplained(this.sent.splice(0).filter((line) => !line.includes("***")));
  }
}

export const tcp = (changes: Partial<ConnectOptions> = {}): ConnectOptions => ({
  host: "peer.test",
  port: 7,
  timeout: 20_000,
  mode: "command",
  ...changes,
});

export const sha256 = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");
