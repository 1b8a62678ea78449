import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import type { SocketMode } from "../../../driver/services/sockets/sockets";
import { type OpenServer, openServer } from "../../support/listen";
import { Owner, type SocketModel, Stage } from "./stage";

/** What may go wrong goes wrong so often in a row, so that what one leaves adds up; to leave data mode takes seconds. */
const ROUNDS = { command: 3, direct: 1 } as const;

export interface PlayOptions {
  readonly rounds?: number;
  /** Of the connections that the scene makes. */
  readonly mode?: SocketMode;
}

/** A TCP server whose connections one does with as one likes. */
export class Peers {
  readonly open = new Set<Socket>();
  /** Whether they close when the other end does. */
  polite = true;
  port = 0;
  readonly #server: Server;
  #listening: OpenServer | undefined;
  readonly #fresh: Socket[] = [];

  constructor() {
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
      this.open.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => this.open.delete(socket));
      if (this.polite) socket.on("end", () => socket.end()).resume();
      else this.#fresh.push(socket);
    });
  }

  async start(): Promise<void> {
    this.#listening = await openServer(this.#server);
    this.port = this.#listening.port;
  }

  /** The next connection, of which nothing is read yet. */
  async next(): Promise<Socket> {
    for (;;) {
      const socket = this.#fresh.shift();
      if (socket !== undefined) return socket;
      await once(this.#server, "connection");
    }
  }

  hangUp(): void {
    for (const socket of this.open) socket.destroy();
  }

  async stop(): Promise<void> {
    await this.#listening?.close();
  }
}

export interface Scene {
  readonly stage: Stage;
  readonly peers: Peers;
  /** A connection, with both its ends. */
  pair(): Promise<{ socket: Awaited<ReturnType<Stage["connect"]>>; owner: Owner; peer: Socket }>;
}

/** Plays a scene some times over, and sees that nothing of it stays. */
export async function play(
  model: SocketModel,
  scene: (scene: Scene) => Promise<void>,
  { mode = "command", rounds = ROUNDS[mode] }: PlayOptions = {},
): Promise<void> {
  const peers = new Peers();
  await peers.start();
  onTestFinished(() => peers.stop());
  const stage = await Stage.open(model);
  onTestFinished(() => stage.close());
  const pair: Scene["pair"] = async () => {
    const owner = new Owner();
    const [socket, peer] = await Promise.all([stage.connect(peers.port, owner, { mode }), peers.next()]);
    return { socket, owner, peer };
  };
  // What is there after the first connection stays.
  await (await stage.connect(peers.port, new Owner())).close();
  const before = await stage.counts();
  peers.polite = false;
  for (let round = 0; round < rounds; round += 1) await scene({ stage, peers, pair });
  peers.polite = true;
  for (const socket of peers.open) socket.end().resume();
  await stage.expectNothingLeft(before, peers.port);
}
