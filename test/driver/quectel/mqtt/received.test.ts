import { describe, expect, it, vi } from "vitest";
import { until } from "../../../support/clock";
import { Owner, startMqtt, WAIT } from "./mqtt-session";

/** Looks like everything that a modem prints, and all byte values. */
const HOSTILE = Buffer.concat([
  Buffer.from(Array.from({ length: 256 }, (_value, byte) => byte)),
  Buffer.from('"\r\nOK\r\n\r\n+QMTSTAT: 0,1\r\n\r\nRDY\r\n\r\n> \r\n+QMTRECV: 0,0,"a",1,"b"\r\n\r\nERROR\r\n"'),
]);

describe("a message that BG96 gets", () => {
  it("is any bytes, where the firmware tells its length", async () => {
    const { connect, fake } = await startMqtt({}, { pieces: 7 });
    const owner = new Owner();
    await connect({}, owner);
    fake.deliver(0, 0, "a/b", HOSTILE);
    fake.deliver(0, 5, 'with "marks"'.replaceAll('"', "'"), "");
    await vi.waitFor(() => expect(owner.messages).toHaveLength(2));
    expect(owner.messages).toEqual([
      { topic: "a/b", payload: HOSTILE, qos: 0 },
      { topic: "with 'marks'", payload: Buffer.alloc(0) },
    ]);
    expect([owner.ends, owner.damaged]).toEqual([[], []]);
  });

  it.each([
    ["in quotation marks", '"{"t":21.5,"u":"x"}"', '{"t":21.5,"u":"x"}'],
    ["without", '{"t":21.5,"u":"x"}', '{"t":21.5,"u":"x"}'],
    ["empty", '""', ""],
    ["a comma and a number", '"5,6"', "5,6"],
    ["one mark", '"', '"'],
  ])("is read to the end of its line by old firmware: %s", async (_name, printed, payload) => {
    const { connect, peer } = await startMqtt({ lengths: false });
    const owner = new Owner();
    await connect({}, owner);
    peer.urc(`+QMTRECV: 0,1,"topic/example",${printed}`);
    await until(() => owner.messages.length > 0);
    expect(owner.messages).toEqual([{ topic: "topic/example", payload: Buffer.from(payload) }]);
  });

  it("can't hold the line by what looks like a length, where old firmware prints no quotation marks", async () => {
    const { connect, peer, fake } = await startMqtt({ lengths: false });
    const owner = new Owner();
    const session = await connect({}, owner);
    peer.urc('+QMTRECV: 0,0,"t",999999,"x');
    fake.deliver(0, 0, "next", "y");
    await session.ping(WAIT);
    expect(owner.messages.map(({ payload }) => String(payload))).toEqual(['999999,"x', "y"]);
  });

  it("belongs to the session of its client", async () => {
    const { connect, fake } = await startMqtt();
    const owners = [new Owner(), new Owner()];
    for (const owner of owners) await connect({}, owner);
    fake.deliver(1, 0, "one", "1");
    fake.deliver(0, 0, "zero", "0");
    await until(() => owners.every(({ messages }) => messages.length > 0));
    expect(owners.map(({ topics }) => topics)).toEqual([["zero"], ["one"]]);
  });

  it("may come before the session stands, and while a command runs", async () => {
    const { connect, fake, peer } = await startMqtt();
    const owner = new Owner();
    fake.results.QMTCONN = [["+QMTCONN: 0,0,0", '+QMTRECV: 0,3,"stored",1,"s"']];
    const session = await connect({}, owner);
    fake.results.QMTSUB = [['+QMTRECV: 0,4,"retained",1,"r"', "+QMTSUB: 0,1,0,1"]];
    await session.subscribe("retained", 1, WAIT);
    peer.on(/^AT\+QMTUNS/, ['+QMTRECV: 0,5,"between",2,"OK"', "OK", "+QMTUNS: 0,2,0"]);
    await session.unsubscribe("retained", WAIT);
    expect(owner.topics).toEqual(["stored", "retained", "between"]);
  });

  it("waits, in order, until the one before it was taken", async () => {
    const { connect, fake } = await startMqtt();
    const owner = new Owner();
    let goOn: () => void = () => undefined;
    owner.hold = new Promise((resolve) => {
      goOn = resolve;
    });
    await connect({}, owner);
    for (const topic of ["a", "b", "c"]) fake.deliver(0, 0, topic, "x");
    await until(() => owner.messages.length > 0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(owner.topics).toEqual(["a"]);
    goOn();
    await until(() => owner.messages.length === 3);
    expect(owner.topics).toEqual(["a", "b", "c"]);
  });

  it("is handed over before the end is told", async () => {
    const { connect, fake } = await startMqtt();
    const owner = new Owner();
    owner.hold = new Promise(() => undefined);
    await connect({}, owner);
    for (const topic of ["a", "b"]) fake.deliver(0, 0, topic, "x");
    fake.leave(0, 1);
    await until(() => owner.ends.length > 0);
    expect(owner.topics).toEqual(["a", "b"]);
  });

  it("does not pile up for ever before a flow that takes none", async () => {
    const { connect, fake } = await startMqtt();
    const owner = new Owner();
    owner.hold = new Promise(() => undefined);
    await connect({}, owner);
    for (let count = 0; count < 90; count += 1) fake.deliver(0, 0, "flood", Buffer.alloc(60_000));
    await until(() => owner.ends.length > 0);
    expect(owner.ends[0]?.message).toContain("messages came faster than the flow took them");
  });

  it.each([
    ["+QMTRECV: 0,0,", "no more than its beginning"],
    ['+QMTRECV: 0,0,"t"', "no message"],
    ['+QMTRECV: 0,0,"t",3,"abc"x', "something behind it"],
    ['+QMTRECV: 0,0,"t","abc"', "no length, where one was asked for"],
    ['+QMTRECV: 0,0,"\xff",3,"abc"', "a topic that is no text"],
    ['+QMTRECV: ,0,"t",3,"abc"', "no client"],
  ])("that is damaged is told, and the session goes on: %s (%s)", async (line) => {
    const { connect, fake, peer } = await startMqtt();
    const owner = new Owner();
    const session = await connect({}, owner);
    peer.urc(line);
    await until(() => owner.damaged.length > 0);
    expect(owner.damaged.map(({ code }) => code)).toEqual(["PROTOCOL_ERROR"]);
    fake.deliver(0, 0, "next", "x");
    await until(() => owner.messages.length > 0);
    await session.ping(WAIT);
    expect([owner.topics, owner.ends]).toEqual([["next"], []]);
  });
});
