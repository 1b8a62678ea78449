import { describe, expect, it } from "vitest";
import { ModemError } from "../../../driver/errors";
import { advance, useFakeTime } from "../../support/clock";
import { rejection } from "../../support/failure";
import { refused, ScriptedBroker, unreachable } from "./scripted-session";

useFakeTime();

const S = 1000;

/** s between the logins. */
function pauses({ logins }: ScriptedBroker): number[] {
  return logins.slice(1).map((at, index) => (at - (logins[index] as number)) / S);
}

/** A login that fails so often, or for ever. */
function fails(error: Error, times = Number.POSITIVE_INFINITY) {
  let left = times;
  return (asked: string): void => {
    left -= asked.startsWith("connect") ? 1 : 0;
    if (asked.startsWith("connect") && left >= 0) throw error;
  };
}

describe("a session with a broker", () => {
  it("is made anew later and later while that fails, up to two minutes, and the failure is told once", async () => {
    const scripted = new ScriptedBroker();
    scripted.script = fails(unreachable);
    await scripted.broker.connect();
    await advance(500 * S);
    expect(pauses(scripted)).toEqual([1, 2, 4, 8, 16, 32, 64, 120, 120, 120]);
    expect(scripted.errors).toEqual(["CONNECT_FAILED Nobody answers"]);
  });

  it("draws its pauses by chance", async () => {
    const scripted = new ScriptedBroker({}, { random: () => 0 });
    scripted.script = fails(unreachable);
    await scripted.broker.connect();
    await advance(8 * S);
    expect(pauses(scripted)).toEqual([0.5, 1, 2, 4]);
  });

  it("goes on with long pauses after a session that did not stand, and begins anew after one that did", async () => {
    const scripted = new ScriptedBroker();
    await scripted.broker.connect();
    const waits: number[] = [];
    // They stand for 10, 29, 48, 86 and 29 s.
    for (const more of [10, 10, 30, 70, 10]) {
      await advance(more * S);
      const since = performance.now();
      scripted.lose();
      await advance(20 * S);
      waits.push(((scripted.logins.at(-1) ?? 0) - since) / S);
    }
    expect(waits.map(Math.round)).toEqual([1, 2, 4, 1, 2]);
    expect(scripted.errors).toEqual([]);
  });

  it("is asked for at most once a minute where the login is refused, which is told once", async () => {
    const scripted = new ScriptedBroker();
    scripted.script = fails(refused);
    await scripted.broker.connect();
    await advance(600 * S);
    expect(Math.min(...pauses(scripted))).toBeGreaterThanOrEqual(60);
    expect(scripted.logins.length).toBeGreaterThan(4);
    expect(scripted.errors).toEqual([expect.stringMatching(/^PROTOCOL_ERROR/)]);
    expect(scripted.broker.state).toBe("refused");
  });

  it("is not asked for sooner where a message disconnects and connects, but with another login", async () => {
    const scripted = new ScriptedBroker();
    scripted.script = fails(refused);
    await scripted.broker.connect();
    for (let round = 0; round < 20; round += 1) {
      await advance(S);
      await scripted.broker.disconnect();
      await scripted.broker.connect(scripted.broker.login);
    }
    expect(scripted.logins).toHaveLength(1);
    await scripted.broker.connect({ ...scripted.broker.login, clientId: "other" });
    await advance(S);
    expect(scripted.of("connect")).toEqual(["connect", "connect other"]);
  });

  it("tells a refused login though another failure was told before", async () => {
    const scripted = new ScriptedBroker();
    scripted.script = fails(unreachable);
    await scripted.broker.connect();
    await advance(10 * S);
    scripted.script = fails(refused);
    await advance(200 * S);
    expect(scripted.errors).toEqual(["CONNECT_FAILED Nobody answers", expect.stringMatching(/^PROTOCOL_ERROR/)]);
  });

  it("tells the next failure after it stood again", async () => {
    const scripted = new ScriptedBroker();
    scripted.script = fails(unreachable, 2);
    await scripted.broker.connect();
    await advance(10 * S);
    expect(scripted.broker.state).toBe("connected");
    scripted.script = fails(unreachable);
    scripted.lose();
    await advance(20 * S);
    expect(scripted.errors).toHaveLength(2);
  });

  it("is not tried again with settings that can't be used, and who waits for it is told at once", async () => {
    const scripted = new ScriptedBroker();
    scripted.script = fails(new ModemError("INVALID_INPUT", "clientId is too long"));
    await scripted.broker.connect();
    await advance(3600 * S);
    expect(scripted.logins).toHaveLength(1);
    expect(scripted.broker.state).toBe("failed");
    const waiting = scripted.broker.connected({ timeout: 60 * S, signal: new AbortController().signal }, "publish");
    expect(await rejection(waiting)).toMatchObject({ code: "INVALID_INPUT", message: /clientId is too long/ });
  });

  it("waits for the modem without a word", async () => {
    const scripted = new ScriptedBroker();
    Object.assign(scripted.modem, { state: "offline" });
    await scripted.broker.connect();
    await advance(600 * S);
    expect([scripted.logins, scripted.errors]).toEqual([[], []]);
    Object.assign(scripted.modem, { state: "ready" });
    scripted.modem.emit("state", "ready" as never, undefined as never);
    await advance(S);
    expect(scripted.broker.state).toBe("connected");
  });

  it("ends by a message with a goodbye, and stays so until the next message", async () => {
    const close = { topic: "state", payload: Buffer.from("down"), qos: 1, retain: false } as const;
    const scripted = new ScriptedBroker({ close });
    await scripted.broker.connect();
    await advance(S);
    await scripted.broker.disconnect();
    await advance(600 * S);
    expect(scripted.asked).toEqual(["connect", "publish state down 1", "disconnect"]);
    expect(scripted.broker.state).toBe("closed");
    await scripted.broker.connect();
    await advance(S);
    expect(scripted.broker.state).toBe("connected");
  });

  it("closes within two seconds and a bit though the modem says nothing any more", async () => {
    const close = { topic: "state", payload: Buffer.from("down"), qos: 1, retain: false } as const;
    const scripted = new ScriptedBroker({ close });
    await scripted.broker.connect();
    await advance(S);
    scripted.script = () => new Promise(() => {});
    await scripted.broker.keep(
      { topic: { type: "normal", name: "a" }, payload: Buffer.from("x"), qos: 1, retain: false },
      0,
    );
    await advance(S);
    const since = performance.now();
    let took = 0;
    void scripted.broker.close(refused).then(() => {
      took = performance.now() - since;
    });
    await advance(4 * S);
    expect(took).toBeGreaterThan(0);
    expect(took).toBeLessThan(2500);
    expect(scripted.warnings).toEqual([expect.stringMatching(/1 message that waited in it is lost/)]);
  });
});
