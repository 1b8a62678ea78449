import { onTestFinished } from "vitest";
import { AtChannel } from "../../../../driver/at/channel/channel";
import type { MqttOptions, SessionOptions } from "../../../../driver/services/mqtt/mqtt";
import { SimulatedTransport } from "../../../../driver/transport/simulated";
import { UbloxDriver } from "../../../../driver/ublox/driver";
import { LARA_R6 } from "../../../../driver/ublox/lara-r6";
import { OPTIONS as SN_OPTIONS, SnOwner } from "../mqtt-sn/fake-mqtt-sn";
import { OPTIONS, Owner } from "./fake-mqtt";

/** A driver on a simulated modem whose network leads every port of `host` to `port` here. */
export async function onSimulator(port: number, host = "broker.test") {
  const transport = new SimulatedTransport(`sim:LARA-R6?route=${host}:*=127.0.0.1:${port}`);
  const channel = new AtChannel(transport);
  await transport.open();
  channel.useDialect({ ...LARA_R6.dialect, gap: 0, promptDelay: { "@": 0, ">": 0, CONNECT: 0 } });
  const driver = new UbloxDriver(channel, LARA_R6);
  onTestFinished(() => transport.close());
  onTestFinished(() => driver.dispose(new Error("closed")));
  await driver.initialise();
  const { packetData, mqtt, mqttSn } = driver.services;
  await packetData.define({ cid: 1, apn: "a.test", pdpType: "IPV4V6", authType: "none" });
  await packetData.activate(1);
  const owner = new Owner();
  const snOwner = new SnOwner();
  return {
    transport,
    driver,
    channel,
    owner,
    snOwner,
    connectSn: (more: Partial<SessionOptions> = {}) =>
      mqttSn.connect({ ...SN_OPTIONS, host, timeout: 20_000, ...more }, snOwner),
    connect: (more: Partial<MqttOptions> = {}) => mqtt.connect({ ...OPTIONS, host, timeout: 20_000, ...more }, owner),
  };
}
