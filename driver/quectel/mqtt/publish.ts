import { transferTime } from "../../at/clock";
import { isModemError, ModemError } from "../../errors";
import type { PublicationPlan } from "../../services/mqtt/plan";
import { SIMPLE_MS } from "../timeouts";
import type { MqttClient, OrderResult } from "./client";
import type { MqttFirmware } from "./settings";

const CTRL_Z = 0x1a;
/** Ctrl-Z ends, ESC cancels, and a backspace may take away the byte before it (V.250 S5), as it does with sockets. */
const EDITING = [CTRL_Z, 0x1b, 0x08];

/** What a publish needs beside its plan. */
export interface Publishing {
  readonly client: MqttClient;
  readonly firmware: MqttFirmware;
  /** 0 for QoS 0 and no other (AT facts 6). */
  readonly id: number;
  readonly signal: AbortSignal;
  isConnected(): Promise<boolean>;
}

/**
 * Publishes by +QMTPUB: with a length where the firmware takes one, which shows at the first try; else the message ends
 * at Ctrl-Z. An empty one always does, since no manual has a length of 0.
 *
 * @throws {ModemError} `INVALID_INPUT` for what can't be sent exactly: nothing was
 */
export async function publish(plan: PublicationPlan, publishing: Publishing): Promise<OrderResult> {
  const { firmware } = publishing;
  const { payload } = plan;
  if (payload.length === 0) return untilCtrlZ(plan, publishing);
  if (firmware.countsPublished !== false) {
    try {
      const result = await send(plan, publishing, payload, [payload.length]);
      firmware.countsPublished = true;
      return result;
    } catch (error) {
      const mayLackIt = isModemError(error, "MODEM_REJECTED") && firmware.countsPublished === undefined;
      // It may as well have been refused since the client has left.
      if (!mayLackIt || !(await publishing.isConnected())) throw error;
    }
  }
  const result = await untilCtrlZ(plan, publishing);
  firmware.countsPublished = false;
  return result;
}

async function untilCtrlZ(plan: PublicationPlan, publishing: Publishing): Promise<OrderResult> {
  const { payload, operation } = plan;
  const { name } = publishing.client.modem.model;
  if (EDITING.some((byte) => payload.includes(byte))) {
    const text = `payload has a byte 0x08, 0x1A or 0x1B, which this firmware of ${name} can't carry`;
    throw new ModemError("INVALID_INPUT", `${operation}: ${text}. Encode the payload, or update the firmware.`);
  }
  return send(plan, publishing, Buffer.concat([payload, Buffer.from([CTRL_Z])]), []);
}

function send(
  { operation, topic, qos, retain }: PublicationPlan,
  { client, id, signal }: Publishing,
  data: Uint8Array,
  length: readonly number[],
): Promise<OrderResult> {
  const { channel } = client.modem;
  return client.run({
    name: "+QMTPUB",
    operation,
    id,
    parameters: [qos, retain, topic, ...length],
    options: {
      upload: { prompt: ">", data },
      timeout: SIMPLE_MS + transferTime(data.length, channel.bytesPerSecond),
    },
    timeout: client.packetTime,
    signal,
  });
}
