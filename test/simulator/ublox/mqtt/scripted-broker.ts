import type { Socket } from "node:net";
import { generate, type Packet, parser } from "mqtt-packet";
import { tcpServer } from "../../internet/servers";
import { route } from "../../modem-host";
import { LaraHost } from "../lara-host";
import { BROKER } from "./mqtt-host";

type Answer = (packet: Packet, socket: Socket, write: (packet: Packet) => void) => void;

/** A broker that accepts every login, and a modem that knows it. */
export async function scripted(answer: Answer, options: readonly string[] = []): Promise<LaraHost> {
  const port = await tcpServer((socket) => {
    // What is written in one go arrives in one go.
    socket.setNoDelay(true);
    const write = (packet: Packet) => void socket.write(generate(packet));
    const parsing = parser();
    parsing.on("packet", (packet) => {
      if (packet.cmd === "connect") write({ cmd: "connack", returnCode: 0, sessionPresent: false });
      answer(packet, socket, write);
    });
    socket.on("data", (bytes: Buffer) => void parsing.parse(bytes));
  });
  const host = await LaraHost.open([route(BROKER, "*", "*"), ...options]);
  await host.command(`AT+UMQTT=2,"${BROKER}",${port}`);
  return host;
}
