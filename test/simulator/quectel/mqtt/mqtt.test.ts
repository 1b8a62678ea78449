import { describe, expect, it } from "vitest";
import { innerBroker } from "../../../support/brokers";
import { ALL_BYTES } from "../../internet/servers";
import {
  BROKER,
  CTRL_Z,
  connected,
  ERROR,
  ESC,
  latin1,
  login,
  mqttHost,
  open,
  publish,
  received,
  run,
  subscribe,
  type,
} from "./mqtt-host";

describe("the order of a session", () => {
  it("is +QMTOPEN, +QMTCONN, traffic, +QMTDISC, and nothing else goes", async () => {
    const [host, { port }] = [await mqttHost(), await innerBroker()];
    const traffic = ['+QMTSUB=0,1,"a",0', '+QMTUNS=0,1,"a"', '+QMTPUB=0,0,0,0,"a"', "+QMTDISC=0"];
    for (const line of [...traffic, '+QMTCONN=0,"x"', "+QMTCLOSE=0", "+QMTRECV=0"]) {
      expect(await host.command(`AT${line}`)).toEqual(ERROR);
    }
    await open(host, port);
    for (const line of traffic) expect(await host.command(`AT${line}`)).toEqual(ERROR);
    await login(host);
    expect(await host.command('AT+QMTCONN=0,"x"')).toEqual(ERROR);
    await run(host, "AT+QMTDISC=0", /\+QMTDISC: 0,0/);
    for (const line of [...traffic, "+QMTCLOSE=0"]) expect(await host.command(`AT${line}`)).toEqual(ERROR);
    expect(host.unread).toBe("");
  });

  it("shows in the read forms", async () => {
    const [host, { port }] = [await mqttHost(), await innerBroker()];
    for (const line of ["AT+QMTOPEN?", "AT+QMTCONN?"]) expect(await host.command(line)).toEqual(["OK"]);
    await open(host, port, 3);
    await open(host, port, 1);
    await login(host, 3);
    expect(await host.command("AT+QMTOPEN?")).toEqual([
      `+QMTOPEN: 1,"${BROKER}",${port}`,
      `+QMTOPEN: 3,"${BROKER}",${port}`,
      "OK",
    ]);
    expect(await host.command("AT+QMTCONN?")).toEqual(["+QMTCONN: 1,1", "+QMTCONN: 3,3", "OK"]);
    await run(host, "AT+QMTCLOSE=3", /\+QMTCLOSE: 3,0/);
    expect(await host.command("AT+QMTCONN?")).toEqual(["+QMTCONN: 1,1", "OK"]);
  });
});

describe("+QMTOPEN", () => {
  it.each([
    ["an occupied client", 2, 'AT+QMTOPEN=0,"broker.example",1'],
    ["a port where nobody listens", -1, 'AT+QMTOPEN=1,"broker.example",1'],
    ["an unknown name", 4, 'AT+QMTOPEN=1,"nobody.invalid",1883'],
    ["what is no host", 1, 'AT+QMTOPEN=1,"no host",1883'],
  ])("reports %s", async (_, result, line) => {
    const { host } = await connected();
    await run(host, line, new RegExp(`\\+QMTOPEN: \\d,${result}`));
  });

  it('needs the context of "pdpcid"', async () => {
    const host = await mqttHost();
    expect(await host.command('AT+QMTCFG="pdpcid",0,3')).toEqual(["OK"]);
    await run(host, `AT+QMTOPEN=0,"${BROKER}",1883`, /\+QMTOPEN: 0,3/);
  });

  it("ends with 5 when the context goes down meanwhile, and with nothing when the host closes it", async () => {
    const host = await mqttHost();
    host.fault("slow-connect=1m");
    expect(await host.command(`AT+QMTOPEN=0,"${BROKER}",1883`)).toEqual(["OK"]);
    host.fault("lost-context");
    await host.urc(/\+QMTOPEN: 0,5/);
    await host.command("AT+QIDEACT=1");
    await host.command("AT+QIACT=1");
    expect(await host.command(`AT+QMTOPEN=0,"${BROKER}",1883`)).toEqual(["OK"]);
    expect(await host.command("AT+QMTOPEN?")).toEqual(["OK"]);
    await run(host, "AT+QMTCLOSE=0", /\+QMTCLOSE: 0,0/);
    expect(await host.command("AT")).toEqual(["OK"]);
    expect(host.unread).not.toContain("QMTOPEN");
  });
});

