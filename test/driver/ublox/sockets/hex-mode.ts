import type { AtChannel } from "../../../../driver/at/channel/channel";
import type { ModemSocket } from "../../../../driver/services/sockets/sockets";
import { type Seen, type SocketBench, socketBench } from "./fake-sockets";

export const text = (length: number): Buffer => Buffer.alloc(length, "printable text. ");
export const binary = (length: number): Buffer => Buffer.alloc(length, Buffer.from([0, 255, 13, 10, 34]));
const TO_HEX = "AT+UDCONF=1,1";
const TO_BASE = "AT+UDCONF=1,0";

/** Commands of the mode and of transfers, in order: `hex 512`, `binary 1024`, `read`, `to hex`. */
export function steps(commands: readonly string[]): string[] {
  return commands.flatMap((line) => {
    if (line === TO_HEX) return ["to hex"];
    if (line === TO_BASE) return ["to base"];
    if (/^AT\+USOR[DF]=/.test(line)) return ["read"];
    const write = /^AT\+USO(?:WR|ST)=(?:[^"]*"[\d.]+",\d+,|\d,)(\d+)(?:,"(.*)")?$/.exec(line);
    if (write === null) return [];
    const [, length, content] = write;
    const way = content === undefined ? "binary" : content.length === 2 * Number(length) ? "hex" : "text";
    return [`${way} ${length}`];
  });
}

export const count = (all: readonly string[], step: string): number => all.filter((one) => one.startsWith(step)).length;

export async function connected(): Promise<SocketBench & { socket: ModemSocket; seen: Seen }> {
  const made = socketBench();
  made.peer.on(/^AT$/, ["OK"]);
  return { ...made, ...(await made.connect()) };
}

export async function modeOf(channel: AtChannel): Promise<string | undefined> {
  const line = "AT+UDCONF=1";
  return (await channel.send({ line, label: line, timeout: 1000, expects: [{ prefix: "+UDCONF:" }] })).lines[0]?.text;
}
