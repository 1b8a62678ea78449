import { describe, expect, it } from "vitest";
import type { SnTopic } from "../../../../driver/services/mqtt-sn/mqtt-sn";
import { failure } from "../../../support/failure";
import { turns } from "../http/http-client";
import { normal, snBench, WAIT } from "./fake-mqtt-sn";

const BYTES = Buffer.from(Array.from({ length: 1100 }, (_value, index) => index % 256));
const message = (topic: SnTopic, payload: Uint8Array | string = "x", qos: 0 | 1 | 2 = 1) => ({
  topic,
  payload: Buffer.from(payload as string),
  qos,
  retain: false,
});

describe("a session of MQTT-SN", () => {
  it("resets the profile, writes what is asked, logs in and turns the pings on", async () => {
    const { connect, peer } = snBench();
    await connect({ keepAlive: 600, will: { topic: "gone", payload: Buffer.from("bye"), qos: 1, retain: false } });
    expect(peer.commands.filter((line) => !line.startsWith("AT+UDELFILE"))).toEqual([
      "AT+UMQTTSNC=0",
      "AT+UMQTTSNNV=0",
      'AT+UMQTTSN=0,"sensor-1"',
      "AT+UMQTTSN=4,1",
      "AT+UMQTTSN=5,0",
      'AT+UMQTTSN=6,"gone"',
      'AT+UMQTTSN=7,"bye"',
      "AT+UMQTTSN=8,600",
      "AT+UMQTTSN=10,1",
      'AT+UMQTTSN=1,"gateway.test",10000',
      "AT+UMQTTSNC=1",
      "AT+UMQTTSNC=10,1",
    ]);
  });

  it("names a gateway by its address where it has one", async () => {
    const { connect, fake } = snBench();
    await connect({ host: "10.7.0.55", port: 2442 });
    expect(fake.settings.get(2)).toBe('"10.7.0.55",2442');
    expect(fake.settings.has(1)).toBe(false);
  });

  it("is known by the result with one U that the guide prints, too", async () => {
    const { connect, fake, owner } = snBench();
    fake.results.set(1, "+UMQTTSNC: 1,1");
    fake.isConnected = false;
    const login = connect({ keepAlive: 0 });
    await login;
    expect(owner.closed).toEqual([]);
  });

  it.each([
    ["14,21", "MODEM_TIMEOUT"],
    ["14,22", "NOT_REGISTERED"],
  ] as const)("that fails with %s says so in words", async (lastError, code) => {
    const { connect, fake } = snBench();
    fake.results.set(1, "1,0");
    fake.lastError = lastError;
    expect((await failure(connect())).code).toBe(code);
  });

  it("ends as one of MQTT does, and the next one registers anew", async () => {
    const { connect, fake, owner, peer } = snBench();
    const session = await connect();
    await session.publish(message(normal("a/b")), WAIT);
    fake.isConnected = false;
    peer.urc("+UUMQTTSNC: 0,101");
    await turns();
    expect(owner.closed).toHaveLength(1);
    fake.forget();
    const next = await connect();
    await next.publish(message(normal("a/b")), WAIT);
    expect(peer.commands.filter((line) => line.startsWith("AT+UMQTTSNC=2"))).toHaveLength(2);
    await next.disconnect(WAIT);
    expect(fake.isConnected).toBe(false);
  });

  it("changes its will while it runs", async () => {
    const { connect, fake } = snBench();
    const session = await connect();
    await session.updateWill({ topic: "late", payload: Buffer.from("bye"), qos: 1, retain: true }, WAIT);
    expect(fake.will).toBe("late 1 1 bye");
  });
});

