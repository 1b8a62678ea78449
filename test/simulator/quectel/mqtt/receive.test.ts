import { describe, expect, it } from "vitest";
import { ALL_BYTES } from "../../internet/servers";
import { connected, ERROR, type MqttBench, received, subscribe } from "./mqtt-host";

/** The broker says something; QoS 0. */
async function said({ broker }: MqttBench, topic: string, payload: string | Buffer): Promise<void> {
  const packet = { cmd: "publish", topic, payload, qos: 0, retain: false, dup: false } as const;
  await new Promise<void>((resolve) => broker.aedes.publish(packet, () => resolve()));
}

async function listening(mode: string, faults: readonly string[] = []): Promise<MqttBench> {
  const bench = await connected();
  for (const fault of faults) bench.host.fault(fault);
  if (mode !== "") expect(await bench.host.command(`AT+QMTCFG="recv/mode",0,${mode}`)).toEqual(["OK"]);
  await subscribe(bench.host, "#");
  return bench;
}

describe("a message by URC", () => {
  it.each([
    ["quoted", "", [], '+QMTRECV: 0,0,"a","say "x""'],
    ["quoted, behind its length", "0,1", [], '+QMTRECV: 0,0,"a",7,"say "x""'],
    ["not quoted, by a fault", "", ["mqtt-unquoted"], '+QMTRECV: 0,0,"a",say "x"'],
    ["without a length from old firmware", "", ["mqtt-old"], '+QMTRECV: 0,0,"a","say "x""'],
  ])("is %s", async (_, mode, faults, line) => {
    const bench = await listening(mode, faults);
    await said(bench, "a", 'say "x"');
    expect(await bench.host.urc(/\+QMTRECV/)).toBe(line);
  });

  it("comes whole, whatever is in it and however long it is", async () => {
    const bench = await listening("0,1");
    for (const payload of [
      Buffer.alloc(0),
      ALL_BYTES,
      Buffer.from('\r\nOK\r\n+QMTSTAT: 0,1\r\n"'),
      Buffer.alloc(20_000, "x"),
    ]) {
      await said(bench, "t", payload);
      expect(await received(bench.host)).toEqual({ head: "0,0", topic: "t", payload: payload.toString("latin1") });
    }
  });
});

describe("buffered messages", () => {
  it("are announced by slot, and read one by one or all", async () => {
    const bench = await listening("1,1");
    const { host } = bench;
    for (const [slot, text] of ["one", "two", "three"].entries()) {
      await said(bench, "a", text);
      expect(await host.urc(/\+QMTRECV/)).toBe(`+QMTRECV: 0,${slot}`);
    }
    expect(await host.command("AT+QMTRECV?")).toEqual(["+QMTRECV: 0,1,1,1,0,0", "OK"]);
    expect(await host.command("AT+QMTRECV=0,1")).toEqual(['+QMTRECV: 0,0,"a",3,"two"', "OK"]);
    expect(await host.command("AT+QMTRECV=0,1")).toEqual(["OK"]);
    await said(bench, "a", "four");
    expect(await host.urc(/\+QMTRECV/)).toBe("+QMTRECV: 0,1");
    expect(await host.command("AT+QMTRECV=0")).toEqual([
      '+QMTRECV: 0,0,"a",3,"one"',
      '+QMTRECV: 0,0,"a",5,"three"',
      '+QMTRECV: 0,0,"a",4,"four"',
      "OK",
    ]);
    expect(await host.command("AT+QMTRECV?")).toEqual(["+QMTRECV: 0,0,0,0,0,0", "OK"]);
  });

  it("take the place of the oldest when five wait", async () => {
    const bench = await listening("1");
    for (const slot of [0, 1, 2, 3, 4, 0, 1]) {
      await said(bench, "a", "x");
      expect(await bench.host.urc(/\+QMTRECV/)).toBe(`+QMTRECV: 0,${slot}`);
    }
  });
});

it("old firmware has neither lengths nor buffers", async () => {
  const { host } = await connected();
  host.fault("mqtt-old");
  for (const line of ['+QMTCFG="recv/mode",0', '+QMTCFG="recv/mode",0,0,1', '+QMTPUB=0,0,0,0,"a",1', "+QMTRECV?"]) {
    expect(await host.command(`AT${line}`)).toEqual(ERROR);
  }
  expect((await host.command("AT+QMTCFG=?")).join()).not.toContain("recv/mode");
});
