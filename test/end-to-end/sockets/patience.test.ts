import { createHash, randomBytes } from "node:crypto";
import { describe, expect, it, onTestFinished } from "vitest";
import { fastClock } from "../../support/clock";
import { pem, securityProfile } from "../tls/bench";
import { play, type Scene } from "./scene";
import { codeOf, Owner, SOCKET_MODELS, type SocketModel } from "./stage";

/** Of a test, for some megabytes in pieces of 1 kB on a busy machine. */
const LIMIT = { timeout: 240_000 };
/** More than a system takes for a peer that does not read. */
const MUCH = 12_000_000;
const PROFILE = securityProfile({ ca: pem("ca.cert") });

const sha256 = (data: Buffer): string => createHash("sha256").update(data).digest("hex");
/** ms of the fast clock. */
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Minutes pass in seconds. */
function playFast(model: SocketModel, scene: (scene: Scene) => Promise<void>): Promise<void> {
  onTestFinished(fastClock());
  return play(model, scene, { rounds: 1 });
}

describe.each(SOCKET_MODELS)("a queue of %s that is full", LIMIT, (model) => {
  it("for the better part of a minute holds up this connection only, and loses and repeats nothing", () =>
    playFast(model, async ({ stage, pair }) => {
      const { socket, owner, peer } = await pair();
      const received: Buffer[] = [];
      peer.on("data", (part: Buffer) => received.push(part)).resume();
      stage.fault("congestion:50s");
      const data = randomBytes(200_000);
      const started = performance.now();
      const sending = socket.send(data);
      await wait(20_000);
      expect((await stage.execute("AT+CSQ")).lines).toHaveLength(1);
      await sending;
      expect(performance.now() - started).toBeGreaterThan(45_000);
      peer.end();
      await socket.close();
      await expect.poll(() => Buffer.concat(received).length).toBe(data.length);
      expect(sha256(Buffer.concat(received))).toBe(sha256(data));
      expect(owner.ends).toEqual([undefined]);
    }));

  it("for minutes is MODEM_TIMEOUT, and the connection can be closed", () =>
    playFast(model, async ({ stage, pair }) => {
      const { socket, owner, peer } = await pair();
      stage.fault("congestion:5m");
      const started = performance.now();
      expect(await codeOf(socket.send(randomBytes(200_000)))).toBe("MODEM_TIMEOUT");
      expect(performance.now() - started).toBeGreaterThan(55_000);
      expect(owner.ends).toEqual([]);
      await socket.close();
      expect(owner.ends).toEqual([undefined]);
      peer.destroy();
      await wait(300_000);
    }));

  it("because the peer does not read goes on when it does", () =>
    playFast(model, async ({ stage, pair }) => {
      const { socket, peer } = await pair();
      const data = randomBytes(MUCH);
      const sending = codeOf(socket.send(data));
      const writes = () => stage.sent.filter((line) => /\+USOWR=|\+QISEND=\d+,[1-9]/.test(line)).length;
      for (let before = -1; writes() > before + 9; await wait(10_000)) before = writes();
      const received: Buffer[] = [];
      peer.on("data", (part: Buffer) => received.push(part)).resume();
      expect(await sending).toBeUndefined();
      peer.end();
      await socket.close();
      await expect.poll(() => Buffer.concat(received).length).toBe(data.length);
      expect(sha256(Buffer.concat(received))).toBe(sha256(data));
    }));
});

/** What each says when it gives up by itself: LARA-R6 after its 120 s, BG96 after the time it was given. */
describe.each([
  ["LARA-R6", "CONNECT_FAILED"],
  ["BG96", "MODEM_TIMEOUT"],
] as const)("an attempt to connect by %s", LIMIT, (model, code) => {
  it("that a TLS server never answers ends with its own time, and with the modem's", () =>
    playFast(model, async ({ stage, peers }) => {
      const connect = (timeout: number) => stage.connect(peers.port, new Owner(), { timeout, security: PROFILE });
      expect(await codeOf(connect(10_000))).toBe("MODEM_TIMEOUT");
      expect(await codeOf(connect(290_000))).toBe(code);
    }));
});
