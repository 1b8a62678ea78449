import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Priority } from "../../../../driver/at/command";
import { answeringModem, command, outcome, type ScriptedModem } from "./scripted-modem";

let modem: ScriptedModem;

beforeEach(async () => {
  vi.useFakeTimers();
  modem = await answeringModem();
  modem.answers.set("AT+X=LONG", "+X: LONG\r\n\r\nOK");
  modem.answers.set("AT+X=ONLY", "OK");
  modem.answers.set("AT+X=NEXT", "+X: NEXT\r\n\r\nOK");
});
afterEach(() => {
  vi.useRealTimers();
});

const LONG = 180_000;
const next = () => outcome(modem.channel.send(command("AT+X=NEXT")));
const long = (line = "AT+X=LONG", more = {}) => outcome(modem.channel.send(command(line, { timeout: LONG, ...more })));
/** What `work` came to, and after how many ms. */
async function timed(work: Promise<string>, most = 400_000): Promise<[string, number]> {
  const since = performance.now();
  let result: string | undefined;
  void work.then((text) => {
    result = text;
  });
  while (result === undefined && performance.now() - since < most) await vi.advanceTimersByTimeAsync(50);
  return [result ?? "nothing", performance.now() - since];
}

describe("F34 an answer that is lost", () => {
  it.each([
    ["AT+X=LONG", true],
    ["AT+X=ONLY", true],
    ["AT+X=LONG", false],
    ["AT+X=ONLY", false],
  ])(
    "to a command that may last for minutes holds nothing for more than some seconds (%s, echo %s)",
    async (line, echo) => {
      modem.echo = echo;
      modem.lost.add(line);
      const lost = long(line);
      const behind = next();
      const [result, after] = await timed(lost);
      expect(result).toBe("MODEM_TIMEOUT");
      expect(after).toBeLessThan(12_000);
      expect((await timed(behind))[0]).toBe("+X: NEXT");
      expect(modem.silences).toEqual([]);
    },
  );

  it.each([
    [">", undefined],
    ["@", undefined],
    ["CONNECT", undefined],
    ["CONNECT", LONG],
  ] as const)(
    "the prompt %s, gives the line free within 10 s of its caller's end (prompt time %s)",
    async (prompt, promptTime) => {
      modem.lost.add("AT+X=ONLY");
      const caller = new AbortController();
      const upload = { prompt, data: Buffer.from("abc"), ...(promptTime === undefined ? {} : { promptTime }) };
      const lost = long("AT+X=ONLY", { upload, signal: caller.signal });
      setTimeout(() => caller.abort(Object.assign(new Error(), { code: "GONE" })), 5000);
      expect(await timed(lost)).toEqual(["GONE", 5000]);
      const [result, after] = await timed(next());
      expect(result).toBe("+X: NEXT");
      expect(after).toBeLessThan(10_000);
    },
  );

  it("the final result behind the data, is found out soon", async () => {
    modem.prompts.set("AT+X=U", { text: "@", size: 3 });
    modem.line.on(/^abc$/, () => {
      modem.wanted = 0;
      return undefined;
    });
    const lost = long("AT+X=U", { upload: { prompt: "@", data: Buffer.from("abc"), promptTime: LONG } });
    expect(await timed(lost)).toEqual(["MODEM_TIMEOUT", expect.closeTo(10_400, -3)]);
    expect((await timed(next()))[0]).toBe("+X: NEXT");
  });

  it("in the middle of a download, is given up when nothing comes any more", async () => {
    modem.answers.set("AT+X=R", "+X: 10\r\nhalf");
    const lost = long("AT+X=R", { download: { after: "+X:", length: "announced" } });
    const [result, after] = await timed(lost);
    expect([result, after < 12_000]).toEqual(["MODEM_TIMEOUT", true]);
    expect((await timed(next()))[0]).toBe("+X: NEXT");
  });

  it("to a command that may be repeated costs time only", async () => {
    modem.lost.add("AT+X=ONLY");
    const [result, after] = await timed(long("AT+X=ONLY", { repeatable: true }));
    expect([result, after < 12_000]).toEqual(["", true]);
    expect(modem.commands.filter((line) => line !== "AT")).toEqual(["AT+X=ONLY", "AT+X=ONLY"]);
  });

  it("fails those who wait by their own time, with what holds the line", async () => {
    modem.lost.add("AT+X=LONG");
    void long();
    const waiting = modem.channel.send(command("AT+X=NEXT", { within: 3000 }));
    const error = waiting.catch((reason: Error) => reason);
    await vi.advanceTimersByTimeAsync(3000);
    expect(await error).toMatchObject({
      code: "MODEM_TIMEOUT",
      message: "AT+X=NEXT was not sent: AT+X=LONG has held the line for 3 s, and no turn came within 3 s",
    });
  });

  it("is told as silence only while AT is not answered either", async () => {
    modem.silent = true;
    const dead = long();
    await vi.advanceTimersByTimeAsync(10_900);
    expect(modem.silences).toEqual([]);
    await vi.advanceTimersByTimeAsync(300);
    expect(modem.silences).toEqual([true]);
    modem.silent = false;
    expect((await timed(dead))[0]).toBe("MODEM_TIMEOUT");
    expect(modem.silences).toEqual([true, false]);
  });
});

