import type {
  GatewayOptions,
  MqttSnGateway,
} from "../../../../simulator/internet/demo-example/mqtt-sn-gateway/gateway";
import type { InnerBroker } from "../../../support/brokers";
import { innerGateway } from "../../../support/mqtt-sn";
import { route } from "../../modem-host";
import { LaraHost } from "../lara-host";

export interface MqttSnBench {
  readonly host: LaraHost;
  readonly gateway: MqttSnGateway;
  readonly broker: InnerBroker;
}

export const GATEWAY = "gateway.example";
export const NOT_ALLOWED = ["+CME ERROR: operation not allowed"];

/** A modem whose profile names a gateway of this process. */
export async function openMqttSn(
  options: readonly string[] = [],
  of: Partial<GatewayOptions> = {},
): Promise<MqttSnBench> {
  const { gateway, broker } = await innerGateway(of);
  return { host: await openHost(gateway.port, options), gateway, broker };
}

export async function openHost(port: number, options: readonly string[] = []): Promise<LaraHost> {
  const host = await LaraHost.open([route(GATEWAY, "*", "*"), ...options]);
  await host.command(`AT+UMQTTSN=1,"${GATEWAY}",${port}`);
  return host;
}

/** Sends a command and takes its OK, then its result. */
export async function run(host: LaraHost, line: string, result: RegExp): Promise<string> {
  const answer = await host.command(line);
  if (answer.join() !== "OK") throw new Error(`${line}: ${answer}`);
  return host.urc(result);
}

export async function connect(host: LaraHost): Promise<void> {
  await run(host, "AT+UMQTTSNC=1", /\+UUMQTTSNC: 1,1/);
}

/** Subscribes to a normal topic, and returns its id. */
export async function subscribe(host: LaraHost, name: string, qos = 1): Promise<number> {
  const result = await run(host, `AT+UMQTTSNC=5,${qos},0,"${name}"`, /\+UUMQTTSNC: 5,1,/);
  return Number(result.split(",").at(-1));
}

/** Publishes to a topic that the modem itself is subscribed to; result and message come in any order. */
export async function publishAndGet(host: LaraHost, parameters: string): Promise<void> {
  await run(host, `AT+UMQTTSNC=${parameters}`, /\+UUMQTTSNC: (?:4,1|11,1|9,1)/);
  await host.urc(/\+UUMQTTSNC: (?:4,1|11,1|9,1)/);
}

export interface ReadMessage {
  readonly qos: number;
  readonly type: number;
  readonly topic: string;
  /** One character is one byte. */
  readonly message: string;
}

/** Reads one message, whatever is in it. */
export async function readOne(host: LaraHost): Promise<ReadMessage> {
  host.write("AT+UMQTTSNC=9,1\r");
  const head = await host.until(/\r\n\+UMQTTSNC: 9,(\d),(\d),(\d+),(\d+),"/);
  const [, qos, type, both, length] = /9,(\d),(\d),(\d+),(\d+),"$/.exec(head) ?? [];
  const topic = await host.take(Number(length));
  const middle = await host.until(/^",(\d+),"/);
  const size = Number(/\d+/.exec(middle)?.[0]);
  if (size + topic.length !== Number(both)) throw new Error(`the lengths of ${head}${topic}${middle} differ`);
  const message = await host.take(size);
  await host.until(/^"\r\n\r\nOK\r\n/);
  return { qos: Number(qos), type: Number(type), topic, message };
}
