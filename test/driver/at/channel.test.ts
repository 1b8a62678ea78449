import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AtChannel, type ChannelHooks } from "../../../driver/at/channel";
import type { Dialect } from "../../../driver/at/channel-types";
import { type Command, Priority } from "../../../driver/at/command";
import { ANY } from "../../../driver/at/expectation";
import { commandLine, quote } from "../../../driver/at/fields";
import { ModemError } from "../../../driver/errors";
import { FakeLine } from "./fake-line";
import { bytes } from "./feed";
import { DIALECT } from "./grammar";

const NO_GAP: Dialect = { ...DIALECT, gap: 0 };

function setUp({ dialect = NO_GAP, line = new FakeLine(), hooks = {} as ChannelHooks } = {}) {
  const trace: string[] = [];
  const onTrace = (entry: { direction: string; text: string }) => trace.push(`${entry.direction} ${entry.text}`);
  const channel = new AtChannel(line, { onTrace, ...hooks });
  channel.useDialect(dialect);
  return { channel, line, trace };
}

const simple = (line: string, more: Partial<Command> = {}): Command => ({ line, label: line, timeout: 1000, ...more });
const CSQ = simple("AT+CSQ", { expects: [{ prefix: "+CSQ:" }] });
const texts = ({ lines }: { lines: readonly { text: string }[] }) => lines.map(({ text }) => text);
const failure = (work: Promise<unknown>): Promise<ModemError> =>
  work.then(
    () => Promise.reject(new Error("it did not fail")),
    (error) => error,
  );
/** Lets promises run, without time passing. */
const turns = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a command", () => {
  it("is written with a CR and gets its information lines", async () => {
    const { channel, line } = setUp();
    const work = channel.send(CSQ);
    expect(line.take()).toBe("AT+CSQ\r");
    line.say("AT+CSQ\r\r\n+CSQ: 5,99\r\n");
    line.say("\r\nOK\r\n");
    expect(texts(await work)).toEqual(["+CSQ: 5,99"]);
  });

  it("waits for the one before; larger priority goes first, equal ones in order", async () => {
    const { channel, line } = setUp();
    line.on(/./, () => undefined);
    const order: string[] = [];
    const send = (name: string, priority?: Priority) =>
      channel.send(simple(name, { ...(priority === undefined ? {} : { priority }) })).then(() => order.push(name));
    const works = [
      send("AT+A"),
      send("AT+B", Priority.Background),
      send("AT+C"),
      send("AT+D", Priority.Urgent),
      send("AT+E"),
      send("AT+F", Priority.Urgent),
    ];
    for (let sent = 0; sent < works.length; sent += 1) {
      expect(line.take().match(/\r/g)).toHaveLength(1);
      line.say("\r\nOK\r\n");
      await turns();
    }
    await Promise.all(works);
    expect(order).toEqual(["AT+A", "AT+D", "AT+F", "AT+C", "AT+E", "AT+B"]);
  });

  it("that is refused fails with the modem's words and number", async () => {
    const { channel, line } = setUp();
    const refused = async (result: string) => {
      const work = failure(channel.send(CSQ));
      line.say(`\r\n${result}\r\n`);
      const { code, message, cause } = await work;
      expect(code).toBe("MODEM_REJECTED");
      expect(message).toContain("AT+CSQ");
      return { message, ...cause };
    };
    expect(await refused("ERROR")).toEqual({
      message: "The modem refused AT+CSQ: ERROR",
      command: "AT+CSQ",
      result: "ERROR",
    });
    expect(await refused("+CME ERROR: 10")).toMatchObject({ errorCode: 10, errorText: "SIM not inserted" });
    expect(await refused("+CME ERROR: Operation not allowed")).toMatchObject({ errorCode: 3 });
    expect(await refused("+CMS ERROR: 321")).toMatchObject({ errorCode: 321, errorText: "invalid memory index" });
    expect(await refused("+CME ERROR: 714")).toMatchObject({ errorCode: 714, errorText: "DNS error" });
    expect(await refused("+CME ERROR: raspberry")).toEqual({
      message: "The modem refused AT+CSQ: raspberry (+CME ERROR: raspberry)",
      command: "AT+CSQ",
      result: "+CME ERROR: raspberry",
      errorText: "raspberry",
    });
  });

  it.each(["AT+A\rAT+B", "AT+A\nAT+B", "AT\u010d+B", "AT+A\x1a", "AT+Ä", "AT\0"])(
    "never leaves as %j",
    async (text) => {
      const { channel, line } = setUp();
      expect((await failure(channel.send(simple(text)))).code).toBe("INVALID_INPUT");
      expect(line.text).toBe("");
    },
  );

  it("that can't be written fails with the transport's error", async () => {
    const { channel, line } = setUp();
    line.break(new ModemError("MODEM_OFFLINE", "gone"));
    expect((await failure(channel.send(CSQ))).message).toBe("gone");
  });

  it("may be answered from within the write", async () => {
    const { channel, line } = setUp();
    line.on(/CSQ/, "AT+CSQ\r\r\n+CSQ: 1,2\r\n\r\nOK\r\n");
    const works = [channel.send(CSQ), channel.send(CSQ), channel.send(CSQ)];
    expect((await Promise.all(works)).map(texts)).toEqual(Array(3).fill(["+CSQ: 1,2"]));
  });

  it("for which anything goes gets every line that is no URC", async () => {
    const { channel, line } = setUp();
    const work = channel.send(simple("ATI", { expects: [ANY] }));
    line.say("ATI\r\r\nQuectel\r\nBG96\r\n\r\n+CEREG: 1\r\nRevision: 1\r\n\r\nOK\r\n");
    expect(texts(await work)).toEqual(["Quectel", "BG96", "Revision: 1"]);
  });
});

