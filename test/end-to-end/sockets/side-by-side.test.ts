import { createHash, randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TestServer } from "../../nodes/support/http-server";
import { Peers } from "./scene";
import { Owner, SOCKET_MODELS, Stage } from "./stage";

/** Bytes of each socket, each way. */
const BULK = 300_000;
const SOCKETS = 3;
/** Requests and plain commands, one after the other, while the bytes go. */
const SMALL = 10;
/** Commands of sockets that carry bytes, with the socket's number. */
const CHUNK = /\+(USOWR|USORD|QISEND|QIRD)=(\d+),(?!0\b)/;

interface Chunk {
  readonly socket: number;
  readonly way: "up" | "down";
}

function chunkOf(line: string): Chunk | undefined {
  const match = CHUNK.exec(line);
  if (match === null) return undefined;
  return { socket: Number(match[2]), way: match[1] === "USOWR" || match[1] === "QISEND" ? "up" : "down" };
}

const digest = (data: Buffer): string => createHash("sha256").update(data).digest("hex");

describe.each(SOCKET_MODELS)("three sockets of %s that carry much both ways", (model) => {
  const peers = new Peers();
  const web = new TestServer((request, response) => response.end(`page ${request.url}`));
  let stage: Stage;
  beforeEach(async () => {
    await peers.start();
    peers.polite = false;
    await web.start();
    stage = await Stage.open(model, `&route=web.example:80=127.0.0.1:${web.port}`);
  });
  afterEach(async () => {
    await stage.close();
    await peers.stop();
    await web.stop();
  });

  /** A connection on which bytes go both ways. */
  async function start() {
    const owner = new Owner();
    const [socket, peer] = await Promise.all([stage.connect(peers.port, owner), peers.next()]);
    const up = randomBytes(BULK);
    const down = randomBytes(BULK);
    const arrived = collect(peer, BULK);
    const received = collectFrom(owner, BULK);
    peer.write(down);
    const sent = socket.send(up);
    const whole = Promise.all([sent, arrived, received]).then(([, above, below]) => {
      expect([digest(above), digest(below)]).toEqual([digest(up), digest(down)]);
    });
    return { socket, whole };
  }

  it("share the line by turns, and let requests and commands in after at most one chunk of each", async () => {
    const bulks = [];
    for (let made = 0; made < SOCKETS; made += 1) bulks.push(await start());
    let isDone = false;
    const all = Promise.all(bulks.map(({ whole }) => whole)).then(() => {
      isDone = true;
    });
    const { http } = await stage.services();
    const waits: number[] = [];
    const order: Chunk[] = [];
    stage.onSent((line) => {
      const chunk = chunkOf(line);
      if (chunk !== undefined) order.push(chunk);
    });
    for (let number = 0; number < SMALL && !isDone; number += 1) {
      const before = stage.sent.length;
      await stage.execute("AT+CGMM");
      waits.push(stage.sent.slice(before).indexOf("AT+CGMM"));
      const url = `http://web.example/${number}`;
      const { body } = await http.request({ method: "GET", url, headers: [], timeout: 20_000 });
      expect(String(body)).toBe(`page /${number}`);
    }
    expect(isDone).toBe(false);
    await all;
    // The chunk that is on the line already was sent before.
    expect(Math.max(...waits)).toBeLessThanOrEqual(1);
    expectTurns(
      order,
      bulks.map(({ socket }) => socket.number),
    );
    peers.hangUp();
    await Promise.all(bulks.map(({ socket }) => socket.close()));
  }, 60_000);
});

/** While all of them have something to carry, they take turns. */
function expectTurns(order: readonly Chunk[], sockets: readonly number[]): void {
  for (const way of ["up", "down"] as const) {
    const turns = order.filter((chunk) => chunk.way === way).map(({ socket }) => socket);
    const together = turns.slice(0, Math.min(...sockets.map((socket) => turns.lastIndexOf(socket))));
    expect(together.length).toBeGreaterThan(100);
    const longest = Math.max(...sockets.map((socket) => longestWait(together, socket)));
    expect(longest).toBe(SOCKETS - 1);
  }
}

/** Most chunks of others between two of a socket's. */
function longestWait(order: readonly number[], socket: number): number {
  let longest = 0;
  let waited = 0;
  for (const turn of order) {
    waited = turn === socket ? 0 : waited + 1;
    longest = Math.max(longest, waited);
  }
  return longest;
}

async function collect(stream: Socket, length: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let total = 0;
  return new Promise((resolve) => {
    stream.on("data", (part: Buffer) => {
      parts.push(part);
      total += part.length;
      if (total >= length) resolve(Buffer.concat(parts));
    });
    stream.resume();
  });
}

async function collectFrom(owner: Owner, length: number): Promise<Buffer> {
  await expect.poll(() => owner.parts.reduce((sum, part) => sum + part.length, 0), { timeout: 50_000 }).toBe(length);
  return owner.data;
}
