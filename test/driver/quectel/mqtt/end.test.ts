import { describe, expect, it, vi } from "vitest";
import { ModemError } from "../../../../driver/errors";
import { advance, fakeTime, pass, until } from "../../../support/clock";
import { failure, outcome } from "../../../support/failure";
import { message, Owner, startMqtt, WAIT } from "./mqtt-session";

describe("a session by BG96 ends", () => {
  it.each([
    [1, "the broker or the network closed the connection (1)"],
    [2, "the broker did not answer a ping in time (2)"],
    [3, "the login could not be sent (3)"],
    [4, "the broker did not answer the login (4)"],
    [6, "the broker did not acknowledge what was sent, and the modem gave up (6)"],
    [7, "the network connection was lost (7)"],
  ])("by +QMTSTAT %d, which is told in words, once", async (report, words) => {
    const { connect, fake, lines } = await startMqtt();
    const owner = new Owner();
    const session = await connect({}, owner);
    fake.leave(0, report);
    fake.leave(0, report);
    await until(() => owner.ends.length > 0);
    const operation = "MQTT session with broker.example, port 1883";
    expect(owner.ends.map(String)).toEqual([`${operation} ended: ${words}`]);
    expect(owner.ends[0]?.code).toBe("CONNECTION_CLOSED");
    expect(await outcome(session.publish(message("x"), WAIT))).toBe("CONNECTION_CLOSED");
    await until(() => lines().at(-1) === "AT+QMTCLOSE=0");
    await session.disconnect(WAIT);
    expect(owner.ends).toHaveLength(1);
  });

  it("not by a late word that the session before it was left", async () => {
    const { connect, peer, lines } = await startMqtt();
    const owner = new Owner();
    await connect({}, owner);
    peer.urc("+QMTSTAT: 0,5");
    await until(() => lines().at(-1) === "AT+QMTCONN?");
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(owner.ends).toEqual([]);
  });

  it("when a flow's own command has logged it out", async () => {
    const { connect, fake } = await startMqtt();
    const owner = new Owner();
    await connect({}, owner);
    fake.leave(0, 5);
    await until(() => owner.ends.length > 0);
    expect(owner.ends[0]?.message).toContain("the modem is not logged in any more");
  });

  it.each(["+QMTSTAT: ", "+QMTSTAT: 0", "+QMTSTAT: x,1", "+QMTSTAT: 1,", "+QMTSTAT: 0,1,1"])(
    "by no word that can't be read, but when the modem says so: %s",
    async (line) => {
      const { connect, peer, fake, lines } = await startMqtt();
      const owners = [new Owner(), new Owner()];
      for (const owner of owners) await connect({}, owner);
      const asked = lines().length;
      fake.clients.delete(1);
      peer.urc(line);
      await until(() => owners[1]?.ends.length === 1);
      expect(lines().slice(asked)).toContain("AT+QMTCONN?");
      expect(owners[0]?.ends).toEqual([]);
    },
  );

  it("with what waits for the modem", async () => {
    const { connect, fake, peer } = await startMqtt();
    const owner = new Owner();
    const session = await connect({}, owner);
    fake.results.QMTPUB = [[]];
    const outcomes = [session.publish(message("a"), WAIT), session.subscribe("b", 0, WAIT)].map(outcome);
    await until(() => fake.published.length === 1);
    fake.leave(0, 1);
    expect(await Promise.all(outcomes)).toEqual(["CONNECTION_CLOSED", "CONNECTION_CLOSED"]);
    expect(peer.commands.some((line) => line.startsWith("AT+QMTSUB"))).toBe(false);
  });

  it("with the modem's restart, and with its context", async () => {
    const { connect, peer, lines, fake } = await startMqtt();
    const owners = [new Owner(), new Owner()];
    await connect({ cid: 1 }, owners[0]);
    peer.urc('+QIURC: "pdpdeact",1');
    await until(() => owners[0]?.ends.length === 1);
    expect(owners[0]?.ends[0]?.code).toBe("NO_CONNECTION");
    await until(() => lines().at(-1) === "AT+QMTCLOSE=0");
    await connect({}, owners[1]);
    const before = lines().length;
    fake.clients.clear();
    peer.urc("RDY");
    await until(() => owners[1]?.ends.length === 1);
    expect([owners[1]?.ends[0]?.code, lines().length]).toEqual(["MODEM_RESTARTED", before]);
  });

  it("with the driver, without a command", async () => {
    const { connect, driver, lines } = await startMqtt();
    const owner = new Owner();
    await connect({}, owner);
    const before = lines().length;
    driver.dispose(new ModemError("MODEM_OFFLINE", "The port is gone"));
    await until(() => owner.ends.length === 1);
    expect([owner.ends[0]?.code, lines().length]).toEqual(["MODEM_OFFLINE", before]);
    expect(await outcome(connect())).toBe("MODEM_OFFLINE");
  });

  it("by a close alone where the modem refuses to log out, and never fails", async () => {
    const { connect, fake, lines } = await startMqtt();
    const session = await connect();
    fake.refusals.QMTDISC = ["ERROR"];
    await session.disconnect(WAIT);
    expect(lines().slice(-2)).toEqual(["AT+QMTDISC=0", "AT+QMTCLOSE=0"]);
  });

  it("behind what was asked for before", async () => {
    const { connect, lines } = await startMqtt();
    const session = await connect();
    const publishing = session.publish(message("x"), WAIT);
    await session.disconnect(WAIT);
    await publishing;
    expect(lines().slice(-3)).toEqual(['AT+QMTPUB=0,1,1,0,"topic/pub",1', "AT+QMTDISC=0", "AT+QMTCLOSE=0"]);
  });
});

describe("a session by BG96 whose modem says nothing", () => {
  it("gives a publish up in its time, keeps its turn until the modem's, and stands", async () => {
    fakeTime();
    const { connect, fake } = await startMqtt();
    const owner = new Owner();
    const session = await pass(connect({}, owner));
    fake.results.QMTPUB = [[]];
    const error = await pass(failure(session.publish(message("x"), { timeout: 5000 })));
    expect(error.code).toBe("MODEM_TIMEOUT");
    const next = outcome(session.publish(message("y"), { timeout: 100_000 }));
    await advance(30_000);
    expect(fake.published).toHaveLength(1);
    expect(await pass(next)).toBe("done");
    expect(owner.ends).toEqual([]);
  });

  it("waits for a connect no longer than its caller, and closes what opens late", async () => {
    fakeTime();
    const { connect, fake, peer, lines } = await startMqtt();
    fake.results.QMTOPEN = [[]];
    expect(await pass(outcome(connect({ timeout: 20_000 })))).toBe("MODEM_TIMEOUT");
    fake.clients.set(0, { host: "", port: 1, isConnected: false });
    await advance(30_000);
    peer.urc("+QMTOPEN: 0,0");
    await advance(1000);
    expect(lines().at(-1)).toBe("AT+QMTCLOSE=0");
    expect(fake.clients.size).toBe(0);
  });

  it("ends a connect at its caller's word", async () => {
    const { connect, fake, lines } = await startMqtt();
    fake.results.QMTCONN = [[]];
    const caller = new AbortController();
    const connecting = outcome(connect({ signal: caller.signal }));
    await vi.waitFor(() => expect(lines().at(-1)).toMatch(/QMTCONN/));
    caller.abort(new Error("enough"));
    expect(await connecting).toBe("Error: enough");
    await until(() => lines().at(-1) === "AT+QMTCLOSE=0");
  });
});