describe("the gap", () => {
  it("is kept after a final result, from its last byte", async () => {
    const { channel, line } = setUp({ dialect: DIALECT });
    const first = channel.send(CSQ);
    line.say("\r\nOK\r");
    await first;
    await vi.advanceTimersByTimeAsync(5);
    line.say("\n");
    line.take();
    void channel.send(CSQ);
    await vi.advanceTimersByTimeAsync(19);
    expect(line.text).toBe("");
    await vi.advanceTimersByTimeAsync(1);
    expect(line.text).toBe("AT+CSQ\r");
  });

  it("runs while other work is done: once over, the next command leaves in the same tick", async () => {
    const { channel, line } = setUp({ dialect: DIALECT });
    const first = channel.send(CSQ);
    line.say("\r\nOK\r\n");
    await first;
    await vi.advanceTimersByTimeAsync(20);
    line.take();
    void channel.send(CSQ);
    expect(line.text).toBe("AT+CSQ\r");
  });

  it("follows URCs too, but a storm of them can't hold the line for ever", async () => {
    const { channel, line } = setUp({ dialect: DIALECT });
    line.say("\r\n+CEREG: 1\r\n");
    void channel.send(CSQ);
    for (let ms = 0; ms < 95; ms += 5) {
      expect(line.text).toBe("");
      await vi.advanceTimersByTimeAsync(5);
      line.say("\r\n+CEREG: 1\r\n");
    }
    await vi.advanceTimersByTimeAsync(5);
    expect(line.text).toBe("AT+CSQ\r");
  });

  it("of no length lets the next command out in the same tick", async () => {
    const { channel, line } = setUp();
    const works = [channel.send(CSQ), channel.send(simple("AT+NEXT"))];
    line.take();
    line.say("\r\nOK\r\n");
    expect(line.text).toBe("AT+NEXT\r");
    line.say("\r\nOK\r\n");
    await Promise.all(works);
  });
});

describe("an upload", () => {
  const upload = (data: Uint8Array, prompt: ">" | "@" | "CONNECT" | "any" = "@") =>
    simple("AT+USOWR=0,3", { expects: [{ prefix: "+USOWR:" }], upload: { prompt, data } });

  it("waits for its prompt, and then for the model's delay", async () => {
    const { channel, line } = setUp();
    const work = channel.send(upload(bytes("\r\n\0")));
    line.take();
    line.say("AT+USOWR=0,3\r\r\n@");
    await vi.advanceTimersByTimeAsync(49);
    expect(line.text).toBe("");
    await vi.advanceTimersByTimeAsync(1);
    expect(line.take()).toBe("\r\n\0");
    line.say("\r\n+USOWR: 0,3\r\n\r\nOK\r\n");
    expect(texts(await work)).toEqual(["+USOWR: 0,3"]);
  });

  it("ends cleanly when an error comes in place of the prompt, or before the data", async () => {
    const { channel, line } = setUp();
    const first = failure(channel.send(upload(bytes("abc"))));
    line.say("\r\nERROR\r\n");
    expect((await first).code).toBe("MODEM_REJECTED");
    const second = failure(channel.send(upload(bytes("abc"))));
    line.say("\r\n@");
    line.say("\r\nERROR\r\n");
    expect((await second).code).toBe("MODEM_REJECTED");
    line.take();
    await vi.advanceTimersByTimeAsync(100);
    expect(line.text).toBe("");
  });

  it("goes in pieces, each when the one before has left, and stops at an early error", async () => {
    const line = new FakeLine(11_520);
    const { channel } = setUp({ line });
    const data = Buffer.alloc(10_000, "x");
    const work = channel.send(upload(data, "CONNECT"));
    line.take();
    line.say("\r\nCONNECT\r\n");
    await turns();
    expect(line.written.length).toBeGreaterThan(2);
    expect(line.take()).toBe(data.toString());
    line.say("\r\nOK\r\n");
    await work;

    const refused = failure(channel.send(upload(data, "CONNECT")));
    line.take();
    line.blocked = true;
    line.say("\r\nCONNECT\r\n");
    line.say("\r\nERROR\r\n");
    expect((await refused).code).toBe("MODEM_REJECTED");
    expect(line.text.length).toBeLessThan(data.length);
  });

  it("has its whole time limit after its last byte", async () => {
    const { channel, line } = setUp();
    const work = channel.send(upload(bytes("abc")));
    await vi.advanceTimersByTimeAsync(900);
    line.say("\r\n@");
    await vi.advanceTimersByTimeAsync(50 + 999);
    line.say("\r\nOK\r\n");
    await work;
  });

  it("takes whichever prompt comes when a person wrote the command", async () => {
    const { channel, line } = setUp();
    const work = channel.send(upload(bytes("abc"), "any"));
    line.take();
    line.say("\r\n> ");
    await vi.advanceTimersByTimeAsync(50);
    expect(line.text).toBe("abc");
    line.say("\r\nOK\r\n");
    await work;
  });
});

