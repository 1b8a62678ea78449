/** Messages a second through a modem's MQTT client, at 115200 baud, in one direction at a time. */
import type { Modem } from "../driver/modem";
import type { BrokerSession } from "../driver/services/mqtt/mqtt";
import { sha256 } from "./meter";
import { type Broker, WAIT } from "./mqtt-broker";
import { BAUD, fastest, type MqttCase, TOPIC } from "./mqtt-ways";
import { atLeast, type BenchRow } from "./row";
import { payloadOf } from "./socket-cases";
import type { ModelName } from "./socket-ways";
import type { Stage } from "./stage";
import { undisturbed } from "./undisturbed";

const SIZES = [20, 200, 1000] as const;
const JOBS = ["publish QoS 0", "publish QoS 1", "receive"] as const;
const PAYLOADS = ["text", "random"] as const;
/** s of the line at its ceiling. */
const DURATION = 2.5;
const OF_CEILING = 95;
/** ms until everything has arrived. */
const LIMIT = 120_000;

function casesOf(model: ModelName): MqttCase[] {
  return SIZES.flatMap((size) =>
    PAYLOADS.flatMap((payload) => JOBS.map((job) => ({ model, job, payload, size }) as const)),
  );
}

/** As many messages as the line carries in a while, and one that starts the clock. */
function messagesOf(item: MqttCase): Buffer[] {
  const count = Math.round((DURATION * 1000) / fastest(item).time) + 1;
  return Array.from({ length: count }, () => payloadOf(item.payload, item.size, 1));
}

/** What has arrived, and when. */
class Arrivals {
  readonly #expected: readonly Buffer[];
  readonly #got: Uint8Array[] = [];
  readonly #times: number[] = [];
  #resolve: () => void = () => undefined;

  constructor(expected: readonly Buffer[]) {
    this.#expected = expected;
  }

  take(payload: Uint8Array): void {
    this.#got.push(payload);
    this.#times.push(performance.now());
    if (this.#got.length >= this.#expected.length) this.#resolve();
  }

  /** Resolves when all have arrived. @throws {Error} when it takes too long or they are not what was sent */
  async whole(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve, reject) => {
      this.#resolve = resolve;
      timer = setTimeout(() => reject(new Error(`${this.#got.length} of ${this.#expected.length} arrived`)), LIMIT);
      if (this.#got.length >= this.#expected.length) resolve();
    });
    clearTimeout(timer);
    if (sha256(Buffer.concat(this.#got)) !== sha256(Buffer.concat(this.#expected)))
      throw new Error("the messages arrived changed");
  }

  /** Messages a second, from the first one on. */
  get rate(): number {
    return rateOf(this.#times);
  }
}

function rateOf(times: readonly number[]): number {
  const [first = 0] = times;
  return ((times.length - 1) * 1000) / ((times.at(-1) ?? 0) - first);
}

/** All are asked for at once, as by a flow that has a backlog. */
async function published(session: BrokerSession, broker: Broker, item: MqttCase): Promise<number> {
  const messages = messagesOf(item);
  const arrivals = new Arrivals(messages);
  broker.onPublished = (payload) => arrivals.take(payload);
  const qos = item.job === "publish QoS 1" ? 1 : 0;
  const done: number[] = [];
  const publish = async (payload: Buffer): Promise<void> => {
    await session.publish({ topic: TOPIC, payload, qos, retain: false }, WAIT);
    done.push(performance.now());
  };
  await Promise.all(messages.map(publish));
  await arrivals.whole();
  return rateOf(done);
}

/** What a session of the bench gets. */
class Receiver {
  arrivals = new Arrivals([]);
  /** Takes a message in place of `arrivals`. While it waits, the modem is not read. */
  hold: (() => Promise<void>) | undefined;

  onMessage({ payload }: { readonly payload: Buffer }): void | Promise<void> {
    if (this.hold !== undefined) return this.hold();
    this.arrivals.take(payload);
  }

  onClosed(error: Error): void {
    throw error;
  }
}

/** LARA-R6 has all of them before the first is read; BG96 hands them on as they come. */
async function received(modem: Modem, receiver: Receiver, broker: Broker, item: MqttCase): Promise<number> {
  const messages = messagesOf(item);
  receiver.arrivals = new Arrivals(messages);
  const release = item.model === "LARA-R6" ? await hold(receiver, broker) : undefined;
  const queued = announced(modem, messages.length);
  for (const message of messages) await broker.publish(TOPIC, message);
  if (release !== undefined) {
    await queued;
    release();
  }
  await receiver.arrivals.whole();
  return receiver.arrivals.rate;
}

/** Holds up the reader with a message of its own. @returns ends that */
async function hold(receiver: Receiver, broker: Broker): Promise<() => void> {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    receiver.hold = () => {
      resolve();
      return new Promise((end) => {
        release = end;
      });
    };
  });
  await broker.publish(TOPIC, Buffer.from("hold"));
  await held;
  receiver.hold = undefined;
  return release;
}

/** Resolves when LARA-R6 tells that it has so many. */
function announced(modem: Modem, count: number): Promise<void> {
  return new Promise((resolve) => {
    const listen = ({ text }: { text: string }): void => {
      if (text !== `+UUMQTTC: 6,${count}`) return;
      modem.off("urc", listen);
      resolve();
    };
    modem.on("urc", listen);
  });
}

function rowsOf(item: MqttCase, rate: number): BenchRow[] {
  const { model, job, size, payload } = item;
  const { name, time } = fastest(item);
  const most = 1000 / time;
  return [
    {
      name: `${model} MQTT ${job}, ${size} bytes, ${payload}: ${name} (ceiling ${most.toFixed(2)})`,
      value: rate,
      unit: "messages/s",
    },
    { name: "— of the line rate", value: (100 * rate * size) / (BAUD / 10), unit: "%" },
    atLeast(OF_CEILING, { name: "— of the ceiling", value: (100 * rate) / most, unit: "%" }),
  ];
}

export async function ratesOf(stage: Stage, broker: Broker, model: ModelName): Promise<BenchRow[]> {
  return stage.withModem(model, BAUD, async ({ mqtt }, modem) => {
    const receiver = new Receiver();
    const session = await mqtt.connect(broker.login(), receiver);
    const rows: BenchRow[] = [];
    for (const item of casesOf(model)) {
      const measure = (): Promise<number> =>
        item.job === "receive" ? received(modem, receiver, broker, item) : published(session, broker, item);
      if (item.job === "receive") await session.subscribe(TOPIC, 0, WAIT);
      const rate = await undisturbed(1000 / fastest(item).time, (value) => value, measure);
      if (item.job === "receive") await session.unsubscribe(TOPIC, WAIT);
      rows.push(...rowsOf(item, rate));
    }
    await session.disconnect(WAIT);
    return rows;
  });
}
