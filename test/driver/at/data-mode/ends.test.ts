import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { DataModeGrammar } from "../../../../driver/at/dialect";
import { outcome } from "../../../support/failure";
import { RANDOM_TIMEOUT_MS, randomRuns } from "../../../support/random";
import { bytes, cutAt } from "../parser/feed";
import { connect, DataPeer, GUARD, inDataMode, type Opened, Seen, TERSE, WORDY } from "./data-peer";

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
/** Longest time in which an end is made out. */
const MADE_OUT = 10_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a modem that leaves data mode by itself", () => {
  it.each([
    ["DISCONNECT", WORDY, "\r\nDISCONNECT\r\n"],
    ["NO CARRIER", WORDY, "\r\nNO CARRIER\r\n"],
    ["NO CARRIER", TERSE, "\r\nNO CARRIER\r\n"],
    ["DISCONNECT and OK", WORDY, "\r\nDISCONNECT\r\n\r\nOK\r\n"],
  ])("with %s is found out, and what it reports behind that is routed", async (_words, grammar, end) => {
    for (const echo of [true, false]) {
      const { peer, seen } = await opened(grammar, echo);
      peer.say("data\r\n");
      peer.hangUp(`${end}\r\n+UUSORD: 0,7\r\n\r\n+CEREG: 1\r\n`);
      await pass(MADE_OUT);
      expect([seen.data.toString(), seen.ends]).toEqual(["data\r\n", ["ended"]]);
      expect(seen.urcs).toEqual(["+UUSORD: 0,7", "+CEREG: 1"]);
      expect(seen.resynchronised).not.toHaveBeenCalled();
      expect(vi.getTimerCount()).toBe(0);
    }
  });

  it("loses no report that comes while it is being made out", async () => {
    const { peer, seen } = await inDataMode();
    peer.hangUp();
    for (let count = 0; count < 20; count += 1) {
      await pass(GUARD / 4);
      peer.say(`\r\n+UUSORD: 0,${count}\r\n`);
    }
    await pass(MADE_OUT);
    expect(seen.urcs).toEqual(Array.from({ length: 20 }, (_, count) => `+UUSORD: 0,${count}`));
    expect([seen.data.toString(), seen.ends]).toEqual(["", ["ended"]]);
  });

  it("while bytes are on their way to it cuts them off, and their echo is no data", async () => {
    const { peer, seen, link } = await inDataMode();
    await link.write(bytes("one\r"));
    peer.hangUp();
    peer.say("one\r\r\nERROR\r\n");
    peer.say("\r\n+CEREG: 1\r\n");
    const next = outcome(link.write(bytes("two\r")));
    await pass(MADE_OUT);
    expect([seen.data.toString(), seen.ends, seen.urcs]).toEqual(["", ["cut"], ["+CEREG: 1"]]);
    expect([await next, peer.payload.toString()]).toEqual(["CONNECTION_CLOSED", "one\r"]);
    expect(seen.traces.join("\n")).not.toContain("one");
  });

  it("long after the last byte cuts nothing off", async () => {
    const { peer, seen, link } = await inDataMode();
    await link.write(bytes("one\r"));
    await pass(1000);
    peer.hangUp();
    await pass(MADE_OUT);
    expect(seen.ends).toEqual(["ended"]);
  });

  it.each([
    ["cuts off what was sent since then", "cut", true],
    ["cuts nothing off that was sent before", "ended", false],
  ])("while its receiver is busy %s", async (_words, end, isSent) => {
    for (const isSilent of [false, true]) {
      const { peer, seen, link } = await opened(WORDY, !isSilent);
      await link.write(bytes("one"));
      await pass(1000);
      let release = (): void => undefined;
      seen.take = () => new Promise((resolve) => (release = resolve));
      peer.say("data");
      if (isSilent) peer.inData = false;
      else peer.hangUp();
      await pass(1000);
      if (isSent) await link.write(bytes("two"));
      await pass(5000);
      release();
      if (isSilent) void link.leave();
      await pass(2 * MADE_OUT);
      expect([seen.data.toString(), seen.ends]).toEqual(["data", [end]]);
    }
  });

  it("without a word is found out when data mode is left", async () => {
    for (const echo of [true, false]) {
      const { peer, seen, link } = await opened(WORDY, echo);
      peer.inData = false;
      await pass(60_000);
      void link.leave();
      await pass(2 * MADE_OUT);
      expect([seen.ends, seen.data.toString()]).toEqual([["ended"], ""]);
      expect(seen.resynchronised).toHaveBeenCalledOnce();
    }
  });

  it("by a reboot fails what waits, as everywhere", async () => {
    const { peer, seen, channel } = await inDataMode();
    const waiting = outcome(channel.send({ line: "AT+A", label: "AT+A", timeout: 1000 }));
    peer.hangUp("\r\nRDY\r\n");
    await pass(500);
    peer.say("\r\n+CEREG: 0\r\n");
    await pass(MADE_OUT);
    expect([await waiting, seen.boots, seen.data.toString()]).toEqual(["MODEM_RESTARTED", ["RDY"], ""]);
    expect(seen.ends).toEqual([expect.objectContaining({ code: "MODEM_RESTARTED" })]);
    expect(seen.urcs).toEqual(["RDY", "+CEREG: 0"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    ["its word for that", WORDY, "\r\nNO CARRIER\r\n\r\nRDY\r\n", 0],
    ["its word for that, a while before", WORDY, "\r\nDISCONNECT\r\n\r\n+CEREG: 0\r\n\r\nRDY\r\n", 700],
    ["the echo of the escape sequence", TERSE, "+++\r\nRDY\r\n", 0],
  ])("by a reboot behind %s gives none of it to the receiver", async (_words, grammar, text, wait) => {
    const { peer, seen, link } = await inDataMode(new DataPeer(grammar));
    peer.say("data");
    if (text.startsWith("+++")) void link.leave();
    await pass(GUARD + 200);
    peer.dead = true;
    peer.hangUp(text.slice(0, -7));
    await pass(wait);
    peer.say(text.slice(-7));
    await pass(MADE_OUT);
    expect([seen.data.toString(), seen.boots]).toEqual(["data", ["RDY"]]);
    expect(seen.ends).toEqual([expect.objectContaining({ code: "MODEM_RESTARTED" })]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("while it is asked to keeps payload that ends where its word for that begins", async () => {
    const { peer, seen, link } = await inDataMode(new DataPeer(TERSE));
    void link.leave();
    await pass(GUARD + 50);
    peer.say("\r\nOK");
    peer.hangUp();
    await pass(MADE_OUT);
    expect([seen.data.toString(), seen.ends]).toEqual(["\r\nOK", ["ended"]]);
  });

  it("and then answers nothing is reported", async () => {
    const { peer, seen } = await inDataMode();
    peer.hangUp();
    peer.dead = true;
    await pass(60_000);
    expect(seen.ends).toEqual([expect.objectContaining({ code: "MODEM_TIMEOUT" })]);
    expect(seen.unresponsive).toHaveBeenCalledOnce();
  });
});

async function opened(grammar: DataModeGrammar, echo: boolean): Promise<Opened> {
  const peer = new DataPeer(grammar);
  peer.echo = echo;
  return inDataMode(peer);
}

describe("a payload that reads like an end", () => {
  it.each(["\r\nDISCONNECT\r\n", "\r\nNO CARRIER\r\n\r\nOK\r\n", "\r\nRDY\r\n", "\r\nDISCONNECT\r\n\r\n+CEREG: 1\r\n"])(
    "%j is passed on at once when more follows",
    async (text) => {
      const { peer, seen } = await inDataMode();
      peer.say(`${text}more`);
      expect(seen.data.toString()).toBe(`${text}more`);
      await pass(MADE_OUT);
      expect([seen.ends, seen.urcs]).toEqual([[], []]);
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  it("with silence behind it costs leaving data mode, and nothing else", async () => {
    const { peer, seen, link } = await inDataMode();
    peer.say("a\r\nNO CARRIER\r\n");
    await pass(200);
    expect(seen.data.toString()).toBe("a");
    const waiting = outcome(link.write(bytes("held")));
    await pass(MADE_OUT);
    expect([seen.data.toString(), seen.ends, seen.urcs]).toEqual(["a\r\nNO CARRIER\r\n", ["left"], []]);
    expect([await waiting, peer.payload.toString(), peer.commands]).toEqual(["CONNECTION_CLOSED", "", ["AT+USODL=0"]]);
  });

  it("costs not even that when more follows before the escape sequence", async () => {
    const { peer, seen, link } = await inDataMode();
    await link.write(bytes("x"));
    await pass(400);
    peer.say("\r\nNO CARRIER\r\n");
    const waiting = outcome(link.write(bytes("held")));
    await pass(400);
    expect(peer.payload.toString()).toBe("x");
    peer.say("more");
    await pass(MADE_OUT);
    expect([await waiting, peer.payload.toString(), seen.ends]).toEqual(["done", "xheld", []]);
    expect(seen.data.toString()).toBe("\r\nNO CARRIER\r\nmore");
  });

  it("is not taken for silence while the receiver is busy", async () => {
    const { peer, seen } = await inDataMode();
    const release: (() => void)[] = [];
    seen.take = () => new Promise((resolve) => release.push(resolve));
    peer.say("a\r\nNO CARRIER\r\n");
    peer.say("more");
    await pass(60_000);
    for (let turn = 0; turn < 5; turn += 1) {
      for (const each of release.splice(0)) each();
      await pass(0);
    }
    expect([seen.data.toString(), seen.ends]).toEqual(["a\r\nNO CARRIER\r\nmore", []]);
  });

  it("passes a line end on soon, though it may be the beginning of an end", async () => {
    const { peer, seen } = await inDataMode();
    peer.say("line\r\n");
    expect(seen.data.toString()).toBe("line");
    await pass(150);
    expect(seen.data.toString()).toBe("line\r\n");
  });
});

/** What payloads must be safe from, and what makes them look alike. */
const SNIPPETS = [
  "\r\nDISCONNECT\r\n",
  "\r\nNO CARRIER\r\n",
  "\r\nNO CARRIER\r\n\r\nOK\r\n",
  "\r\nDISCONNECT\r\n\r\nOK\r\n",
  "\r\nOK\r\n",
  "\r\nRDY\r\n",
  "\r\n+UUSORD: 0,12\r\n",
  "\r\n+CEREG: 1",
  "+++",
  "\r\n",
  "\r",
  "\r\nDISCON",
  "NECT\r\n",
  "OK",
  "\0",
  "AT\r",
];
const payload = fc
  .array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...SNIPPETS) }, fc.string({ maxLength: 8 })), {
    maxLength: 8,
  })
  .map((parts) => bytes(parts.join("")));
const cuts = fc.array(fc.nat(200), { maxLength: 6 });
const pauses = fc.array(fc.constantFrom(0, 1, 40, 90, 150, 350, 2000, 8000), { minLength: 1, maxLength: 4 });
const REPORTS = ["\r\n+CEREG: 1\r\n", "\r\n+UUSORD: 0,12\r\n", "\r\n+CSCON: 1\r\n"];
const reports = fc.array(fc.constantFrom(...REPORTS), { maxLength: 3 });

describe("any payload", () => {
  /** Says the payload in pieces; where data mode was left to look into a piece, it is entered again as a user would. */
  async function say(first: Opened, pieces: readonly Buffer[], waits: readonly number[]): Promise<Opened> {
    let line = first;
    for (const [index, piece] of pieces.entries()) {
      line = await reenter(line);
      line.peer.say(piece);
      await pass(waits[index % waits.length] ?? 0);
    }
    return reenter(line);
  }

  async function reenter(line: Opened): Promise<Opened> {
    const { peer, seen, channel } = line;
    if (peer.inData) return line;
    await pass(MADE_OUT);
    expect(seen.ends.splice(0)).toEqual(["left"]);
    const opening = channel.openData(connect(), seen.events);
    await pass(100);
    return { ...line, link: await opening };
  }

  const grammars = fc.constantFrom(WORDY, TERSE);

  it("arrives as it is however it is cut, and the host leaves", { timeout: RANDOM_TIMEOUT_MS }, async () => {
    const property = fc.asyncProperty(
      grammars,
      payload,
      cuts,
      pauses,
      reports,
      async (grammar, data, at, waits, urcs) => {
        const line = await say(await inDataMode(new DataPeer(grammar), new Seen()), cutAt(data, at), waits);
        void line.link.leave();
        await pass(GUARD + 200);
        for (const urc of urcs) setTimeout(() => line.peer.say(urc), GUARD);
        await pass(MADE_OUT);
        expect(line.seen.data.toString("latin1")).toBe(data.toString("latin1"));
        expect(line.seen.urcs).toEqual(urcs.map((urc) => urc.trim()));
        expect(line.seen.ends).toEqual(["left"]);
        expect(line.peer.payload.length).toBe(0);
      },
    );
    await fc.assert(property, randomRuns(300));
  });

  it("arrives as it is however it is cut, and the modem leaves", { timeout: RANDOM_TIMEOUT_MS }, async () => {
    const property = fc.asyncProperty(
      grammars,
      payload,
      cuts,
      pauses,
      reports,
      async (grammar, data, at, waits, urcs) => {
        const line = await say(await inDataMode(new DataPeer(grammar), new Seen()), cutAt(data, at), waits);
        const end = bytes(`\r\n${grammar.ends[0]}\r\n${urcs.join("")}`);
        for (const piece of cutAt(end, at)) {
          line.peer.hangUp(piece);
          // An echo comes before or behind a line, not in it.
          line.peer.echo = false;
          await pass(Math.min(waits[0] ?? 0, 40));
        }
        line.peer.echo = true;
        await pass(2 * MADE_OUT);
        expect(line.seen.data.toString("latin1")).toBe(data.toString("latin1"));
        expect(line.seen.urcs).toEqual(urcs.map((urc) => urc.trim()));
        // It may have left while it was being asked to.
        expect(["ended", "left"]).toContain(line.seen.ends[0]);
        expect(line.seen.ends.length).toBe(1);
      },
    );
    await fc.assert(property, randomRuns(300));
  });
});
