import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Priority } from "../../../../driver/at/command";
import { ModemError } from "../../../../driver/errors";
import { outcome } from "../../../support/failure";
import { bytes } from "../parser/feed";
import { connect, DataPeer, GUARD, inDataMode, type Opened, Seen, TERSE, WORDY } from "./data-peer";

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const command = (line: string, more = {}) => ({ line, label: line, timeout: 1000, ...more });
const LEAVING = 2 * GUARD + 1000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

async function left(opened: Opened): Promise<Opened> {
  const leaving = opened.link.leave();
  await pass(LEAVING);
  await leaving;
  return opened;
}

describe("data mode", () => {
  it("passes bytes both ways as they are, the first ones from right behind CONNECT", async () => {
    const { peer, seen, link } = await inDataMode(new DataPeer(), new Seen(), "CONNECT\r\n\r\nhello\0AT+X\r");
    await pass(200);
    expect(seen.data.toString("latin1")).toBe("\r\nhello\0AT+X\r\r\n");
    await link.write(bytes("AT+X\r"));
    await link.write(bytes("\0\xff+++"));
    expect(peer.payload.toString("latin1")).toBe("AT+X\r\0\xff+++");
    expect(peer.commands).toEqual(["AT+USODL=0"]);
  });

  it("lets what is queued wait, and says so once for each kind", async () => {
    const { peer, seen, channel, link } = await inDataMode();
    peer.answers.set("AT+A", "OK").set("AT+B", "OK");
    const works = [
      channel.send(command("AT+B", { priority: Priority.Background })),
      channel.send(command("AT+A")),
      channel.send(command("AT+A")),
    ].map(outcome);
    await pass(10_000);
    expect(seen.wanted).toEqual([true, false]);
    expect(peer.commands).toEqual(["AT+USODL=0"]);
    void link.leave();
    await pass(LEAVING);
    expect(await Promise.all(works)).toEqual(["done", "done", "done"]);
    expect(seen.ends).toEqual(["left"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("says so, too, of what was queued when it began", async () => {
    const peer = new DataPeer();
    const seen = new Seen();
    const opening = inDataMode(peer, seen);
    await opening;
    expect(seen.wanted).toEqual([]);
    const second = await inDataModeWithQueue();
    expect(second.wanted).toEqual([false]);
  });

  it("keeps the order of writes and awaits the line for each", async () => {
    const { peer, link } = await inDataMode();
    peer.blocked = true;
    let taken = 0;
    for (const part of ["a", "b", "c"]) void link.write(bytes(part)).then(() => (taken += 1));
    await pass(5000);
    expect([peer.payload.toString(), taken]).toEqual(["a", 0]);
    peer.unblock();
    await pass(10);
    expect([peer.payload.toString(), taken]).toEqual(["abc", 3]);
  });

  it("stops the line while the receiver is busy", async () => {
    const { peer, seen } = await inDataMode();
    let release = (): void => undefined;
    seen.take = () => new Promise((resolve) => (release = resolve));
    peer.say("one");
    expect(peer.paused).toBe(true);
    peer.say("two");
    await pass(60_000);
    expect(seen.data.toString()).toBe("one");
    release();
    await pass(0);
    expect(seen.data.toString()).toBe("onetwo");
    seen.take = () => undefined;
    release();
    await pass(0);
    expect(peer.paused).toBe(false);
  });

  it("lets the next command have its answer however much waits for the receiver", async () => {
    const opened = await inDataMode();
    const { peer, seen, link, channel } = opened;
    let release = (): void => undefined;
    seen.take = () => new Promise((resolve) => (release = resolve));
    peer.say("the first");
    const leaving = link.leave();
    const most = Buffer.alloc(1024 * 1024 - 10, "x");
    peer.say(most);
    // The modem leaves by itself; what looks the same before it is data.
    const end = "\r\nNO CARRIER\r\n";
    peer.hangUp(end + end);
    await pass(3 * LEAVING);
    const next = outcome(channel.send(command("AT")));
    await pass(5000);
    expect(await next).toBe("done");
    await leaving;
    seen.take = () => undefined;
    release();
    await pass(0);
    expect(seen.data.length).toBe("the first".length + most.length + end.length);
    expect(seen.ends).toEqual(["ended"]);
  });

  it("goes on when the receiver fails", async () => {
    const { peer, seen } = await inDataMode();
    seen.take = () => Promise.reject(new Error("no"));
    peer.say("one");
    await pass(0);
    seen.take = () => {
      throw new Error("nor this");
    };
    peer.say("two");
    await pass(0);
    expect(seen.data.toString()).toBe("onetwo");
    expect(peer.paused).toBe(false);
  });

  it("shows of payload only how much it is", async () => {
    const opened = await inDataMode();
    await opened.link.write(bytes("secret one"));
    opened.peer.say("secret two, longer");
    await left(opened);
    expect(opened.seen.traces.join("\n")).not.toContain("secret");
    expect(opened.seen.traces).toEqual(
      expect.arrayContaining(["sent <10 bytes>", "received <18 bytes>", "sent +++", "received DISCONNECT"]),
    );
  });
});

async function inDataModeWithQueue(): Promise<Seen> {
  const peer = new DataPeer();
  const { channel, link } = await inDataMode(peer);
  void link.leave();
  const seen = new Seen();
  const opening = channel.openData(connect(), seen.events);
  void outcome(channel.send(command("AT+A")));
  await pass(LEAVING);
  await opening;
  return seen;
}

describe("a command for data mode", () => {
  it("fails as any other when the modem refuses it, and the line goes on", async () => {
    const { channel, peer } = await left(await inDataMode());
    peer.answers.set("AT+USODL=0", "+CME ERROR: 714").set("AT+A", "OK");
    const refused = channel.openData(connect(), new Seen().events).catch((reason: ModemError) => reason);
    await pass(100);
    expect(await refused).toMatchObject({ code: "MODEM_REJECTED", cause: { command: "AT+USODL=0", errorCode: 714 } });
    const work = outcome(channel.send(command("AT+A")));
    await pass(100);
    expect(await work).toBe("done");
  });

  it("fails when the modem ends it without CONNECT", async () => {
    const { channel, peer } = await left(await inDataMode());
    peer.answers.set("AT+USODL=0", "OK");
    const work = outcome(channel.openData(connect(), new Seen().events));
    await pass(100);
    expect(await work).toBe("MODEM_REJECTED");
  });

  it("that is given up while it waits is never sent", async () => {
    const { channel, peer, link } = await inDataMode();
    const giveUp = new AbortController();
    const work = outcome(channel.openData(connect({ signal: giveUp.signal }), new Seen().events));
    giveUp.abort(new ModemError("MODEM_BUSY", "no"));
    expect(await work).toBe("MODEM_BUSY");
    void link.leave();
    await pass(10_000);
    expect(peer.commands).toEqual(["AT+USODL=0"]);
  });

  it("that is given up before CONNECT comes opens a link that is left again, and loses nothing", async () => {
    const { channel, peer } = await left(await inDataMode());
    const giveUp = new AbortController();
    const seen = new Seen();
    peer.answers.set("AT+USODL=0", "CONNECT\r\nfor somebody").set("AT+A", "OK");
    const work = outcome(channel.openData(connect({ signal: giveUp.signal }), seen.events));
    giveUp.abort(new ModemError("MODEM_BUSY", "no"));
    expect(await work).toBe("MODEM_BUSY");
    const next = outcome(channel.send(command("AT+A")));
    await pass(LEAVING);
    expect([await next, peer.inData, seen.data.toString(), seen.ends]).toEqual([
      "done",
      false,
      "for somebody\r\n",
      ["left"],
    ]);
  });

  it("of the background goes when nobody has used the line for a moment", async () => {
    const { channel, peer } = await left(await inDataMode());
    peer.commands.length = 0;
    peer.answers.set("AT+A", "OK");
    const background = { priority: Priority.Background };
    let work = channel.send(command("AT+A", background));
    const opening = channel.openData(connect(background), new Seen().events);
    for (let count = 1; count < 5; count += 1) {
      await pass(100);
      await work;
      work = channel.send(command("AT+A", background));
    }
    await pass(100);
    expect(peer.commands).toEqual(Array(5).fill("AT+A"));
    await pass(500);
    await opening;
    expect(peer.commands.at(-1)).toBe("AT+USODL=0");
  });

  it("of the background gets its turn on a line that is never free", async () => {
    const { channel, peer } = await left(await inDataMode());
    peer.answers.set("AT+A", "OK");
    let isOpen = false;
    const opening = channel.openData(connect({ priority: Priority.Background }), new Seen().events);
    void opening.then(() => (isOpen = true));
    for (let count = 0; count < 60 && !isOpen; count += 1) {
      void outcome(channel.send(command("AT+A")));
      await pass(100);
    }
    expect(isOpen).toBe(true);
  });
});

describe.each([
  ["DISCONNECT and OK", WORDY],
  ["OK", TERSE],
])("leaving data mode, which %s answer", (_words, grammar) => {
  it("takes two guard times of silence from the last byte on, and a bit", async () => {
    const opened = await inDataMode(new DataPeer(grammar));
    const { peer, link, seen } = opened;
    await link.write(bytes("last"));
    let isLeft = false;
    void link.leave().then(() => (isLeft = true));
    await pass(2 * GUARD);
    expect(isLeft).toBe(false);
    await pass(1000);
    expect(isLeft).toBe(true);
    expect([peer.payload.toString(), peer.inData, seen.ends, seen.data.length]).toEqual(["last", false, ["left"], 0]);
    expect(await outcome(link.write(bytes("more")))).toBe("CONNECTION_CLOSED");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("waits for writes that were accepted, and accepts no more", async () => {
    const { peer, link } = await inDataMode(new DataPeer(grammar));
    peer.blocked = true;
    const works = ["a", "b"].map((text) => outcome(link.write(bytes(text))));
    void link.leave();
    works.push(outcome(link.write(bytes("c"))));
    await pass(30_000);
    expect(peer.inData).toBe(true);
    peer.unblock();
    await pass(LEAVING);
    expect([await Promise.all(works), peer.payload.toString()]).toEqual([["done", "done", "CONNECTION_CLOSED"], "ab"]);
    expect(peer.inData).toBe(false);
  });

  it("keeps what arrives meanwhile", async () => {
    const opened = await inDataMode(new DataPeer(grammar));
    opened.peer.late = "late\r\nOK\r\n\r\nDISCONNECT\r\n\r\n+CEREG: 1\r\n";
    await left(opened);
    expect(opened.seen.data.toString()).toBe(opened.peer.late);
    expect([opened.seen.ends, opened.seen.urcs]).toEqual([["left"], []]);
  });

  it("routes what the modem reports behind it", async () => {
    const opened = await inDataMode(new DataPeer(grammar));
    void opened.link.leave();
    const say = opened.peer.say.bind(opened.peer);
    opened.peer.say = (text) =>
      say(typeof text === "string" && !opened.peer.inData ? `${text}\r\n+CEREG: 1\r\n\r\n+UUSORD: 0,7\r\n` : text);
    await pass(LEAVING);
    expect([opened.seen.urcs, opened.seen.data.toString()]).toEqual([["+CEREG: 1", "+UUSORD: 0,7"], ""]);
  });

  it("is left by a modem that reboots right behind it", async () => {
    const { peer, seen, link, channel } = await inDataMode(new DataPeer(grammar));
    const waiting = outcome(channel.send(command("AT+A")));
    void link.leave();
    await pass(GUARD + 500);
    peer.hangUp(`${grammar.answer.map((line) => `\r\n${line}\r\n`).join("")}\r\nRDY\r\n`);
    await pass(LEAVING);
    expect([await waiting, seen.data.toString(), seen.boots]).toEqual(["MODEM_RESTARTED", "", ["RDY"]]);
    expect([seen.ends, vi.getTimerCount()]).toEqual([["left"], 0]);
  });

  it("is tried again when nothing comes", async () => {
    const opened = await inDataMode(new DataPeer(grammar));
    opened.peer.deaf = 2;
    void opened.link.leave();
    await pass(20_000);
    expect([opened.seen.ends, opened.peer.payload.toString()]).toEqual([["left"], "++++++"]);
    expect(opened.peer.commands).toEqual(["AT+USODL=0"]);
  });

  it("of a modem that is gone ends with its silence", async () => {
    const opened = await inDataMode(new DataPeer(grammar));
    opened.peer.dead = true;
    const waiting = outcome(opened.channel.send(command("AT+A")));
    const leaving = opened.link.leave();
    await pass(60_000);
    await leaving;
    expect([await waiting, opened.seen.ends]).toEqual(["MODEM_TIMEOUT", [expect.any(ModemError)]]);
    expect(opened.seen.unresponsive).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("ends at once with the channel", async () => {
    const opened = await inDataMode(new DataPeer(grammar));
    opened.peer.blocked = true;
    void outcome(opened.link.write(bytes("stuck")));
    const leaving = opened.link.leave();
    const error = new ModemError("MODEM_OFFLINE", "unplugged");
    opened.channel.close(error);
    await leaving;
    expect(opened.seen.ends).toEqual([error]);
    expect(await outcome(opened.link.write(bytes("more")))).toBe("CONNECTION_CLOSED");
    expect(vi.getTimerCount()).toBe(0);
  });
});
