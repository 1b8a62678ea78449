import { describe, expect, it } from "vitest";
import { ModemError } from "../../../../driver/errors";
import { failure } from "../../../support/failure";
import { turns } from "../http/http-client";
import { mqttBench, WAIT } from "./fake-mqtt";

describe("a session", () => {
  it("resets the profile, writes what is asked, logs in and turns the pings on", async () => {
    const { connect, peer, fake } = mqttBench();
    await connect({
      user: "me",
      password: "secret",
      keepAlive: 30,
      will: { topic: "gone", payload: Buffer.from("Unrequested disconnect."), qos: 1, retain: true },
    });
    expect(peer.commands.filter((line) => !line.startsWith("AT+UDELFILE"))).toEqual([
      "AT+UMQTTC=0",
      "AT+UMQTTNV=0",
      'AT+UMQTT=0,"gateway-1"',
      'AT+UMQTT=2,"broker.test",1883',
      'AT+UMQTT=4,"me","secret"',
      "AT+UMQTT=6,1",
      "AT+UMQTT=7,1",
      'AT+UMQTT=8,"gone"',
      'AT+UMQTT=9,"Unrequested disconnect."',
      "AT+UMQTT=10,30",
      "AT+UMQTT=12,1",
      "AT+UMQTTC=1",
      "AT+UMQTTC=8,1",
    ]);
    expect(fake.isConnected).toBe(true);
  });

  it("has the IMEI for a client id where none is given, and no pings without a keep-alive", async () => {
    const { connect, peer, fake } = mqttBench();
    await connect({ clientId: "", keepAlive: 0 });
    expect(fake.settings.get(0)).toBe('"357862090033897"');
    expect(peer.commands).not.toContain("AT+UMQTTC=8,1");
  });

  it("shows neither user nor password, nor what is published, in the trace", async () => {
    const { connect, trace } = mqttBench();
    const session = await connect({ user: "somebody", password: "P455w0rd" });
    await session.publish({ topic: "t", payload: Buffer.from("confidential"), qos: 0, retain: false }, WAIT);
    expect(trace.join("\n")).not.toMatch(/somebody|P455w0rd|confidential/);
  });

  it("goes over the context that is asked for", async () => {
    const { connect, peer, fake } = mqttBench();
    peer.on(/^AT\+CGDCONT\?$/, ['+CGDCONT: 2,"IPV6","b"', "OK"]);
    peer.on(/^AT\+CGACT\?$/, ["+CGACT: 1,1", "+CGACT: 2,1", "OK"]);
    peer.on(/^AT\+CGCONTRDP=2$/, ["OK"]);
    peer.on(/^AT\+CGPADDR=2$/, ['+CGPADDR: 2,"2001:db8::1"', "OK"]);
    await connect({ cid: 2 });
    expect(fake.settings.get(20)).toBe("2,1");
  });

  it("is not made over a context that is down", async () => {
    const { connect, peer } = mqttBench();
    peer.on(/^AT\+CGDCONT\?$/, ["OK"]);
    peer.on(/^AT\+CGACT\?$/, ["+CGACT: 1,1", "OK"]);
    expect((await failure(connect({ cid: 2 }))).code).toBe("NO_CONNECTION");
    expect(peer.commands).not.toContain("AT+UMQTTC=1");
  });

  it("with cleanSession: false is NOT_SUPPORTED where the modem has no such setting, and made where it has", async () => {
    const { connect, fake } = mqttBench();
    fake.hasCleanSession = false;
    const error = await failure(connect({ cleanSession: false }));
    expect(error.code).toBe("NOT_SUPPORTED");
    expect(error.message).toContain("cleanSession");
    await (await connect({ cleanSession: true })).disconnect(WAIT);
    fake.hasCleanSession = true;
    await connect({ cleanSession: false });
    expect(fake.settings.get(12)).toBe("0");
  });

  it("is one at a time: who wants another is told who has it", async () => {
    const { connect } = mqttBench();
    const session = await connect();
    const error = await failure(connect({ owner: "broker B", timeout: 300 }));
    expect(error.code).toBe("MODEM_BUSY");
    expect(error.message).toContain("broker A");
    await session.disconnect(WAIT);
    await connect({ owner: "broker B" });
  });

  it("logs out one that an earlier host left open", async () => {
    const { connect, fake, peer } = mqttBench();
    fake.isConnected = true;
    await connect();
    expect(peer.commands.slice(0, 1)).toEqual(["AT+UMQTTC=0"]);
    expect(fake.isConnected).toBe(true);
  });

  it("that its caller does not wait for is left again", async () => {
    const { connect, fake } = mqttBench();
    fake.held.add(1);
    const error = await failure(connect({ timeout: 50 }));
    expect(error.code).toBe("MODEM_TIMEOUT");
    fake.isConnected = true;
    fake.finish("1,1");
    await turns();
    expect(fake.isConnected).toBe(false);
    fake.held.clear();
    await connect();
  });

  const REFUSALS = [
    ["13,8", "PROTOCOL_ERROR", /refused/],
    ["13,33", "MODEM_TIMEOUT", /in time/],
    ["13,34", "NOT_REGISTERED", /radio/],
    ["13,50", "NO_CONNECTION", /data connection/],
  ] as const;
  it.each(REFUSALS)("that fails with %s says so in words", async (lastError, code, words) => {
    const { connect, fake } = mqttBench();
    fake.results.set(1, "1,0");
    fake.lastError = lastError;
    const error = await failure(connect());
    expect(error.code).toBe(code);
    expect(error.message).toMatch(words);
    expect(error.message).toContain("MQTT session with broker.test:1883");
  });

  it("that fails without a reason is looked into: the name, then the connection", async () => {
    const { connect, fake, peer } = mqttBench();
    peer.on(/^AT\+CGDCONT\?$/, ["OK"]);
    peer.on(/^AT\+CGACT\?$/, ["+CGACT: 1,1", "OK"]);
    peer.on(/^AT\+CG(PADDR|CONTRDP)=1$/, ["OK"]);
    peer.on(/^AT\+UDNSRN=0,"broker.test"/, ["+CME ERROR: host not found"]);
    fake.results.set(1, "1,0");
    expect((await failure(connect())).code).toBe("DNS_FAILED");
    expect((await failure(connect({ host: "192.0.2.1" }))).code).toBe("CONNECT_FAILED");
  });

  it("ends by disconnect: nobody is told, and the operations that wait fail", async () => {
    const { connect, fake, owner } = mqttBench();
    const session = await connect();
    await session.disconnect(WAIT);
    expect(fake.isConnected).toBe(false);
    expect(owner.closed).toEqual([]);
    const error = await failure(session.subscribe("a", 0, WAIT));
    expect(error.code).toBe("CONNECTION_CLOSED");
    await session.disconnect(WAIT);
  });

  it("lets disconnect wait no longer than it may, and leaves behind it", async () => {
    const { connect, fake } = mqttBench();
    const session = await connect();
    fake.held.add(2);
    const publish = failure(session.publish({ topic: "a", payload: Buffer.from("x"), qos: 1, retain: false }, WAIT));
    await turns();
    const before = performance.now();
    await session.disconnect({ timeout: 200 });
    expect(performance.now() - before).toBeLessThan(2000);
    expect((await publish).code).toBe("CONNECTION_CLOSED");
    fake.finish();
    await turns();
    expect(fake.isConnected).toBe(false);
  });
});

