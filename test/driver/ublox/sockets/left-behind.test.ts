import { afterEach, expect, it, vi } from "vitest";
import type { ModemSocket } from "../../../../driver/services/sockets/sockets";
import { pass, passUntil, until, useFakeTime } from "../../../support/clock";
import { randomWords, runs, seed } from "../../../support/random";
import { type SocketBench, socketBench } from "./fake-sockets";

useFakeTime();
afterEach(() => {
  vi.restoreAllMocks();
});

/** A command of others. */
const OTHER = { line: "AT+USOER", label: "AT+USOER", expects: [{ prefix: "+USOER:" }], timeout: 5000 };

type End = (parts: SocketBench, socket: ModemSocket) => unknown;

/** Every way in which a connection ends. */
const ENDS: readonly End[] = [
  (_parts, socket) => socket.close(),
  (_parts, socket) => {
    socket.send(Buffer.alloc(3000, "x")).catch(() => undefined);
    return socket.close();
  },
  ({ module }, socket) => module.closeByPeer(socket.number),
  ({ module }, socket) => {
    module.receive(socket.number, Buffer.alloc(3000, "x"));
    module.closeByPeer(socket.number);
  },
  ({ module }, socket) => {
    module.closeByPeer(socket.number);
    return socket.close();
  },
  ({ module, peer }, socket) => {
    module.sockets.delete(socket.number);
    peer.urc(`+UUSORD: ${socket.number},5`);
  },
  ({ lose }) => lose(1),
];

/** Those of a direct link. */
const DIRECT_ENDS: readonly End[] = [
  (_parts, socket) => socket.close(),
  (_parts, socket) => {
    socket.send(Buffer.alloc(3000, "x")).catch(() => undefined);
    return socket.close();
  },
  ({ module }, socket) => module.closeByPeer(socket.number),
  ({ module }, socket) => module.closeByPeer(socket.number, "rest"),
  ({ module }, socket) => {
    module.receive(socket.number, Buffer.alloc(3000, "x"));
    module.closeByPeer(socket.number);
    return socket.close();
  },
  ({ module }, socket) => {
    module.closeByPeer(socket.number, "rest");
    return socket.send(Buffer.from("+++")).catch(() => undefined);
  },
  async ({ module, channel }, socket) => {
    await channel.send(OTHER);
    module.receive(socket.number, "bye");
    module.closeByPeer(socket.number);
  },
  ({ module }, socket) => {
    module.sockets.delete(socket.number);
    module.endLink();
  },
  ({ lose }) => lose(1),
  ({ lose, module }) => {
    module.endLink();
    lose(1);
  },
];

/** Counts those who listen to signals from now on that have not fired. */
function watchSignals(): () => number {
  const listeners = new Map<AbortSignal, Set<unknown>>();
  const { addEventListener, removeEventListener } = AbortSignal.prototype;
  vi.spyOn(AbortSignal.prototype, "addEventListener").mockImplementation(function (this: AbortSignal, ...call) {
    listeners.set(this, (listeners.get(this) ?? new Set()).add(call[1]));
    addEventListener.apply(this, call);
  });
  vi.spyOn(AbortSignal.prototype, "removeEventListener").mockImplementation(function (this: AbortSignal, ...call) {
    listeners.get(this)?.delete(call[1]);
    removeEventListener.apply(this, call);
  });
  return () => [...listeners].reduce((sum, [signal, those]) => sum + (signal.aborted ? 0 : those.size), 0);
}

it("leaves no socket, owner's event, listener or timer behind, however connections end", async () => {
  const word = randomWords();
  const next = (below: number): number => word() % below;
  const listening = watchSignals();
  const parts = socketBench();
  const timers = vi.getTimerCount();
  for (let round = 0; round < runs(200, 20); round += 1) {
    const made = await Promise.all(Array.from({ length: 1 + next(7) }, () => parts.connect()));
    for (const { socket } of made) {
      const end = ENDS[next(ENDS.length)];
      // One's loss of the data connection is that of all.
      if (parts.module.sockets.has(socket.number)) await end?.(parts, socket);
    }
    await until(() => made.every(({ seen }) => seen.closed.length > 0));
    for (const { socket } of made) await socket.close();
    expect(parts.module.sockets.size, `seed ${seed}, round ${round}`).toBe(0);
    expect(
      made.map(({ seen }) => seen.closed.length),
      `seed ${seed}, round ${round}`,
    ).toEqual(made.map(() => 1));
  }
  await until(() => vi.getTimerCount() === timers);
  expect(listening(), `seed ${seed}`).toBe(0);
  const seven = await Promise.all(Array.from({ length: 7 }, () => parts.connect()));
  expect(seven.map(({ socket }) => socket.number).sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

it("leaves nothing behind of direct links either", async () => {
  const listening = watchSignals();
  const parts = socketBench();
  const timers = vi.getTimerCount();
  for (const [round, end] of [...DIRECT_ENDS, ...DIRECT_ENDS].entries()) {
    const { socket, seen } = await pass(parts.connect({ mode: "direct" }));
    await pass(Promise.resolve(end(parts, socket)));
    await pass(seen.over);
    await pass(socket.close());
    await passUntil(() => parts.module.sockets.size === 0);
    expect(seen.closed, `end ${round}`).toHaveLength(1);
    expect(parts.module.linked).toBeUndefined();
  }
  await passUntil(() => vi.getTimerCount() === timers);
  expect(listening()).toBe(0);
  const seven = await pass(Promise.all(Array.from({ length: 7 }, () => parts.connect())));
  expect(seven.map(({ socket }) => socket.number).sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
});
