import type { RequestListener } from "node:http";
import type { Socket } from "node:net";
import { expect } from "vitest";
import { tcpServer } from "../../internet/servers";
import { route } from "../../modem-host";
import { Bg96Host } from "../bg96-host";

/** A server that answers the header of each request with these bytes. */
export const raw = (answer: string, afterwards: (socket: Socket) => void = () => undefined) =>
  tcpServer((socket) => {
    socket.once("data", () => socket.write(Buffer.from(answer, "latin1"), () => afterwards(socket)));
  });

export const hello: RequestListener = (_, response) => {
  response.setHeader("Content-Length", 5);
  response.end("hello");
};

/** A modem whose URL is on the server of that port. */
export async function hostFor(port: number, path = "/", ...options: string[]): Promise<Bg96Host> {
  const host = await Bg96Host.online([route("web.test", 80, port), ...options]);
  expect(await host.setUrl(`http://web.test${path}`)).toEqual(["OK"]);
  return host;
}

export async function get(host: Bg96Host, line = "AT+QHTTPGET"): Promise<string> {
  expect(await host.command(line)).toEqual(["OK"]);
  return host.urc(/\+QHTTPGET: /);
}

export const END = /\r\nOK\r\n\r\n\+QHTTPREAD: 0\r\n$/;

export async function read(host: Bg96Host, line = "AT+QHTTPREAD"): Promise<string> {
  return (await host.dataOf(line, END)).replace(END, "");
}

/** Waits until a server has got the beginning of a request, and gives back its connection. */
export function firstRequest(): { server: Promise<number>; socket: Promise<Socket> } {
  let arrived: (socket: Socket) => void = () => undefined;
  const socket = new Promise<Socket>((resolve) => {
    arrived = resolve;
  });
  return { server: tcpServer((connection) => connection.once("data", () => arrived(connection))), socket };
}