describe("a message of MQTT-SN", () => {
  it("has its topic registered once in a session", async () => {
    const { connect, fake, peer } = snBench();
    const session = await connect();
    await session.publish(message(normal("kitchen/temperature"), "25"), WAIT);
    await session.publish(message(normal("kitchen/temperature"), "26", 0), WAIT);
    expect(peer.commands.slice(-3)).toEqual([
      'AT+UMQTTSNC=2,"kitchen/temperature"',
      'AT+UMQTTSNC=4,1,0,0,0,"1","25"',
      'AT+UMQTTSNC=4,0,0,0,0,"1","26"',
    ]);
    expect(fake.published.map(({ topic }) => topic)).toEqual(["kitchen/temperature", "kitchen/temperature"]);
  });

  it("needs no registration where the topic is subscribed", async () => {
    const { connect, peer } = snBench();
    const session = await connect();
    await session.subscribe(normal("a/b"), 0, WAIT);
    await session.publish(message(normal("a/b")), WAIT);
    expect(peer.commands.some((line) => line.startsWith("AT+UMQTTSNC=2"))).toBe(false);
  });

  it("has its topic registered anew, once, where the gateway has forgotten it", async () => {
    const { connect, fake, peer } = snBench();
    const session = await connect();
    await session.publish(message(normal("a/b"), "1"), WAIT);
    fake.forget();
    await session.publish(message(normal("a/b"), "2"), WAIT);
    expect(fake.published.map(({ payload }) => payload.toString())).toEqual(["1", "2"]);
    fake.results.set(4, "4,0");
    const before = peer.commands.length;
    expect((await failure(session.publish(message(normal("a/b")), WAIT))).code).toBe("MODEM_TIMEOUT");
    expect(peer.commands.slice(before).filter((line) => line.startsWith("AT+UMQTTSNC=4"))).toHaveLength(2);
  });

  it("is not sent twice where the gateway did not answer in time", async () => {
    const { connect, fake, peer } = snBench();
    const session = await connect();
    await session.publish(message(normal("a/b")), WAIT);
    fake.results.set(4, "4,0");
    fake.lastError = "14,21";
    const before = peer.commands.length;
    expect((await failure(session.publish(message(normal("a/b")), WAIT))).code).toBe("MODEM_TIMEOUT");
    expect(peer.commands.slice(before).filter((line) => line.startsWith("AT+UMQTTSNC=4"))).toHaveLength(1);
  });

  const WAYS = [
    ["nothing", "", "text"],
    ["text of 1017 characters", "x".repeat(1017), "text"],
    ["512 bytes", BYTES.subarray(0, 512), "hex"],
    ["513 bytes", BYTES.subarray(0, 513), "file"],
    ["1017 bytes", BYTES.subarray(0, 1017), "file"],
  ] as const;
  it.each(WAYS)("of %s goes exactly, by %s", async (_what, payload, by) => {
    const { connect, fake } = snBench();
    const session = await connect();
    await session.publish(message({ type: "short", name: "aa" }, payload, 2), WAIT);
    expect(fake.published[0]).toMatchObject({ type: 2, topic: "aa", qos: 2, by });
    expect(fake.published[0]?.payload.equals(Buffer.from(payload as string))).toBe(true);
    expect([...fake.files.keys()]).toEqual([]);
  });

  it("that is binary and longer than 512 bytes is INVALID_INPUT where the firmware publishes no files", async () => {
    const { connect, fake } = snBench();
    fake.hasFiles = false;
    const session = await connect();
    const error = await failure(session.publish(message({ type: "predefined", id: 7 }, BYTES.subarray(0, 600)), WAIT));
    expect(error.code).toBe("INVALID_INPUT");
  });

  it("of QoS -1 needs no session, and goes in one where that is with its gateway", async () => {
    const { connect, fake, mqttSn, peer } = snBench();
    const datagram = {
      host: "gateway.test",
      port: 10_000,
      topic: { type: "predefined", id: 300 } as const,
      payload: Buffer.from("x"),
      retain: false,
      timeout: 1000,
    };
    await mqttSn.send(datagram);
    expect(peer.commands.slice(-3)).toEqual([
      "AT+UMQTTSNNV=0",
      'AT+UMQTTSN=1,"gateway.test",10000',
      'AT+UMQTTSNC=4,3,0,0,1,"300","x"',
    ]);
    await connect();
    await mqttSn.send({ ...datagram, topic: { type: "short", name: "ab" } });
    expect(fake.published.map(({ topic, qos }) => [topic, qos])).toEqual([
      ["300", 3],
      ["ab", 3],
    ]);
    const error = await failure(mqttSn.send({ ...datagram, host: "other.test", timeout: 300 }));
    expect(error.code).toBe("MODEM_BUSY");
    expect(error.message).toContain("broker A");
  });

  it.each([
    [{ type: "short", name: "a" }],
    [{ type: "short", name: "abc" }],
    [{ type: "short", name: 'a"' }],
    [{ type: "short", name: "ä" }],
    [{ type: "predefined", id: 0 }],
    [{ type: "predefined", id: 65_536 }],
    [{ type: "predefined", id: 1.5 }],
    [{ type: "normal", id: 3 }],
    [{ type: "normal", name: "" }],
    [{ type: "normal", name: 'a"b' }],
    [{ type: "normal", name: "a/#" }],
  ] as const)("is not sent to %j", async (topic) => {
    const { connect, peer } = snBench();
    const session = await connect();
    const before = peer.commands.length;
    expect((await failure(session.publish(message(topic as SnTopic), WAIT))).code).toBe("INVALID_INPUT");
    expect(peer.commands.length).toBe(before);
  });
});

