import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DIALECT } from "../grammar";
import { answeringModem, command, outcome, type ScriptedModem } from "./scripted-modem";
import { setUp } from "./set-up";

let modem: ScriptedModem;

beforeEach(async () => {
  vi.useFakeTimers();
  modem = await answeringModem();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("an answer that comes late", () => {
  it.each([
    [true, 1100],
    [true, 1250],
    [true, 2600],
    [true, 6000],
    [false, 1100],
    [false, 1250],
    [false, 2600],
    [false, 6000],
  ])("never becomes the next command's (echo %s, %i ms)", async (echo, latency) => {
    modem.echo = echo;
    for (const name of ["A", "B", "C"]) modem.answers.set(`AT+X=${name}`, `+X: ${name}\r\n\r\nOK`);
    modem.latency = latency;
    const late = outcome(modem.channel.send(command("AT+X=A")));
    const next = outcome(modem.channel.send(command("AT+X=B")));
    await vi.advanceTimersByTimeAsync(1050);
    expect(await late).toBe("MODEM_TIMEOUT");
    modem.latency = 5;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await next).toBe("+X: B");
    expect(modem.unresponsive).not.toHaveBeenCalled();
    expect(modem.commands.slice(0, 2)).toEqual(["AT+X=A", "AT"]);
  });

  it("never becomes the next command's, though all answers are late for a while", async () => {
    for (let index = 0; index < 20; index += 1) modem.answers.set(`AT+X=${index}`, `+X: ${index}\r\n\r\nOK`);
    modem.latency = 700;
    const works = Array.from({ length: 20 }, (_, index) =>
      outcome(modem.channel.send(command(`AT+X=${index}`, { timeout: index % 3 === 0 ? 500 : 1000 }))),
    );
    await vi.advanceTimersByTimeAsync(200_000);
    const results = await Promise.all(works);
    for (const [index, result] of results.entries()) {
      expect([`+X: ${index}`, "MODEM_TIMEOUT"]).toContain(result);
      if (index % 3 !== 0) expect(result).toBe(`+X: ${index}`);
    }
  });
});

describe("F34 neighbour: the answers to several AT that come one after the other", () => {
  it("are all waited for: an echo behind an OK tells of one more", async () => {
    const { channel, line } = setUp();
    line.on("AT\r", "AT\r\r\nOK\r\n");
    await channel.send(command("AT"));
    line.on("AT\r", "");
    void outcome(channel.send(command("AT+X=A")));
    void outcome(channel.send(command("AT+X=B")));
    await vi.advanceTimersByTimeAsync(1600);
    line.say("AT\r\r\nOK\r\nAT\r");
    await vi.advanceTimersByTimeAsync(1000);
    expect(line.text).not.toContain("AT+X=B");
    line.on("AT\r", "AT\r\r\nOK\r\n");
    line.say("\r\nOK\r\n");
    await vi.advanceTimersByTimeAsync(500);
    expect(line.text).toContain("AT+X=B");
  });

  it("never are the next command's, whose echo has not come yet", async () => {
    const { channel, line } = setUp();
    line.on("AT\r", "AT\r\r\nOK\r\n");
    await channel.send(command("AT"));
    void outcome(channel.send(command("AT+X=A")));
    const next = outcome(channel.send(command("AT+X=B")));
    await vi.advanceTimersByTimeAsync(1500);
    expect(line.text).toContain("AT+X=B");
    line.say("\r\n+X: A\r\n\r\nOK\r\n");
    line.say("AT+X=B\r\r\n+X: B\r\n\r\nOK\r\n");
    await vi.advanceTimersByTimeAsync(1000);
    expect(await next).toBe("+X: B");
  });
});

describe("a prompt that stays open", () => {
  const upload = (prompt: ">" | "@", size: number) =>
    command("AT+X=U", { upload: { prompt, data: Buffer.alloc(size, "d") } });

  beforeEach(() => {
    modem.answers.set("AT+X=B", "+X: B\r\n\r\nOK");
  });

  it.each([">", "@"] as const)("%s because bytes were lost is filled up", async (text) => {
    modem.prompts.set("AT+X=U", { text, size: 60 });
    const cut = outcome(modem.channel.send(upload(text, 50)));
    await vi.advanceTimersByTimeAsync(2000);
    expect(await cut).toBe("MODEM_TIMEOUT");
    const next = outcome(modem.channel.send(command("AT+X=B")));
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await next).toBe("+X: B");
    expect(modem.taken.subarray(0, 50).toString()).toBe("d".repeat(50));
    expect(modem.taken).toHaveLength(60);
  });

  it("because the line does not take the data is filled up as far as it was announced", async () => {
    modem.prompts.set("AT+X=U", { text: "@", size: 2000 });
    modem.line.on(/^d+$/, () => undefined);
    const cut = outcome(modem.channel.send(upload("@", 2000)));
    await vi.advanceTimersByTimeAsync(30);
    modem.line.blocked = true;
    await vi.advanceTimersByTimeAsync(1060);
    expect(await cut).toBe("MODEM_TIMEOUT");
    modem.line.unblock();
    const next = outcome(modem.channel.send(command("AT+X=B")));
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await next).toBe("+X: B");
    expect(modem.taken.toString()).toBe(" ".repeat(2000));
  });

  it("because it came too late never gets the data, and is filled up", async () => {
    modem.prompts.set("AT+X=U", { text: "@", size: 40 });
    modem.latency = 1100;
    const late = outcome(modem.channel.send(upload("@", 40)));
    await vi.advanceTimersByTimeAsync(1030);
    expect(await late).toBe("MODEM_TIMEOUT");
    modem.latency = 5;
    const next = outcome(modem.channel.send(command("AT+X=B")));
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await next).toBe("+X: B");
    expect(modem.taken.toString()).not.toContain("d");
    expect(modem.unresponsive).not.toHaveBeenCalled();
  });

  it("because it came too late keeps its result, and those of AT behind it, from the next commands", async () => {
    modem.prompts.set("AT+X=U", { text: "@", size: 6 });
    modem.answers.set("AT+X=C", "+X: C\r\n\r\nOK");
    modem.latency = 1300;
    const late = outcome(modem.channel.send(upload("@", 6)));
    const next = ["AT+X=B", "AT+X=C"].map((line) => outcome(modem.channel.send(command(line))));
    modem.line.blocked = true;
    await vi.advanceTimersByTimeAsync(50);
    modem.latency = 400;
    await vi.advanceTimersByTimeAsync(1550);
    modem.line.unblock();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await Promise.all([late, ...next])).toEqual(["MODEM_TIMEOUT", "+X: B", "+X: C"]);
  });

  it("> is taken back by ESC where the modem allows that", async () => {
    modem.prompts.set("AT+X=U", { text: "> ", size: 40 });
    modem.line.on(/^d+$/, () => undefined);
    modem.line.on("\x1b", () => {
      modem.wanted = 0;
      return "\r\nOK\r\n";
    });
    const cut = outcome(modem.channel.send(upload(">", 40)));
    await vi.advanceTimersByTimeAsync(1200);
    expect(await cut).toBe("MODEM_TIMEOUT");
    const next = outcome(modem.channel.send(command("AT+X=B")));
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await next).toBe("+X: B");
    expect(modem.line.text).toContain("\x1b");
    expect(modem.line.text).not.toContain("  ");
  });
});

