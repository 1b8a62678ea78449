import { describe, expect, it } from "vitest";
import { ALL_BYTES } from "../../internet/servers";
import { LaraHost } from "../lara-host";
import { bothArrived, login, openMqtt, publishToSelf, readOne, run, subscribe } from "./mqtt-host";
import { scripted } from "./scripted-broker";

const NOT_ALLOWED = ["+CME ERROR: operation not allowed"];
const latin1 = (text: string) => Buffer.from(text).toString("latin1");

describe("a session", () => {
  it("begins and ends by URC, and refuses what needs one before and after", async () => {
    const { host } = await openMqtt();
    const needing = ["0", '2,0,0,0,"a","b"', '4,0,"a"', '5,"a"', "8,1", '9,0,0,"a",3'];
    for (const rest of needing) expect(await host.command(`AT+UMQTTC=${rest}`)).toEqual(NOT_ALLOWED);
    await login(host);
    expect(await host.command("AT+UMQTTC=1")).toEqual(NOT_ALLOWED);
    await run(host, "AT+UMQTTC=0", /\+UUMQTTC: 0,1/);
    for (const rest of needing) expect(await host.command(`AT+UMQTTC=${rest}`)).toEqual(NOT_ALLOWED);
  });

  it("runs one command at a time", async () => {
    const { host } = await openMqtt();
    await login(host);
    host.fault("congestion");
    expect(await host.command('AT+UMQTTC=2,1,0,0,"a","b"')).toEqual(["OK"]);
    for (const rest of ["0", "1", '2,0,0,0,"a","b"', '4,0,"a"', '5,"a"', "6,1", "8,1", '9,0,0,"a",3']) {
      expect(await host.command(`AT+UMQTTC=${rest}`)).toEqual(NOT_ALLOWED);
    }
    host.fault("congestion@0s:1ms");
    await host.urc(/\+UUMQTTC: 2,1/);
    await run(host, 'AT+UMQTTC=2,1,0,0,"a","b"', /\+UUMQTTC: 2,1/);
  });

  it.each([
    ["AT+CFUN=4", "0,101"],
    ["AT+CFUN=0", "0,101"],
    ["AT+CGACT=0,1", "0,101"],
  ])("ends with %s", async (line, end) => {
    const { host } = await openMqtt();
    await login(host);
    await run(host, line, new RegExp(`\\+UUMQTTC: ${end}`));
    expect(await host.command("AT+UMQTTC=0")).toEqual(NOT_ALLOWED);
  });

  it("ends when the broker goes away", async () => {
    const { host, broker } = await openMqtt();
    await login(host);
    broker.aedes.close();
    await host.urc(/\+UUMQTTC: 0,100/);
  });

  it.each([
    ["AT+CGACT=0,1", "13,50"],
    ["AT+COPS=2", "13,34"],
  ])("fails after %s, with the reason", async (line, reason) => {
    const { host } = await openMqtt();
    await host.command(line);
    await run(host, "AT+UMQTTC=1", /\+UUMQTTC: 1,0/);
    expect(await host.command("AT+UMQTTER")).toEqual([`+UMQTTER: ${reason}`, "OK"]);
  });
});

