import { describe, expect, it, vi } from "vitest";
import { mosquitto } from "../../../support/brokers";
import { openGateway } from "../../../support/mqtt-sn";
import { needsTool } from "../../../support/needs";
import { connect, NOT_ALLOWED, openHost, openMqttSn, publishAndGet, readOne, run, subscribe } from "./mqtt-sn-host";

const INCORRECT = ["+CME ERROR: incorrect parameters"];
const TOOL = needsTool("mosquitto");
const FAST = "fault=mqtt-sn-retry=300ms";

describe("an MQTT-SN session", () => {
  it("begins and ends", async () => {
    const { host, gateway } = await openMqttSn();
    await connect(host);
    expect(gateway.clients).toEqual(["357862090033897"]);
    expect(await host.command("AT+UMQTTSNC=1")).toEqual(NOT_ALLOWED);
    await run(host, "AT+UMQTTSNC=0", /\+UUMQTTSNC: 0,1/);
    expect(gateway.clients).toEqual([]);
    expect(await host.command("AT+UMQTTSNC=0")).toEqual(NOT_ALLOWED);
  });

  it("registers, publishes and reads back", async () => {
    const { host } = await openMqttSn([], { firstTopicId: 300 });
    await connect(host);
    const id = await subscribe(host, "room/temperature");
    expect(id).toBe(300);
    await run(host, 'AT+UMQTTSNC=2,"room/temperature"', /\+UUMQTTSNC: 2,1,300/);
    await run(host, 'AT+UMQTTSNC=2,"kitchen"', /\+UUMQTTSNC: 2,1,301/);
    await publishAndGet(host, `4,1,0,0,0,"${id}","20 degrees"`);
    expect(await readOne(host)).toEqual({ qos: 1, type: 0, topic: "300", message: "20 degrees" });
    expect(await host.command("AT+UMQTTSNC=9,1")).toEqual(NOT_ALLOWED);
  });

  it("takes one command at a time", async () => {
    const { host, gateway } = await openMqttSn(["fault=mqtt-sn-retry=1s"]);
    await connect(host);
    gateway.drop("in", 1);
    await host.command('AT+UMQTTSNC=2,"a"');
    for (const line of ["=0", "=1", '=2,"b"', "=9,1", "=10,0", '=4,3,0,0,2,"ab","x"']) {
      expect(await host.command(`AT+UMQTTSNC${line}`)).toEqual(NOT_ALLOWED);
    }
    await host.urc(/\+UUMQTTSNC: 2,1,1/);
    await run(host, 'AT+UMQTTSNC=2,"b"', /\+UUMQTTSNC: 2,1,2/);
  });

  it.each([
    ["short", '2,"ab"', { type: 2, topic: "ab" }],
    ["predefined", '1,"7"', { type: 1, topic: "7" }],
  ])("carries %s topics", async (_name, topic, read) => {
    const { host } = await openMqttSn();
    await connect(host);
    await run(host, `AT+UMQTTSNC=5,1,${topic}`, /\+UUMQTTSNC: 5,1,/);
    await publishAndGet(host, `4,1,0,1,${topic},"00FF22"`);
    expect(await readOne(host)).toEqual({ qos: 1, message: "\0\xff\x22", ...read });
    await run(host, `AT+UMQTTSNC=6,${topic}`, /\+UUMQTTSNC: 6,1/);
  });

  it("sends with QoS −1 where no session is", async () => {
    const { host, gateway } = await openMqttSn();
    const listener = await openHost(gateway.port, ["imei=357862090033898"]);
    await connect(listener);
    await run(listener, 'AT+UMQTTSNC=5,0,2,"ab"', /\+UUMQTTSNC: 5,1,2,0/);
    await run(host, 'AT+UMQTTSNC=4,3,0,0,2,"ab","fire"', /\+UUMQTTSNC: 4,1/);
    await listener.urc(/\+UUMQTTSNC: 9,1/);
    expect((await readOne(listener)).message).toBe("fire");
    expect(gateway.clients).toEqual(["357862090033898"]);
  });

  it("publishes a file of every byte value", async () => {
    const { host } = await openMqttSn();
    await connect(host);
    const id = await subscribe(host, "file");
    const bytes = Buffer.from(Array.from({ length: 1017 }, (_, index) => index % 256));
    await host.upload('AT+UDWNFILE="f",1017', bytes);
    await publishAndGet(host, `11,1,0,0,"${id}","f"`);
    expect((await readOne(host)).message).toBe(bytes.toString("latin1"));
    await host.upload('AT+UDWNFILE="f",1', Buffer.of(0));
    expect(await host.command(`AT+UMQTTSNC=11,1,0,0,"${id}","f"`)).toEqual(NOT_ALLOWED);
    expect(await host.command(`AT+UMQTTSNC=11,1,0,0,"${id}","g"`)).toEqual(["+CME ERROR: FILE NOT FOUND"]);
  });

  it("counts the unread messages, and reads all at once", async () => {
    const { host, broker } = await openMqttSn();
    await connect(host);
    await run(host, 'AT+UMQTTSNC=5,0,0,"many/#"', /\+UUMQTTSNC: 5,1,0,0/);
    for (const name of ["a", "b", "a"]) {
      const packet = {
        cmd: "publish",
        topic: `many/${name}`,
        payload: name,
        qos: 0,
        retain: false,
        dup: false,
      } as const;
      broker.aedes.publish(packet, () => undefined);
    }
    await host.urc(/\+UUMQTTSNC: 9,3/);
    await readOne(host);
    await host.urc(/\+UUMQTTSNC: 9,2/);
    expect(await host.command("AT+UMQTTSNC=9,0")).toEqual([
      '+UMQTTSNC: 9,0,0,2,1,"2",1,"b"',
      '+UMQTTSNC: 9,0,0,2,1,"1",1,"a"',
      "OK",
    ]);
  });

  it.each(["id", "name"])("unsubscribes by the topic's %s", async (by) => {
    const { host, broker } = await openMqttSn();
    await connect(host);
    const id = await subscribe(host, "room/1");
    const gone = new Promise((resolve) => broker.aedes.once("unsubscribe", resolve));
    await run(host, `AT+UMQTTSNC=6,0,"${by === "id" ? id : "room/1"}"`, /\+UUMQTTSNC: 6,1/);
    expect(await gone).toEqual(["room/1"]);
  });

  it("changes its will", async () => {
    const { host, gateway } = await openMqttSn();
    const listener = await openHost(gateway.port, ["imei=357862090033898"]);
    await connect(listener);
    await subscribe(listener, "wills/b");
    await host.command('AT+UMQTTSN=6,"wills/a"');
    await host.command('AT+UMQTTSN=7,"first"');
    await connect(host);
    await run(host, 'AT+UMQTTSNC=7,1,0,"wills/b"', /\+UUMQTTSNC: 7,1/);
    await run(host, 'AT+UMQTTSNC=8,"second"', /\+UUMQTTSNC: 8,1/);
    await host.command("AT+CFUN=4");
    await host.urc(/\+UUMQTTSNC: 0,101/);
    gateway.lose("357862090033897");
    await listener.urc(/\+UUMQTTSNC: 9,1/);
    expect((await readOne(listener)).message).toBe("second");
  });

  it("is kept up by its loop of pings", async () => {
    const { host, gateway } = await openMqttSn();
    await host.command("AT+UMQTTSN=8,1");
    await connect(host);
    expect(await host.command("AT+UMQTTSNC=10,1")).toEqual(["OK"]);
    // The gateway's patience is 1.5 s.
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(gateway.clients).toHaveLength(1);
    gateway.drop("out", Number.POSITIVE_INFINITY);
    await host.urc(/\+UUMQTTSNC: 10,0/);
  });

  it("ends when the gateway does not know the client any more", async () => {
    const { host, gateway } = await openMqttSn();
    await connect(host);
    gateway.forgetClients();
    await run(host, 'AT+UMQTTSNC=2,"a"', /\+UUMQTTSNC: 2,0/);
    await host.urc(/\+UUMQTTSNC: 0,100/);
    await connect(host);
  });

  it("fails without a gateway, a context or a network", async () => {
    const { host, gateway } = await openMqttSn([FAST]);
    gateway.drop("in", 4);
    await run(host, "AT+UMQTTSNC=1", /\+UUMQTTSNC: 1,0/);
    expect(await host.command("AT+UMQTTSNER")).toEqual(["+UMQTTSNER: 14,21", "OK"]);
    await host.command("AT+CGACT=0,1");
    await run(host, "AT+UMQTTSNC=1", /\+UUMQTTSNC: 1,0/);
    expect(await host.command("AT+UMQTTSNER")).toEqual(["+UMQTTSNER: 14,22", "OK"]);
    await host.command("AT+COPS=2");
    await run(host, "AT+UMQTTSNC=1", /\+UUMQTTSNC: 1,0/);
    expect(await host.command("AT+UMQTTSNER")).toEqual(["+UMQTTSNER: 14,22", "OK"]);
  });
});