describe("a download", () => {
  it("collects its bytes, in any pieces", async () => {
    const { channel, line } = setUp();
    const work = channel.send(simple("AT+QFREAD=1,6", { download: { length: "announced" } }));
    for (const piece of ["AT+QFREAD=1,6\r\r\nCONN", "ECT 6\r", "\n\r\nO", "K\r\n", "\r\nOK\r\n"]) line.say(piece);
    expect((await work).data).toEqual(bytes("\r\nOK\r\n"));
  });

  it("that only silence ends is looked at while nothing arrives", async () => {
    const { channel, line } = setUp();
    const quiets: number[] = [];
    const length = (received: Buffer, quiet: number) => {
      quiets.push(quiet);
      return quiet < 1500 ? undefined : received.indexOf("\r\n+CME");
    };
    const work = failure(channel.send(simple("AT+QHTTPREAD=80", { download: { length }, timeout: 60_000 })));
    line.say("\r\nCONNECT\r\nhalf\r\n+CME ERROR: 714\r\n");
    await vi.advanceTimersByTimeAsync(2000);
    expect(quiets).toEqual([0, 500, 1000, 1500]);
    expect((await work).cause).toMatchObject({ errorCode: 714 });
  });
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

describe("the trace", () => {
  const secret = (value: string) => {
    const name = commandLine("+UHTTP=", 0, 3, quote(value, { field: "password", max: 64, secret: true }));
    return { ...name, timeout: 1000 };
  };

  it("shows both directions, payloads as a number of bytes", async () => {
    const { channel, line, trace } = setUp();
    const upload = { prompt: ">", data: bytes("abc") } as const;
    const work = channel.send(simple("AT+UDWNFILE=1", { upload }));
    line.say("AT+UDWNFILE=1\r\r\n>");
    await vi.advanceTimersByTimeAsync(50);
    line.say('\r\n+UUFTPCD: 1,2,"ab"\r\nOK\r\n');
    await work;
    const download = channel.send(simple("AT+R", { download: { length: 5 } }));
    line.say("\r\nCONNECT\r\nab");
    line.say("cde\r\nOK\r\n");
    await download;
    expect(trace).toEqual([
      "sent AT+UDWNFILE=1",
      "received AT+UDWNFILE=1",
      "received >",
      "sent <3 bytes>",
      'received +UUFTPCD: 1,2,"" <2 bytes>',
      "received OK",
      "sent AT+R",
      "received CONNECT",
      "received <5 bytes>",
      "received OK",
    ]);
  });

  it.each([
    ["its echo", 'AT+UHTTP=0,3,"P455w0rd"\r\r\nERROR\r\n'],
    ["a damaged echo", 'TTP=0,3,"P455w0rd"\r\r\nERROR\r\n'],
    ["noise", 'xx 0,3,"P455w0rd" xx\r\nERROR\r\n'],
    ["an answer", '+UHTTP: 0,3,"P455w0rd"\r\nERROR\r\n'],
    ["the error", "+CME ERROR: P455w0rd\r\n"],
  ])("shows no secret that comes back in %s", async (_where, answer) => {
    const noise: string[] = [];
    const { channel, line, trace } = setUp({ hooks: { onNoise: (data) => noise.push(Buffer.from(data).toString()) } });
    const work = failure(channel.send(secret("P455w0rd")));
    line.say(answer);
    const error = await work;
    const seen = JSON.stringify([trace, noise, error.message, error.cause]);
    expect(seen).toContain('AT+UHTTP=0,3,\\"***\\"');
    expect(seen).not.toContain("P455");
  });

  it("shows no secret of a command that is not answered", async () => {
    const { channel, trace } = setUp();
    const work = failure(channel.send(secret("P455w0rd")));
    await vi.advanceTimersByTimeAsync(1000);
    const error = await work;
    expect(error.code).toBe("MODEM_TIMEOUT");
    expect(JSON.stringify([trace, error.message, error.cause])).not.toContain("P455");
  });
});
