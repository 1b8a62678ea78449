import { createSocket } from "node:dgram";
import { once } from "node:events";
import type { MqttSnGateway } from "../../simulator/internet/demo-example/mqtt-sn-gateway/gateway";
import { type DtlsServer, openDtlsServer } from "./dtls-server";

/** DTLS in front of a gateway, for one client at a time. */
export async function openDtlsFront(gateway: MqttSnGateway, args?: readonly string[]): Promise<DtlsServer> {
  const server = await openDtlsServer(args);
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  let rest = Buffer.alloc(0);
  server.onData = (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    for (let length = lengthOf(rest); length > 0 && length <= rest.length; length = lengthOf(rest)) {
      socket.send(rest.subarray(0, length), gateway.port, "127.0.0.1");
      rest = rest.subarray(length);
    }
  };
  let free = Promise.resolve();
  socket.on("message", (bytes) => {
    // What is written at once is one record.
    free = free.then(() => {
      server.send(bytes);
      return new Promise((resolve) => setTimeout(resolve, 20));
    });
  });
  return {
    ...server,
    close: async () => {
      socket.close();
      await server.close();
    },
  };
}

/** That of the first message, as it says itself (MQTT-SN 5.2.1); the program loses the borders of records. */
function lengthOf(bytes: Buffer): number {
  if (bytes.length === 0) return 0;
  return bytes[0] === 1 && bytes.length > 2 ? bytes.readUInt16BE(1) : (bytes[0] ?? 0);
}
