import { generate, type Packet, parser } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { tcpServer } from "../../internet/servers";
import { connected, ERROR, login, mqttHost, open, publish, run, subscribe, type } from "./mqtt-host";

const CONNACK = generate({ cmd: "connack", returnCode: 0, sessionPresent: false });

/** A broker that answers as it is told; kinds of packets that it got, in order. */
async function strangeBroker(answer: (packet: Packet) => Buffer | undefined) {
  const seen: string[] = [];
  const port = await tcpServer((socket) => {
    const parsing = parser();
    parsing.on("packet", (packet) => {
      seen.push("dup" in packet && packet.dup ? `${packet.cmd} again` : packet.cmd);
      const bytes = answer(packet);
      if (bytes !== undefined) socket.write(bytes);
    });
    socket.on("data", (bytes: Buffer) => void parsing.parse(bytes));
  });
  return { port, seen };
}

describe("a session ends, and the client is gone,", () => {
  it.each([
    ["with the context", "AT+QIDEACT=1", 7],
    ["with the radio", "AT+CFUN=4", 7],
    ["with the registration", "AT+COPS=2", 7],
  ])("%s", async (_, line, code) => {
    const { host } = await connected();
    host.write(`${line}\r`);
    await host.urc(new RegExp(`\\+QMTSTAT: 0,${code}`));
    expect(await host.command("AT+QMTCONN?")).toEqual(["OK"]);
    expect(await host.command("AT+QMTCLOSE=0")).toEqual(ERROR);
  });

  it.each([["lost-context"], ["lost-registration"]])("with %s", async (fault) => {
    const { host } = await connected();
    host.fault(fault);
    await host.urc(/\+QMTSTAT: 0,7/);
  });

  it("with the broker", async () => {
    const { host, broker } = await connected();
    await open(host, broker.port, 4);
    broker.aedes.close();
    await host.until(/\+QMTSTAT: 0,1\r\n/);
    expect(await host.command('AT+QMTPUB=0,0,0,0,"a"')).toEqual(ERROR);
  });

  it("with a reboot, and the broker sends the will", async () => {
    const [{ broker }, host] = [await connected(), await mqttHost()];
    const gone = new Promise<string>((resolve) => {
      broker.aedes.subscribe(
        "gone",
        ({ payload }, done) => {
          resolve(payload.toString());
          done();
        },
        () => undefined,
      );
    });
    expect(await host.command('AT+QMTCFG="will",0,1,1,0,"gone","by reboot"')).toEqual(["OK"]);
    await open(host, broker.port);
    await login(host, 0, "willing");
    host.fault("reboot");
    await host.urc(/APP RDY/);
    expect(host.unread).not.toContain("QMT");
    expect(await gone).toBe("by reboot");
  });

  it("when no answer to a ping comes", async () => {
    const host = await mqttHost();
    const { port, seen } = await strangeBroker(({ cmd }) => (cmd === "connect" ? CONNACK : undefined));
    expect(await host.command('AT+QMTCFG="keepalive",0,1')).toEqual(["OK"]);
    await open(host, port);
    await login(host);
    await host.urc(/\+QMTSTAT: 0,2/);
    expect(seen).toEqual(["connect", "pingreq"]);
  });

  it("when the broker does not answer the login", async () => {
    const host = await mqttHost();
    const { port } = await strangeBroker(() => undefined);
    expect(await host.command('AT+QMTCFG="timeout",0,1,0,0')).toEqual(["OK"]);
    await open(host, port);
    await run(host, 'AT+QMTCONN=0,"x"', /\+QMTCONN: 0,2/);
    await host.urc(/\+QMTSTAT: 0,4/);
  });

  it("when the broker refuses the login", async () => {
    const host = await mqttHost();
    const { port } = await strangeBroker(() => generate({ cmd: "connack", returnCode: 4, sessionPresent: false }));
    await open(host, port);
    await run(host, 'AT+QMTCONN=0,"x","user","wrong"', /\+QMTCONN: 0,0,4/);
    await host.urc(/\+QMTSTAT: 0,4/);
    expect(await host.command("AT+QMTOPEN?")).toEqual(["OK"]);
  });

  it("when a login says what no packet can", async () => {
    const { host, broker } = await connected();
    await open(host, broker.port, 1);
    await run(host, 'AT+QMTCONN=1,"x","","password without a user"', /\+QMTCONN: 1,2/);
    await host.urc(/\+QMTSTAT: 1,3/);
  });

  it("after three packets without an answer", async () => {
    const host = await mqttHost();
    const { port } = await strangeBroker(({ cmd }) => (cmd === "connect" ? CONNACK : undefined));
    expect(await host.command('AT+QMTCFG="timeout",0,1,0,0')).toEqual(["OK"]);
    await open(host, port);
    await login(host);
    for (const id of [1, 2, 3]) expect(await type(host, `AT+QMTPUB=0,${id},1,0,"a",1`, "x")).toBe("OK");
    for (const id of [1, 2, 3]) await host.urc(new RegExp(`\\+QMTPUB: 0,${id},2`));
    await host.urc(/\+QMTSTAT: 0,6/);
  });
});

