import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ModemError } from "../../../../driver/errors";
import { failure } from "../../../support/failure";
import { inDataMode } from "../data-mode/data-peer";
import { CSQ, setUp, simple, turns } from "./set-up";

const GONE = new ModemError("MODEM_OFFLINE", "gone");

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a channel that a listener closes", () => {
  it("stays closed when the answer of a command that was given up is what the listener heard", async () => {
    const { channel, line } = setUp();
    line.on("AT+CMEE", "\r\nOK\r\n");
    await channel.send(simple("AT+CMEE=2"));
    channel.onUrc("+CSQ:", () => channel.close(GONE));
    const work = failure(channel.send(CSQ));
    await turns();
    line.say("\r\n+CSQ: 20,99\r\n");
    await vi.advanceTimersByTimeAsync(1100);
    expect((await work).code).toBe("MODEM_TIMEOUT");
    line.take();
    const late = failure(channel.send(CSQ));
    await vi.advanceTimersByTimeAsync(30_000);
    expect([(await late).code, line.text]).toEqual(["MODEM_OFFLINE", ""]);
  });

  it("stays closed when the receiver of data mode closes it with the last bytes", async () => {
    const { channel, peer, seen } = await inDataMode();
    seen.take = () => channel.close(GONE);
    peer.say("\r\nNO CARRIER\r\n");
    await vi.advanceTimersByTimeAsync(10_000);
    const { escapes } = peer;
    const late = failure(channel.send(CSQ));
    await vi.advanceTimersByTimeAsync(30_000);
    expect([seen.data.toString(), (await late).code]).toEqual(["\r\nNO CARRIER\r\n", "MODEM_OFFLINE"]);
    expect([peer.commands, peer.escapes]).toEqual([["AT+USODL=0"], escapes]);
  });
});

describe("a channel whose modem restarts", () => {
  it("takes the next command while a listener still hears of the restart", async () => {
    const sent: Promise<unknown>[] = [];
    const { channel, line } = setUp({ hooks: { onBoot: () => void sent.push(channel.send(simple("AT+B"))) } });
    line.on("AT+B", "\r\nOK\r\n");
    const work = failure(channel.send(simple("AT+A")));
    await turns();
    line.say("\r\nRDY\r\n");
    await turns();
    expect([(await work).code, await sent[0], line.text]).toEqual(["MODEM_RESTARTED", { lines: [] }, "AT+A\rAT+B\r"]);
  });
});
