import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AtChannel } from "../../../../driver/at/channel/channel";
import { DirectStream } from "../../../../driver/services/sockets/direct-stream";
import { randomRuns } from "../../../support/random";
import { DataPeer } from "../../at/data-mode/data-peer";
import { DIALECT } from "../../at/grammar";

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const command = (line: string) => ({ line, label: line, timeout: 1000 });

/** Remembers what was written when. */
class Recorder extends DataPeer {
  readonly #writes: { readonly text: string; readonly at: number }[] = [];

  override write(data: Uint8Array): Promise<void> {
    if (this.inData) this.#writes.push({ text: Buffer.from(data).toString("latin1"), at: performance.now() });
    return super.write(data);
  }

  /** What a modem hears between silences of the guard time. */
  heard(guard: number): string[] {
    const runs: string[] = [];
    let last = Number.NEGATIVE_INFINITY;
    for (const { text, at } of this.#writes) {
      if (at - last >= guard) runs.push(text);
      else runs.push(`${runs.pop() ?? ""}${text}`);
      last = at;
    }
    return runs;
  }
}

async function open() {
  const peer = new Recorder();
  const channel = new AtChannel(peer);
  channel.useDialect({ ...DIALECT, dataMode: peer.grammar });
  peer.answers.set("AT+ENTER", "CONNECT");
  const stream = new DirectStream({
    channel,
    operation: "TCP to a.test:7",
    enter: () => command("AT+ENTER"),
    settle: () => Promise.resolve(false),
    onData: () => undefined,
    onEnded: () => undefined,
  });
  const opening = stream.open(command("AT+ENTER"));
  await pass(100);
  await opening;
  return { peer, stream };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a payload that looks like the escape sequence", () => {
  it.each([
    ["whole", ["+++"]],
    ["in pieces", ["+", "++"]],
    ["byte by byte", ["+", "+", "+"]],
    ["behind a line", ["ab\r\n", "+++"]],
    ["twice", ["+++", "+++"]],
  ])("arrives: %s", async (_case, texts) => {
    const { peer, stream } = await open();
    await pass(5000);
    const sent = texts.map((text) => stream.send(Buffer.from(text)));
    await pass(20_000);
    await Promise.all(sent);
    expect([peer.payload.toString(), peer.inData]).toEqual([texts.join(""), true]);
    expect(peer.heard(1000)).not.toContain("+++");
  });

  it("arrives whatever the pauses are", async () => {
    const step = fc.record({
      text: fc.constantFrom("+", "++", "+++", "++++", "a", "a+++", "+++a", ""),
      pause: fc.constantFrom(0, 100, 600, 1100, 3000),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const { peer, stream } = await open();
        const sends: Promise<void>[] = [];
        for (const { text, pause } of steps) {
          sends.push(stream.send(Buffer.from(text)));
          await pass(pause);
        }
        await pass(60_000);
        await Promise.all(sends);
        expect([peer.payload.toString(), peer.inData]).toEqual([steps.map(({ text }) => text).join(""), true]);
        for (const guard of [500, 1000, 2000]) expect(peer.heard(guard)).not.toContain("+++");
      }),
      randomRuns(200),
    );
  });

  it("goes at once where it is a part of more", async () => {
    const { peer, stream } = await open();
    await pass(5000);
    await stream.send(Buffer.from("+++ATH"));
    expect(peer.payload.toString()).toBe("+++ATH");
  });

  it("leaves no timer behind when the stream ends before it has gone", async () => {
    const { stream } = await open();
    const sent = stream.send(Buffer.from("+++")).catch((error: Error) => error);
    await pass(100);
    const ending = stream.end();
    await pass(10_000);
    await ending;
    expect(await sent).toMatchObject({ code: "CONNECTION_CLOSED" });
    expect(vi.getTimerCount()).toBe(0);
  });
});
