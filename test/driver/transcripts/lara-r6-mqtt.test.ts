import { describe, expect, it, vi } from "vitest";
import type { MqttOptions } from "../../../driver/services/mqtt/mqtt";
import { innerBroker } from "../../support/brokers";
import { useEventLoopClock } from "../../support/clock";
import { OPTIONS, Owner, WAIT } from "../ublox/mqtt/fake-mqtt";
import { onSimulator } from "../ublox/mqtt/on-simulator";
import { pem, tls } from "../ublox/security/fake-tls";
import { type Job, startJob } from "./job";

vi.mock("../../../simulator/clock", () => vi.importActual("../../support/simulator-clock"));
useEventLoopClock();

/** The guide's broker. */
const BROKER = "192.168.105.30";
const UNREAD = "the driver resets the profile, and need not read it";

interface Connected extends Job {
  readonly owner: Owner;
  connect(more?: Partial<MqttOptions>): ReturnType<Job["services"]["mqtt"]["connect"]>;
}

async function job(port: number, more: readonly string[] = []): Promise<Connected> {
  const routes = [1883, 8883].map((of) => `route=${BROKER}:${of}=127.0.0.1:${port}`);
  const started = await startJob("LARA-R6", [...routes, ...more]);
  const owner = new Owner();
  const connect = (options: Partial<MqttOptions> = {}): ReturnType<Connected["connect"]> =>
    started.services.mqtt.connect({ ...OPTIONS, host: BROKER, timeout: 30_000, ...options }, owner);
  return { ...started, owner, connect };
}

const publication = (topic: string, payload: string) =>
  ({ topic, payload: Buffer.from(payload, "latin1"), qos: 0, retain: false }) as const;

describe("the driver of LARA-R6 does the jobs of guide 6", () => {
  it("6.1.1-minimal 6.1.2-last-will 6.1.3-profile-nvm 6.2-session: a session with a will", async () => {
    const { port } = await innerBroker();
    const { connect, followed } = await job(port);
    const will = { topic: "u-blox/publish", payload: Buffer.from("Unrequested disconnect."), qos: 1, retain: false };
    const session = await connect({ will: { ...will, qos: 1 } });
    await session.disconnect(WAIT);
    followed("6.1.1-minimal", { instead: { 1: UNREAD } });
    followed("6.1.2-last-will");
    const flash = "flash is never written, nor what it holds used";
    followed("6.1.3-profile-nvm", { order: [1], instead: { 0: flash, 2: UNREAD, 3: flash, 4: UNREAD } });
    followed("6.2-session");
  });

  it("6.1.4-context-mapping: a session goes over the context that the flow names", async () => {
    const { port } = await innerBroker();
    const { modem, connect, followed } = await job(port);
    await modem.connect({ cid: 2, apn: "second", pdpType: "IPV6" });
    await connect({ cid: 2, host: "2001:db8::1", timeout: 5000 }).catch(() => undefined);
    followed("6.1.4-context-mapping");
  });

  it("6.3-subscribe-publish 6.4-ascii-mode 6.4-hex-mode: what is published comes back", async () => {
    const { port } = await innerBroker();
    const { connect, owner, followed } = await job(port);
    const session = await connect();
    const messages = [
      ["module/lights", "light_1 is red"],
      ["module/ascii", "ABCD3031"],
      ["module/hex", "\xab\xcd01"],
    ] as const;
    for (const [index, [topic, payload]] of messages.entries()) {
      expect(await session.subscribe(topic, 0, WAIT)).toBe(0);
      await session.publish(publication(topic, payload), WAIT);
      await expect.poll(() => owner.messages.length).toBe(index + 1);
      expect(owner.messages[index]).toEqual({ topic, payload, qos: 0 });
    }
    await session.unsubscribe("module/lights", WAIT);
    followed("6.3-subscribe-publish");
    followed("6.4-ascii-mode");
    followed("6.4-hex-mode");
  });

  it("6.5-binary-publish: a quotation mark and a CR arrive as they are", async () => {
    const { port } = await innerBroker();
    const { connect, owner, followed } = await job(port);
    const session = await connect();
    await session.subscribe("module/special", 0, WAIT);
    const payload = '"this is an example"\r';
    await session.publish({ ...publication("module/special", payload), qos: 1 }, WAIT);
    await expect.poll(() => owner.messages.map((message) => message.payload)).toEqual([payload]);
    followed("6.5-binary-publish", { instead: { 1: "as digits, 21 bytes are faster" } });
  });

  it("6.6-ping: the pings are turned on, and their failure ends the session", async () => {
    const { port } = await innerBroker();
    const { connect, owner, fault, followed } = await job(port);
    await connect({ keepAlive: 30 });
    fault("mqtt-ping-failure");
    await expect.poll(() => owner.closed.length, { timeout: 10_000 }).toBe(1);
    followed("6.6-ping");
  });

  it("6.7-last-will-packet: a second modem gets the will of one that is gone", async () => {
    const { port } = await innerBroker();
    const first = await job(port);
    const second = await onSimulator(port, BROKER);
    const will = {
      topic: "u-blox/publish",
      payload: Buffer.from("Unrequested disconnect."),
      qos: 1,
      retain: false,
    } as const;
    await first.connect({ clientId: "one", will });
    const session = await second.connect({ clientId: "two" });
    await session.subscribe("u-blox/publish", 0, WAIT);
    await first.modem.execute("AT+CFUN=4", { timeout: 10_000 });
    await expect.poll(() => first.owner.closed.length, { timeout: 10_000 }).toBe(1);
    await expect.poll(() => second.owner.messages.length, { timeout: 10_000 }).toBe(1);
    expect(second.owner.messages[0]?.payload).toBe("Unrequested disconnect.");
    first.followed("6.7-last-will-packet");
  });

  it("6.8-error-query: why a login failed is asked for at once", async () => {
    const { port } = await innerBroker();
    const { modem, connect, followed } = await job(port);
    await modem.execute("AT+CGACT=0,1", { timeout: 10_000 });
    await expect(connect()).rejects.toMatchObject({ code: "NO_CONNECTION", cause: { errorClass: 13, errorCode: 50 } });
    followed("6.8-error-query");
  });

  it("6.9-secure: a session goes by TLS", async () => {
    const { port } = await innerBroker({ cert: pem("server.cert"), key: pem("server.key") });
    const { connect, followed } = await job(port);
    const session = await connect({ port: 8883, security: tls() });
    await session.disconnect(WAIT);
    followed("6.9-secure", { order: [1, 0, 2], values: { "11,1,2": "11,1,[0-4]" } });
  });
});
