import { describe, expect, it } from "vitest";
import { failure, outcome } from "../../../support/failure";
import { profile } from "../security/tls-profile";
import { FakeSockets } from "../sockets/fake-sockets";
import { Owner, startMqtt, WAIT } from "./mqtt-session";

const SECURE = { port: 8883, security: profile() } as const;

describe("a login by BG96 that fails", () => {
  it.each([
    ["-1", "CONNECT_FAILED"],
    ["1", "MODEM_REJECTED"],
    ["3", "NO_CONNECTION"],
    ["4", "DNS_FAILED"],
    ["5", "NO_CONNECTION"],
    ["", "MODEM_TIMEOUT"],
  ])("by +QMTOPEN: 0,%s is %s, and leaves nothing open", async (result, code) => {
    const { connect, fake, lines } = await startMqtt();
    fake.results.QMTOPEN = [result];
    const error = await failure(connect());
    expect(error).toMatchObject({ code, cause: { result: `+QMTOPEN: 0,${result}` } });
    expect(error.message).toMatch(/^MQTT session with broker\.example, port 1883: /);
    expect(lines().at(-1)).toBe("AT+QMTCLOSE=0");
    await connect();
  });

  it.each([
    ["0,1", "PROTOCOL_ERROR", "protocol version"],
    ["0,2", "PROTOCOL_ERROR", "client id"],
    ["0,3", "PROTOCOL_ERROR", "unavailable"],
    ["0,4", "PROTOCOL_ERROR", "user and password"],
    ["0,5", "PROTOCOL_ERROR", "let this client in"],
    ["2", "CONNECT_FAILED", "did not answer the login"],
    ["0,", "MODEM_TIMEOUT", "can't be read"],
    ["-", "MODEM_TIMEOUT", "can't be read"],
  ])("by +QMTCONN: 0,%s is %s: %s", async (result, code, words) => {
    const { connect, fake, lines } = await startMqtt();
    // What follows says less.
    fake.results.QMTCONN = [[`+QMTCONN: 0,${result}\r\n\r\n+QMTSTAT: 0,4`]];
    const error = await failure(connect({ user: "me", password: "secret-word" }));
    expect([error.code, error.cause.result]).toEqual([code, `+QMTCONN: 0,${result}`]);
    expect(error.message).toContain(words);
    expect(JSON.stringify([error.message, error.cause])).not.toContain("secret-word");
    expect([lines().at(-1), fake.clients.size]).toEqual(["AT+QMTCLOSE=0", 0]);
  });

  it("because its client left meanwhile tells why", async () => {
    const { connect, fake, peer, lines } = await startMqtt();
    fake.results.QMTCONN = [["+QMTSTAT: 0,4"]];
    const owner = new Owner();
    expect(await failure(connect({}, owner))).toMatchObject({ code: "CONNECTION_CLOSED" });
    expect(owner.ends).toEqual([]);
    expect(lines().at(-1)).toBe("AT+QMTCLOSE=0");
    peer.urc("+QMTSTAT: 0,4");
    await connect({}, owner);
  });

  it("without a context is NO_CONNECTION, before the client is touched", async () => {
    const { connect, lines } = await startMqtt();
    expect(await outcome(connect({ cid: 4 }))).toBe("NO_CONNECTION");
    expect(lines()).toEqual([]);
  });
});

describe("a client of BG96 that an earlier session left open", () => {
  it("is closed when the modem is set up", async () => {
    const { peer, driver, fake, lines, connect } = await startMqtt();
    peer.on(/^AT(E1|\+CMEE=1|\+QISDE=0|\+QFOPEN\?)$/, ["OK"]);
    for (const number of [0, 4]) fake.clients.set(number, { host: "old", port: 1883, isConnected: true });
    await driver.initialise();
    expect([lines(), fake.clients.size]).toEqual([["AT+QMTOPEN?", "AT+QMTCLOSE=0", "AT+QMTCLOSE=4"], 0]);
    await connect();
    // None is suspect now.
    expect(lines()[3]).toBe('AT+QMTCFG="version",0,4');
  });

  it("is closed before it is used, where the modem could not tell", async () => {
    const { peer, driver, fake, lines, connect } = await startMqtt();
    peer.on(/^AT(E1|\+CMEE=1|\+QISDE=0|\+QFOPEN\?)$/, ["OK"]).on(/^AT\+QMTOPEN\?$/, ["ERROR"]);
    await driver.initialise();
    fake.clients.set(0, { host: "old", port: 1883, isConnected: true });
    await connect();
    expect(lines().slice(1, 3)).toEqual(["AT+QMTCLOSE=0", 'AT+QMTCFG="version",0,4']);
  });

  it.each([
    ["refuses its settings", 'AT+QMTCFG="version",0,4'],
    ["is told to be occupied", 'AT+QMTOPEN=0,"broker.example",1883'],
  ])("and that %s is closed, and opened once more", async (how, line) => {
    const { peer, driver, fake, lines, connect } = await startMqtt();
    peer.on(/^AT(E1|\+CMEE=1|\+QISDE=0|\+QFOPEN\?)$/, ["OK"]);
    await driver.initialise();
    if (how.startsWith("is")) fake.results.QMTOPEN = ["2"];
    else fake.clients.set(0, { host: "a flow's", port: 1883, isConnected: true });
    await connect();
    const first = lines().indexOf(line);
    expect(lines()[first + 1]).toBe("AT+QMTCLOSE=0");
    expect(lines().lastIndexOf(line)).toBeGreaterThan(first);
  });
});

describe("a session by BG96 over TLS", () => {
  it("holds its SSL context while it stands", async () => {
    const { connect, fake, ssl } = await startMqtt();
    const session = await connect(SECURE);
    expect([fake.settings.get("0 ssl"), ssl.settings.get("1 seclevel")]).toEqual(["1,1", "1"]);
    const others = ["none", "ca", "ca", "ca", "ca", "ca"] as const;
    const suites = ["", "TLS_RSA_WITH_AES_256_CBC_SHA", "TLS_RSA_WITH_AES_128_CBC_SHA"];
    const made = [];
    for (const [at, validation] of others.entries()) {
      if (at >= suites.length) break;
      const security = profile({ validation, ciphers: suites[at] ? [suites[at]] : [] });
      made.push(await connect({ ...SECURE, security }));
    }
    const contexts = [...fake.settings].filter(([name]) => name.endsWith(" ssl")).map(([, value]) => value);
    expect(contexts).toEqual(["1,1", "1,2", "1,3", "1,4"]);
    for (const each of [session, ...made]) await each.disconnect(WAIT);
    await connect(SECURE);
    expect([...fake.settings].filter(([name]) => name === "4 ssl")).toEqual([["4 ssl", "1,1"]]);
  });

  it("whose connection can't be opened though TCP can is a failed handshake, with what to check", async () => {
    const { connect, fake, peer } = await startMqtt();
    new FakeSockets(peer);
    fake.results.QMTOPEN = ["-1"];
    const error = await failure(connect(SECURE));
    expect(error).toMatchObject({ code: "TLS_FAILED", cause: { errorCode: -1, result: "+QMTOPEN: 0,-1" } });
    expect(error.message).toContain("minVersion (");
  });

  it("whose server can't be reached at all is a failed connection", async () => {
    const { connect, fake, peer } = await startMqtt();
    new FakeSockets(peer).outcomes.push(566);
    fake.results.QMTOPEN = ["-1"];
    expect(await failure(connect(SECURE))).toMatchObject({ code: "CONNECT_FAILED" });
  });
});
