import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Priority } from "../../../../driver/at/command";
import { ANY } from "../../../../driver/at/parser/expectation";
import { ModemError } from "../../../../driver/errors";
import { failure } from "../../../support/failure";
import { DIALECT } from "../grammar";
import { bytes } from "../parser/feed";
import { FakeLine } from "./fake-line";
import { CSQ, NO_GAP, setUp, simple, texts, turns } from "./set-up";

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

  it("in the background gets its turn on a line that is never idle", async () => {
    const { channel, line } = setUp();
    line.on(/./, () => undefined);
    let done = false;
    const works = [channel.send(simple("AT+A")), channel.send(simple("AT+A"))];
    works.push(channel.send(simple("AT+B", { priority: Priority.Background })));
    works[2]?.then(() => {
      done = true;
    });
    for (let sent = 0; sent < 12 && !done; sent += 1) {
      works.push(channel.send(simple("AT+A")));
      line.say("\r\nOK\r\n");
      await turns();
    }
    expect(done).toBe(true);
    for (let left = 0; left < works.length; left += 1) {
      line.say("\r\nOK\r\n");
      await turns();
    }
    await Promise.all(works);
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
      message: "The modem refused AT+CSQ: +CME ERROR: raspberry",
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
    line.blocked = true;
    line.say("\r\n@");
    await vi.advanceTimersByTimeAsync(50 + 900);
    line.unblock();
    await vi.advanceTimersByTimeAsync(900);
    line.say("\r\nOK\r\n");
    await work;
  });

  it("answered from within its write leaves the rest of the read in order", async () => {
    const { channel, line } = setUp({ dialect: { ...NO_GAP, promptDelay: { "@": 0, ">": 0, CONNECT: 0 } } });
    const heard: string[] = [];
    channel.onUrc("", ({ text }) => heard.push(text));
    line.on("abc", "\r\n+USOWR: 0,3\r\n\r\nOK\r\n");
    const work = channel.send(upload(bytes("abc")));
    line.say("AT+USOWR=0,3\r\r\n@\r\n+CEREG: 1\r\n\r\n+CEREG: 2\r\n");
    expect(texts(await work)).toEqual(["+USOWR: 0,3"]);
    expect(heard).toEqual(["+CEREG: 1", "+CEREG: 2"]);
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
