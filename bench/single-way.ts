import { toInteger } from "../driver/at/fields";
import { type BareLine, quoted } from "./bare-line";
import type { FarEnd } from "./far-end";
import { Meter } from "./meter";
import type { Way } from "./socket-ways";

const HOST = "bench.example";
/** ms */
const LIMIT = 120_000;

/** Bytes a second of a transfer by this way alone, as of a driver that knows no other. */
export async function measureSingleWay(line: BareLine, way: Way, farEnd: FarEnd, data: Buffer): Promise<number> {
  const isHex = way.syntax === "hex";
  const socket = await line.connect(HOST, 7);
  const peer = await farEnd.next();
  if (isHex) await line.hexMode(true);
  const meter = new Meter(data);
  try {
    if (way.direction === "up") {
      peer.on("data", (bytes) => meter.take(bytes));
      for (let offset = 0; offset < data.length; offset += way.size) {
        await write(line, socket, way, data.subarray(offset, offset + way.size));
      }
    } else {
      peer.write(data);
      while (meter.missing > 0) await read(line, socket, way, meter);
    }
    return await meter.rate(LIMIT);
  } finally {
    if (isHex) await line.hexMode(false);
    await line.send("+USOCL=", [socket]);
    peer.destroy();
  }
}

async function write(line: BareLine, socket: number, { syntax }: Way, piece: Buffer): Promise<void> {
  const target = [socket, piece.length];
  const taken =
    syntax === "prompt"
      ? await line.send("+USOWR=", target, { prompt: "@", data: piece })
      : await line.send("+USOWR=", [...target, quoted(piece.toString(syntax === "hex" ? "hex" : "latin1"))]);
  if (toInteger(taken[1]) !== piece.length)
    throw new Error(`the modem took ${taken[1]?.text} of ${piece.length} bytes`);
}

async function read(line: BareLine, socket: number, { size, syntax }: Way, meter: Meter): Promise<void> {
  const [, , content] = await line.send("+USORD=", [socket, size]);
  if (content === undefined) return;
  meter.take(syntax === "hex" ? Buffer.from(content.text, "hex") : (content.data ?? Buffer.alloc(0)));
}
