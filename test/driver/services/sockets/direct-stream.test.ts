import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Priority } from "../../../../driver/at/command";
import { ModemError } from "../../../../driver/errors";
import { outcome } from "../../../support/failure";
import { DataPeer, GUARD, WORDY } from "../../at/data-mode/data-peer";
import { command, OUT, pass, startBulk, Vendor } from "./direct-vendor";

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
