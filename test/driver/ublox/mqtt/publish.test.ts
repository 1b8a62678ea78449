import { describe, expect, it } from "vitest";
import type { Publication } from "../../../../driver/services/mqtt/mqtt";
import { failure } from "../../../support/failure";
import { turns } from "../http/http-client";
import { mqttBench, WAIT } from "./fake-mqtt";

const message = (payload: Uint8Array | string, more: Partial<Publication> = {}): Publication => ({
  topic: "a/b",
  payload: Buffer.from(payload as string),
  qos: 1,
  retain: false,
  ...more,
});
const BYTES = Buffer.from(Array.from({ length: 8192 }, (_value, index) => index % 256));

describe("a message", () => {
  const WAYS = [
    ["nothing", "", "text"],
    ["text", "21.5 °C".replace("°", "deg"), "text"],
    ["text of 1024 characters", "x".repeat(1024), "text"],
    ["text with a quotation mark", '"on"', "hex"],
    ["512 bytes", BYTES.subarray(0, 512), "hex"],
    ["513 bytes", BYTES.subarray(0, 513), "binary"],
    ["1024 bytes", BYTES.subarray(0, 1024), "binary"],
    ["1025 bytes", BYTES.subarray(0, 1025), "file"],
    ["8192 bytes", BYTES, "file"],
  ] as const;
  it.each(WAYS)("of %s goes exactly, by %s", async (_what, payload, by) => {
    const { connect, fake } = mqttBench();
    const session = await connect();
    await session.publish(message(payload, { retain: true, qos: 2 }), WAIT);
    const [published] = fake.published;
    expect(published).toMatchObject({ topic: "a/b", qos: 2, retain: 1, by });
    expect(published?.payload.equals(Buffer.from(payload as string))).toBe(true);
    expect([...fake.files.keys()]).toEqual([]);
  });

  it("goes by digits or the prompt, whichever the line's rate makes faster", async () => {
    for (const [bytesPerSecond, by] of [
      [960, "binary"],
      [11_520, "hex"],
    ] as const) {
      const { connect, fake } = mqttBench({ bytesPerSecond });
      await (await connect()).publish(message(BYTES.subarray(0, 100)), WAIT);
      expect(fake.published[0]?.by).toBe(by);
    }
  });

  it("may have a topic with blanks and characters beyond ASCII", async () => {
    const { connect, fake } = mqttBench();
    await (await connect()).publish(message("x", { topic: "Küche 1/Wärme/温度" }), WAIT);
    expect(fake.published[0]?.topic).toBe("Küche 1/Wärme/温度");
  });

  it.each([
    [message(Buffer.alloc(8193)), "payload"],
    [message("x", { topic: 'a"b' }), "topic"],
    [message("x", { topic: "a/+" }), "topic"],
    [message("x", { topic: "" }), "topic"],
    [message("x", { topic: "a\r\nb" }), "topic"],
    [message("x", { topic: "x".repeat(257) }), "topic"],
    [message("x", { qos: 3 as never }), "qos"],
  ])("that can't be carried is refused before anything is sent", async (refused, field) => {
    const { connect, peer } = mqttBench();
    const session = await connect();
    const before = peer.commands.length;
    const error = await failure(session.publish(refused, WAIT));
    expect(error.code).toBe("INVALID_INPUT");
    expect(error.message).toContain(field);
    expect(peer.commands.length).toBe(before);
  });

  it("of more than 1024 bytes is INVALID_INPUT where the firmware publishes no files, which is asked once", async () => {
    const { connect, fake, peer } = mqttBench();
    fake.hasFiles = false;
    const session = await connect();
    for (let time = 0; time < 2; time += 1)
      expect((await failure(session.publish(message(BYTES), WAIT))).code).toBe("INVALID_INPUT");
    expect(peer.commands.filter((line) => line.startsWith("AT+UMQTTC=3"))).toHaveLength(1);
    expect([...fake.files.keys()]).toEqual([]);
  });

  it("leaves no file behind from an earlier run", async () => {
    const { connect, fake } = mqttBench();
    fake.files.set("nr_mqtt", BYTES);
    await connect();
    expect([...fake.files.keys()]).toEqual([]);
  });

  it("is done with 9,1 as well as with 2,1 when it goes by the prompt", async () => {
    const { connect, fake } = mqttBench();
    fake.results.set(2, "9,1");
    await (await connect()).publish(message(BYTES.subarray(0, 600)), WAIT);
  });

  it.each([
    ["13,33", "MODEM_TIMEOUT"],
    ["13,50", "NO_CONNECTION"],
    ["13,0", "MODEM_TIMEOUT"],
    ["13,99", "MODEM_TIMEOUT"],
    ["garbage", "MODEM_TIMEOUT"],
  ] as const)("that was not acknowledged (%s) may have been sent", async (lastError, code) => {
    const { connect, fake, owner } = mqttBench();
    const session = await connect();
    fake.results.set(2, "2,0");
    fake.lastError = lastError;
    const error = await failure(session.publish(message("x"), WAIT));
    expect(error.code).toBe(code);
    expect(error.message).toContain("Publishing to a/b");
    fake.results.clear();
    await session.publish(message("y"), WAIT);
    expect(owner.closed).toEqual([]);
  });

  it("waits for its turn until the one before it has its result, while other services use the line", async () => {
    const { connect, fake, peer, channel } = mqttBench();
    const session = await connect();
    fake.held.add(2);
    const first = session.publish(message("1"), WAIT);
    const second = session.publish(message("2"), WAIT);
    peer.on(/^AT\+CSQ$/, ["OK"]);
    await channel.send({ line: "AT+CSQ", label: "AT+CSQ", timeout: 1000 });
    await turns();
    expect(peer.commands.filter((line) => line.startsWith("AT+UMQTTC=2"))).toHaveLength(1);
    fake.held.clear();
    fake.finish();
    await first;
    await second;
    expect(fake.published.map(({ payload }) => payload.toString())).toEqual(["1", "2"]);
  });

  it("that its caller gave up on keeps its turn until the modem is done with it", async () => {
    const { connect, fake } = mqttBench();
    const session = await connect();
    fake.held.add(2);
    const error = await failure(session.publish(message("1"), { timeout: 60 }));
    expect(error.code).toBe("MODEM_TIMEOUT");
    const gone = await failure(session.publish(message("never"), { timeout: 300 }));
    expect(gone.code).toBe("MODEM_BUSY");
    expect(gone.message).toContain("Publishing to a/b");
    fake.held.clear();
    fake.finish();
    await session.publish(message("3"), WAIT);
    expect(fake.published.map(({ payload }) => payload.toString())).toEqual(["1", "3"]);
  });

  it("is given up by its caller's signal, with its reason", async () => {
    const { connect, fake } = mqttBench();
    const session = await connect();
    fake.held.add(2);
    const stop = new AbortController();
    const publish = session.publish(message("1"), { ...WAIT, signal: stop.signal });
    stop.abort(new Error("redeployed"));
    await expect(publish).rejects.toThrow("redeployed");
  });

  it("by a damaged result is told as one whose fate is not known", async () => {
    const { connect, fake } = mqttBench();
    const session = await connect();
    fake.results.set(2, "2,");
    const error = await failure(session.publish(message("x"), WAIT));
    expect(error.code).toBe("MODEM_TIMEOUT");
  });
});