describe("messages", () => {
  it.each([0, 1, 2])("of every byte value come back with QoS %d, under a topic of UTF-8", async (qos) => {
    const { host } = await openMqtt();
    await login(host);
    const topic = latin1("Zähler 1/Größe");
    await subscribe(host, topic, qos);
    expect(await host.upload(`AT+UMQTTC=9,${qos},0,"${topic}",256`, ALL_BYTES)).toBe("OK");
    await bothArrived(host);
    expect(await readOne(host)).toEqual({ qos, topic, message: ALL_BYTES.toString("latin1") });
    expect(await host.command("AT+UMQTTC=6,1")).toEqual(NOT_ALLOWED);
  });

  it("are counted when they arrive and after each read, but not after the last", async () => {
    const { host, broker } = await openMqtt();
    await login(host);
    await subscribe(host, "#");
    for (const text of ["one", "two", "three"]) {
      broker.aedes.publish({ cmd: "publish", topic: "t", payload: text, qos: 0, retain: false, dup: false }, () => {});
    }
    for (const count of [1, 2, 3]) await host.urc(new RegExp(`\\+UUMQTTC: 6,${count}`));
    expect(await readOne(host)).toMatchObject({ message: "one" });
    await host.urc(/\+UUMQTTC: 6,2/);
    expect(await host.command("AT+UMQTTC=6")).toEqual([
      '+UMQTTC: 6,0,4,1,"t",3,"two"',
      '+UMQTTC: 6,0,6,1,"t",5,"three"',
      "OK",
    ]);
    expect(await host.command("AT")).toEqual(["OK"]);
  });

  it("that were retained come before the result of the subscription", async () => {
    const host = await scripted(({ cmd, messageId = 0 }, _socket, write) => {
      if (cmd !== "subscribe") return;
      write({ cmd: "suback", messageId, granted: [0] });
      write({ cmd: "publish", topic: "kept", payload: "A", qos: 0, retain: true, dup: false });
    });
    await login(host);
    await host.command('AT+UMQTTC=4,0,"kept"');
    expect(await host.until(/\+UUMQTTC: 4,1,0,"kept"\r\n/)).toContain("+UUMQTTC: 6,1\r\n");
  });

  it("are lost at a reboot", async () => {
    const { host } = await openMqtt();
    await login(host);
    await subscribe(host, "a");
    await publishToSelf(host, 'AT+UMQTTC=2,0,0,0,"a","b"');
    await host.reboot();
    expect(await host.command("AT+UMQTTC=6")).toEqual(NOT_ALLOWED);
  });

  it("of up to 8192 bytes go out of a file", async () => {
    const { host, broker } = await openMqtt();
    await login(host);
    const bytes = Buffer.alloc(8192, ALL_BYTES);
    await host.upload('AT+UDWNFILE="big",8192', bytes);
    const seen = new Promise<Buffer>((resolve) => {
      broker.aedes.subscribe(
        "big",
        (packet, done) => {
          resolve(packet.payload as Buffer);
          done();
        },
        () => {},
      );
    });
    await run(host, 'AT+UMQTTC=3,1,0,"big","big"', /\+UUMQTTC: 3,1/);
    expect((await seen).equals(bytes)).toBe(true);
    expect(await host.command('AT+UMQTTC=3,1,0,"big","none"')).toEqual(["+CME ERROR: FILE NOT FOUND"]);
    await host.upload('AT+UDWNFILE="big",1', Buffer.from("x"));
    expect(await host.command('AT+UMQTTC=3,1,0,"big","big"')).toEqual(NOT_ALLOWED);
  });

  it("clear a retained one when they are empty", async () => {
    const { host } = await openMqtt();
    await login(host);
    await run(host, 'AT+UMQTTC=2,1,1,0,"kept","x"', /\+UUMQTTC: 2,1/);
    await run(host, 'AT+UMQTTC=2,1,1,0,"kept",""', /\+UUMQTTC: 2,1/);
    await host.command('AT+UMQTTC=4,0,"kept"');
    expect(await host.until(/\+UUMQTTC: 4,1,0,"kept"\r\n/)).not.toContain("+UUMQTTC: 6");
  });
});

describe("parameters", () => {
  it.each([
    "",
    "7",
    "10",
    "1,1",
    "0,0",
    '2,3,0,0,"a","b"',
    '2,0,2,0,"a","b"',
    '2,0,0,2,"a","b"',
    '2,0,0,1,"a","4"',
    '2,0,0,0,"","b"',
    '2,0,0,0,"a"',
    '2,0,0,0,a,"b"',
    '4,3,"a"',
    "4,0",
    "5",
    "6,2",
    "8",
    "8,2",
    '9,0,0,"a",0',
    '9,0,0,"a",1025',
    '3,0,0,"a"',
    '4,0,"\xff"',
    '2,0,0,0,"\xc3","b"',
  ])("+UMQTTC=%s are refused", async (rest) => {
    const { host } = await openMqtt();
    await login(host);
    expect(await host.command(`AT+UMQTTC=${rest}`)).toEqual(["+CME ERROR: incorrect parameters"]);
  });

  it.each([`2,0,0,0,"${"t".repeat(257)}","b"`, `2,0,0,0,"a","${"m".repeat(1025)}"`, `4,0,"${"t".repeat(257)}"`])(
    "that are too long are refused",
    async (rest) => {
      const host = await LaraHost.open();
      expect((await host.command(`AT+UMQTTC=${rest}`))[0]).toMatch(/text string too long/i);
    },
  );
});
