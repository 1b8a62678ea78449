import { expect } from "vitest";
import { type InnerBroker, innerBroker } from "../../../support/brokers";
import { linesOf, route } from "../../modem-host";
import { Bg96Host } from "../bg96-host";

export const BROKER = "broker.example";
export const ERROR = ["ERROR"];
/** Text as the line has it: one character a byte. */
export const latin1 = (text: string) => Buffer.from(text).toString("latin1");
export const CTRL_Z = "\x1a";
export const ESC = "\x1b";

/** A modem with its context up, for which every port of `broker.example` is one of loopback. */
export function mqttHost(options: readonly string[] = []): Promise<Bg96Host> {
  return Bg96Host.online([route(BROKER, "*", "*"), ...options]);
}

export interface MqttBench {
  readonly host: Bg96Host;
  readonly broker: InnerBroker;
}

/** A client that is logged in at a broker of this process. */
export async function connected(options: readonly string[] = []): Promise<MqttBench> {
  const [host, broker] = [await mqttHost(options), await innerBroker()];
  await open(host, broker.port);
  await login(host);
  return { host, broker };
}

/** Sends a command and takes its OK, then its result. */
export async function run(host: Bg96Host, line: string, result: RegExp): Promise<string> {
  expect(await host.command(line)).toEqual(["OK"]);
  return host.urc(result);
}

export async function open(host: Bg96Host, port: number, id = 0): Promise<void> {
  expect(await host.command(`AT+QMTCFG="version",${id},4`)).toEqual(["OK"]);
  await run(host, `AT+QMTOPEN=${id},"${BROKER}",${port}`, new RegExp(`\\+QMTOPEN: ${id},0`));
}

export async function login(host: Bg96Host, id = 0, clientId = `client-${id}`): Promise<void> {
  await run(host, `AT+QMTCONN=${id},"${clientId}"`, new RegExp(`\\+QMTCONN: ${id},0,0`));
}

export async function subscribe(host: Bg96Host, filter: string, qos = 0, id = 0): Promise<void> {
  await run(host, `AT+QMTSUB=${id},1,"${filter}",${qos}`, new RegExp(`\\+QMTSUB: ${id},1,0,${qos}`));
}

/** Types a payload at the prompt and takes the command's final result. */
export async function type(host: Bg96Host, line: string, data: string | Buffer): Promise<string> {
  host.write(`${line}\r`);
  await host.until(/\r\n> /);
  host.write(data);
  return (await host.until(/\r\n(OK|ERROR)\r\n/)).trim();
}

/** Publishes and takes the result. */
export async function publish(host: Bg96Host, head: string, data: string | Buffer): Promise<string> {
  const payload = Buffer.from(data);
  expect(await type(host, `AT+QMTPUB=${head},${payload.length}`, payload)).toBe("OK");
  return linesOf(await host.urc(/\+QMTPUB: /)).at(-1) ?? "";
}

/** Takes one message that came with its length, whatever is in it. */
export async function received(host: Bg96Host): Promise<{ head: string; topic: string; payload: string }> {
  const line = await host.until(/\r\n\+QMTRECV: \d,\d+,"[^"]*",\d+,"/);
  const [, head = "", topic = "", length] = /RECV: (\d,\d+),"([^"]*)",(\d+),"$/.exec(line) ?? [];
  const payload = await host.take(Number(length));
  await host.until(/^"\r\n/);
  return { head, topic, payload };
}
