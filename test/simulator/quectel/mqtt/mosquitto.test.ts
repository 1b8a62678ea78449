import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { type MosquittoOptions, mosquitto } from "../../../support/brokers";
import { needsTool } from "../../../support/needs";
import { ALL_BYTES } from "../../internet/servers";
import type { Bg96Host } from "../bg96-host";
import { BOTH_CHECKED, type Context, pem, SERVER_CHECKED, secure, upload } from "../security/tls-host";
import { BROKER, CTRL_Z, latin1, login, mqttHost, open, publish, received, run, subscribe, type } from "./mqtt-host";

const TOOL = needsTool("mosquitto");
const bytes = (length: number) => Buffer.alloc(length, ALL_BYTES);

async function opened(options: MosquittoOptions = {}) {
  const [host, broker] = [await mqttHost(), await mosquitto(options)];
  await open(host, broker.port);
  return { host, broker };
}

/** Security context 2 has these settings, and client 0 uses it. */
async function secured(host: Bg96Host, context: Context): Promise<void> {
  await upload(host, "ca.pem", pem("ca.cert"));
  await upload(host, "client.pem", pem("client.cert"));
  await upload(host, "client.key", pem("client.key"));
  await secure(host, context, 2);
  for (const rest of ['"ssl",0,1,2', '"version",0,4']) expect(await host.command(`AT+QMTCFG=${rest}`)).toEqual(["OK"]);
}

const counted = async (host: Bg96Host, id = 0) =>
  expect(await host.command(`AT+QMTCFG="recv/mode",${id},0,1`)).toEqual(["OK"]);

