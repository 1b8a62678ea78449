import { describe, expect, it } from "vitest";
import { LaraHost } from "../lara-host";
import { login, openMqtt, publishToSelf, readOne, run, subscribe } from "./mqtt-host";
import { scripted } from "./scripted-broker";

describe("a broker", () => {
  it("that breaks the rules ends the session with 0,102", async () => {
    const host = await scripted(({ cmd }, socket) => {
      if (cmd === "publish") socket.write(Buffer.from([0xff, 0xff]));
    });
    await login(host);
    await host.command('AT+UMQTTC=2,1,0,0,"a","b"');
    expect(await host.until(/\+UUMQTTC: 0,102\r\n/)).toContain("+UUMQTTC: 2,0\r\n");
  });

  it("that hangs up while a publish waits ends it first", async () => {
    const host = await scripted(({ cmd }, socket) => {
      if (cmd === "publish") socket.destroy();
    });
    await login(host);
    await host.command('AT+UMQTTC=2,1,0,0,"a","b"');
    expect(await host.until(/\+UUMQTTC: 0,100\r\n/)).toContain("+UUMQTTC: 2,0\r\n");
  });

  it("that refuses a filter gives 4,0", async () => {
    const host = await scripted(({ cmd, messageId = 0 }, _socket, write) => {
      if (cmd === "subscribe") write({ cmd: "suback", messageId, granted: [128] });
    });
    await login(host);
    await run(host, 'AT+UMQTTC=4,1,"a"', /\+UUMQTTC: 4,0/);
  });

  it("that nobody can find, and that does not answer the port, fail the login", async () => {
    const { host } = await openMqtt(["route=gone.example:1883=127.0.0.1:1"]);
    for (const name of ["nobody.invalid", "gone.example"]) {
      await host.command(`AT+UMQTT=2,"${name}"`);
      await run(host, "AT+UMQTTC=1", /\+UUMQTTC: 1,0/);
    }
    expect(await host.command("AT+UMQTTER")).toEqual(["+UMQTTER: 13,0", "OK"]);
  });
});

describe("a session over time", () => {
  it("keeps what was not read when it ends", async () => {
    const { host } = await openMqtt();
    await login(host);
    await subscribe(host, "a", 1);
    await publishToSelf(host, 'AT+UMQTTC=2,0,0,0,"a","b"');
    await run(host, "AT+UMQTTC=0", /\+UUMQTTC: 0,1/);
    expect(await readOne(host)).toMatchObject({ message: "b" });
  });

  it("uses the context that it is mapped to", async () => {
    const { host } = await openMqtt();
    await host.command("AT+UMQTT=20,2");
    await run(host, "AT+UMQTTC=1", /\+UUMQTTC: 1,0/);
    expect(await host.command("AT+UMQTTER")).toEqual(["+UMQTTER: 13,50", "OK"]);
    for (const line of ['AT+CGDCONT=2,"IP","second"', "AT+CGACT=1,2"]) await host.command(line);
    await login(host);
    await host.command("AT+CGACT=0,1");
    await run(host, 'AT+UMQTTC=2,1,0,0,"a","b"', /\+UUMQTTC: 2,1/);
    await run(host, "AT+CGACT=0,2", /\+UUMQTTC: 0,101/);
  });

  it("stays on its context when the profile is mapped to another one meanwhile", async () => {
    const { host } = await openMqtt();
    for (const line of ['AT+CGDCONT=2,"IP","second"', "AT+CGACT=1,2"]) await host.command(line);
    await login(host);
    for (const line of ["AT+UMQTT=20,2", "AT+CGACT=0,2"]) await host.command(line);
    await run(host, 'AT+UMQTTC=2,1,0,0,"a","b"', /\+UUMQTTC: 2,1/);
    await run(host, "AT+CGACT=0,1", /\+UUMQTTC: 0,101/);
  });

  it("sends its will when the radio goes off, and not when it logs out", async () => {
    const { host, broker } = await openMqtt();
    const wills: string[] = [];
    broker.aedes.on("publish", ({ topic, payload, qos, retain }) => {
      if (topic.startsWith("will")) wills.push(`${topic} ${payload} ${qos} ${retain}`);
    });
    for (const line of ["6,2", "7,1", '8,"will/1"', '9,"676f6e65",1']) await host.command(`AT+UMQTT=${line}`);
    await login(host);
    await run(host, "AT+UMQTTC=0", /\+UUMQTTC: 0,1/);
    await login(host);
    await run(host, "AT+CFUN=4", /\+UUMQTTC: 0,101/);
    await expect.poll(() => wills).toEqual(["will/1 gone 2 true"]);
  });

  it("is traffic: the radio connection stays up", async () => {
    const { host } = await openMqtt();
    await host.command("AT+CSCON=1");
    await login(host);
    expect((await host.command("AT+CSCON?"))[0]).toMatch(/\+CSCON: 1,1/);
  });

  it("can be with demo.example, where there is no network", async () => {
    const host = await LaraHost.open();
    await host.command('AT+UMQTT=2,"demo.example"');
    await login(host);
    await subscribe(host, "session test", 2);
    await publishToSelf(host, 'AT+UMQTTC=2,2,0,0,"session test","b"');
    expect(await readOne(host)).toEqual({ qos: 2, topic: "session test", message: "b" });
  });
});
