import { describe, expect, it } from "vitest";
import { BG96 } from "../../../driver/quectel/bg96";
import type { Services } from "../../../driver/services/model";
import { EXPLAINED_COMMANDS } from "./explained-commands";
import { unknownCommands } from "./known-commands";
import { FakeMqtt } from "./mqtt/fake-mqtt";
import { Owner as MqttOwner, message, OPTIONS, WAIT } from "./mqtt/mqtt-session";
import { CLIENT, profile } from "./security/tls-profile";
import { startSession } from "./session";
import { FakeSockets } from "./sockets/fake-sockets";
import { Owner } from "./sockets/socket-session";

/** Every kind of socket, each in all its ways. */
async function useSockets({ sockets }: Pick<Services, "sockets">, fake: FakeSockets): Promise<void> {
  const common = { timeout: 10_000 } as const;
  const target = { ...common, host: "server.example", port: 7, mode: "command" } as const;
  const tcp = await sockets.connect(target, new Owner());
  const tls = await sockets.connect({ ...target, security: profile() }, new Owner());
  const udp = await sockets.openUdp(common, new Owner());
  await sockets.listen(
    { ...common, localPort: 80 },
    () => new Owner(),
    () => undefined,
  );
  fake.sendResults.push("SEND FAIL");
  for (const socket of [tcp, tls]) await socket.send(Buffer.from("a"));
  await udp.send(Buffer.from("a"), { to: { host: "10.0.0.1", port: 7 } });
  for (const socket of [tcp, tls, udp]) await socket.status();
  await tls.close();
  await tcp.close();
}

/** A session in all its ways. */
async function useMqtt({ mqtt }: Pick<Services, "mqtt">, fake: FakeMqtt): Promise<void> {
  const will = { topic: "t", payload: Buffer.from("gone"), qos: 1, retain: true } as const;
  const secure = { port: 8883, user: "u", password: "p", will, security: profile() } as const;
  const session = await mqtt.connect({ ...OPTIONS, ...secure }, new MqttOwner());
  await session.subscribe("t/#", 1, WAIT);
  for (const payload of ["a", ""]) await session.publish(message(payload), WAIT);
  await session.unsubscribe("t/#", WAIT);
  await session.ping(WAIT);
  await session.disconnect(WAIT);
  fake.clients.clear();
  const { clientId: _, ...options } = OPTIONS;
  await (await mqtt.connect({ ...options, version: "3.1" }, new MqttOwner())).disconnect(WAIT);
}