describe.skipIf(TOOL.skip)(`Mosquitto${TOOL.reason}`, () => {
  it.each([0, 1, 2])("gives back what was published, with QoS %d", async (qos) => {
    const { host } = await opened();
    await counted(host);
    await login(host);
    await subscribe(host, "all/+", qos);
    for (const length of [1, 255, 256, 257, 511, 512, 513, 1023, 1024, 1547, 1548]) {
      const id = qos === 0 ? 0 : length + 1;
      expect(await type(host, `AT+QMTPUB=0,${id},${qos},0,"all/${length}",${length}`, bytes(length))).toBe("OK");
      const { topic, payload } = await received(host);
      expect(topic).toBe(`all/${length}`);
      expect(Buffer.from(payload, "latin1").equals(bytes(length))).toBe(true);
    }
  });

  it("hands a message to mosquitto_sub, byte by byte, and one of mosquitto_pub to the modem", async () => {
    const { host, broker } = await opened();
    await counted(host);
    await login(host);
    const topic = "größe/ 1";
    expect(await publish(host, `0,1,1,1,"${latin1(topic)}"`, bytes(1548))).toBe("+QMTPUB: 0,1,0");
    const about = ["-p", `${broker.port}`, "-t", topic];
    const { stdout } = await promisify(execFile)("mosquitto_sub", [...about, "-C", "1", "-N"], { encoding: "buffer" });
    expect(stdout.equals(bytes(1548))).toBe(true);
    // A retained message may come before the result of the subscription.
    expect(await host.command(`AT+QMTSUB=0,2,"${latin1(topic)}",1`)).toEqual(["OK"]);
    expect(await received(host)).toMatchObject({ topic: latin1(topic), payload: bytes(1548).toString("latin1") });
    await promisify(execFile)("mosquitto_pub", [...about, "-m", 'Ünï "code"', "-q", "1"]);
    expect((await received(host)).payload).toBe(latin1('Ünï "code"'));
  });

  it("takes the right password and no other", async () => {
    const { host, broker } = await opened({ user: { name: "meter", password: "p w;," } });
    await run(host, 'AT+QMTCONN=0,"x","meter","wrong"', /\+QMTCONN: 0,0,5/);
    await host.urc(/\+QMTSTAT: 0,4/);
    await open(host, broker.port);
    await run(host, 'AT+QMTCONN=0,"x"', /\+QMTCONN: 0,0,5/);
    await host.urc(/\+QMTSTAT: 0,4/);
    await open(host, broker.port);
    await run(host, 'AT+QMTCONN=0,"x","meter","p w;,"', /\+QMTCONN: 0,0,0/);
  });

  it.each([3, 4])("talks protocol version %d", async (version) => {
    const [host, { port }] = [await mqttHost(), await mosquitto()];
    for (const rest of [`"version",0,${version}`, '"session",0,1']) await host.command(`AT+QMTCFG=${rest}`);
    await run(host, `AT+QMTOPEN=0,"${BROKER}",${port}`, /\+QMTOPEN: 0,0/);
    await login(host);
    await subscribe(host, "a", 2);
    expect(await type(host, 'AT+QMTPUB=0,2,2,0,"a"', `hello${CTRL_Z}`)).toBe("OK");
    await host.urc(/\+QMTRECV: 0,\d+,"a","hello"/);
  });

  it("ends the session when it is stopped, and takes a new one when it is back", async () => {
    const { host, broker } = await opened();
    await login(host);
    await broker.stop();
    await host.urc(/\+QMTSTAT: 0,1/);
    await run(host, `AT+QMTOPEN=0,"${BROKER}",${broker.port}`, /\+QMTOPEN: 0,-1/);
    await broker.start();
    await open(host, broker.port);
    await login(host);
  });

  it("keeps a session that is not clean", async () => {
    const { host, broker } = await opened();
    await login(host, 0, "kept");
    await subscribe(host, "a", 1);
    await run(host, "AT+QMTDISC=0", /\+QMTDISC: 0,0/);
    await promisify(execFile)("mosquitto_pub", ["-p", `${broker.port}`, "-t", "a", "-m", "missed", "-q", "1"]);
    await open(host, broker.port);
    // The message may come before the result of the login.
    expect(await host.command('AT+QMTCONN=0,"kept"')).toEqual(["OK"]);
    const both = /\+QMT(RECV|CONN)[^\r]*\r\n\r\n\+QMT(RECV|CONN)[^\r]*\r\n/;
    expect(await host.until(both)).toMatch(/\+QMTRECV: 0,\d+,"a","missed"\r\n/);
    await run(host, "AT+QMTDISC=0", /\+QMTDISC: 0,0/);
    expect(await host.command('AT+QMTCFG="session",0,1')).toEqual(["OK"]);
    await promisify(execFile)("mosquitto_pub", ["-p", `${broker.port}`, "-t", "a", "-m", "gone", "-q", "1"]);
    await open(host, broker.port);
    await login(host, 0, "kept");
    expect(await host.command("AT")).toEqual(["OK"]);
    expect(host.unread).toBe("");
  });

  it("sends the will after +QMTCLOSE, not after +QMTDISC", async () => {
    const [host, { port }] = [await mqttHost(), await mosquitto()];
    await open(host, port, 5);
    await login(host, 5);
    await subscribe(host, "will/#", 1, 5);
    for (const [end, topic] of [
      ["DISC", "will/none"],
      ["CLOSE", "will/sent"],
    ]) {
      expect(await host.command(`AT+QMTCFG="will",0,1,1,1,"${topic}","gone, sorry"`)).toEqual(["OK"]);
      await open(host, port);
      await login(host);
      await run(host, `AT+QMT${end}=0`, new RegExp(`\\+QMT${end}: 0,0`));
    }
    expect(await host.urc(/\+QMTRECV: 5/)).toContain('"will/sent","gone, sorry"');
  });

  it("talks TLS by a security context", async () => {
    const [host, { port }] = [await mqttHost(), await mosquitto({ tls: "server" })];
    await secured(host, SERVER_CHECKED);
    await open(host, port);
    await login(host);
    await subscribe(host, "a");
    expect(await publish(host, '0,1,2,0,"a"', "b")).toBe("+QMTPUB: 0,1,0");
  });

  it.each([
    ["both certificates", BOTH_CHECKED, 0],
    ["no certificate of its own", SERVER_CHECKED, -1],
    ["another authority", { ...BOTH_CHECKED, cacert: "client.pem" }, -1],
    ["a file that is missing", { ...BOTH_CHECKED, clientkey: "none.key" }, -1],
  ] as const)("with mutual TLS lets in: %s", async (_, context, result) => {
    const [host, { port }] = [await mqttHost(), await mosquitto({ tls: "mutual" })];
    await secured(host, context);
    await run(host, `AT+QMTOPEN=0,"${BROKER}",${port}`, new RegExp(`\\+QMTOPEN: 0,${result}`));
    if (result === 0) await login(host);
  });

  it("serves plain and secure clients of one modem at once", async () => {
    const [host, plain] = [await mqttHost(), await mosquitto()];
    const safe = await mosquitto({ tls: "mutual" });
    await secured(host, BOTH_CHECKED);
    await open(host, safe.port, 0);
    await open(host, plain.port, 1);
    for (const id of [0, 1]) {
      await login(host, id, "same name");
      await subscribe(host, "a", 1, id);
    }
    for (const id of [0, 1]) {
      expect(await type(host, `AT+QMTPUB=${id},5,1,0,"a",2`, `m${id}`)).toBe("OK");
      await host.until(new RegExp(`\\+QMTRECV: ${id},\\d+,"a","m${id}"\\r\\n`));
    }
  });
});
