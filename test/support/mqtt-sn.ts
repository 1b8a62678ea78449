import { onTestFinished } from "vitest";
import { type GatewayOptions, MqttSnGateway } from "../../simulator/internet/demo-example/mqtt-sn-gateway/gateway";
import { type InnerBroker, innerBroker } from "./brokers";

/** The topic behind the number 7 of `openGateway`. */
export const PREDEFINED = { 7: "plant/alarm" };

/** A gateway on a free port of loopback, which ends with the test. */
export async function openGateway(options: GatewayOptions): Promise<MqttSnGateway> {
  const gateway = await MqttSnGateway.open({ predefined: PREDEFINED, ...options });
  onTestFinished(() => gateway.close());
  return gateway;
}

/** A gateway and its broker, both in this process. */
export async function innerGateway(
  options: Partial<GatewayOptions> = {},
): Promise<{ readonly gateway: MqttSnGateway; readonly broker: InnerBroker }> {
  const broker = await innerBroker();
  const gateway = await openGateway({ broker: { host: "127.0.0.1", port: broker.port }, ...options });
  return { gateway, broker };
}
