import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { useEventLoopClock } from "../../support/clock";
import { SOON, startLife, type TestLife } from "./start-life";

useEventLoopClock();

let life: TestLife;

beforeEach(async () => {
  life = await startLife();
});
afterEach(() => life.end());

describe("connections by a flow", () => {
  it("connects, reports and disconnects", async () => {
    const { modem, peer } = await life.up({ connect: "manual" });
    const events: unknown[] = [];
    modem.on("connection", (event) => events.push(event));
    expect(await modem.connect({ apn: "internet" })).toEqual({
      cid: 1,
      active: true,
      apn: "",
      type: "IP",
      addresses: ["10.0.0.7"],
      dns: [],
      operator: "Test Net",
      technology: "LTE",
      registration: "home",
      signal: { rssi: -79 },
    });
    await modem.disconnect(1);
    expect(peer.active).toBe(false);
    expect(events).toEqual([
      { cid: 1, active: true },
      { cid: 1, active: false, reason: expect.any(String) },
    ]);
  });

  it("waits for the modem to attach again after its APN was changed", async () => {
    const { modem, peer } = await life.up({ connect: "manual", apn: "" }, { timing: { simInterval: 5 } });
    let reads = 0;
    peer.replies.set("AT+CREG?", () => [`+CREG: 2,${++reads < 4 ? 2 : 1}`]);
    await modem.connect({ apn: "internet" });
    expect(peer.commands.lastIndexOf("AT+CREG?")).toBeLessThan(peer.commands.indexOf("AT+CGACT=1,1"));
  });

  it("fails to connect without a network", async () => {
    const { modem, peer } = await life.up(
      { connect: "manual" },
      { timing: { simInterval: 5, reattach: 20, registrationGrace: 60_000 } },
    );
    peer.registered = false;
    await expect(modem.connect()).rejects.toMatchObject({ code: "NOT_REGISTERED" });
    expect(peer.commands).not.toContain("AT+CGACT=1,1");
  });

  it("keeps up what a flow has connected", async () => {
    const { modem, peer } = await life.up({ connect: "manual" });
    await modem.connect();
    peer.active = false;
    peer.print("+TLOST: 1");
    await peer.heard("AT+CGACT=1,1", 2);
    await modem.ready(SOON);
  });

  it("leaves down what a flow has disconnected", async () => {
    const { modem, peer } = await life.up();
    await modem.disconnect();
    peer.print("+CGEV: NW DETACH");
    await modem.execute("+CSQ", SOON);
    expect(peer.count("AT+CGACT=1,1")).toBe(1);
    expect(modem.state).toBe("ready");
  });

  it("refuses while the line is down", async () => {
    const { modem } = life.make();
    await expect(modem.connect()).rejects.toMatchObject({ code: "MODEM_OFFLINE" });
    await expect(modem.status()).rejects.toMatchObject({ code: "MODEM_OFFLINE" });
  });
});
