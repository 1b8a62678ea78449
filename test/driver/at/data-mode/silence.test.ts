import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { bytes } from "../parser/feed";
import { DataPeer, GUARD, inDataMode, WORDY } from "./data-peer";

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const LEAVING = 2 * GUARD + 1000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the silence before the escape sequence", () => {
  it("counts from when the bytes have left a line that is only known by its rate", async () => {
    const { peer, link } = await inDataMode(new DataPeer(WORDY, 1000));
    void link.write(Buffer.alloc(3000));
    void link.leave();
    await pass(3000 + GUARD);
    expect(peer.payload.length).toBe(3000);
    expect(peer.escapes).toBe(0);
    await pass(300);
    expect(peer.escapes).toBe(1);
  });

  it("counts from when a port says that they have left", async () => {
    const peer = new DataPeer();
    const waiting: (() => void)[] = [];
    Object.assign(peer, { drain: () => new Promise<void>((resolve) => waiting.push(resolve)) });
    const { link } = await inDataMode(peer);
    await link.write(bytes("held by flow control"));
    void link.leave();
    await pass(30_000);
    expect(peer.escapes).toBe(0);
    for (const drained of waiting) drained();
    await pass(GUARD);
    expect(peer.escapes).toBe(0);
    await pass(200);
    expect(peer.escapes).toBe(1);
  });

  it("is not waited for twice when nothing was sent for long", async () => {
    const { peer, link } = await inDataMode();
    await pass(5000);
    void link.leave();
    await pass(10);
    expect(peer.escapes).toBe(1);
  });

  it("is not ahead of what the line can carry by more than half a second or so", async () => {
    const { peer, link } = await inDataMode(new DataPeer(WORDY, 1000));
    void (async () => {
      for (;;) await link.write(Buffer.alloc(100));
    })().catch(() => undefined);
    await pass(10_000);
    expect(peer.payload.length).toBeGreaterThan(10_000);
    expect(peer.payload.length).toBeLessThan(10_800);
    void link.leave();
    await pass(LEAVING);
  });
});
