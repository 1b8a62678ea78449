import { type GatewayOptions, MqttSnGateway } from "../../../simulator/internet/demo-example/mqtt-sn-gateway/gateway";
import { openInnerBroker } from "../../support/brokers";
import { openDtlsFront } from "../../support/dtls-gateway";
import { CERTIFICATE, type DtlsServer, fixture } from "../../support/dtls-server";
import { needsTool } from "../../support/needs";
import { pem } from "../internet/tls-servers";
import { openBench } from "./bench";
import { type Bench, command, type Setting, upload } from "./replay";

/** The gateways of the print, by their ports. */
const ADDRESS = "192.168.105.30";
const PORT = 10_000;
const SECURE_PORT = 10_001;
const FLEX = { name: "mqtt-flex.thingstream.io", port: 2443 };
const IMEIS = ["357862090033897", "357862090033905"] as const;

interface MqttSnBench extends Bench {
  readonly gateway: MqttSnGateway;
}

interface Peers {
  readonly gateway: MqttSnGateway;
  stop(): Promise<void>;
}

async function openPeers(options: Partial<GatewayOptions> = {}): Promise<Peers> {
  const broker = await openInnerBroker();
  const gateway = await MqttSnGateway.open({ broker: { host: "127.0.0.1", port: broker.port }, ...options });
  const stop = async () => {
    await gateway.close();
    await broker.close();
  };
  return { gateway, stop };
}

/** The printed address is a gateway of this test. */
async function mqttSnBench(...options: string[]): Promise<MqttSnBench> {
  const { gateway, stop: stopPeers } = await openPeers();
  const opened = await openBench("LARA-R6", [`route=${ADDRESS}:${PORT}=127.0.0.1:${gateway.port}`, ...options]);
  const stop = async () => {
    await opened.stop();
    await stopPeers();
  };
  return { ...opened, gateway, stop };
}

/** The same behind DTLS. */
async function secureBench(name: string, port: number, args: readonly string[] = []): Promise<MqttSnBench> {
  const { gateway, stop: stopPeers } = await openPeers();
  const front: DtlsServer = await openDtlsFront(gateway, [...CERTIFICATE, ...args]);
  const opened = await openBench("LARA-R6", [`route=${name}:${port}=127.0.0.1:${front.port}`]);
  const stop = async () => {
    await opened.stop();
    await front.close();
    await stopPeers();
  };
  return { ...opened, gateway, stop };
}

/** Two modems with client ids of their own, on one gateway. */
async function twoModems(): Promise<MqttSnBench> {
  const first = await mqttSnBench(`imei=${IMEIS[0]}`);
  const route = `route=${ADDRESS}:${PORT}=127.0.0.1:${first.gateway.port}`;
  const second = await openBench("LARA-R6", [`imei=${IMEIS[1]}`, route]);
  const stop = async () => {
    await second.stop();
    await first.stop();
  };
  return { ...first, second, stop };
}

async function namesGateway(bench: Bench): Promise<void> {
  await command(bench, "AT+CGACT=1,1");
  await command(bench, `AT+UMQTTSN=2,"${ADDRESS}",${PORT}`);
}

async function openSession(bench: Bench): Promise<void> {
  await namesGateway(bench);
  await command(bench, "AT+UMQTTSNC=1");
  await bench.client.expect(/^\r\n\+UUMQTTSNC: 1,1\r\n/);
}

const gatewayOf = (bench: Bench) => (bench as MqttSnBench).gateway;

/** What the scenarios of section 7 take for granted. */
export const mqttSnNeeds: Readonly<Record<string, (bench: Bench) => Promise<void>>> = {
  "MQTT-SN profile at factory settings": async () => undefined,
  [`gateway ${ADDRESS}, port 1883 set with AT+UMQTTSN=2 before the first step`]: async (bench) => {
    await command(bench, `AT+UMQTTSN=2,"${ADDRESS}"`);
  },
  "MQTT-SN session open (AT+UMQTTSNC=1)": openSession,
  "two modules, same gateway": async (bench) => {
    await namesGateway(bench);
    if (bench.second !== undefined) await namesGateway(bench.second);
  },
  "7.1.2-last-will on module 1": async (bench) => {
    for (const rest of ["4,1", '6,"u-blox/publish"', '7,"Unrequested disconnect."']) {
      await command(bench, `AT+UMQTTSN=${rest}`);
    }
  },
  "gateway does not answer": async (bench) => {
    gatewayOf(bench).drop("in", Number.POSITIVE_INFINITY);
  },
  "Thingstream SIM, APN tsudp": async () => undefined,
  "files device.pem and device.key stored with UDWNFILE": async (bench) => {
    for (const [file, name] of [
      ["device.pem", "client.cert"],
      ["device.key", "client.key"],
    ] as const) {
      const content = pem(name).toString("latin1");
      await upload(bench, `AT+UDWNFILE="${file}",${content.length}`, content);
    }
  },
};

const OPENSSL = needsTool("openssl");
const usual: Setting = { bench: () => mqttSnBench() };
const asking = ["-Verify", "3", "-CAfile", fixture("ca.cert"), "-verify_return_error"];

/** Section 7 of the application guide. */
export const mqttSnSettings: Readonly<Record<string, Setting>> = {
  "7.2-session": usual,
  "7.3-subscribe": usual,
  // The print reads QoS 1 back, although message and subscription have QoS 0.
  "7.4-publish-read": {
    ...usual,
    steps: { 3: { expect: ['+UMQTTSNC: 9,0,0,19,1,"1",18,"20 degrees Celsius"', "OK"] } },
  },
  "7.5-unsubscribe": usual,
  // The topic is the second one of the session.
  "7.6-register-publish": {
    ...usual,
    before: async (bench) => {
      await command(bench, 'AT+UMQTTSNC=2,"room/temperature"');
      await bench.client.expect(/^\r\n\+UUMQTTSNC: 2,1,1\r\n/);
    },
  },
  "7.7-short-topic": usual,
  "7.8-last-will": {
    bench: twoModems,
    // Without a keep-alive time nobody else would tell the gateway.
    beforeStep: { 8: async (bench) => gatewayOf(bench).lose(IMEIS[0]) },
  },
  "7.9-error-query": { bench: () => mqttSnBench("fault=mqtt-sn-retry=500ms") },
  "7.10-secure": { tool: OPENSSL, bench: () => secureBench(ADDRESS, SECURE_PORT) },
  "7.12.3-flex-client": { tool: OPENSSL, bench: () => secureBench(FLEX.name, FLEX.port, asking) },
};
