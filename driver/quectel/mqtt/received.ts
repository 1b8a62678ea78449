import { wholeText } from "../../at/fields";
import type { Line } from "../../at/line";
import type { Delivery } from "../../services/mqtt/mqtt";

export const RECEIVED = "+QMTRECV:";

/** `<client>,<message id>,"<topic>",<length>,"<message>"`, where the message stands apart from the text. */
const COUNTED = /^\+QMTRECV: ?(\d),(\d{1,5}),"(.+)",(\d{1,9}),""$/s;
/** The same without a length: the message is in quotation marks, or not, and nothing tells its end. */
const PLAIN = /^\+QMTRECV: ?(\d),(\d{1,5}),"([^"]+)",(.*)$/s;
const CLIENT = /^\+QMTRECV: ?(\d),/;

/** Which client's message it is; undefined for a line that does not tell. */
export function receiver(line: Line): number | undefined {
  const client = CLIENT.exec(line.text)?.[1];
  return client === undefined ? undefined : Number(client);
}

/**
 * A message from the broker (AT facts 6); undefined for a line that is not whole.
 *
 * @param isCounted whether the modem was told to print lengths
 */
export function parseReceived(line: Line, isCounted: boolean): Delivery | undefined {
  return isCounted ? parseCounted(line) : parsePlain(line);
}

function parseCounted(line: Line): Delivery | undefined {
  const [counted, ...more] = line.data;
  const [, , id, topic, length] = COUNTED.exec(line.text) ?? [];
  if (id === undefined || counted === undefined || more.length > 0 || counted.damaged === true) return undefined;
  return Number(length) === counted.bytes.length ? delivery(id, topic, counted.bytes) : undefined;
}

function parsePlain(line: Line): Delivery | undefined {
  const [, , id, topic, content = ""] = PLAIN.exec(wholeText(line)) ?? [];
  if (id === undefined) return undefined;
  const isQuoted = content.length > 1 && content.startsWith('"') && content.endsWith('"');
  return delivery(id, topic, Buffer.from(isQuoted ? content.slice(1, -1) : content, "latin1"));
}

/** A message id of 0 is that of QoS 0; of the others the modem does not tell. */
function delivery(id: string, topic: string | undefined, payload: Buffer): Delivery | undefined {
  const name = utf8(Buffer.from(topic ?? "", "latin1"));
  if (name === undefined || Number(id) > 65_535) return undefined;
  return { topic: name, payload, ...(Number(id) === 0 && { qos: 0 }) };
}

/** Undefined for bytes that are no text: no broker passes those on (MQTT 3.1.1, 1.5.3). */
function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
