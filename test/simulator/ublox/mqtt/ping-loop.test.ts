import { describe, expect, it, vi } from "vitest";
import { useEventLoopClock } from "../../../support/clock";
import { login, openMqtt, run } from "./mqtt-host";
import { scripted } from "./scripted-broker";

vi.mock("../../../../simulator/clock", () => vi.importActual("../../../support/simulator-clock"));

useEventLoopClock(10);

/** s */
const KEEP_ALIVE = 30;
const FIVE_MINUTES_MS = 300_000;

const pass = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("the ping loop", () => {
  it("keeps an idle session up, in which it was asked for", async () => {
    const { host } = await openMqtt();
    await host.command(`AT+UMQTT=10,${KEEP_ALIVE}`);
    await login(host);
    await host.command("AT+UMQTTC=8,1");
    await pass(FIVE_MINUTES_MS);
    await run(host, 'AT+UMQTTC=2,1,0,0,"a","b"', /\+UUMQTTC: 2,1/);
    await run(host, "AT+UMQTTC=0", /\+UUMQTTC: 0,1/);
    await login(host);
    await host.until(/\+UUMQTTC: 0,100\r\n/, 2000 * KEEP_ALIVE);
  });

  it("pings after 80 % of the keep-alive time without traffic", async () => {
    const pings: number[] = [];
    const host = await scripted(({ cmd, messageId = 0 }, _socket, write) => {
      if (cmd === "pingreq") pings.push(performance.now());
      if (cmd === "pingreq") write({ cmd: "pingresp" });
      if (cmd === "publish") write({ cmd: "puback", messageId });
    });
    await host.command(`AT+UMQTT=10,${KEEP_ALIVE}`);
    await login(host);
    await host.command("AT+UMQTTC=8,1");
    await pass(20_000);
    await run(host, 'AT+UMQTTC=2,1,0,0,"a","b"', /\+UUMQTTC: 2,1/);
    const published = performance.now();
    await pass(FIVE_MINUTES_MS);
    expect(pings.length).toBeGreaterThan(10);
    expect(pings.length).toBeLessThan(14);
    expect(((pings[0] ?? 0) - published) / 1000).toBeCloseTo(0.8 * KEEP_ALIVE, 0);
  });

  it("finds a silent broker within 1.5 times the keep-alive time, and keeps the prompt back until then", async () => {
    const host = await scripted(() => undefined);
    await host.command(`AT+UMQTT=10,${KEEP_ALIVE}`);
    await login(host);
    const began = performance.now();
    await host.command("AT+UMQTTC=8,1");
    await pass(25_000);
    host.write('AT+UMQTTC=9,0,0,"a",1\r');
    await host.until(/>/, 30_000);
    expect(performance.now() - began).toBeLessThan(1500 * KEEP_ALIVE);
    host.write("x");
    expect(await host.until(/OK[\s\S]*2,1\r\n/)).toContain("+UUMQTTC: 8,0");
  });

  it("can be ended, and needs a keep-alive time", async () => {
    const { host } = await openMqtt();
    await login(host);
    expect(await host.command("AT+UMQTTC=8,1")).toEqual(["+CME ERROR: operation not allowed"]);
    expect(await host.command("AT+UMQTTC=8,0")).toEqual(["OK"]);
  });
});