describe("a subscription", () => {
  it("resolves with the granted QoS, and unsubscribes exactly what was subscribed", async () => {
    const { connect, fake, peer } = mqttBench();
    const session = await connect();
    expect(await session.subscribe("a/+/Wärme", 2, WAIT)).toBe(2);
    expect(fake.subscribed.size).toBe(1);
    await session.unsubscribe("a/+/Wärme", WAIT);
    expect(fake.subscribed.size).toBe(0);
    expect(peer.commands.at(-1)).toBe(`AT+UMQTTC=5,"${Buffer.from("a/+/Wärme").toString("latin1")}"`);
  });

  it.each(["4,0", '4,1,128,"a"'])("that the broker refuses (%s) is PROTOCOL_ERROR", async (result) => {
    const { connect, fake } = mqttBench();
    const session = await connect();
    fake.results.set(4, result);
    expect((await failure(session.subscribe("a", 1, WAIT))).code).toBe("PROTOCOL_ERROR");
  });

  it("is not taken for granted by the late result of another", async () => {
    const { connect, fake, peer } = mqttBench();
    const session = await connect();
    fake.held.add(4);
    const subscription = session.subscribe("a", 2, WAIT);
    await turns();
    peer.urc('+UUMQTTC: 4,1,1,"b"');
    await turns();
    fake.finish('4,1,0,"a"');
    expect(await subscription).toBe(0);
  });
});
