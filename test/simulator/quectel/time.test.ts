import { createSocket } from "node:dgram";
import { once } from "node:events";
import { describe, expect, it, onTestFinished } from "vitest";
import { Bg96Host } from "./bg96-host";

/** s from 1900 to 1970 */
const EPOCH = 2_208_988_800;
const NOON = Date.UTC(2031, 4, 6, 12) / 1000;

/** A time server that says it is noon, or whatever `answer` makes of that; its port. */
async function timeServer(answer: (packet: Buffer) => Buffer = (packet) => packet): Promise<number> {
  const socket = createSocket("udp4");
  onTestFinished(() => void socket.close());
  socket.on("message", (request, peer) => {
    expect(request.length).toBe(48);
    expect((request[0] ?? 0) & 0x07).toBe(3);
    const packet = Buffer.alloc(48);
    packet[0] = 0x24;
    packet[1] = 2;
    packet.writeUInt32BE(NOON + EPOCH, 40);
    socket.send(answer(packet), peer.port, peer.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket.address().port;
}

describe("+CCLK", () => {
  const YEAR = /^\+CCLK: "(\d\d)\//;
  const year = async (host: Bg96Host) => Number(YEAR.exec((await host.command("AT+CCLK?"))[0] ?? "")?.[1]);
  const present = new Date().getUTCFullYear() % 100;

  it("begins in 1980 at each boot", async () => {
    const host = await Bg96Host.open();
    expect(await year(host)).toBe(80);
    await host.command('AT+CCLK="26/11/22,10:00:00+00"');
    expect(await year(host)).toBe(26);
    host.fault("reboot");
    await host.until(/APP RDY\r\n/);
    await host.quiet();
    expect(await year(host)).toBe(80);
  });

  it("takes the network's time when +CTZU asks for it", async () => {
    const host = await Bg96Host.open();
    await host.command("AT+CTZU=0");
    expect(await year(host)).toBe(80);
    await host.command("AT+CTZU=1");
    expect(await year(host)).toBe(present);
  });

  it("takes the network's time as soon as there is a network", async () => {
    const host = await Bg96Host.open(["registration=300"]);
    await host.command("AT+CEREG=1");
    await host.command("AT+CTZU=1");
    expect(await year(host)).toBe(80);
    await host.urc(/\+CEREG: 1/);
    expect(await year(host)).toBe(present);
  });
});

describe("+QNTP", () => {
  it("asks a time server, and sets the clock", async () => {
    const host = await Bg96Host.online([`route=time.test:123=127.0.0.1:${await timeServer()}`]);
    expect(await host.command('AT+QNTP=1,"time.test"')).toEqual(["OK"]);
    expect(await host.urc(/\+QNTP/)).toBe('+QNTP: 0,"2031/05/06,12:00:00+00"');
    expect((await host.command("AT+CCLK?"))[0]).toMatch(/^\+CCLK: "31\/05\/06,12:00:0\d\+00"$/);
  });

  it("leaves the clock alone when it is told to", async () => {
    const host = await Bg96Host.online();
    await host.command(`AT+QNTP=1,"127.0.0.1",${await timeServer()},0`);
    await host.urc(/\+QNTP: 0/);
    expect((await host.command("AT+CCLK?"))[0]).not.toContain("31/05/06");
  });

  it.each([
    ["a short packet", (packet: Buffer) => packet.subarray(0, 20)],
    ["a packet that is no server's", (packet: Buffer) => Buffer.concat([Buffer.of(0x23), packet.subarray(1)])],
    ["a refusal", (packet: Buffer) => Buffer.concat([packet.subarray(0, 1), Buffer.of(0), packet.subarray(2)])],
  ])("takes no time from %s", async (_, answer) => {
    const host = await Bg96Host.online();
    await host.command(`AT+QNTP=1,"127.0.0.1",${await timeServer(answer)}`);
    expect(await host.urc(/\+QNTP/)).toBe("+QNTP: 550");
  });

  it("fails on a name that nobody knows", async () => {
    const host = await Bg96Host.online();
    await host.command('AT+QNTP=1,"no-such-host.invalid"');
    expect(await host.urc(/\+QNTP/)).toBe("+QNTP: 565");
  });

  it("needs an active context, and does one thing at a time", async () => {
    const host = await Bg96Host.open(["latency=300"]);
    expect(await host.command('AT+QNTP=1,"127.0.0.1"')).toEqual(["ERROR"]);
    expect(await host.command("AT+QIGETERROR")).toEqual(['+QIGETERROR: 570,"PDP context broken down"', "OK"]);
    await host.command("AT+QIACT=1");
    expect(await host.command(`AT+QNTP=1,"127.0.0.1",${await timeServer()}`)).toEqual(["OK"]);
    expect(await host.command("AT+QNTP?")).toEqual([expect.stringMatching(/^\+QNTP: "127\.0\.0\.1",\d+$/), "OK"]);
    expect(await host.command('AT+QNTP=1,"127.0.0.1"')).toEqual(["ERROR"]);
    expect(await host.urc(/\+QNTP/)).toContain("2031");
    expect(await host.command("AT+QNTP?")).toEqual(["OK"]);
  });

  it.each([
    'AT+QNTP=0,"a"',
    "AT+QNTP=1",
    "AT+QNTP=1,a",
    'AT+QNTP=1,"a",0',
    'AT+QNTP=1,"a",123,2',
    'AT+QNTP=1,"a",1,1,1',
  ])("refuses %s", async (line) => {
    const host = await Bg96Host.online();
    expect(await host.command(line)).toEqual(["ERROR"]);
  });
});

describe("+QLTS", () => {
  it("tells the network's time, and nothing before there is a network", async () => {
    const host = await Bg96Host.open(["pin=1234"]);
    expect(await host.command("AT+QLTS")).toEqual(['+QLTS: ""', "OK"]);
    await host.command("AT+CPIN=1234");
    const form = /^\+QLTS: "\d{4}\/\d\d\/\d\d,\d\d:\d\d:\d\d\+00,0"$/;
    for (const line of ["AT+QLTS", "AT+QLTS=0", "AT+QLTS=1", "AT+QLTS=2"]) {
      expect(await host.command(line)).toEqual([expect.stringMatching(form), "OK"]);
    }
    expect(await host.command("AT+QLTS=3")).toEqual(["+CME ERROR: 50"]);
  });
});
