import type { BrokerSession, MqttOptions, SessionEvents } from "../../../../driver/services/mqtt/mqtt";
import { profile } from "../../quectel/security/tls-profile";
import { type Bench, type Operation, on, TIMEOUT, USUAL_LIMIT } from "./operation";

const QUIET: SessionEvents = { onMessage: () => undefined, onClosed: () => undefined };
const WAIT = { timeout: TIMEOUT } as const;

function connect(
  { services }: Pick<Bench, "services">,
  more: Partial<MqttOptions> = {},
  events = QUIET,
): Promise<BrokerSession> {
  const server = { host: "server.test", port: 1883, version: "3.1.1", owner: "test" } as const;
  const session = { clientId: "test", keepAlive: 60, cleanSession: true } as const;
  return services.mqtt.connect({ ...WAIT, ...server, ...session, ...more }, events);
}

function publish(payload: Uint8Array, qos: 0 | 1 | 2, timeout = TIMEOUT): Operation {
  const message = { topic: "a/b", payload, qos, retain: false } as const;
  return on(connect, (session) => session.publish(message, { timeout }), timeout);
}

/** Resolves when a message has come that the broker was sent. */
async function brought({ services }: Bench): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const events = { onMessage: () => resolve(), onClosed: reject, onDamaged: reject };
    const start = async (): Promise<void> => {
      const session = await connect({ services }, {}, events);
      await session.subscribe("a/b", 0, WAIT);
      await session.publish({ topic: "a/b", payload: Buffer.alloc(300, 0x81), qos: 0, retain: false }, WAIT);
    };
    start().catch(reject);
  });
}

export const MQTT_OPERATIONS = {
  "mqtt.connect": {
    "": { limit: TIMEOUT, run: (bench) => connect(bench) },
    // What nothing announced is looked for after half a minute.
    "and a message": { models: ["LARA-R6"], limit: 3 * USUAL_LIMIT, run: brought },
    "over TLS": {
      limit: TIMEOUT,
      run: (bench) => connect(bench, { port: 8883, security: profile({ validation: "none" }) }),
    },
  },
  "session.publish": {
    text: publish(Buffer.from("some text"), 1),
    "at most once": publish(Buffer.from("some text"), 0),
    binary: publish(Buffer.from([0, 1, 2, 13, 10, 26, 34]), 2),
    "without a payload": publish(Buffer.alloc(0), 1),
    // A prompt of LARA-R6 is waited for, as a ping may hold it up.
    "at a prompt": publish(Buffer.alloc(600, 0x81), 1, USUAL_LIMIT),
    "from a file": { ...publish(Buffer.alloc(3000, 0x81), 1), models: ["LARA-R6"] },
  },
  "session.subscribe": { "": on(connect, (session) => session.subscribe("a/#", 1, WAIT), TIMEOUT) },
  "session.unsubscribe": {
    "": on(
      async (bench) => {
        const session = await connect(bench);
        await session.subscribe("a/#", 1, WAIT);
        return session;
      },
      (session) => session.unsubscribe("a/#", WAIT),
      TIMEOUT,
    ),
  },
  "session.ping": { "": on(connect, (session) => session.ping(WAIT), TIMEOUT) },
  "session.disconnect": { "": on(connect, (session) => session.disconnect(WAIT), USUAL_LIMIT) },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Operation>>>>;