describe("F34 neighbour: a modem that is only slow", () => {
  describe.each(["later", "forgets", "echoes"] as const)("and takes what comes meanwhile: %s", (meanwhile) => {
    it.each([
      ["AT+X=LONG", "+X: LONG", 9000],
      ["AT+X=LONG", "+X: LONG", 10_040],
      ["AT+X=LONG", "+X: LONG", 10_080],
      ["AT+X=LONG", "+X: LONG", 31_000],
      ["AT+X=ONLY", "", 60_000],
      ["AT+X=ONLY", "", 130_000],
    ])("is waited for, and its late answer is nobody else's (%s %j after %i ms)", async (line, answer, duration) => {
      modem.meanwhile = meanwhile;
      modem.busy.set(line, duration);
      const behind = [long(line), next(), next()];
      await vi.advanceTimersByTimeAsync(duration + 5000);
      expect(await Promise.all(behind)).toEqual([answer, "+X: NEXT", "+X: NEXT"]);
      expect(modem.unresponsive).not.toHaveBeenCalled();
    });

    it("and fails after all, is believed", async () => {
      modem.meanwhile = meanwhile;
      modem.busy.set("AT+X=UNKNOWN", 40_000);
      const behind = [long("AT+X=UNKNOWN", { repeatable: true }), next()];
      await vi.advanceTimersByTimeAsync(45_000);
      expect(await Promise.all(behind)).toEqual(["MODEM_REJECTED", "+X: NEXT"]);
    });
  });

  it("without echo never gives a success that may be that of AT", async () => {
    modem.echo = false;
    modem.busy.set("AT+X=ONLY", 30_000);
    const behind = [long("AT+X=ONLY"), next()];
    await vi.advanceTimersByTimeAsync(40_000);
    expect(await Promise.all(behind)).toEqual(["", "+X: NEXT"]);
    modem.meanwhile = "forgets";
    const doubtful = [long("AT+X=ONLY"), next()];
    await vi.advanceTimersByTimeAsync(50_000);
    expect(await Promise.all(doubtful)).toEqual(["MODEM_TIMEOUT", "+X: NEXT"]);
  });

  it("and whose command is broken off by AT gets it again, with all of its time", async () => {
    modem.meanwhile = "breaks off";
    modem.busy.set("AT+X=ONLY", 40_000);
    const behind = [long("AT+X=ONLY", { repeatable: true }), next()];
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await Promise.all(behind)).toEqual(["", "+X: NEXT"]);
  });

  it("and whose command must not be disturbed is left alone for all of its time", async () => {
    modem.meanwhile = "breaks off";
    modem.busy.set("AT+X=LONG", 170_000);
    const [result] = await timed(long("AT+X=LONG", { usual: LONG }));
    expect(result).toBe("+X: LONG");
    expect(modem.commands).toEqual(["AT+X=LONG"]);
  });

  it("is busy for a caller that left: the line is tried until it is free, and nothing is reset", async () => {
    modem.busy.set("AT+X=LONG", 90_000);
    const caller = new AbortController();
    void long("AT+X=LONG", { signal: caller.signal });
    await vi.advanceTimersByTimeAsync(2000);
    caller.abort(new Error("gone"));
    const [result, after] = await timed(next());
    expect(result).toBe("+X: NEXT");
    expect(after).toBeLessThan(95_000);
    expect(modem.unresponsive).not.toHaveBeenCalled();
  });

  it("and keeps its order: what is more urgent still goes first", async () => {
    modem.lost.add("AT+X=LONG");
    modem.answers.set("AT+X=POLL", "+X: POLL\r\n\r\nOK");
    void long();
    const order: string[] = [];
    const send = (line: string, priority: Priority): Promise<unknown> =>
      outcome(modem.channel.send(command(line, { priority }))).then((text) => order.push(text));
    const works = [send("AT+X=POLL", Priority.Background), send("AT+X=NEXT", Priority.Urgent)];
    await vi.advanceTimersByTimeAsync(15_000);
    await Promise.all(works);
    expect(order).toEqual(["+X: NEXT", "+X: POLL"]);
  });
});
