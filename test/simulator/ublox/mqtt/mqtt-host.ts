import { innerBroker } from "../../../support/brokers";
import { route } from "../../modem-host";
import { LaraHost } from "../lara-host";

export interface MqttBench {
  readonly host: LaraHost;
  readonly broker: Awaited<ReturnType<typeof innerBroker>>;
}

export const BROKER = "broker.example";

/** A modem whose profile names a broker of this process. */
export async function openMqtt(options: readonly string[] = []): Promise<MqttBench> {
  const broker = await innerBroker();
  const host = await LaraHost.open([route(BROKER, "*", "*"), ...options]);
  await host.command(`AT+UMQTT=2,"${BROKER}",${broker.port}`);
  return { host, broker };
}

export async function login(host: LaraHost): Promise<void> {
  await run(host, "AT+UMQTTC=1", /\+UUMQTTC: 1,1/);
}

/** Sends a command and takes its OK, then its result. */
export async function run(host: LaraHost, line: string, result: RegExp): Promise<string> {
  await host.command(line);
  return host.urc(result);
}

export async function subscribe(host: LaraHost, filter: string, qos = 0): Promise<void> {
  await run(host, `AT+UMQTTC=4,${qos},"${filter}"`, /\+UUMQTTC: 4,1/);
}

/** Publishes what comes back to this modem, and waits for both; which is first depends on the broker. */
export async function publishToSelf(host: LaraHost, line: string): Promise<void> {
  await host.command(line);
  await bothArrived(host);
}

export async function bothArrived(host: LaraHost): Promise<void> {
  await host.until(/\+UUMQTTC: (2,1|6,1)\r\n[\s\S]*\+UUMQTTC: (2,1|6,1)\r\n/);
}

/** Reads one message, whatever is in it; one character is one byte. */
export async function readOne(host: LaraHost): Promise<{ qos: number; topic: string; message: string }> {
  host.write("AT+UMQTTC=6,1\r");
  const head = await host.until(/\r\n\+UMQTTC: 6,(\d),(\d+),(\d+),"/);
  const [, qos, both, length] = /6,(\d),(\d+),(\d+),"$/.exec(head) ?? [];
  const topic = await host.take(Number(length));
  const middle = await host.until(/^",(\d+),"/);
  const size = Number(/\d+/.exec(middle)?.[0]);
  if (size + topic.length !== Number(both)) throw new Error(`the lengths of ${head}${topic}${middle} differ`);
  const message = await host.take(size);
  await host.until(/^"\r\n\r\nOK\r\n/);
  return { qos: Number(qos), topic, message };
}
