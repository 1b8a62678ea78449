import { randomInt } from "node:crypto";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AtChannel } from "../../../driver/at/channel";
import { Priority } from "../../../driver/at/command";
import { ModemError } from "../../../driver/errors";
import { DirectStream } from "../../../driver/services/direct-stream";
import { DataPeer, GUARD, TERSE, WORDY } from "../at/data-peer";
import { DIALECT } from "../at/grammar";

const SEED = Number(process.env.SEED ?? randomInt(2 ** 31));
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const outcome = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error: ModemError) => error.code ?? String(error),
  );
const command = (line: string, more = {}) => ({ line, label: line, timeout: 1000, ...more });
/** Longest time for stepping out and entering again. */
const OUT = 2 * GUARD + 1500;

/** A vendor's part for a modem with one socket. */
class Vendor {
  readonly channel: AtChannel;
  readonly ends: (ModemError | undefined)[] = [];
  readonly settled: string[] = [];
  data = "";
  stands = true;
  /** What the modem still holds when the connection stands no more. */
  rest: string[] = [];
  take: () => void | Promise<void> = () => undefined;
  readonly stream: DirectStream;

  constructor(readonly peer = new DataPeer()) {
    this.channel = new AtChannel(peer);
    this.stream = this.#stream();
    this.channel.useDialect({ ...DIALECT, dataMode: peer.grammar });
    for (const line of ["AT+OPEN", "AT+ENTER"]) peer.answers.set(line, "CONNECT");
    for (const line of ["AT+STATE", "AT+A"]) peer.answers.set(line, "OK");
  }

  #stream(): DirectStream {
    return new DirectStream({
      channel: this.channel,
      title: "TCP to a.test:7",
      enter: () => command("AT+ENTER"),
      settle: async (deliver) => {
        await this.channel.send(command("AT+STATE"));
        if (this.stands) return true;
        for (const part of this.rest.splice(0)) await deliver(Buffer.from(part));
        return false;
      },
      onData: (data) => {
        this.data += data.toString("latin1");
        return this.take();
      },
      onEnded: (error) => void this.ends.push(error),
    });
  }

  async open(): Promise<this> {
    const opening = this.stream.open(command("AT+OPEN"));
    await pass(100);
    await opening;
    return this;
  }

  get sent(): string {
    return this.peer.payload.toString("latin1");
  }

  /** Command lines since the last call. */
  commands(): string[] {
    return this.peer.commands.splice(0);
  }
}

let vendor: Vendor;

beforeEach(async () => {
  vi.useFakeTimers();
  vendor = await new Vendor().open();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a direct stream", () => {
  it("sends in the order of the calls and passes on what comes", async () => {
    const works = ["one ", "two ", "", "three"].map((text) => outcome(vendor.stream.send(Buffer.from(text))));
    await pass(10);
    vendor.peer.say("back");
    expect([await Promise.all(works), vendor.sent, vendor.data]).toEqual([
      Array(4).fill("done"),
      "one two three",
      "back",
    ]);
  });

  it("fails to open as the command does, and then says no more", async () => {
    const other = new Vendor();
    other.peer.answers.set("AT+OPEN", "ERROR");
    const opening = outcome(other.stream.open(command("AT+OPEN")));
    await pass(100);
    expect(await opening).toBe("MODEM_REJECTED");
    expect([await outcome(other.stream.send(Buffer.from("x"))), other.ends]).toEqual(["CONNECTION_CLOSED", []]);
  });

  it("gives up a send between two writes", async () => {
    vendor.peer.blocked = true;
    const giveUp = new AbortController();
    const work = outcome(vendor.stream.send(Buffer.alloc(200_000, "a"), giveUp.signal));
    const next = outcome(vendor.stream.send(Buffer.from("b")));
    await pass(10);
    giveUp.abort(new ModemError("MODEM_BUSY", "no"));
    expect(await work).toBe("MODEM_BUSY");
    vendor.peer.unblock();
    await pass(10);
    expect([await next, vendor.sent.length, vendor.sent.at(-1)]).toEqual(["done", 65_537, "b"]);
  });
});

