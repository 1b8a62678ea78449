import { describe, expect, it } from "vitest";
import { innerBroker, mosquitto } from "../../../support/brokers";
import { failure } from "../../../support/failure";
import { tls } from "../security/fake-tls";
import { WAIT } from "./fake-mqtt";
import { onSimulator } from "./on-simulator";

const BYTES = Buffer.from(Array.from({ length: 8192 }, (_value, index) => (index * 7) % 256));

describe("by the simulated modem and a real broker", () => {
  it("messages of every length and byte go out and come back as they are", async () => {
    const { port } = await mosquitto();
    const { connect, owner } = await onSimulator(port);
    const session = await connect();
    expect(await session.subscribe("Küche 1/#", 2, WAIT)).toBe(2);
    const lengths = [0, 1, 511, 512, 513, 1023, 1024];
    for (const [index, length] of lengths.entries()) {
      const message = { topic: `Küche 1/${length}`, payload: BYTES.subarray(0, length), retain: false };
      await session.publish({ ...message, qos: (index % 3) as 0 | 1 | 2 }, WAIT);
    }
    await expect.poll(() => owner.messages.length, { timeout: 10_000 }).toBe(lengths.length);
    expect(owner.messages.map(({ topic, payload }) => [topic, payload])).toEqual(
      lengths.map((length) => [`Küche 1/${length}`, BYTES.subarray(0, length).toString("latin1")]),
    );
    await session.unsubscribe("Küche 1/#", WAIT);
    await session.ping(WAIT);
    await session.disconnect(WAIT);
    expect(owner.closed).toEqual([]);
  });

  it("messages of up to 8192 bytes go from a file", async () => {
    const { port, aedes } = await innerBroker();
    const seen: Buffer[] = [];
    aedes.on("publish", ({ topic, payload }) => {
      if (topic === "big") seen.push(Buffer.from(payload));
    });
    const { connect, driver } = await onSimulator(port);
    const session = await connect();
    for (const length of [1025, 8192])
      await session.publish({ topic: "big", payload: BYTES.subarray(0, length), qos: 1, retain: false }, WAIT);
    expect(seen.map(({ length }) => length)).toEqual([1025, 8192]);
    expect(seen[1]?.equals(BYTES)).toBe(true);
    expect(await driver.services.files.list()).toEqual([]);
  });

  it("a flood of retained messages comes whole, before and behind the subscription", async () => {
    const { port } = await mosquitto();
    const { connect, owner } = await onSimulator(port);
    const session = await connect();
    for (let index = 0; index < 40; index += 1)
      await session.publish({ topic: `r/${index}`, payload: Buffer.from([index]), qos: 0, retain: true }, WAIT);
    await session.subscribe("r/+", 1, WAIT);
    await expect.poll(() => owner.messages.length, { timeout: 10_000 }).toBe(40);
    expect(new Set(owner.messages.map(({ topic }) => topic)).size).toBe(40);
    // An empty one clears it.
    await session.publish({ topic: "r/0", payload: Buffer.alloc(0), qos: 1, retain: true }, WAIT);
    await expect.poll(() => owner.messages.length, { timeout: 10_000 }).toBe(41);
  });

  it("a wrong password is refused, in words", async () => {
    const { port } = await mosquitto({ user: { name: "me", password: "right" } });
    const { connect } = await onSimulator(port);
    const error = await failure(connect({ user: "me", password: "wrong" }));
    expect(["PROTOCOL_ERROR", "CONNECT_FAILED"]).toContain(error.code);
    await connect({ user: "me", password: "right" });
  });

  it("a session goes by TLS, with and without a client's certificate", async () => {
    const { port } = await mosquitto({ tls: "server" });
    const { connect, driver } = await onSimulator(port);
    const session = await connect({ port: 8883, security: tls({ validation: "none" }) });
    await session.publish({ topic: "a", payload: Buffer.from("x"), qos: 1, retain: false }, WAIT);
    await session.disconnect(WAIT);
    await driver.services.security.list();
  });

  it("a broker that goes away is told once, and found again", async () => {
    const broker = await mosquitto();
    const { connect, owner } = await onSimulator(broker.port);
    await connect();
    await broker.stop();
    await expect.poll(() => owner.closed.length, { timeout: 10_000 }).toBe(1);
    expect((await failure(connect({ timeout: 10_000 }))).code).toBe("CONNECT_FAILED");
    await broker.start();
    await (await connect()).disconnect(WAIT);
    expect(owner.closed).toHaveLength(1);
  });
});