describe("+UMQTTSNC", () => {
  it.each([
    "",
    "3",
    "12",
    "1,1",
    "2",
    '2,""',
    '4,0,0,0,0,"0","x"',
    '4,0,0,0,0,"65536","x"',
    '4,0,0,0,0,"room","x"',
    '4,0,0,0,0,1,"x"',
    '4,0,0,0,2,"a","x"',
    '4,0,0,0,2,"abc","x"',
    '4,3,0,0,0,"1","x"',
    '4,4,0,0,2,"ab","x"',
    '4,-1,0,0,2,"ab","x"',
    '4,0,0,1,2,"ab","0"',
    '4,0,0,0,2,"ab","\xe4"',
    '4,0,0,0,3,"ab","x"',
    '5,3,0,"a"',
    '5,0,1,"a"',
    '5,0,2,"abc"',
    '6,2,"a"',
    '7,0,0,""',
    "8",
    "10",
    "10,2",
    '11,0,0,2,"ab"',
  ])("=%s is refused", async (given) => {
    const { host } = await openMqttSn();
    await connect(host);
    expect(await host.command(`AT+UMQTTSNC=${given}`)).toEqual(INCORRECT);
  });

  it.each(["0", '2,"a"', '4,0,0,0,2,"ab","x"', '5,0,0,"a"', '6,0,"a"', '7,0,0,"a"', '8,"a"', "10,1"])(
    "=%s needs a session",
    async (given) => {
      const { host } = await openMqttSn();
      expect(await host.command(`AT+UMQTTSNC=${given}`)).toEqual(NOT_ALLOWED);
    },
  );
});

