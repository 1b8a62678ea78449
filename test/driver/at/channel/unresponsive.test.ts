import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ModemError } from "../../../../driver/errors";
import { answeringModem, command, outcome, ScriptedModem } from "./scripted-modem";

let modem: ScriptedModem;

beforeEach(async () => {
  vi.useFakeTimers();
  modem = await answeringModem();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a modem that answers no more", () => {
  it("is reported, and what is queued fails", async () => {
    modem.silent = true;
    const works = ["AT+X=A", "AT+X=B"].map((line) => outcome(modem.channel.send(command(line))));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await Promise.all(works)).toEqual(["MODEM_TIMEOUT", "MODEM_TIMEOUT"]);
    expect(modem.unresponsive).toHaveBeenCalledTimes(1);
    expect(modem.commands).toEqual(["AT+X=A", "AT", "AT", "AT", "AT", "AT"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is reported though nothing is queued", async () => {
    modem.silent = true;
    const work = outcome(modem.channel.send(command("AT+X=A")));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await work).toBe("MODEM_TIMEOUT");
    expect(modem.unresponsive).toHaveBeenCalledTimes(1);
  });

  it("is tried again before the next command", async () => {
    modem.silent = true;
    void outcome(modem.channel.send(command("AT+X=A")));
    await vi.advanceTimersByTimeAsync(60_000);
    modem.silent = false;
    modem.commands.length = 0;
    modem.answers.set("AT+X=B", "+X: B\r\n\r\nOK");
    const next = outcome(modem.channel.send(command("AT+X=B")));
    await vi.advanceTimersByTimeAsync(1000);
    expect(await next).toBe("+X: B");
    expect(modem.commands).toEqual(["AT", "AT+X=B"]);
  });

  it("and whose line takes no bytes either is reported", async () => {
    modem.line.blocked = true;
    modem.silent = true;
    const work = outcome(modem.channel.send(command("AT+X=A")));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await work).toBe("MODEM_TIMEOUT");
    expect(modem.unresponsive).toHaveBeenCalledTimes(1);
  });

  it("is let go of when the channel closes meanwhile", async () => {
    modem.silent = true;
    void outcome(modem.channel.send(command("AT+X=A")));
    const queued = outcome(modem.channel.send(command("AT+X=B")));
    await vi.advanceTimersByTimeAsync(1500);
    modem.channel.close(new ModemError("MODEM_OFFLINE", "unplugged"));
    expect(await queued).toBe("MODEM_OFFLINE");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(modem.unresponsive).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("but boots meanwhile is in step again at once", async () => {
    modem.silent = true;
    void outcome(modem.channel.send(command("AT+X=A")));
    await vi.advanceTimersByTimeAsync(1500);
    modem.silent = false;
    modem.line.say("\r\nRDY\r\n");
    expect(modem.boots).toEqual(["RDY"]);
    modem.commands.length = 0;
    modem.answers.set("AT+X=B", "+X: B\r\n\r\nOK");
    const next = outcome(modem.channel.send(command("AT+X=B")));
    await vi.advanceTimersByTimeAsync(100);
    expect(await next).toBe("+X: B");
    expect(modem.commands).toEqual(["AT+X=B"]);
    expect(modem.unresponsive).not.toHaveBeenCalled();
  });
});

describe("a modem that has not answered yet", () => {
  it("is left to its owner's attempts; the first answer is made sure of before the next command", async () => {
    const fresh = new ScriptedModem();
    fresh.silent = true;
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const probe = outcome(fresh.channel.send(command("AT")));
      await vi.advanceTimersByTimeAsync(1100);
      expect(await probe).toBe("MODEM_TIMEOUT");
    }
    expect(fresh.commands).toEqual(["AT", "AT", "AT"]);
    expect(fresh.unresponsive).not.toHaveBeenCalled();
    fresh.silent = false;
    fresh.answers.set("AT+X=B", "+X: B\r\n\r\nOK");
    const works = ["AT", "AT+X=B"].map((line) => outcome(fresh.channel.send(command(line))));
    await vi.advanceTimersByTimeAsync(1000);
    expect(await Promise.all(works)).toEqual(["", "+X: B"]);
    expect(fresh.commands).toEqual(["AT", "AT", "AT", "AT", "AT", "AT+X=B"]);
  });
});
