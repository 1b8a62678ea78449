import { describe, expect, it, vi } from "vitest";
import { failure, outcome } from "../../../support/failure";
import { profile } from "../security/tls-profile";
import { message, OPTIONS, Owner, startMqtt, WAIT } from "./mqtt-session";

const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_value, byte) => byte));

describe("a session by BG96", () => {
  it("sets everything before it opens, and logs in", async () => {
    const { connect, lines } = await startMqtt();
    await connect({ user: "me", password: "secret" });
    expect(lines()).toEqual([
      "AT+QMTCLOSE=0",
      'AT+QMTCFG="version",0,4',
      'AT+QMTCFG="pdpcid",0,1',
      'AT+QMTCFG="ssl",0,0',
      'AT+QMTCFG="keepalive",0,120',
      'AT+QMTCFG="session",0,1',
      'AT+QMTCFG="timeout",0,15,3,0',
      'AT+QMTCFG="will",0,0',
      'AT+QMTCFG="recv/mode",0,0,1',
      'AT+QMTOPEN=0,"broker.example",1883',
      'AT+QMTCONN=0,"bench","me","secret"',
    ]);
  });

  it("takes over nothing of the session before it", async () => {
    const { connect, fake } = await startMqtt();
    const will = { topic: "gone", payload: Buffer.from("it's over"), qos: 2, retain: true } as const;
    const first = await connect({ version: "3.1", cleanSession: false, keepAlive: 0, will, security: profile() });
    expect(Object.fromEntries(fake.settings)).toMatchObject({
      "0 version": "3",
      "0 ssl": "1,1",
      "0 keepalive": "0",
      "0 session": "0",
      "0 will": `1,2,1,"gone","it's over"`,
    });
    await first.disconnect(WAIT);
    // The one that has been free for the longest time is next.
    for (let others = 0; others < 5; others += 1) await (await connect()).disconnect(WAIT);
    await connect();
    expect(Object.fromEntries(fake.settings)).toMatchObject({
      "0 version": "4",
      "0 ssl": "0",
      "0 keepalive": "120",
      "0 session": "1",
      "0 will": "0",
    });
  });

  it("has the modem's IMEI for a client id where it is given none", async () => {
    const { connect, lines } = await startMqtt();
    await connect({ clientId: "" });
    expect(lines().at(-1)).toBe('AT+QMTCONN=0,"866425030000001"');
  });

  it("publishes every byte, with a length, and an empty message by Ctrl-Z", async () => {
    const { connect, fake, lines } = await startMqtt();
    const session = await connect();
    const payloads = [ALL_BYTES, Buffer.alloc(0), Buffer.alloc(1548, 0x1a)];
    for (const payload of payloads) await session.publish(message(payload, { qos: 2, retain: true }), WAIT);
    expect(fake.published.map(({ payload }) => payload)).toEqual(payloads);
    expect(lines().slice(-3)).toEqual([
      'AT+QMTPUB=0,1,2,1,"topic/pub",256',
      'AT+QMTPUB=0,2,2,1,"topic/pub"',
      'AT+QMTPUB=0,3,2,1,"topic/pub",1548',
    ]);
  });

  it("has message id 0 for QoS 0 and no other", async () => {
    const { connect, fake } = await startMqtt();
    const session = await connect();
    for (const qos of [0, 1, 0, 2] as const) await session.publish(message("x", { qos }), WAIT);
    expect(fake.published.map(({ id, qos }) => [id, qos])).toEqual([
      [0, 0],
      [1, 1],
      [0, 0],
      [2, 2],
    ]);
  });

  it("is not done when a packet was sent again, but when it was acknowledged", async () => {
    const { connect, fake, peer } = await startMqtt();
    const session = await connect();
    fake.results.QMTPUB = [["+QMTPUB: 0,1,1,1", "+QMTPUB: 0,1,1,2"]];
    const publishing = outcome(session.publish(message("x"), WAIT));
    let isDone = false;
    void publishing.then(() => {
      isDone = true;
    });
    await vi.waitFor(() => expect(fake.published).toHaveLength(1));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isDone).toBe(false);
    peer.urc("+QMTPUB: 0,1,0");
    expect(await publishing).toBe("done");
  });

  it("tells an unacknowledged message from one that was published", async () => {
    const { connect, fake } = await startMqtt();
    const session = await connect();
    fake.results.QMTPUB = ["2"];
    expect(await failure(session.publish(message("x"), WAIT))).toMatchObject({
      code: "MODEM_TIMEOUT",
      message: "Publishing to topic/pub: the broker did not acknowledge it",
      cause: { result: "+QMTPUB: 0,1,2" },
    });
    await session.publish(message("y"), WAIT);
  });

  it("subscribes and tells what the broker granted, or that it refused", async () => {
    const { connect, fake, lines } = await startMqtt();
    const session = await connect();
    fake.results.QMTSUB = ["0,2", "0,0", "0,128", "0"];
    expect(await session.subscribe("a/+/#", 2, WAIT)).toBe(2);
    expect(await session.subscribe("b", 1, WAIT)).toBe(0);
    expect(await failure(session.subscribe("c", 1, WAIT))).toMatchObject({ code: "PROTOCOL_ERROR" });
    expect(await session.subscribe("d", 1, WAIT)).toBeUndefined();
    await session.unsubscribe("a/+/#", WAIT);
    expect(lines().slice(-5)).toEqual([
      'AT+QMTSUB=0,1,"a/+/#",2',
      'AT+QMTSUB=0,2,"b",1',
      'AT+QMTSUB=0,3,"c",1',
      'AT+QMTSUB=0,4,"d",1',
      'AT+QMTUNS=0,5,"a/+/#"',
    ]);
  });

  it("has UTF-8 in topics, ids and passwords", async () => {
    const { connect, fake } = await startMqtt();
    const owner = new Owner();
    const session = await connect({ clientId: "Gerät", user: "üser", password: "pä€" }, owner);
    await session.publish(message("x", { topic: "Zähler/5 €" }), WAIT);
    expect(fake.published[0]?.topic).toBe("Zähler/5 €");
    fake.deliver(0, 0, "Zähler/5 €", "€");
    await vi.waitFor(() =>
      expect(owner.messages).toEqual([{ topic: "Zähler/5 €", payload: Buffer.from("€"), qos: 0 }]),
    );
  });

  it("leaves by a DISCONNECT, closes and gives its client back", async () => {
    const { connect, lines, fake } = await startMqtt();
    const owner = new Owner();
    const session = await connect({}, owner);
    await session.disconnect(WAIT);
    expect(lines().slice(-2)).toEqual(["AT+QMTDISC=0", "AT+QMTCLOSE=0"]);
    expect([owner.ends, fake.clients.size]).toEqual([[], 0]);
    expect(await failure(session.publish(message("x"), WAIT))).toMatchObject({ code: "CONNECTION_CLOSED" });
    await connect();
    expect([...fake.clients.values()].map(({ isConnected }) => isConnected)).toEqual([true]);
  });

  it("is one of six at a time; a seventh is told who has them", async () => {
    const { connect, fake } = await startMqtt();
    const sessions = [];
    for (let number = 0; number < 6; number += 1) sessions.push(await connect({ owner: `broker ${number}` }));
    expect([...fake.clients.keys()]).toEqual([0, 1, 2, 3, 4, 5]);
    const error = await failure(connect({ timeout: 300 }));
    expect(error).toMatchObject({ code: "MODEM_BUSY" });
    expect(error.message).toContain("broker 5");
    await sessions[3]?.disconnect(WAIT);
    await connect();
    expect(fake.get(3).isConnected).toBe(true);
  });

  it("takes results by client and message, whatever order they come in", async () => {
    const { connect, fake, peer } = await startMqtt();
    await connect();
    fake.results.QMTOPEN = [[]];
    const second = connect();
    await vi.waitFor(() => expect(peer.commands.at(-1)).toMatch(/^AT\+QMTOPEN=1/));
    // Of the first one, late.
    for (const line of ["+QMTOPEN: 0,-1", "+QMTCONN: 0,2", "+QMTPUB: 0,1,2"]) peer.urc(line);
    fake.clients.set(1, { host: "", port: 1, isConnected: false });
    peer.urc("+QMTOPEN: 1,0");
    const session = await second;
    fake.results.QMTPUB = [["+QMTPUB: 0,1,2", "+QMTPUB: 1,7,2", "+QMTPUB: 1,1,0"]];
    await session.publish(message("x"), WAIT);
  });

  it("finds by its ping that it does not stand any more", async () => {
    const { connect, fake } = await startMqtt();
    const owner = new Owner();
    const session = await connect({}, owner);
    await session.ping(WAIT);
    fake.clients.clear();
    expect(await failure(session.ping(WAIT))).toMatchObject({ code: "CONNECTION_CLOSED" });
    expect(owner.ends.map(({ code }) => code)).toEqual(["CONNECTION_CLOSED"]);
  });

  it.each([
    ["host", { host: "" }],
    ["port", { port: 0 }],
    ["keepAlive", { keepAlive: 3601 }],
    ["clientId", { clientId: 'a"b' }],
    ["user", { user: "", password: "x" }],
    ["password", { user: "x", password: "p".repeat(257) }],
    ["will: payload", { will: { topic: "t", payload: Buffer.from([0xff]), qos: 0, retain: false } }],
    ["will: topic", { will: { topic: "t/#", payload: Buffer.alloc(0), qos: 0, retain: false } }],
  ] as const)("refuses a wrong %s before anything is sent", async (field, options) => {
    const { connect, peer } = await startMqtt();
    const error = await failure(connect({ ...OPTIONS, ...options }));
    expect([error.code, peer.commands]).toEqual(["INVALID_INPUT", []]);
    expect(error.message.startsWith(field)).toBe(true);
  });

  it("refuses what no message can be, and sends nothing of it", async () => {
    const { connect, lines } = await startMqtt();
    const session = await connect();
    const before = lines().length;
    const wrong = [
      message("x", { topic: 'a"b' }),
      message("x", { topic: "a/+" }),
      message("x", { topic: "t".repeat(257) }),
      message(Buffer.alloc(1549)),
    ];
    for (const each of wrong) expect(await outcome(session.publish(each, WAIT))).toBe("INVALID_INPUT");
    expect(await outcome(session.subscribe("a#", 0, WAIT))).toBe("INVALID_INPUT");
    expect(lines().length).toBe(before);
  });
});
