import { randomInt } from "node:crypto";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Priority } from "../../../driver/at/command";
import { DataPeer, GUARD, TERSE, WORDY } from "../at/data-peer";
import { command, OUT, outcome, pass, Vendor } from "./direct-vendor";

const SEED = Number(process.env.SEED ?? randomInt(2 ** 31));
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

  it("takes a doubt in data mode to the next time out", async () => {
    vendor.stream.doubt();
    await pass(10_000);
    expect([vendor.commands(), vendor.peer.inData]).toEqual([["AT+OPEN"], true]);
    void vendor.channel.send(command("AT+A"));
    await pass(1000 + OUT);
    expect(vendor.commands()).toEqual(["AT+A", "AT+STATE", "AT+ENTER"]);
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
