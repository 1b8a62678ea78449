import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ModemError } from "../../../../driver/errors";
import { failure } from "../../../support/failure";
import { bytes } from "../parser/feed";
import { FakeLine } from "./fake-line";
import { CSQ, setUp, simple } from "./set-up";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("URCs", () => {
  it("reach listeners by prefix until they leave, in flight or not", () => {
    const { channel, line } = setUp();
    const heard: string[] = [];
    const off = channel.onUrc("+CEREG", ({ text }) => heard.push(text));
    channel.onUrc("", ({ text }) => heard.push(`all ${text}`));
    line.say("\r\n+CEREG: 1\r\n");
    void channel.send(CSQ);
    line.say("AT+CSQ\r\r\n+CEREG: 2\r\n\r\n+CSQ: 1,1\r\n+CSCON: 1\r\nOK\r\n");
    off();
    line.say("\r\n+CEREG: 3\r\n");
    expect(heard).toEqual([
      "+CEREG: 1",
      "all +CEREG: 1",
      "+CEREG: 2",
      "all +CEREG: 2",
      "all +CSCON: 1",
      "all +CEREG: 3",
    ]);
  });

  it("go to the other listeners when one throws", () => {
    const { channel, line, trace } = setUp();
    const heard: string[] = [];
    channel.onUrc("", () => {
      throw new Error("broken");
    });
    channel.onUrc("", ({ text }) => heard.push(text));
    line.say("\r\n+CEREG: 1\r\n");
    expect(heard).toEqual(["+CEREG: 1"]);
    expect(trace).toContain("note A URC listener failed: Error: broken");
  });

  it("that come before the command's OK reach a waiter made ahead of it", async () => {
    const { channel, line } = setUp();
    const waiter = channel.waitForUrc(({ text }) => (text.startsWith("+UUHTTPCR:") ? text : undefined), {
      timeout: 500,
      operation: "GET",
    });
    const work = channel.send(simple("AT+UHTTPC=0,1"));
    line.say("\r\n+UUHTTPCR: 0,1,1\r\n\r\nOK\r\n");
    await work;
    waiter.start();
    expect(await waiter.promise).toBe("+UUHTTPCR: 0,1,1");
  });

  it("that never come fail their waiter after its time, which runs from start()", async () => {
    const { channel } = setUp();
    const waiter = channel.waitForUrc(() => undefined, { timeout: 500, operation: "GET http://a" });
    const work = failure(waiter.promise);
    await vi.advanceTimersByTimeAsync(10_000);
    waiter.start();
    await vi.advanceTimersByTimeAsync(499);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    const error = await work;
    expect(error.code).toBe("MODEM_TIMEOUT");
    expect(error.message).toContain("GET http://a");
  });

  it("don't reach a waiter that left, by cancel or abort", async () => {
    const { channel, line } = setUp();
    const match = vi.fn(() => undefined);
    const abort = new AbortController();
    const cancelled = channel.waitForUrc(match, { timeout: 500, operation: "x" });
    const aborted = channel.waitForUrc(match, { timeout: 500, operation: "x", signal: abort.signal });
    cancelled.start();
    aborted.start();
    cancelled.cancel();
    abort.abort(new ModemError("INVALID_INPUT", "left"));
    expect((await failure(aborted.promise)).message).toBe("left");
    line.say("\r\n+CEREG: 1\r\n");
    expect(match).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
    const late = channel.waitForUrc(match, { timeout: 500, operation: "x", signal: abort.signal });
    expect((await failure(late.promise)).message).toBe("left");
  });

  it("give the command in flight the time they take on the line", async () => {
    const line = new FakeLine(100);
    const { channel } = setUp({ line });
    const work = channel.send(CSQ);
    const payload = "x".repeat(76);
    await vi.advanceTimersByTimeAsync(900);
    line.say(`\r\n+UUFTPCD: 1,76,"${payload}"\r\n`);
    await vi.advanceTimersByTimeAsync(900);
    line.say("\r\nOK\r\n");
    await work;
  });
});