describe("stepping out", () => {
  it("lets a command in soon after the last byte, and enters again behind it", async () => {
    const work = outcome(vendor.channel.send(command("AT+A")));
    await pass(1000 + OUT);
    expect([await work, vendor.commands(), vendor.peer.inData]).toEqual([
      "done",
      ["AT+OPEN", "AT+A", "AT+ENTER"],
      true,
    ]);
    void vendor.stream.send(Buffer.from("on"));
    await pass(10);
    expect([vendor.sent, vendor.ends]).toEqual(["on", []]);
  });

  it("waits with a send for the time out, and loses nothing of it", async () => {
    void vendor.channel.send(command("AT+A"));
    await pass(1100);
    const work = outcome(vendor.stream.send(Buffer.from("later")));
    await pass(100);
    expect(vendor.sent).toBe("");
    await pass(OUT);
    expect([await work, vendor.sent]).toEqual(["done", "later"]);
  });

  it("happens in the middle of a bulk transfer after about 5 s", async () => {
    const bulk = startBulk(vendor);
    await pass(20_000);
    expect(vendor.commands()).toEqual(["AT+OPEN"]);
    const work = outcome(vendor.channel.send(command("AT+A")));
    await pass(4000);
    expect(vendor.commands()).toEqual([]);
    await pass(1500 + OUT);
    expect([await work, vendor.commands()]).toEqual(["done", ["AT+A", "AT+ENTER"]]);
    await bulk.stop();
    expect(vendor.sent).toBe(bulk.expected());
  });

  it("cuts a large send in two, exactly", async () => {
    const line = await new Vendor(new DataPeer(WORDY, 11_520)).open();
    const data = Buffer.from(Array.from({ length: 50_000 }, (_, index) => `${index} `).join(""));
    const sending = outcome(line.stream.send(data));
    await pass(2000);
    const work = outcome(line.channel.send(command("AT+A")));
    await pass(60_000);
    expect([await work, await sending]).toEqual(["done", "done"]);
    expect(line.commands()).toEqual(["AT+OPEN", "AT+A", "AT+ENTER"]);
    expect(line.peer.payload.equals(data)).toBe(true);
  });

  it("does not happen for the background in a bulk transfer, but when it pauses", async () => {
    const bulk = startBulk(vendor);
    const work = outcome(vendor.channel.send(command("AT+A", { priority: Priority.Background })));
    await pass(60_000);
    expect(vendor.commands()).toEqual(["AT+OPEN"]);
    await bulk.stop();
    await pass(1000 + OUT);
    expect([await work, vendor.commands()]).toEqual(["done", ["AT+A", "AT+ENTER"]]);
    expect(vendor.sent).toBe(bulk.expected());
  });

  it("happens for the background after minutes even so, that a dead line be found", async () => {
    const bulk = startBulk(vendor);
    const work = outcome(vendor.channel.send(command("AT+A", { priority: Priority.Background })));
    await pass(310_000);
    expect(await work).toBe("done");
    await bulk.stop();
  });

  it("happens for the background at most every 10 s", async () => {
    const background = { priority: Priority.Background };
    let entered = 0;
    for (let time = 0; time < 60_000; time += 1000) {
      void outcome(vendor.channel.send(command("AT+A", background)));
      await pass(1000);
      entered += vendor.commands().filter((line) => line === "AT+ENTER").length;
    }
    expect(entered).toBeGreaterThan(2);
    expect(entered).toBeLessThan(6);
  });

  it("lets all that belongs together in at once", async () => {
    const work = (async () => {
      for (let count = 0; count < 6; count += 1) {
        await vendor.channel.send(command("AT+A", { priority: Priority.Background }));
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    })();
    await pass(3000 + OUT);
    await work;
    expect(vendor.commands()).toEqual(["AT+OPEN", ...Array(6).fill("AT+A"), "AT+ENTER"]);
  });

  it("keeps what arrives on the way out", async () => {
    vendor.peer.late = "late\r\nDISCONNECT\r\n";
    void vendor.channel.send(command("AT+A"));
    await pass(1000 + OUT);
    expect(vendor.data).toBe("late\r\nDISCONNECT\r\n");
  });
});

/** Keeps the stream sending, a numbered line every 50 ms. */
function startBulk({ stream }: Vendor) {
  let isRunning = true;
  let count = 0;
  const line = (index: number): string => `line ${index}\n`;
  const run = (async () => {
    while (isRunning) {
      await stream.send(Buffer.from(line(count)));
      count += 1;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  return {
    expected: () => Array.from({ length: count }, (_, index) => line(index)).join(""),
    stop: async () => {
      isRunning = false;
      await pass(OUT + 6000);
      await run;
    },
  };
}

describe("after the modem left by itself", () => {
  it("enters again while the connection stands", async () => {
    vendor.peer.hangUp();
    await pass(2 * GUARD + 2000);
    expect([vendor.commands(), vendor.ends]).toEqual([["AT+OPEN", "+++AT", "AT", "AT+STATE", "AT+ENTER"], []]);
    void vendor.stream.send(Buffer.from("on"));
    await pass(10);
    expect([vendor.sent, vendor.data]).toEqual(["on", ""]);
  });

  it("reads what is left and ends when the peer has closed", async () => {
    vendor.stands = false;
    vendor.rest = ["a ", "few ", "more"];
    vendor.peer.say("first ");
    vendor.peer.hangUp();
    const sending = outcome(vendor.stream.send(Buffer.from("too late")));
    await pass(2 * GUARD + 2000);
    expect([vendor.data, vendor.ends, vendor.sent]).toEqual(["first a few more", [undefined], ""]);
    expect(await sending).toBe("CONNECTION_CLOSED");
    expect(await outcome(vendor.stream.send(Buffer.from("x")))).toBe("CONNECTION_CLOSED");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("sends what waited for the end to be made out once it has entered again", async () => {
    vendor.peer.hangUp();
    const sending = outcome(vendor.stream.send(Buffer.from("waited")));
    await pass(2 * GUARD + 2000);
    expect([await sending, vendor.sent]).toEqual(["done", "waited"]);
  });

  it("can't go on when bytes were on their way to a connection that stands", async () => {
    vendor.peer.blocked = true;
    const sending = outcome(vendor.stream.send(Buffer.from("lost")));
    await pass(10);
    vendor.peer.hangUp();
    vendor.peer.unblock();
    await pass(2 * GUARD + 2000);
    expect(await sending).toBe("done");
    expect(vendor.ends).toEqual([expect.objectContaining({ code: "CONNECTION_CLOSED" })]);
    expect(vendor.ends[0]?.message).toMatch(/TCP to a.test:7.*how many it took is not known/);
    expect(await outcome(vendor.stream.send(Buffer.from("x")))).toBe("CONNECTION_CLOSED");
  });

  it("ends without an error when bytes were on their way and the peer has closed", async () => {
    vendor.stands = false;
    void vendor.stream.send(Buffer.from("bye"));
    await pass(10);
    vendor.peer.hangUp();
    await pass(2 * GUARD + 2000);
    expect(vendor.ends).toEqual([undefined]);
  });

  it("asks again, a few times, when entering is refused", async () => {
    vendor.peer.answers.set("AT+ENTER", "ERROR");
    vendor.peer.hangUp();
    await pass(2 * GUARD + 3000);
    expect(vendor.commands().filter((line) => line === "AT+ENTER").length).toBeGreaterThan(0);
    vendor.peer.answers.set("AT+ENTER", "CONNECT");
    await pass(3000);
    expect([vendor.peer.inData, vendor.ends]).toEqual([true, []]);
  });

  it("ends when entering is refused for good", async () => {
    vendor.peer.answers.set("AT+ENTER", "ERROR");
    vendor.peer.hangUp();
    await pass(30_000);
    expect(vendor.ends).toEqual([expect.objectContaining({ code: "MODEM_REJECTED" })]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("ends when entering is refused since the connection stands no more", async () => {
    vendor.peer.answers.set("AT+ENTER", "ERROR");
    void vendor.channel.send(command("AT+A"));
    vendor.stands = false;
    vendor.rest = ["rest"];
    await pass(1000 + OUT);
    expect([vendor.data, vendor.ends]).toEqual(["rest", [undefined]]);
  });

  it("asks before it enters when there is a doubt", async () => {
    void vendor.channel.send(command("AT+A"));
    await pass(GUARD + 1550);
    vendor.stands = false;
    vendor.stream.doubt();
    await pass(2000);
    expect([vendor.commands(), vendor.ends]).toEqual([["AT+OPEN", "AT+A", "AT+STATE"], [undefined]]);
  });

  it("takes a doubt in data mode to the next time out", async () => {
    vendor.stream.doubt();
    await pass(10_000);
    expect([vendor.commands(), vendor.peer.inData]).toEqual([["AT+OPEN"], true]);
    void vendor.channel.send(command("AT+A"));
    await pass(1000 + OUT);
    expect(vendor.commands()).toEqual(["AT+A", "AT+STATE", "AT+ENTER"]);
  });
});

describe("closing a direct stream", () => {
  it("sends what was given before, leaves, and says nothing", async () => {
    const works = ["a", "b"].map((text) => outcome(vendor.stream.send(Buffer.from(text))));
    const closing = vendor.stream.close();
    works.push(outcome(vendor.stream.send(Buffer.from("c"))));
    await pass(OUT);
    await closing;
    expect([await Promise.all(works), vendor.sent]).toEqual([["done", "done", "CONNECTION_CLOSED"], "ab"]);
    expect([vendor.peer.inData, vendor.ends, vendor.commands()]).toEqual([false, [], ["AT+OPEN"]]);
    expect(vendor.stream.close()).toBe(closing);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("that has stepped out enters no more", async () => {
    void vendor.channel.send(command("AT+A"));
    await pass(GUARD + 1550);
    const closing = vendor.stream.close();
    await pass(OUT);
    await closing;
    expect([vendor.peer.inData, vendor.commands()]).toEqual([false, ["AT+OPEN", "AT+A"]]);
  });

  it("goes on when the peer closes meanwhile", async () => {
    vendor.stands = false;
    vendor.peer.hangUp();
    void outcome(vendor.stream.send(Buffer.from("too late")));
    const closing = vendor.stream.close();
    await pass(20_000);
    await closing;
    expect(vendor.ends).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("may be asked for by the receiver of data, who waits for it", async () => {
    const closed = vi.fn();
    vendor.take = () => vendor.stream.close().then(closed);
    vendor.peer.say("close now");
    await pass(OUT);
    expect(closed).toHaveBeenCalledOnce();
    expect(vendor.peer.inData).toBe(false);
  });

  it("at once, from outside, fails what is being sent and passes nothing more on", async () => {
    vendor.peer.blocked = true;
    const sending = outcome(vendor.stream.send(Buffer.from("stuck")));
    await pass(10);
    const ending = vendor.stream.end(new ModemError("NO_CONNECTION", "down"));
    expect(await sending).toBe("NO_CONNECTION");
    vendor.peer.unblock();
    vendor.peer.say("late");
    await pass(OUT);
    await ending;
    expect([vendor.data, vendor.ends, vendor.peer.inData]).toEqual(["", [], false]);
  });

  it("with the line fails what is being sent and tells of it once", async () => {
    vendor.peer.blocked = true;
    const sending = outcome(vendor.stream.send(Buffer.from("stuck")));
    await pass(10);
    const error = new ModemError("MODEM_OFFLINE", "unplugged");
    vendor.channel.close(error);
    await pass(10);
    expect([await sending, vendor.ends]).toEqual(["MODEM_OFFLINE", [error]]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

/** What happens to a stream, and how long after the last happening. */
const happening = fc.record({
  what: fc.constantFrom("send", "say", "command", "background", "hang up"),
  text: fc.constantFrom("hello", "\r\nNO CARRIER\r\n", "+++", "\r\nDISCONNECT\r\n\r\nOK\r\n", "a\r\n", "\0\xff"),
  wait: fc.constantFrom(0, 10, 300, 1100, 5000),
});

describe(`any course of events (seed ${SEED})`, () => {
  it("loses nothing, doubles nothing and invents nothing", { timeout: 60_000 }, async () => {
    const run = async (
      grammar: typeof WORDY,
      course: { what: string; text: string; wait: number }[],
    ): Promise<void> => {
      const line = await new Vendor(new DataPeer(grammar)).open();
      let sent = "";
      let said = "";
      const works: Promise<string>[] = [];
      for (const { what, text, wait } of course) {
        if (what === "send") {
          sent += text;
          works.push(outcome(line.stream.send(Buffer.from(text, "latin1"))));
        } else if (what === "command") works.push(outcome(line.channel.send(command("AT+A"))));
        else if (what === "background") {
          works.push(outcome(line.channel.send(command("AT+A", { priority: Priority.Background }))));
        } else if (line.peer.inData) {
          // A modem whose line was silent for long; with bytes on their way it could not be exact.
          if (what === "hang up") {
            const before = line.sent;
            await pass(400);
            if (line.peer.inData && before === sent) line.peer.hangUp();
          } else {
            said += text;
            line.peer.say(Buffer.from(text, "latin1"));
          }
        }
        await pass(wait);
      }
      await pass(120_000);
      expect((await Promise.all(works)).every((result) => result === "done")).toBe(true);
      expect([line.sent, line.data, line.ends, line.peer.inData]).toEqual([sent, said, [], true]);
    };
    const courses = fc.array(happening, { maxLength: 12 });
    await fc.assert(fc.asyncProperty(fc.constantFrom(WORDY, TERSE), courses, run), { seed: SEED, numRuns: 150 });
  });
});
