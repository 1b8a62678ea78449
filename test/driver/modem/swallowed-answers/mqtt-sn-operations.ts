import type { SessionOptions } from "../../../../driver/services/mqtt/mqtt";
import type { MqttSnSession } from "../../../../driver/services/mqtt-sn/mqtt-sn";
import { type Bench, type Operation, on, TIMEOUT, USUAL_LIMIT } from "./operation";

const QUIET = { onMessage: () => undefined, onClosed: () => undefined };
const WAIT = { timeout: TIMEOUT } as const;
const GATEWAY = { host: "server.test", port: 10_000 } as const;
const WILL = { topic: "gone", payload: Buffer.from("bye"), qos: 1, retain: false } as const;
const TOPIC = { type: "normal", name: "a/b" } as const;

function connect({ services }: Bench, more: Partial<SessionOptions> = {}): Promise<MqttSnSession> {
  const session = { clientId: "test", keepAlive: 60, cleanSession: true, owner: "test" } as const;
  return services.mqttSn.connect({ ...WAIT, ...GATEWAY, ...session, ...more }, QUIET);
}

/** Only LARA-R6 has it. */
function only(operation: Operation): Operation {
  return { ...operation, models: ["LARA-R6"] };
}

function publish(payload: Uint8Array): Operation {
  return only(
    on(connect, (session) => session.publish({ topic: TOPIC, payload, qos: 1, retain: false }, WAIT), TIMEOUT),
  );
}

export const MQTT_SN_OPERATIONS = {
  "mqttSn.connect": { "": only({ limit: TIMEOUT, run: (bench) => connect(bench, { will: WILL }) }) },
  "mqttSn.send": {
    "": only({
      limit: TIMEOUT,
      run: ({ services }) => {
        const topic = { type: "predefined", id: 7 } as const;
        return services.mqttSn.send({ ...GATEWAY, ...WAIT, topic, payload: Buffer.from("x"), retain: false });
      },
    }),
  },
  "snSession.publish": { text: publish(Buffer.from("some text")), "from a file": publish(Buffer.alloc(600, 0x81)) },
  "snSession.subscribe": { "": only(on(connect, (session) => session.subscribe(TOPIC, 1, WAIT), TIMEOUT)) },
  "snSession.unsubscribe": { "": only(on(connect, (session) => session.unsubscribe(TOPIC, WAIT), TIMEOUT)) },
  "snSession.updateWill": {
    "": only(
      on(
        (bench) => connect(bench, { will: WILL }),
        (session) => session.updateWill(WILL, WAIT),
        TIMEOUT,
      ),
    ),
  },
  "snSession.ping": { "": only(on(connect, (session) => session.ping(WAIT), TIMEOUT)) },
  "snSession.disconnect": { "": only(on(connect, (session) => session.disconnect(WAIT), USUAL_LIMIT)) },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Operation>>>>;
