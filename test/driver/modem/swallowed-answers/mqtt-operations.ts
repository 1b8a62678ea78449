import type { BrokerSession, MqttOptions, SessionEvents } from "../../../../driver/services/mqtt/mqtt";
import { profile } from "../../quectel/security/tls-profile";
import { type Bench, type Operation, on, TIMEOUT, USUAL_LIMIT } from "./operation";

const QUIET: SessionEvents = { onMessage: () => undefined, onClosed: () => undefined };
const WAIT = { timeout: TIMEOUT } as const;

function connect({ services }: Bench, more: Partial<MqttOptions> = {}): Promise<BrokerSession> {
  const server = { host: "server.test", port: 1883, version: "3.1.1", owner: "test" } as const;
  const session = { clientId: "test", keepAlive: 60, cleanSession: true } as const;
  return services.mqtt.connect({ ...WAIT, ...server, ...session, ...more }, QUIET);
}

function publish(payload: Uint8Array, qos: 0 | 1 | 2): Operation {
  return on(connect, (session) => session.publish({ topic: "a/b", payload, qos, retain: false }, WAIT), TIMEOUT);
}

export const MQTT_OPERATIONS = {
  "mqtt.connect": {
    "": { limit: TIMEOUT, run: (bench) => connect(bench) },
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
