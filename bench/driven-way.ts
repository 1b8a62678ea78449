import { once } from "node:events";
import type { ModemSocket, SocketMode, SocketService } from "../driver/services/sockets/sockets";
import type { FarEnd } from "./far-end";
import { Meter } from "./meter";
import type { Direction } from "./socket-ways";

const HOST = "bench.example";
/** ms */
const CONNECT = 30_000;
const LIMIT = 120_000;
/** What a message of a flow carries. */
const MESSAGE = 16_384;

export interface Transfer {
  readonly mode: SocketMode;
  readonly direction: Direction;
  readonly data: Buffer;
}

export interface Transferred {
  /** Bytes a second. */
  readonly rate: number;
  /** What the driver says that it took. */
  readonly way: string;
}

/** A transfer as the node `modem-socket` makes it. */
export async function measureDriver(
  sockets: SocketService,
  farEnd: FarEnd,
  { mode, direction, data }: Transfer,
): Promise<Transferred> {
  const meter = new Meter(data);
  const socket = await sockets.connect(
    { host: HOST, port: 7, timeout: CONNECT, mode },
    { onData: (bytes) => meter.take(bytes), onClosed: () => undefined },
  );
  const peer = await farEnd.next();
  try {
    if (direction === "up") {
      peer.on("data", (bytes) => meter.take(bytes));
      await send(socket, data);
    } else {
      peer.write(data);
    }
    return { rate: await meter.rate(LIMIT), way: socket.way };
  } finally {
    // The peer is to see the end of it before the number is given to the next.
    const closed = peer.destroyed ? undefined : once(peer, "close");
    await socket.close();
    peer.end();
    await closed;
  }
}

/** Two messages at a time: the second waits while the first is sent. */
async function send(socket: ModemSocket, data: Buffer): Promise<void> {
  let last: Promise<void> = Promise.resolve();
  for (let offset = 0; offset < data.length; offset += MESSAGE) {
    const sent = socket.send(data.subarray(offset, offset + MESSAGE));
    await last;
    last = sent;
  }
  await last;
}
