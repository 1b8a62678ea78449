import { describe, expect, it, vi } from "vitest";
import { turns } from "../http/http-client";
import { mqttBench, WAIT } from "./fake-mqtt";

const BYTES = Buffer.from(Array.from({ length: 256 }, (_value, index) => index));

describe("what the broker sends", () => {
  it("arrives in order and exactly, whatever it holds", async () => {
    const { connect, fake, owner } = mqttBench({ pieces: 7 });
    await connect();
    const payloads = ["", '"quoted"\r\nOK\r\n+UUMQTTC: 0,101\r\n', BYTES.toString("latin1"), ",1,", "\0"];
    for (const payload of payloads) fake.receive('t"\r\nOK/ü', Buffer.from(payload, "latin1"), 1);
    await expect.poll(() => owner.messages.length).toBe(payloads.length);
    expect(owner.messages.map(({ payload }) => payload)).toEqual(payloads);
    expect(owner.messages[0]).toMatchObject({ topic: 't"\r\nOK/ü', qos: 1 });
    expect(owner.damaged).toEqual([]);
    expect(owner.closed).toEqual([]);
  });

  it("may be announced before the subscription is acknowledged, and before the login is", async () => {
    const { connect, fake, owner } = mqttBench();
    fake.held.add(1);
    const login = connect();
    await turns();
    fake.isConnected = true;
    fake.receive("kept", "for a session that was resumed");
    fake.finish("1,1");
    const session = await login;
    await expect.poll(() => owner.messages.length).toBe(1);
    fake.held.clear();
    fake.held.add(4);
    const subscription = session.subscribe("a", 0, WAIT);
    await turns();
    for (let index = 0; index < 20; index += 1) fake.receive("a", `retained ${index}`);
    await turns();
    fake.finish('4,1,0,"a"');
    await subscription;
    await expect.poll(() => owner.messages.length).toBe(21);
  });

  it("is read no further than its owner takes it, and operations go on", async () => {
    const { connect, fake, owner } = mqttBench();
    const session = await connect();
    let release = (): void => undefined;
    owner.hold = new Promise((resolve) => {
      release = resolve;
    });
    for (const payload of ["1", "2", "3"]) fake.receive("a", payload);
    await turns();
    expect(owner.messages).toHaveLength(1);
    await session.publish({ topic: "b", payload: Buffer.from("x"), qos: 0, retain: false }, WAIT);
    expect(owner.messages).toHaveLength(1);
    owner.hold = undefined;
    release();
    await expect.poll(() => owner.messages.length).toBe(3);
  });

  it("is not held up by a flood of publishes, nor are those by it", async () => {
    const { connect, fake, owner } = mqttBench();
    const session = await connect();
    const order: string[] = [];
    const published = Array.from({ length: 30 }, (_value, index) =>
      session
        .publish({ topic: "b", payload: Buffer.from(String(index)), qos: 0, retain: false }, WAIT)
        .then(() => order.push("out")),
    );
    const onMessage = owner.onMessage.bind(owner);
    vi.spyOn(owner, "onMessage").mockImplementation((given) => {
      order.push("in");
      return onMessage(given);
    });
    for (let index = 0; index < 30; index += 1) fake.receive("a", String(index));
    await Promise.all(published);
    await expect.poll(() => owner.messages.length).toBe(30);
    // They take turns as long as there are both.
    expect(order.slice(0, 40).filter((way) => way === "in").length).toBeGreaterThan(15);
    expect(order.slice(0, 40).filter((way) => way === "out").length).toBeGreaterThan(15);
  });

  const DAMAGED = [
    '+UMQTTC: 6,0,6,1,"a",5,"hell"',
    '+UMQTTC: 6,0,6,1,"a",5,"helllo"',
    '+UMQTTC: 6,0,7,1,"a",5,"hello"',
    '+UMQTTC: 6,3,6,1,"a",5,"hello"',
    '+UMQTTC: 6,0,6,1,"a",5,"hello",1',
    '+UMQTTC: 6,0,6,1,"\xff",5,"hello"',
    '+UMQTTC: 6,0,5,0,"",5,"hello"',
    "+UMQTTC: 6,0,6",
    'UMQTTC: 6,0,6,1,"a",5,"hello"',
  ];
  it.each(DAMAGED)("and was damaged on the way (%j) is told as lost, and never as a message", async (line) => {
    const { connect, fake, owner } = mqttBench();
    await connect();
    fake.unread.push(Buffer.from(line, "latin1"));
    fake.receive("b", "whole");
    await expect.poll(() => owner.messages.length, { timeout: 5000 }).toBe(1);
    expect(owner.messages).toEqual([{ topic: "b", payload: "whole", qos: 0 }]);
    expect(owner.damaged).toHaveLength(1);
    expect(owner.damaged[0]?.message).toContain("can't be read again");
    expect(owner.closed).toEqual([]);
  });

  it("is read again where the modem refused once", async () => {
    const { connect, fake, owner, peer } = mqttBench();
    await connect();
    let refusals = 2;
    peer.on(/^AT\+UMQTTC=6,1$/, (_match, print) => {
      refusals -= 1;
      const next = refusals < 0 ? fake.unread.shift() : undefined;
      for (const line of next === undefined ? ["ERROR"] : [next.toString("latin1"), "OK"]) print.line(line);
    });
    fake.receive("a", "x");
    await expect.poll(() => owner.messages.length, { timeout: 5000 }).toBe(1);
  });

  it("is still read behind the end of the connection", async () => {
    const { connect, fake, owner } = mqttBench();
    await connect();
    for (const payload of ["1", "2"]) fake.receive("a", payload);
    fake.lose(101);
    await expect.poll(() => owner.closed.length).toBe(1);
    expect(owner.messages.map(({ payload }) => payload)).toEqual(["1", "2"]);
  });

  it("is found without an announcement, for that may be lost", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const { connect, fake, owner } = mqttBench();
      await connect();
      fake.unread.push(Buffer.from('+UMQTTC: 6,0,2,1,"a",1,"x"'));
      await turns();
      expect(owner.messages).toEqual([]);
      await vi.advanceTimersByTimeAsync(31_000);
      await turns();
      expect(owner.messages).toHaveLength(1);
    } finally {
      vi.useRealTimers();
    }
  });
});
