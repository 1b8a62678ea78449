import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { type Mosquitto, type MosquittoOptions, mosquitto } from "../../../support/brokers";
import { needsTool } from "../../../support/needs";
import { ALL_BYTES } from "../../internet/servers";
import { pem } from "../../internet/tls-servers";
import { route } from "../../modem-host";
import { LaraHost } from "../lara-host";
import { BROKER, bothArrived, login, publishToSelf, readOne, run, subscribe } from "./mqtt-host";

const TOOL = needsTool("mosquitto");

async function open(options: MosquittoOptions = {}): Promise<{ host: LaraHost; broker: Mosquitto }> {
  const broker = await mosquitto(options);
  const host = await LaraHost.open([route(BROKER, "*", "*")]);
  await host.command(`AT+UMQTT=2,"${BROKER}",${broker.port}`);
  return { host, broker };
}

async function importFile(host: LaraHost, type: number, name: string): Promise<void> {
  const content = pem(name);
  await host.upload(`AT+USECMNG=0,${type},"${name}",${content.length}`, content);
}

/** Security profile 2 checks the server and has a certificate to show. */
async function secure(host: LaraHost): Promise<void> {
  for (const [type, name] of ["ca.cert", "client.cert", "client.key"].entries()) await importFile(host, type, name);
  for (const rest of ["", ",0,1", ',3,"ca.cert"', ',5,"client.cert"', ',6,"client.key"']) {
    await host.command(`AT+USECPRF=2${rest}`);
  }
  await host.command("AT+UMQTT=11,1,2");
}

const bytes = (length: number) => Buffer.alloc(length, ALL_BYTES);

describe.skipIf(TOOL.skip)(`Mosquitto${TOOL.reason}`, () => {
  it.each([0, 1, 2])("gives back what was published, with QoS %d", async (qos) => {
    const { host } = await open();
    await login(host);
    await subscribe(host, "all/+", qos);
    for (const length of [1, 511, 512, 513, 1023, 1024]) {
      expect(await host.upload(`AT+UMQTTC=9,${qos},0,"all/${length}",${length}`, bytes(length))).toBe("OK");
      await bothArrived(host);
      const { topic, message } = await readOne(host);
      expect(topic).toBe(`all/${length}`);
      expect(Buffer.from(message, "latin1").equals(bytes(length))).toBe(true);
    }
  });

  it("hands files of 1025 to 8192 bytes to mosquitto_sub, byte by byte", async () => {
    const { host, broker } = await open();
    await login(host);
    for (const length of [1025, 8192]) {
      await host.upload(`AT+UDWNFILE="file",${length}`, bytes(length));
      const topic = Buffer.from("gr\u00f6\u00dfe/ 1").toString("latin1");
      await run(host, `AT+UMQTTC=3,1,1,"${topic}","file"`, /\+UUMQTTC: 3,1/);
      await host.command('AT+UDELFILE="file"');
      const args = ["-p", `${broker.port}`, "-t", "gr\u00f6\u00dfe/ 1", "-C", "1", "-N"];
      const { stdout } = await promisify(execFile)("mosquitto_sub", args, { encoding: "buffer" });
      expect(stdout.equals(bytes(length))).toBe(true);
    }
  });

  it("takes the right password and no other", async () => {
    const { host } = await open({ user: { name: "meter", password: "p w;," } });
    await run(host, "AT+UMQTTC=1", /\+UUMQTTC: 1,0/);
    await host.command('AT+UMQTT=4,"meter","wrong"');
    await run(host, "AT+UMQTTC=1", /\+UUMQTTC: 1,0/);
    expect(await host.command("AT+UMQTTER")).toEqual(["+UMQTTER: 13,8", "OK"]);
    await host.command('AT+UMQTT=4,"meter","p w;,"');
    await login(host);
  });

  it.each(["server", "mutual"] as const)("talks TLS by the security profile: %s", async (tls) => {
    const { host } = await open({ tls });
    await run(host, "AT+UMQTTC=1", /\+UUMQTTC: 1,0/);
    await secure(host);
    await login(host);
    await subscribe(host, "a", 1);
    await publishToSelf(host, 'AT+UMQTTC=2,1,0,0,"a","b"');
    expect(await readOne(host)).toMatchObject({ message: "b" });
  });

  it("refuses a client without a certificate when it wants one", async () => {
    const { host } = await open({ tls: "mutual" });
    await secure(host);
    for (const rest of ['5,""', '6,""']) await host.command(`AT+USECPRF=2,${rest}`);
    await run(host, "AT+UMQTTC=1", /\+UUMQTTC: 1,0/);
  });

  it("holds one of four places for secure connections while the session lasts", async () => {
    const { host, broker } = await open({ tls: "server" });
    await secure(host);
    for (let socket = 0; socket < 4; socket += 1) {
      await host.command("AT+USOCR=6");
      await host.command(`AT+USOSEC=${socket},1,2`);
    }
    await login(host);
    for (const socket of [0, 1, 2]) {
      expect(await host.command(`AT+USOCO=${socket},"${BROKER}",${broker.port}`)).toEqual(["OK"]);
    }
    expect(await host.command(`AT+USOCO=3,"${BROKER}",${broker.port}`)).toEqual(["ERROR"]);
    await run(host, "AT+UMQTTC=0", /\+UUMQTTC: 0,1/);
    await host.command("AT+USOCR=6");
    await host.command("AT+USOSEC=3,1,2");
    expect(await host.command(`AT+USOCO=3,"${BROKER}",${broker.port}`)).toEqual(["OK"]);
    await run(host, "AT+UMQTTC=1", /\+UUMQTTC: 1,0/);
  });

  it("ends the session when it is stopped, and takes a new one when it is back", async () => {
    const { host, broker } = await open();
    await login(host);
    await broker.stop();
    await host.urc(/\+UUMQTTC: 0,100/);
    await run(host, "AT+UMQTTC=1", /\+UUMQTTC: 1,0/);
    await broker.start();
    await login(host);
  });
});