describe("abort", () => {
  it("leaves no listener behind on the signal, however the work ends", async () => {
    const { channel, line } = setUp();
    const { signal } = new AbortController();
    const waiter = channel.waitForUrc(({ text }) => text, { timeout: 500, operation: "x", signal });
    const left = channel.waitForUrc(({ text }) => text, { timeout: 500, operation: "x", signal });
    const works = [channel.send(simple("AT+A", { signal })), failure(channel.send(simple("AT+B", { signal })))];
    left.cancel();
    line.say("\r\n+CEREG: 1\r\n\r\nOK\r\n");
    line.say("\r\nERROR\r\n");
    await Promise.all([...works, waiter.promise]);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("takes a queued command from the queue", async () => {
    const { channel, line } = setUp();
    const abort = new AbortController();
    const first = channel.send(CSQ);
    const second = failure(channel.send(simple("AT+B", { signal: abort.signal })));
    const third = channel.send(simple("AT+C"));
    abort.abort(new ModemError("INVALID_INPUT", "left"));
    expect((await second).message).toBe("left");
    line.take();
    line.say("\r\nOK\r\n");
    await first;
    expect(line.text).toBe("AT+C\r");
    line.say("\r\nOK\r\n");
    await third;
  });

  it("of one in flight is told at once, but the line is free only when it has ended there", async () => {
    const { channel, line } = setUp();
    const abort = new AbortController();
    const upload = { prompt: "@", data: bytes("abc") } as const;
    const first = failure(channel.send(simple("AT+A", { upload, signal: abort.signal })));
    const second = channel.send(simple("AT+B"));
    line.take();
    line.say("AT+A\r\r\n@");
    abort.abort(new ModemError("INVALID_INPUT", "left"));
    expect((await first).message).toBe("left");
    await vi.advanceTimersByTimeAsync(60);
    expect(line.take()).toBe("abc");
    line.say("\r\nOK\r\n");
    expect(line.text).toBe("AT+B\r");
    line.say("\r\nOK\r\n");
    await second;
  });

  it("ahead of time sends nothing", async () => {
    const { channel, line } = setUp();
    const signal = AbortSignal.abort(new ModemError("INVALID_INPUT", "left"));
    expect((await failure(channel.send(simple("AT+A", { signal })))).message).toBe("left");
    expect(line.text).toBe("");
  });
});

describe("a modem that boots", () => {
  it("fails what is in flight, queued and awaited, and then takes commands again", async () => {
    const boots: string[] = [];
    const { channel, line } = setUp({ hooks: { onBoot: (text) => boots.push(text) } });
    const works = [
      channel.send(CSQ),
      channel.send(CSQ),
      channel.waitForUrc(() => undefined, { timeout: 500, operation: "x" }).promise,
    ].map(failure);
    line.take();
    line.say("AT+CSQ\r\r\n+CSQ: 1\0\0\r\nRDY\r\n\r\n+CSCON: 0\r\n");
    expect((await Promise.all(works)).map(({ code }) => code)).toEqual(Array(3).fill("MODEM_RESTARTED"));
    expect(boots).toEqual(["RDY"]);
    const next = channel.send(CSQ);
    expect(line.text).toBe("AT+CSQ\r");
    line.say("\r\nOK\r\n");
    await next;
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is no failure to who waits for it", async () => {
    const { channel, line } = setUp();
    const waiter = channel.waitForUrc(({ text }) => (text === "RDY" ? true : undefined), {
      timeout: 500,
      operation: "x",
    });
    line.say("\r\nRDY\r\n");
    expect(await waiter.promise).toBe(true);
  });
});

describe("close", () => {
  it("rejects everything queued, in flight and awaited, and whatever comes later", async () => {
    const { channel, line } = setUp();
    const heard = vi.fn();
    channel.onUrc("", heard);
    const waiter = channel.waitForUrc(() => undefined, { timeout: 500, operation: "x" });
    waiter.start();
    const works = [channel.send(CSQ), channel.send(CSQ), waiter.promise].map(failure);
    const error = new ModemError("MODEM_OFFLINE", "unplugged");
    channel.close(error);
    expect(await Promise.all(works)).toEqual([error, error, error]);
    line.take();
    expect(await failure(channel.send(CSQ))).toBe(error);
    expect(await failure(channel.waitForUrc(() => undefined, { timeout: 500, operation: "x" }).promise)).toBe(error);
    line.say("\r\n+CEREG: 1\r\n");
    channel.close(new ModemError("MODEM_BUSY", "again"));
    expect(heard).not.toHaveBeenCalled();
    expect(line.text).toBe("");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("in the middle of a read takes no more of it", async () => {
    const { channel, line } = setUp();
    const heard: string[] = [];
    channel.onUrc("", ({ text }) => {
      heard.push(text);
      channel.close(new ModemError("MODEM_OFFLINE", "x"));
    });
    line.say("\r\n+CEREG: 1\r\n\r\n+CEREG: 2\r\n");
    expect(heard).toEqual(["+CEREG: 1"]);
  });
});