describe("the end of a session", () => {
  it.each([
    [0, /logged out/],
    [1, /logged out/],
    [100, /did not hear/],
    [101, /network connection/],
    [102, /protocol/],
  ])("0,%i is told once, in words", async (code, words) => {
    const { connect, fake, owner } = mqttBench();
    const session = await connect();
    fake.lose(code);
    await turns();
    expect(owner.closed).toHaveLength(1);
    expect(owner.closed[0]?.message).toMatch(words);
    expect((await failure(session.ping(WAIT))).code).toBe("CONNECTION_CLOSED");
    fake.lose(101);
    await turns();
    expect(owner.closed).toHaveLength(1);
    await connect();
  });

  it("fails what is running, and is not told by its late result", async () => {
    const { connect, fake, peer } = mqttBench();
    const session = await connect();
    fake.held.add(2);
    const publish = failure(session.publish({ topic: "a", payload: Buffer.from("x"), qos: 1, retain: false }, WAIT));
    await turns();
    fake.lose(101);
    expect((await publish).code).toBe("CONNECTION_CLOSED");
    const next = await connect();
    peer.urc("+UUMQTTC: 2,0");
    await turns();
    fake.held.clear();
    await next.publish({ topic: "b", payload: Buffer.from("y"), qos: 1, retain: false }, WAIT);
    expect(fake.published.at(-1)?.topic).toBe("b");
  });

  it("comes with a failed ping, behind which the modem logs out", async () => {
    const { connect, fake, owner, peer } = mqttBench();
    await connect();
    peer.urc("+UUMQTTC: 8,0");
    await turns();
    expect(owner.closed[0]?.message).toContain("no longer answers");
    expect(fake.isConnected).toBe(false);
  });

  it("comes with the data connection", async () => {
    const { connect, owner, peer, driver } = mqttBench();
    peer.on(/^AT\+CGACT\?$/, ["+CGACT: 1,1", "OK"]);
    peer.on(/^AT\+COPS\?$/, ['+COPS: 0,0,"x",7', "OK"]);
    peer.on(/^AT\+UMNOPROF\?$/, ["+UMNOPROF: 100", "OK"]);
    await driver.services.packetData.activate(1);
    await connect();
    peer.urc("+CGEV: NW PDN DEACT 1");
    await turns();
    expect(owner.closed[0]).toMatchObject({ code: "NO_CONNECTION" });
  });

  it.each([["MODEM_RESTARTED"], ["MODEM_OFFLINE"]] as const)("comes with %s", async (code) => {
    const { connect, owner, driver, channel } = mqttBench();
    const session = await connect();
    const error = new ModemError(code, "gone");
    driver.dispose(error);
    channel.close(error);
    await turns();
    expect(owner.closed).toEqual([error]);
    expect((await failure(session.subscribe("a", 0, WAIT))).code).toBe(code);
    await session.disconnect(WAIT);
  });

  it("is found when an operation is refused that the client should allow", async () => {
    const { connect, fake, owner } = mqttBench();
    const session = await connect();
    fake.isConnected = false;
    const error = await failure(session.subscribe("a", 0, WAIT));
    expect(error.code).toBe("CONNECTION_CLOSED");
    await turns();
    expect(owner.closed).toHaveLength(1);
  });

  it("does not come where one operation alone is refused", async () => {
    const { connect, owner, peer } = mqttBench();
    const session = await connect();
    peer.on(/^AT\+UMQTTC=4/, ["+CME ERROR: operation not allowed"]);
    const error = await failure(session.subscribe("a", 0, WAIT));
    expect(error.code).toBe("MODEM_REJECTED");
    expect(error.message).toContain("Subscribing to a");
    await session.ping(WAIT);
    expect(owner.closed).toEqual([]);
  });
});
