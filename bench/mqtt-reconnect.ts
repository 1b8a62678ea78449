/**
 * What a reconnect of a secure MQTT session costs in bytes, with and without TLS session resumption, in both directions: on the serial
 * line, echoes included, and in the network. It counts from the broker's cut until the session stands again, with what the driver asks for
 * the session data that the next one needs. Broker and modem check as usual: the server's certificate by its authority.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { SecureVersion } from "node:tls";
import { Modem } from "../driver/modem";
import type { SecurityProfile } from "../driver/services/security/security";
import { TLS_FIXTURES } from "../test/support/paths";
import { Broker, HOST, WAIT } from "./mqtt-broker";
import { BAUD } from "./mqtt-ways";
import { quantile } from "./quantile";
import type { BenchRow } from "./row";
import { modemSettings } from "./settings";
import { startSimulator } from "./simulator-process";
import type { ModelName } from "./socket-ways";
import { openWire, type Watcher } from "./watched-wire";

/** Reconnects; their median counts, as the modem's life asks for its signal now and then. */
const RECONNECTS = 5;
/** ms after which nothing more of it comes. */
const QUIET = 1000;
const BOOT = 30_000;

interface Case {
  readonly model: ModelName;
  readonly version: SecureVersion;
  readonly resumption: SecurityProfile["resumption"];
}

const CASES: readonly Case[] = [
  { model: "LARA-R6", version: "TLSv1.2", resumption: "off" },
  { model: "LARA-R6", version: "TLSv1.2", resumption: "ticket" },
  { model: "LARA-R6", version: "TLSv1.3", resumption: "off" },
  { model: "LARA-R6", version: "TLSv1.3", resumption: "psk-ticket" },
  // It resumes no sessions.
  { model: "BG96", version: "TLSv1.2", resumption: "off" },
];

const pem = (name: string): Buffer => readFileSync(join(TLS_FIXTURES, `${name}.pem`));

/** Bytes of a wire in both directions. */
class Count implements Watcher {
  total = 0;

  up({ length }: Buffer): void {
    this.total += length;
  }

  down({ length }: Buffer): void {
    this.total += length;
  }
}

interface Cost {
  readonly line: number;
  readonly network: number;
}

function profileOf({ version, resumption }: Case): SecurityProfile {
  return {
    id: "bench",
    name: "Bench",
    validation: "ca",
    minVersion: version === "TLSv1.3" ? "1.3" : "1.2",
    ciphers: [],
    resumption,
    resumptionEncrypted: false,
    rootOfTrustPsk: false,
    ca: pem("ca.cert"),
  };
}

/** Connects, and counts what each connect anew costs. */
async function reconnects(modem: Modem, broker: Broker, item: Case, line: Count, network: Count): Promise<Cost[]> {
  const { mqtt } = await modem.ready({ timeout: BOOT });
  let ended: () => void = () => undefined;
  const connect = () =>
    mqtt.connect(broker.login({ port: 8883, security: profileOf(item) }), {
      onMessage: () => undefined,
      onClosed: () => ended(),
    });
  let session = await connect();
  const costs: Cost[] = [];
  while (costs.length < RECONNECTS) {
    await delay(QUIET);
    const before = { line: line.total, network: network.total };
    const end = new Promise<void>((resolve) => {
      ended = resolve;
    });
    broker.cut();
    await end;
    session = await connect();
    await delay(QUIET);
    costs.push({ line: line.total - before.line, network: network.total - before.network });
  }
  await session.disconnect(WAIT);
  return costs;
}

async function measure(item: Case): Promise<Cost> {
  const { version } = item;
  const identity = { cert: pem("server.cert"), key: pem("server.key") };
  const broker = await Broker.open({ ...identity, minVersion: version, maxVersion: version });
  const network = new Count();
  const far = await openWire(broker.port, network);
  const routes = [`${HOST}:*=127.0.0.1:${far.port}`];
  const simulator = await startSimulator({ model: item.model, baud: BAUD, routes });
  const line = new Count();
  const wire = await openWire(simulator.port, line);
  const modem = new Modem(modemSettings(`tcp://127.0.0.1:${wire.port}`, BAUD));
  modem.open();
  try {
    const costs = await reconnects(modem, broker, item, line, network);
    const median = (of: (cost: Cost) => number): number => quantile(costs.map(of), 0.5);
    return { line: median((cost) => cost.line), network: median((cost) => cost.network) };
  } finally {
    await modem.close();
    wire.close();
    simulator.stop();
    far.close();
    await broker.close();
  }
}

export async function reconnectRows(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const item of CASES) {
    const { model, version, resumption } = item;
    const { line, network } = await measure(item);
    const name = `${model} reconnect of MQTT over ${version}, resumption ${resumption}`;
    rows.push({ name: `${name}: on the serial line`, value: line, unit: "bytes" });
    rows.push({ name: "— in the network", value: network, unit: "bytes" });
  }
  return rows;
}