describe("a download behind an information line that does not end", () => {
  it("opened no data mode: nothing is sent but AT", async () => {
    modem.answers.set("AT+X=R", "+X: 1000\r\nhalf");
    modem.answers.set("AT+X=B", "+X: B\r\n\r\nOK");
    const download = { after: "+X:", length: "announced" as const };
    const cut = outcome(modem.channel.send(command("AT+X=R", { download })));
    await vi.advanceTimersByTimeAsync(100);
    modem.silent = true;
    await vi.advanceTimersByTimeAsync(3000);
    modem.silent = false;
    expect(await cut).toBe("MODEM_TIMEOUT");
    const next = outcome(modem.channel.send(command("AT+X=B")));
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await next).toBe("+X: B");
    expect(modem.line.text).not.toContain("+++");
  });
});

describe("data mode that does not end", () => {
  it("is left by +++ between two silences", async () => {
    modem.answers.set("AT+X=R", "CONNECT\r\nhalf");
    modem.answers.set("AT+X=B", "+X: B\r\n\r\nOK");
    const cut = outcome(modem.channel.send(command("AT+X=R", { download: { length: 1000 } })));
    await vi.advanceTimersByTimeAsync(100);
    modem.silent = true;
    let lastWrite = 0;
    let guard = 0;
    modem.line.on(/^\+\+\+$/, () => {
      guard = performance.now() - lastWrite;
      modem.silent = false;
      return "\r\nOK\r\n";
    });
    modem.line.on(/^AT\r$/, () => {
      lastWrite = performance.now();
      return modem.silent ? undefined : "AT\r\r\nOK\r\n";
    });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await cut).toBe("MODEM_TIMEOUT");
    expect(guard).toBeGreaterThanOrEqual(1000);
    const next = outcome(modem.channel.send(command("AT+X=B")));
    await vi.advanceTimersByTimeAsync(1000);
    expect(await next).toBe("+X: B");
  });
});

describe("a counted string that never ends", () => {
  it("costs its own command only", async () => {
    const rule = { prefix: "+X:", strings: [{ field: 1, length: 0 }] };
    modem.channel.useDialect({ ...DIALECT, counted: [rule] });
    modem.answers.set("AT+X=A", '+X: 655,"short"\r\n\r\nOK');
    modem.answers.set("AT+X=B", "+X: 0\r\n\r\nOK");
    const works = ["AT+X=A", "AT+X=B"].map((line) => outcome(modem.channel.send(command(line))));
    await vi.advanceTimersByTimeAsync(5000);
    expect(await Promise.all(works)).toEqual(["MODEM_TIMEOUT", "+X: 0"]);
  });
});
