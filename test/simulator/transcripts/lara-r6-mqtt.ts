import { type InnerBroker, openInnerBroker } from "../../support/brokers";
import { identity, pem } from "../internet/tls-servers";
import { openBench } from "./bench";
import { type Bench, command, type Setting, upload } from "./replay";

/** The broker of the print, by its ports. */
const ADDRESS = "192.168.105.30";
const PORT = 1883;
const SECURE_PORT = 8883;
const STORED_ADDRESS = "185.215.193.15";
/** Profile of the print, and what it needs to check the broker. */
const SECURITY_PROFILE = 2;
const IMEIS = ["imei=357862090033897", "imei=357862090033905"] as const;

interface MqttBench extends Bench {
  readonly broker: InnerBroker;
}

/** The printed address is a broker of this test. */
async function mqttBench(port = PORT): Promise<MqttBench> {
  const broker = await openInnerBroker(port === SECURE_PORT ? identity("server") : undefined);
  const opened = await openBench("LARA-R6", [`route=${ADDRESS}:${port}=127.0.0.1:${broker.port}`]);
  const stop = async () => {
    await opened.stop();
    await broker.close();
  };
  return { ...opened, broker, stop };
}

/** Two modems with client ids of their own, on one broker. */
async function twoModems(): Promise<MqttBench> {
  const broker = await openInnerBroker();
  const options = [`route=${ADDRESS}:${PORT}=127.0.0.1:${broker.port}`];
  const [first, second] = await Promise.all(IMEIS.map((imei) => openBench("LARA-R6", [imei, ...options])));
  if (first === undefined || second === undefined) throw new Error("there are two");
  const stop = async () => {
    await first.stop();
    await second.stop();
    await broker.close();
  };
  return { ...first, second, broker, stop };
}

async function connected(bench: Bench): Promise<void> {
  await command(bench, "AT+CGACT=1,1");
}

async function namesBroker(bench: Bench): Promise<void> {
  await connected(bench);
  await command(bench, `AT+UMQTT=2,"${ADDRESS}",${PORT}`);
}

async function openSession(bench: Bench): Promise<void> {
  await namesBroker(bench);
  await command(bench, "AT+UMQTTC=1");
  await bench.client.expect(/^\r\n\+UUMQTTC: 1,1\r\n/);
}

async function checkBroker(bench: Bench): Promise<void> {
  const root = pem("ca.cert").toString("latin1");
  await upload(bench, `AT+USECMNG=0,0,"root",${root.length}`, root);
  for (const rest of ["", ",0,1", ',3,"root"']) await command(bench, `AT+USECPRF=${SECURITY_PROFILE}${rest}`);
}

/** What the scenarios of section 6 take for granted. */
export const mqttNeeds: Readonly<Record<string, (bench: Bench) => Promise<void>>> = {
  "MQTT profile at factory settings": async () => undefined,
  [`broker address ${STORED_ADDRESS} set with AT+UMQTT=2 before the first step`]: async (bench) => {
    await command(bench, `AT+UMQTT=2,"${STORED_ADDRESS}"`);
  },
  "MQTT session open (AT+UMQTTC=1)": openSession,
  "two modules, same broker": async (bench) => {
    await namesBroker(bench);
    if (bench.second !== undefined) await namesBroker(bench.second);
  },
  "6.1.2-last-will on module 1": async (bench) => {
    for (const rest of ["6,1", '8,"u-blox/publish"', '9,"Unrequested disconnect."']) {
      await command(bench, `AT+UMQTT=${rest}`);
    }
  },
  "PDP context not active": async (bench) => {
    await namesBroker(bench);
    await command(bench, "AT+CGACT=0,1");
  },
  "security profile 2 configured (USECPRF)": checkBroker,
};

/** Does what the broker does in the print: a silent one looks like this from the modem's side. */
export async function playBroker(bench: Bench): Promise<void> {
  bench.fault("mqtt-ping-failure");
}

const usual: Setting = { bench: () => mqttBench() };

/** Section 6 of the application guide. */
export const mqttSettings: Readonly<Record<string, Setting>> = {
  "6.2-session": usual,
  "6.3-subscribe-publish": usual,
  "6.4-ascii-mode": usual,
  "6.4-hex-mode": usual,
  "6.5-binary-publish": usual,
  "6.6-ping": usual,
  "6.7-last-will-packet": { bench: twoModems },
  "6.8-error-query": usual,
  "6.9-secure": { bench: () => mqttBench(SECURE_PORT) },
};