describe("parameters", () => {
  it.each([
    '+QMTOPEN=6,"a",1883',
    '+QMTOPEN=0,"",1883',
    '+QMTOPEN=0,"a",0',
    '+QMTOPEN=0,"a"',
    "+QMTOPEN=0,a,1883",
    "+QMTCONN=1",
    '+QMTCONN=1,"a","b","c","d"',
    `+QMTCONN=1,"${"a".repeat(257)}"`,
    '+QMTSUB=0,0,"a",0',
    '+QMTSUB=0,65536,"a",0',
    '+QMTSUB=0,1,"a",3',
    '+QMTSUB=0,1,"a"',
    '+QMTSUB=0,1,"a",0,"b"',
    '+QMTSUB=0,1,"",0',
    '+QMTSUB=0,1,"\xff",0',
    '+QMTUNS=0,0,"a"',
    "+QMTUNS=0,1",
    '+QMTPUB=0,1,0,0,"a"',
    '+QMTPUB=0,0,1,0,"a"',
    '+QMTPUB=0,0,2,0,"a"',
    '+QMTPUB=0,0,0,2,"a"',
    '+QMTPUB=0,0,0,0,""',
    '+QMTPUB=0,0,0,0,"a",0',
    '+QMTPUB=0,0,0,0,"a",1549',
    '+QMTPUB=0,0,0,0,"a",1,1',
    "+QMTRECV=0,5",
    "+QMTDISC=0,1",
    "+QMTCLOSE=",
  ])("AT%s is an error", async (line) => {
    const { host } = await connected();
    expect(await host.command(`AT${line}`)).toEqual(ERROR);
  });
});

describe("a publish", () => {
  it("of every byte value by its length comes back, under a topic of UTF-8", async () => {
    const { host } = await connected();
    const topic = latin1("Zähler 1/Größe");
    expect(await host.command('AT+QMTCFG="recv/mode",0,0,1')).toEqual(["OK"]);
    for (const qos of [0, 1, 2]) {
      await subscribe(host, topic, qos);
      expect(await type(host, `AT+QMTPUB=0,${qos * 7},${qos},0,"${topic}",256`, ALL_BYTES)).toBe("OK");
      const message = await received(host);
      expect(message).toEqual({
        head: qos === 0 ? "0,0" : expect.any(String),
        topic,
        payload: ALL_BYTES.toString("latin1"),
      });
    }
  });

  it("typed ends with Ctrl-Z, and ESC cancels it", async () => {
    const { host } = await connected();
    await subscribe(host, "a");
    expect(await type(host, 'AT+QMTPUB=0,0,0,0,"a"', `never${ESC}`)).toBe("ERROR");
    expect(await type(host, 'AT+QMTPUB=0,0,0,0,"a"', `This is test data${CTRL_Z}`)).toBe("OK");
    await host.urc(/\+QMTPUB: 0,0,0/);
    await host.urc(/\+QMTRECV: 0,0,"a","This is test data"/);
  });

  it("has 1548 bytes at most: what is typed beyond them is dropped", async () => {
    const { host } = await connected();
    expect(await host.command('AT+QMTCFG="recv/mode",0,0,1')).toEqual(["OK"]);
    await subscribe(host, "a");
    expect(await type(host, 'AT+QMTPUB=0,0,0,0,"a"', `${"x".repeat(1600)}${CTRL_Z}`)).toBe("OK");
    expect((await received(host)).payload).toBe("x".repeat(1548));
    expect(await type(host, 'AT+QMTPUB=0,0,0,0,"a",1548', "y".repeat(1548))).toBe("OK");
    expect((await received(host)).payload).toBe("y".repeat(1548));
  });

  it("empty and retained clears what the broker kept", async () => {
    const { host, broker } = await connected();
    expect(await publish(host, '0,1,1,1,"kept"', "A")).toBe("+QMTPUB: 0,1,0");
    expect(await type(host, 'AT+QMTPUB=0,2,1,1,"kept"', CTRL_Z)).toBe("OK");
    await host.urc(/\+QMTPUB: 0,2,0/);
    await open(host, broker.port, 1);
    await login(host, 1);
    await subscribe(host, "kept", 0, 1);
    expect(await publish(host, '1,0,0,0,"kept"', "B")).toBe("+QMTPUB: 1,0,0");
    await host.urc(/\+QMTRECV: 1,0,"kept","B"/);
  });

  it("is refused while five wait for the broker, and under a number that waits", async () => {
    const { host } = await connected();
    host.fault("congestion");
    for (const id of [1, 2, 3, 4, 5]) {
      expect(await type(host, `AT+QMTPUB=0,${id},1,0,"a",1`, "x")).toBe("OK");
      expect(await host.command(`AT+QMTPUB=0,${id},1,0,"a",1`)).toEqual(ERROR);
    }
    expect(await host.command('AT+QMTPUB=0,6,1,0,"a",1')).toEqual(ERROR);
    expect(await type(host, 'AT+QMTPUB=0,0,0,0,"a",1', "x")).toBe("OK");
    host.fault("congestion@0s:1ms");
    for (const id of [1, 2, 3, 4, 5]) await host.until(new RegExp(`\\+QMTPUB: 0,${id},0\\r\\n`));
  });

  it("ends with an error when the session has ended at the prompt", async () => {
    const { host, broker } = await connected();
    host.write('AT+QMTPUB=0,1,1,0,"a",3\r');
    await host.until(/> /);
    await new Promise<void>((resolve) => broker.aedes.close(resolve));
    host.write("abc");
    await host.until(/\r\n(ERROR|OK)\r\n/);
    await host.urc(/\+QMTSTAT: 0,1/);
  });
});