describe("faults of MQTT-SN", () => {
  it("mqtt-sn-refused: the next connect fails", async () => {
    const { host } = await openMqttSn(["fault=mqtt-sn-refused"]);
    await run(host, "AT+UMQTTSNC=1", /\+UUMQTTSNC: 1,0/);
    expect(await host.command("AT+UMQTTSNER")).toEqual(["+UMQTTSNER: 14,0", "OK"]);
    await connect(host);
  });

  it("mqtt-sn-invalid-topic: the next publish to a normal topic is refused", async () => {
    const { host } = await openMqttSn();
    await connect(host);
    const id = await subscribe(host, "a");
    host.fault("mqtt-sn-invalid-topic");
    await run(host, `AT+UMQTTSNC=4,1,0,0,0,"${id}","x"`, /\+UUMQTTSNC: 4,0/);
    await run(host, `AT+UMQTTSNC=4,1,0,0,0,"${id}","x"`, /\+UUMQTTSNC: 4,1/);
  });

  it("mqtt-sn-forgotten-ids: ids are refused until they are registered anew", async () => {
    const { host } = await openMqttSn();
    await connect(host);
    const id = await subscribe(host, "a");
    host.fault("mqtt-sn-forgotten-ids");
    await run(host, `AT+UMQTTSNC=4,0,0,0,0,"${id}","x"`, /\+UUMQTTSNC: 4,0/);
    await run(host, 'AT+UMQTTSNC=2,"a"', /\+UUMQTTSNC: 2,1/);
    await run(host, `AT+UMQTTSNC=4,0,0,0,0,"${id}","x"`, /\+UUMQTTSNC: 4,1/);
  });

  it.each([100, 101])("mqtt-sn-dropped=%d ends the session", async (code) => {
    const { host } = await openMqttSn();
    await connect(host);
    host.fault(`mqtt-sn-dropped=${code}`);
    await host.urc(new RegExp(`\\+UUMQTTSNC: 0,${code}`));
    await connect(host);
  });

  it("mqtt-sn-ping-failure: the loop of pings ends", async () => {
    const { host } = await openMqttSn();
    await host.command("AT+UMQTTSN=8,60");
    await connect(host);
    await host.command("AT+UMQTTSNC=10,1");
    host.fault("mqtt-sn-ping-failure");
    await host.urc(/\+UUMQTTSNC: 10,0/);
  });

  it("mqtt-sn-lost-result: the gateway has the message, and the host no word of it", async () => {
    const { host } = await openMqttSn();
    await connect(host);
    const id = await subscribe(host, "a");
    host.fault("mqtt-sn-lost-result");
    await host.command(`AT+UMQTTSNC=4,1,0,0,0,"${id}","x"`);
    expect(await host.until(/\+UUMQTTSNC: 9,1/)).not.toContain("4,1\r");
    await run(host, `AT+UMQTTSNC=4,1,0,0,0,"${id}","x"`, /\+UUMQTTSNC: 4,1/);
  });

  it.each(["1", "1,to-modem"])("lose-datagrams=%s: the message goes out again", async (value) => {
    const { host } = await openMqttSn([FAST]);
    await connect(host);
    host.fault(`lose-datagrams=${value}`);
    await run(host, 'AT+UMQTTSNC=2,"a"', /\+UUMQTTSNC: 2,1,1/);
  });

  it("lose-datagrams with a duration loses all of them", async () => {
    const { host } = await openMqttSn([FAST]);
    await connect(host);
    host.fault("lose-datagrams:20s");
    await run(host, 'AT+UMQTTSNC=2,"a"', /\+UUMQTTSNC: 2,0/);
    expect(await host.command("AT+UMQTTSNER")).toEqual(["+UMQTTSNER: 14,21", "OK"]);
  });
});

describe.skipIf(TOOL.skip)(`MQTT-SN through a gateway of Mosquitto${TOOL.reason}`, () => {
  it.each([0, 1, 2])("comes back with QoS %d", async (qos) => {
    const { port } = await mosquitto();
    const gateway = await openGateway({ broker: { host: "127.0.0.1", port } });
    const host = await openHost(gateway.port);
    await connect(host);
    const id = await subscribe(host, "Zähler/1".replace("ä", "\xc3\xa4"), qos);
    await publishAndGet(host, `4,${qos},0,0,0,"${id}","20 degrees"`);
    expect(await readOne(host)).toEqual({ qos, type: 0, topic: `${id}`, message: "20 degrees" });
    await vi.waitUntil(() => gateway.clients.length === 1);
  });
});
