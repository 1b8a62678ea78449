import type { Channel } from "../../at/channel-types";
import { transferTime } from "../../at/clock";
import { type Command, Priority } from "../../at/command";
import { type AnswerField, splitFields, toInteger } from "../../at/fields";
import { ModemError } from "../../errors";
import type { SocketAddress, SocketProtocol } from "../../services/sockets/sockets";
import { query } from "../commands";
import { SIMPLE_MS } from "../timeouts";
import type { UbloxTraits } from "../traits";
import { peer } from "./control";
import type { HexMode } from "./hex-mode";

interface Modem {
  readonly channel: Channel;
  readonly syntax: HexMode;
  readonly model: Pick<UbloxTraits, "limits">;
}

/** What a read that brings nothing answers, in all its forms. */
const NOTHING = /^\+USOR[DF]: ?\d+,(?:0|""|0,""|"[^"]*",\d+,0(?:,"")?)$/;

export interface Received {
  readonly data: Buffer;
  /** Of a datagram, which may be empty: who sent it. */
  readonly from?: SocketAddress;
}

/**
 * Reads once (guide 5.5, 5.7); undefined when nothing waits.
 *
 * @throws {ModemError} `CONNECTION_CLOSED` for an answer that bytes were lost of: what it held can't be read again;
 * `MODEM_REJECTED` where the modem has no such socket; `MODEM_TIMEOUT`
 */
export async function readSocket(
  { channel, syntax, model }: Modem,
  number: number,
  protocol: SocketProtocol,
  signal: AbortSignal,
): Promise<Received | undefined> {
  const name = protocol === "tcp" ? "+USORD" : "+USORF";
  const most = model.limits.read;
  const command = query(`${name}=`, [number, most], {
    timeout: SIMPLE_MS + transferTime(most, channel.bytesPerSecond),
    priority: Priority.Background,
    signal,
  });
  const turn = await syntax.enter("read");
  const { lines, strays } = await turn(command);
  const [line, ...more] = lines;
  if (strays === true || line === undefined || more.length > 0) throw damaged(command);
  const fields = splitFields(line);
  if (toInteger(fields[0]) !== number) throw damaged(command);
  if (NOTHING.test(line.text) && line.data.every((string) => string.damaged === undefined)) return emptyFrom(fields);
  return protocol === "tcp" ? parseStream(fields, { command, most }) : parseDatagram(fields, { command, most });
}

/** A read, and how many bytes it brings at most. */
interface Read {
  readonly command: Command;
  readonly most: number;
}

/** `<socket>,<bytes>,"<data>"`. */
function parseStream([, count, content, ...more]: readonly AnswerField[], read: Read): Received {
  if (more.length > 0) throw damaged(read.command);
  return { data: dataOf(content, toInteger(count), read) };
}

/** What brings nothing and names a sender is a datagram without a byte. */
function emptyFrom([, ip, port, count]: readonly AnswerField[]): Received | undefined {
  const from = count === undefined ? undefined : peer(ip, port);
  return from && { data: Buffer.alloc(0), from };
}

/** `<socket>,"<address>",<port>,<bytes>,"<data>"`. */
function parseDatagram([, ip, port, count, content, ...more]: readonly AnswerField[], read: Read): Received {
  const from = peer(ip, port);
  if (from === undefined || more.length > 0) throw damaged(read.command);
  return { data: dataOf(content, toInteger(count), read), from };
}

function dataOf(content: AnswerField | undefined, count: number, { command, most }: Read): Buffer {
  const data = content?.data;
  const fits = data !== undefined && content?.damaged === undefined && data.length === count && count <= most;
  if (!fits) throw damaged(command);
  return data;
}

function damaged({ label }: Command): ModemError {
  const text = "bytes were lost or added on the way";
  return new ModemError(
    "CONNECTION_CLOSED",
    `Reading a socket: ${text}, and can't be read again. Check cable, baud rate and flow control.`,
    { command: label, errorText: text },
  );
}