describe("subscriptions", () => {
  it("take several topics at once, and end", async () => {
    const { host } = await connected();
    await run(host, 'AT+QMTSUB=0,7,"a/+",2,"b",1,"c/#",0', /\+QMTSUB: 0,7,0,2,1,0/);
    await publish(host, '0,0,0,0,"c/d"', "x");
    await host.urc(/\+QMTRECV: 0,0,"c\/d","x"/);
    await run(host, 'AT+QMTUNS=0,8,"c/#","b"', /\+QMTUNS: 0,8,0/);
    await publish(host, '0,0,0,0,"c/d"', "y");
    expect(await type(host, 'AT+QMTPUB=0,3,1,0,"a/d",1', "z")).toBe("OK");
    expect(await host.until(/\+QMTRECV: 0,\d+,"a\/d","z"/)).not.toContain('"y"');
  });

  it("that the broker refuses are granted 128", async () => {
    const { host, broker } = await connected();
    broker.aedes.authorizeSubscribe = (_client, { topic }, done) => {
      done(null, topic === "secret" ? null : { topic, qos: 1 });
    };
    await run(host, 'AT+QMTSUB=0,7,"secret",1,"open",1', /\+QMTSUB: 0,7,0,128,1/);
  });
});

it("six clients work at once", async () => {
  const [host, { port }] = [await mqttHost(), await innerBroker()];
  for (const id of [0, 1, 2, 3, 4, 5]) {
    await open(host, port, id);
    await login(host, id);
    await subscribe(host, `to/${id}`, 1, id);
  }
  for (const id of [0, 1, 2, 3, 4, 5]) {
    expect(await type(host, `AT+QMTPUB=${id},9,1,0,"to/${5 - id}",1`, `${id}`)).toBe("OK");
    await host.until(new RegExp(`(QMTPUB: ${id},9,0|QMTRECV: ${5 - id},\\d+,"to/${5 - id}","${id}")\\r\\n`));
    await host.until(new RegExp(`(QMTPUB: ${id},9,0|QMTRECV: ${5 - id},\\d+,"to/${5 - id}","${id}")\\r\\n`));
  }
});