describe("the BG96 model", () => {
  it("is recognised by ATI and +CGMM, and by nothing else", () => {
    expect(BG96.matches("Quectel\nBG96\nRevision: BG96MAR02A07M1G\nBG96")).toBe(true);
    expect(BG96.matches("Quectel\nBG95-M3")).toBe(false);
    expect(BG96.matches("u-blox\nLARA-R6001")).toBe(false);
  });

  it("counts only RDY as a reboot: APP RDY follows it", () => {
    expect(BG96.dialect.urcs.filter((urc) => urc.boot).map((urc) => urc.prefix)).toEqual(["RDY"]);
  });

  it("sets up what a reboot forgets", async () => {
    const { peer, driver } = await startSession();
    peer.on(/^AT(E1|\+CMEE=1|\+QISDE=0|\+QFOPEN\?)$/, ["OK"]);
    await driver.initialise();
    const leftovers = ["AT+QFOPEN?", "AT+QISTATE", "AT+QSSLSTATE", "AT+QMTOPEN?"];
    expect(peer.commands).toEqual(["ATE1", "AT+CMEE=1", "AT+QISDE=0", ...leftovers]);
  });

  it("closes the files that an unplugged session left open", async () => {
    const { peer, driver } = await startSession();
    peer.on(/^AT(E1|\+CMEE=1|\+QISDE=0|\+QFCLOSE=\d+)$/, ["OK"]);
    peer.on(/^AT\+QFOPEN\?$/, ['+QFOPEN: "http-response.tmp",1,2', '+QFOPEN: "x",3000,0', "OK"]);
    await driver.initialise();
    const closed = peer.commands.filter((line) => line.startsWith("AT+QFCLOSE"));
    expect(closed).toEqual(["AT+QFCLOSE=1", "AT+QFCLOSE=3000"]);
  });

  it("tells the HTTP client everything again after a reboot", async () => {
    const { peer, driver, services } = await startSession();
    peer.on(/^AT(E1|\+CMEE=1|\+QISDE=0|\+QFOPEN\?)$/, ["OK"]);
    const get = () => services.http.request({ method: "GET", url: "http://a/", headers: [], timeout: 10_000 });
    await get();
    await get();
    expect(peer.commands.filter((line) => line.startsWith("AT+QHTTPCFG"))).toHaveLength(3);
    await driver.initialise();
    await get();
    expect(peer.commands.filter((line) => line.startsWith("AT+QHTTPCFG"))).toHaveLength(6);
  });

  it("has no settings of its own that last, and says so when asked for one", async () => {
    const { driver } = await startSession();
    expect(await driver.persist({})).toBe(false);
    expect(await driver.persist({ xlat: false, defaultContext: { cid: 1, preferIpv6: false } })).toBe(false);
    await expect(driver.persist({ mnoProfile: 100 })).rejects.toMatchObject({ code: "NOT_SUPPORTED" });
    await expect(driver.persist({ xlat: true })).rejects.toMatchObject({ code: "NOT_SUPPORTED" });
  });

  it("ends what waits when it is put away", async () => {
    const { peer, driver, services } = await startSession();
    const gone = new Error("gone");
    peer.on(/^AT\+QFLST=/, (_match, print) => {
      driver.dispose(gone);
      print.line("OK");
    });
    const reading = services.files.read("a");
    const waiting = services.files.read("b");
    await expect(waiting).rejects.toBe(gone);
    await expect(reading).rejects.toMatchObject({ code: "MODEM_REJECTED" });
  });

  it("sends only what the guide prints or the reference explains", async () => {
    const { peer, driver, services, http, ssl } = await startSession({ bytesPerSecond: 1000 });
    peer
      .on(/^AT(E1|\+CMEE=1|\+QISDE=0|\+CFUN=1,1)$/, ["OK"])
      .on(/^AT\+QIDNSCFG=1,/, ["OK"])
      .on(/^AT\+QPING=/, ["OK", "+QPING: 0,1,0,1,0,0,0"])
      .on(/^AT\+QIDNSGIP=/, ["OK", '+QIURC: "dnsgip",0,1,60', '+QIURC: "dnsgip","10.0.0.1"'])
      .on(/^AT\+QIACT=5$/, ["ERROR"])
      .on(/^AT\+QIGETERROR$/, ['+QIGETERROR: 561,"x"', "OK"]);
    const request = { url: "http://a/b", headers: [], timeout: 60_000 } as const;
    await driver.initialise();
    await services.packetData.define({ cid: 1, apn: "a", pdpType: "IPV4V6", authType: "none" });
    await services.packetData.activate(1);
    await expect(services.packetData.activate(5)).rejects.toMatchObject({ code: "NO_CONNECTION" });
    await services.packetData.setDns(1, "8.8.4.4", "1.1.1.1");
    await services.packetData.status(1);
    await services.diagnostics.ping("a", { count: 1 });
    await services.diagnostics.resolve("a");
    await services.files.write("long", Buffer.alloc(3000));
    await services.files.read("long");
    await services.files.write("short", Buffer.alloc(3));
    await services.files.read("short");
    await services.files.list();
    await services.http.request({ ...request, method: "GET" });
    await services.http.request({ ...request, method: "GET", headers: [["A", "b"]] });
    await services.http.request({ ...request, method: "POST", body: Buffer.from("a"), contentType: "text/plain" });
    await services.http.request({ ...request, method: "PUT", body: Buffer.alloc(5000) });
    ssl.clock = "80/01/06,00:00:00+00";
    http.answer = { response: "", outcome: "716" };
    const security = profile({ ...CLIENT, validation: "ca+host+date" });
    const secure = services.http.request({ ...request, url: "https://a/", method: "GET", security });
    await expect(secure).rejects.toMatchObject({ code: "TLS_FAILED" });
    await services.security.apply(profile());
    await services.security.apply(profile());
    await services.security.list();
    await useSockets(services, new FakeSockets(peer));
    await useMqtt(services, new FakeMqtt(peer));
    await driver.initialise();
    await services.packetData.deactivate(1);
    await driver.reboot();
    expect(unknownCommands(peer.commands)).toEqual([]);
    // Direct connections take guard times; their own tests see to theirs.
    const others = ["AT", "ATO", "AT+QISWTMD=0,2", 'AT+QICFG="transwaittm",1'];
    const sent = [...peer.commands, ...others];
    const unused = EXPLAINED_COMMANDS.filter(({ pattern }) => !sent.some((line) => pattern.test(line)));
    expect(unused).toEqual([]);
  });
});
