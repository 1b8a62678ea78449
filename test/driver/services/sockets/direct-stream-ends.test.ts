import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Priority } from "../../../../driver/at/command";
import { outcome } from "../../../support/failure";
import { RANDOM_TIMEOUT_MS, randomRuns } from "../../../support/random";
import { DataPeer, GUARD, TERSE, WORDY } from "../../at/data-mode/data-peer";
import { command, OUT, pass, Vendor } from "./direct-vendor";

let vendor: Vendor;

beforeEach(async () => {
  vi.useFakeTimers();
  vendor = await new Vendor().open();
});
afterEach(() => {
  vi.useRealTimers();
});

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

  it.each([[false], [true]])(
    "ends when entering is answered too late to keep what arrived (doubted: %s)",
    async (isDoubted) => {
      const { peer } = vendor;
      peer.answers.set("AT+ENTER", "");
      void vendor.channel.send(command("AT+A"));
      for (let time = 0; time < OUT && !peer.commands.includes("AT+ENTER"); time += 1) await pass(1);
      if (isDoubted) vendor.stream.doubt();
      const sending = outcome(vendor.stream.send(Buffer.from("x")));
      peer.dead = true;
      await pass(1200);
      peer.dead = false;
      peer.inData = true;
      peer.say("\r\nCONNECT\r\nnobody has it");
      peer.answers.set("AT+ENTER", "CONNECT");
      await pass(20_000);
      expect(vendor.ends).toEqual([expect.objectContaining({ code: "MODEM_TIMEOUT" })]);
      expect([await sending, vendor.data]).toEqual(["MODEM_TIMEOUT", ""]);
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  it("passes on what came on an entering that a doubt cut off before what is read then", async () => {
    void vendor.channel.send(command("AT+A"));
    for (let time = 0; time < OUT && !vendor.peer.commands.includes("AT+ENTER"); time += 1) await pass(1);
    vendor.stands = false;
    vendor.rest = ["three"];
    vendor.stream.doubt();
    await pass(5);
    let taken = (): void => undefined;
    vendor.take = () => {
      vendor.take = () => undefined;
      return new Promise((resolve) => {
        taken = resolve;
      });
    };
    vendor.peer.say("one ");
    vendor.peer.say("two ");
    await pass(2 * GUARD + 3000);
    expect([vendor.data, vendor.ends]).toEqual(["one ", []]);
    taken();
    await pass(100);
    expect([vendor.data, vendor.ends]).toEqual(["one two three", [undefined]]);
    expect(vi.getTimerCount()).toBe(0);
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

describe("a receiver that waits for the stream", () => {
  const answer = () => vendor.stream.send(Buffer.from("pong"));

  it("gets its answer sent when its data came while the stream stepped out", async () => {
    vendor.peer.late = "ping";
    vendor.take = answer;
    const work = outcome(vendor.channel.send(command("AT+A")));
    await pass(60_000);
    expect([await work, vendor.data, vendor.sent, vendor.ends]).toEqual(["done", "ping", "pong", []]);
    expect(vendor.commands()).toEqual(["AT+OPEN", "AT+A", "AT+ENTER"]);
  });

  it("gets its answer sent when the modem left behind its data and the connection stands", async () => {
    vendor.take = answer;
    vendor.peer.hangUp("ping\r\nDISCONNECT\r\n");
    await pass(60_000);
    expect([vendor.data, vendor.sent, vendor.ends, vendor.peer.inData]).toEqual(["ping", "pong", [], true]);
  });

  it("gets an answer refused, and the rest, when the peer closed behind its data", async () => {
    vendor.stands = false;
    vendor.rest = ["rest"];
    const answers: string[] = [];
    vendor.take = async () => {
      answers.push(await outcome(answer()));
    };
    vendor.peer.hangUp("ping\r\nDISCONNECT\r\n");
    await pass(60_000);
    expect([vendor.data, vendor.ends]).toEqual(["pingrest", [undefined]]);
    expect(answers).toEqual(["CONNECTION_CLOSED", "CONNECTION_CLOSED"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("can answer and close at the last data", async () => {
    vendor.stands = false;
    vendor.rest = ["rest"];
    const answers: string[] = [];
    vendor.take = async () => {
      const answering = outcome(answer());
      await vendor.stream.close();
      answers.push(await answering, "closed");
    };
    vendor.peer.hangUp();
    await pass(60_000);
    expect([vendor.data, answers, vendor.ends]).toEqual(["rest", ["CONNECTION_CLOSED", "closed"], []]);
  });

  it("that fails is no fault of the stream, which goes on", async () => {
    vendor.take = () => Promise.reject(new Error("no"));
    vendor.peer.say("one ");
    vendor.peer.late = "two ";
    const work = outcome(vendor.channel.send(command("AT+A")));
    await pass(60_000);
    expect([await work, vendor.data, vendor.ends, vendor.peer.inData]).toEqual(["done", "one two ", [], true]);
  });
});

/** What happens to a stream, and how long after the last happening. */
const happening = fc.record({
  what: fc.constantFrom("send", "say", "command", "background", "hang up"),
  text: fc.constantFrom("hello", "\r\nNO CARRIER\r\n", "+++", "\r\nDISCONNECT\r\n\r\nOK\r\n", "a\r\n", "\0\xff"),
  wait: fc.constantFrom(0, 10, 300, 1100, 5000),
});

describe("any course of events", () => {
  it("loses nothing, doubles nothing and invents nothing", { timeout: RANDOM_TIMEOUT_MS }, async () => {
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
    await fc.assert(fc.asyncProperty(fc.constantFrom(WORDY, TERSE), courses, run), randomRuns(150));
  });
});
