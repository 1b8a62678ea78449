import { once } from "node:events";
import { afterEach, describe, expect, it, vi } from "vitest";
import { closeInProcess, openInProcess, simulatorFor } from "../../../simulator/faces/in-process";
import { parseFault as parse } from "../../../simulator/faults/spec";
import { FAULTS } from "../../../simulator/faults/table";
import { AtClient } from "../../support/at-client";
import { useEventLoopClock } from "../../support/clock";

// Durations of faults are not waited for in real time.
vi.mock("../../../simulator/clock", () => vi.importActual("../../support/simulator-clock"));
useEventLoopClock();

const PORT = "sim:LARA-R6?name=faults&seed=11";
afterEach(() => closeInProcess(PORT));

const open = (timeout = 5000) => new AtClient(openInProcess(PORT), { timeout });
const parseFault = (spec: string) => parse(spec, FAULTS);
const fault = (spec: string) => simulatorFor(PORT).fault(spec);

describe("a fault", () => {
  it("is read with value, time and duration", () => {
    expect(parseFault("reboot")).toEqual({ name: "reboot", value: undefined, delay: 0, duration: undefined });
    expect(parseFault("silence@10s:3s")).toMatchObject({ name: "silence", delay: 10_000, duration: 3000 });
    expect(parseFault(" garbage=64@500ms ")).toMatchObject({ name: "garbage", value: "64", delay: 500 });
    expect(parseFault("lost-registration:2m")).toMatchObject({ duration: 120_000 });
  });

  it.each(["", "explode", "reboot@5", "reboot@soon", "reboot:3s", "garbage=lots", "silence=1", "toString", "unplug@"])(
    "%j is refused",
    (spec) => {
      expect(() => parseFault(spec)).toThrow();
    },
  );

  it("reboot: settings are lost, the port stays", async () => {
    const client = open();
    await client.send("ATE0");
    fault("reboot");
    await expect
      .poll(async () => {
        client.write("AT\r");
        await new Promise((resolve) => setTimeout(resolve, 10));
        return client.received;
      })
      .toContain("AT\r\r\nOK");
  });

  it("silence: nothing is heard or said until it is over", async () => {
    const client = open(100);
    fault("silence:200ms");
    await expect(client.send("AT")).rejects.toThrow(/did not come/);
    await expect
      .poll(() => client.send("AT").catch(() => undefined), { timeout: 3000 })
      .toMatchObject({ result: "OK" });
    expect(client.received.startsWith("AT\r\r\nOK")).toBe(true);
  });

  it("no-sim: the SIM is gone, and registration with it", async () => {
    const client = open();
    await client.send("AT+CMEE=1");
    fault("no-sim");
    expect((await client.send("AT+CPIN?")).result).toBe("+CME ERROR: 10");
    expect((await client.send("AT+CEREG?")).lines).toEqual(["+CEREG: 0,0"]);
  });

  it("lost-registration: contexts go, and come back with the network", async () => {
    const client = open();
    await client.send("AT+CEREG=1;+CGEREP=2");
    fault("lost-registration:30ms");
    await client.urc(/^\+CGEV: NW PDN DEACT 1$/);
    await client.urc(/^\+CEREG: 2$/);
    await client.urc(/^\+CEREG: 1$/);
    expect((await client.send("AT+CGACT?")).lines).toEqual(["+CGACT: 1,1"]);
  });

  it("lost-context: stays down until it is activated again", async () => {
    const client = open();
    await client.send("AT+CGEREP=2");
    fault("lost-context=1");
    await client.urc(/^\+CGEV: NW PDN DEACT 1$/);
    expect((await client.send("AT+CGACT?")).lines).toEqual(["+CGACT: 1,0"]);
    expect((await client.send("AT+CGACT=1,1")).result).toBe("OK");
  });

  it("weak-signal: shows in +CSQ", async () => {
    const client = open();
    fault("weak-signal");
    expect((await client.send("AT+CSQ")).lines).toEqual(["+CSQ: 2,99"]);
  });

  it("garbage: that many bytes, the same for the same seed", async () => {
    const first = open();
    fault("garbage=40");
    const noise = await first.bytes(40);
    closeInProcess(PORT);
    const second = open();
    fault("garbage=40");
    expect(await second.bytes(40)).toEqual(noise);
  });

  it("lose-byte: one of the next sixteen that the host is told", async () => {
    const client = open();
    await client.send("ATE0");
    fault("lose-byte");
    const before = client.received.length;
    client.write("AT+CSQ\rAT+CSQ\r");
    const whole = "\r\n+CSQ: 23,99\r\n\r\nOK\r\n".repeat(2);
    await expect.poll(() => client.received.length - before).toBe(whole.length - 1);
  });

  it("double-byte=to-modem: one of the next sixteen that the modem hears", async () => {
    const client = open();
    fault("double-byte=to-modem");
    client.write("AAAAAAAAAAAAAAAA\r");
    await client.through(/A{17}\r/);
  });

  it("urc-storm: lines without end, and the modem still answers", async () => {
    const client = open();
    fault("urc-storm:1s");
    await client.urc(/^\+CIEV/);
    await client.urc(/^\+UUGIND/);
    client.write("AT\r");
    await client.through(/\r\nOK\r\n/);
  });

  it("stuck-prompt: the upload waits for the bytes that were lost", async () => {
    const client = open();
    fault("stuck-prompt=2");
    await client.sendForPrompt('AT+UDWNFILE="a",4', ">");
    client.write("abcd");
    expect((await client.data("\r\r")).result).toBe("OK");
    expect((await client.send('AT+URDFILE="a"', /^OK|^ERROR/)).result).toBe("OK");
    expect(client.received).toContain('4,"cd\r\r"');
  });

  it("unplug: takes the port away", async () => {
    const client = open();
    const failed = once(client.stream, "error");
    fault("unplug@5ms");
    expect((await failed)[0]).toMatchObject({ disconnected: true });
  });
});
