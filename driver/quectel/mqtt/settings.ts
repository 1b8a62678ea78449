import type { Command } from "../../at/command";
import { type Field, quote } from "../../at/fields";
import { trySend } from "../../cellular/commands";
import { command } from "../commands";
import type { KnownModem } from "../traits";
import type { MqttPlan } from "./plan";

/** What a session goes over. */
export interface Surroundings {
  readonly cid: number;
  /** Over TLS only. */
  readonly sslContext: number | undefined;
}

/** +QMTRECV brings the message itself, with its length. */
const RECEIVE = { inline: 0, withLength: 1 } as const;
/** Times that the modem refuses a setting which it then is said to lack. */
const REFUSALS = 2;

/** What this modem's firmware has shown that it can do, and what not; undefined until it has. */
export class MqttFirmware {
  /** +QMTRECV tells the length of a message. */
  countsReceived: boolean | undefined;
  /** +QMTPUB takes the length of a message. */
  countsPublished: boolean | undefined;

  /** It may have got other firmware. */
  reset(): void {
    this.countsReceived = undefined;
    this.countsPublished = undefined;
  }
}

/**
 * Tells a client its settings. All of them, since it keeps those of an earlier session, and what they are at first is
 * printed for some only (AT facts 6).
 */
export async function configure(
  { channel, model }: KnownModem,
  client: number,
  plan: MqttPlan,
  surroundings: Surroundings,
  firmware: MqttFirmware,
): Promise<void> {
  const { limits, timeouts } = model;
  const { will } = plan;
  const { sslContext, cid } = surroundings;
  const settings = [
    setting(client, "version", plan.version),
    setting(client, "pdpcid", cid),
    sslContext === undefined ? setting(client, "ssl", 0) : setting(client, "ssl", 1, sslContext),
    setting(client, "keepalive", plan.keepAlive),
    setting(client, "session", plan.cleanSession ? 1 : 0),
    setting(client, "timeout", timeouts.mqttPacket / 1000, limits.mqtt.retries, 0),
    will === undefined
      ? setting(client, "will", 0)
      : setting(client, "will", 1, will.qos, will.retain, will.topic, will.message),
  ];
  for (const order of settings) await channel.send(order);
  if (firmware.countsReceived === false) return;
  const lengths = setting(client, "recv/mode", RECEIVE.inline, RECEIVE.withLength);
  let isTaken = false;
  for (let tries = 0; !isTaken && tries < REFUSALS; tries += 1) isTaken = await trySend(channel, lengths);
  firmware.countsReceived = isTaken;
}

function setting(client: number, name: string, ...values: readonly (Field | number)[]): Command {
  return command("+QMTCFG=", [quote(name, { field: "parameter", max: 16 }), client, ...values], { utf8: true });
}