describe("a subscription of MQTT-SN", () => {
  it("tells the granted QoS, but not of a short topic, whose answer is not to be trusted", async () => {
    const { connect } = snBench();
    const session = await connect();
    expect(await session.subscribe(normal("a/b"), 1, WAIT)).toBe(1);
    expect(await session.subscribe({ type: "short", name: "aa" }, 0, WAIT)).toBeUndefined();
    expect(await session.subscribe({ type: "predefined", id: 7 }, 2, WAIT)).toBe(2);
  });

  it("is ended by the topic's id, that with a wildcard by its text", async () => {
    const { connect, peer } = snBench();
    const session = await connect();
    await session.subscribe(normal("a/b"), 1, WAIT);
    await session.subscribe(normal("a/+"), 1, WAIT);
    await session.unsubscribe(normal("a/b"), WAIT);
    await session.unsubscribe(normal("a/+"), WAIT);
    await session.unsubscribe({ type: "short", name: "aa" }, WAIT);
    expect(peer.commands.slice(-3)).toEqual(['AT+UMQTTSNC=6,0,"1"', 'AT+UMQTTSNC=6,0,"a/+"', 'AT+UMQTTSNC=6,2,"aa"']);
  });

  it("brings messages with the topic's name, or its id where nobody told the name", async () => {
    const { connect, fake, owner } = snBench({ pieces: 5 });
    const session = await connect();
    await session.subscribe(normal("room/temperature"), 1, WAIT);
    fake.receive(0, "1", '20 "degrees"\r\nOK\r\n', 1);
    fake.receive(0, "999", "by a wildcard");
    fake.receive(1, "7", "");
    fake.receive(2, "aa", BYTES.subarray(0, 256));
    await expect.poll(() => owner.messages.length).toBe(4);
    expect(owner.messages).toEqual([
      { topic: { type: "normal", name: "room/temperature" }, payload: '20 "degrees"\r\nOK\r\n', qos: 1 },
      { topic: { type: "normal", id: 999 }, payload: "by a wildcard", qos: 0 },
      { topic: { type: "predefined", id: 7 }, payload: "", qos: 0 },
      { topic: { type: "short", name: "aa" }, payload: BYTES.subarray(0, 256).toString("latin1"), qos: 0 },
    ]);
  });

  it.each([
    '+UMQTTSNC: 9,0,0,5,1,"1",5,"hello"',
    '+UMQTTSNC: 9,0,3,6,1,"1",5,"hello"',
    '+UMQTTSNC: 9,0,2,6,1,"1",5,"hello"',
    '+UMQTTSNC: 9,0,0,6,1,"x",5,"hello"',
    '+UMQTTSNC: 9,0,0,6,1,"0",5,"hello"',
    '+UMQTTSNC: 9,0,0,6,1,"1",5,"hell"',
  ])("brings no message that was damaged on the way (%j)", async (line) => {
    const { connect, fake, owner } = snBench();
    await connect();
    fake.unread.push(Buffer.from(line));
    fake.receive(2, "aa", "whole");
    await expect.poll(() => owner.messages.length, { timeout: 5000 }).toBe(1);
    expect(owner.messages[0]?.payload).toBe("whole");
    expect(owner.damaged).toHaveLength(1);
  });
});