it("a session outlives the port", async () => {
  const { host } = await connected();
  host.write('AT+QMTPUB=0,1,1,0,"a"\r');
  await host.until(/> /);
  await host.reopen();
  host.write("AT\r");
  await host.until(/OK\r\n/);
  expect(await host.command("AT+QMTCONN?")).toEqual(["+QMTCONN: 0,3", "OK"]);
  expect(await host.command('AT+QMTCFG="session",0,1')).toEqual(ERROR);
  expect(await publish(host, '0,1,1,0,"a"', "x")).toBe("+QMTPUB: 0,1,0");
});

it("an idle session is kept up by pings", async () => {
  const host = await mqttHost();
  const { port, seen } = await strangeBroker(({ cmd }) => {
    if (cmd === "connect") return CONNACK;
    return cmd === "pingreq" ? generate({ cmd: "pingresp" }) : undefined;
  });
  expect(await host.command('AT+QMTCFG="keepalive",0,1')).toEqual(["OK"]);
  await open(host, port);
  await login(host);
  while (seen.length < 3) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(seen).toEqual(["connect", "pingreq", "pingreq"]);
  expect(await host.command("AT+QMTCONN?")).toEqual(["+QMTCONN: 0,3", "OK"]);
});

describe("a packet without an answer", () => {
  it("goes out again, which is told if the host wants so", async () => {
    const host = await mqttHost();
    let publishes = 0;
    const { port, seen } = await strangeBroker(({ cmd, messageId }) => {
      if (cmd === "connect") return CONNACK;
      publishes += 1;
      return publishes < 3 ? undefined : generate({ cmd: "puback", messageId });
    });
    expect(await host.command('AT+QMTCFG="timeout",0,1,3,1')).toEqual(["OK"]);
    await open(host, port);
    await login(host);
    expect(await type(host, 'AT+QMTPUB=0,7,1,0,"a",1', "x")).toBe("OK");
    for (const rest of ["1,1", "1,2", "0"]) expect(await host.urc(/\+QMTPUB: 0,7/)).toBe(`+QMTPUB: 0,7,${rest}`);
    expect(seen).toEqual(["connect", "publish", "publish again", "publish again"]);
  });

  it("fails in the end", async () => {
    const host = await mqttHost();
    const { port } = await strangeBroker(({ cmd }) => (cmd === "connect" ? CONNACK : undefined));
    expect(await host.command('AT+QMTCFG="timeout",0,1,0,1')).toEqual(["OK"]);
    await open(host, port);
    await login(host);
    await run(host, 'AT+QMTSUB=0,1,"a",0', /\+QMTSUB: 0,1,2/);
    await run(host, 'AT+QMTUNS=0,1,"a"', /\+QMTUNS: 0,1,2/);
    expect(await host.command("AT+QMTCONN?")).toEqual(["+QMTCONN: 0,3", "OK"]);
  });
});

describe("on demand", () => {
  it.each([1, 2, 3, 4, 5, 6, 7])("clients end with +QMTSTAT %d", async (code) => {
    const { host, broker } = await connected();
    await open(host, broker.port, 2);
    host.fault(`mqtt-state=${code}`);
    await host.urc(new RegExp(`\\+QMTSTAT: 0,${code}`));
    await host.urc(new RegExp(`\\+QMTSTAT: 2,${code}`));
    expect(await host.command("AT+QMTOPEN?")).toEqual(["OK"]);
  });

  it("a login is refused", async () => {
    const { host, broker } = await connected();
    for (const [fault, code] of [
      ["mqtt-refused", 5],
      ["mqtt-refused=2", 2],
    ] as const) {
      host.fault(fault);
      await open(host, broker.port, 1);
      await run(host, 'AT+QMTCONN=1,"x"', new RegExp(`\\+QMTCONN: 1,0,${code}`));
      await host.urc(/\+QMTSTAT: 1,4/);
    }
    await open(host, broker.port, 1);
    await login(host, 1);
  });

  it("a goodbye is followed by +QMTSTAT 5", async () => {
    const { host } = await connected();
    host.fault("mqtt-disconnected");
    await run(host, "AT+QMTDISC=0", /\+QMTDISC: 0,0/);
    await host.urc(/\+QMTSTAT: 0,5/);
  });

  it("the result of a publish is lost, but the broker has it", async () => {
    const { host } = await connected();
    await subscribe(host, "a");
    host.fault("mqtt-lost-result");
    expect(await type(host, 'AT+QMTPUB=0,1,1,0,"a",1', "x")).toBe("OK");
    await host.urc(/\+QMTRECV: 0,0,"a","x"/);
    expect(await publish(host, '0,2,1,0,"a"', "y")).toBe("+QMTPUB: 0,2,0");
  });

  it("an acknowledgement is lost, and the message goes out again", async () => {
    const { host } = await connected();
    expect(await host.command('AT+QMTCFG="timeout",0,1,3,1')).toEqual(["OK"]);
    host.fault("mqtt-lost-acknowledgement");
    expect(await publish(host, '0,1,1,0,"a"', "x")).toBe("+QMTPUB: 0,1,1,1");
    await host.urc(/\+QMTPUB: 0,1,0/);
  });
});
