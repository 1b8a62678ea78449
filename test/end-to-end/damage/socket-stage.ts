import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { AtChannel } from "../../../driver/at/channel/channel";
import { now } from "../../../driver/at/clock";
import { ModemError } from "../../../driver/errors";
import { BG96 } from "../../../driver/quectel/bg96";
import { QuectelDriver } from "../../../driver/quectel/driver";
import type { ModelDriver, Services } from "../../../driver/services/model";
import type { SocketAddress, SocketEvents } from "../../../driver/services/sockets/sockets";
import { SimulatedTransport } from "../../../driver/transport/simulated";
import { UbloxDriver } from "../../../driver/ublox/driver";
import { LARA_R6 } from "../../../driver/ublox/lara-r6";
import { DamagedLine } from "../../support/damage";
import { type OpenServer, openServer } from "../../support/listen";

const DEFINITIONS = { "LARA-R6": LARA_R6, BG96 } as const;
const DRIVERS = {
  "LARA-R6": (channel: AtChannel) => new UbloxDriver(channel, LARA_R6),
  BG96: (channel: AtChannel) => new QuectelDriver(channel, BG96),
} as const;
export type Model = keyof typeof DEFINITIONS;
export const MODELS = Object.keys(DEFINITIONS) as Model[];

/** Down and up: with what looks like the modem's own words and line ends, at the start, within and at the end. */
export const DOWN = Buffer.from('\r\n\r\nOK\r\n"5,"\x00\xffsome more text\r\n', "latin1");
export const UP = Buffer.from("\x00up\r\n@> \xff1234567", "latin1");

/** What an owner is told. */
export class Owner implements SocketEvents {
  readonly parts: Buffer[] = [];
  readonly from: SocketAddress[] = [];
  end: { readonly error: ModemError | undefined } | undefined;

  get data(): Buffer {
    return Buffer.concat(this.parts);
  }

  onData(data: Buffer, from: SocketAddress): void {
    this.parts.push(Buffer.from(data));
    this.from.push(from);
  }

  onClosed(error?: ModemError): void {
    this.end = { error };
  }
}

/** A peer that sends `DOWN` and closes once it has had as many bytes as `UP`. */
export class TalkingPeer {
  readonly #got: Buffer[] = [];
  isOver = false;

  constructor(readonly socket: Socket) {
    const isOver = (): void => {
      this.isOver = true;
    };
    socket.on("error", isOver).on("close", isOver);
    socket.on("data", (part) => {
      this.#got.push(part);
      if (this.got.length >= UP.length) socket.end();
    });
    socket.on("end", () => socket.end());
    socket.write(DOWN);
  }

  get got(): Buffer {
    return Buffer.concat(this.#got);
  }
}

/** One driver on one simulated modem behind a line that can be damaged, and who it talks to. */
export class Stage {
  readonly line: DamagedLine;
  /** Since the last `forget`. */
  readonly peers: TalkingPeer[] = [];
  readonly datagrams: Buffer[] = [];
  readonly #channel: AtChannel;
  readonly #server: OpenServer;
  readonly #echo: UdpSocket;
  readonly driver: ModelDriver<Pick<Services, "packetData" | "sockets">>;
  isBroken = false;

  private constructor(name: Model, server: OpenServer, echo: UdpSocket) {
    const definition = DEFINITIONS[name];
    this.#server = server;
    this.#echo = echo;
    this.line = new DamagedLine(new SimulatedTransport(`sim:${name}?route=peer.test:*=127.0.0.1:${server.port}`));
    const onBoot = (): void => {
      this.isBroken = true;
    };
    this.#channel = new AtChannel(this.line, { onBoot, onUnresponsive: onBoot });
    // Only the bytes are damaged here, not the times.
    this.#channel.useDialect({ ...definition.dialect, gap: 0, promptDelay: { "@": 0, ">": 0, CONNECT: 0 } });
    this.driver = DRIVERS[name](this.#channel);
  }

  static async open(name: Model): Promise<Stage> {
    let stage: Stage | undefined;
    const server = await openServer(
      createServer({ allowHalfOpen: true }, (socket) => stage?.peers.push(new TalkingPeer(socket))),
    );
    const echo = createSocket("udp4");
    echo.on("message", (message, { port, address }) => {
      stage?.datagrams.push(message);
      echo.send(message, port, address);
    });
    echo.bind(0, "127.0.0.1");
    await once(echo, "listening");
    stage = new Stage(name, server, echo);
    await stage.#start();
    return stage;
  }

  get udpPort(): number {
    return this.#echo.address().port;
  }

  /** Somebody out there connects to a port that the modem listens on, and talks. */
  dial(port: number): TalkingPeer {
    return new TalkingPeer(connect({ port, host: "127.0.0.1", allowHalfOpen: true }));
  }

  forget(): void {
    this.peers.length = 0;
    this.datagrams.length = 0;
  }

  async close(): Promise<void> {
    const closed = new ModemError("MODEM_OFFLINE", "closed");
    this.driver.dispose(closed);
    this.#channel.close(closed);
    await this.line.close();
    this.#echo.close();
    await this.#server.close();
  }

  async #start(): Promise<void> {
    await this.line.open();
    await this.driver.initialise();
    const { packetData } = this.driver.services;
    await packetData.define({ cid: 1, apn: "internet", pdpType: "IPV4V6", authType: "none" });
    for (let tries = 1; ; tries += 1) {
      try {
        return await packetData.activate(1);
      } catch (error) {
        if (tries === 20) throw error;
        await wait(() => false, 500);
      }
    }
  }
}

/** Lets the clock run until it is so; whether it has become so within `ms`. */
export async function wait(isSo: () => boolean, ms: number): Promise<boolean> {
  for (const end = now() + ms; !isSo() && now() < end; ) await turn();
  return isSo();
}
