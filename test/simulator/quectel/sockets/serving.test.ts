import { createSocket, type RemoteInfo, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { ALL_BYTES, closedPort } from "../../internet/servers";
import { Bg96Host } from "../bg96-host";
import { onlineHost, open, peer, randomBytes, read, readAll, send } from "./sockets-host";

/** A host whose own port 2020 is the given one of this machine. */
const serving = (port: number) => Bg96Host.online([`route=0.0.0.0:2020=127.0.0.1:${port}`]);

async function client(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => socket.destroy());
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}

const LISTEN = 'AT+QIOPEN=1,1,"TCP LISTENER","127.0.0.1",0,2020,0';

async function listen(): Promise<{ host: Bg96Host; port: number }> {
  const port = await closedPort();
  const host = await serving(port);
  await host.command("AT+QISDE=0");
  expect(await host.command(LISTEN)).toEqual(["OK"]);
  expect(await host.urc(/\+QIOPEN: /)).toBe("+QIOPEN: 1,0");
  return { host, port };
}

describe("a listener", () => {
  it("talks with several clients at once", async () => {
    const { host, port } = await listen();
    expect((await host.command("AT+QISTATE=1,1"))[0]).toMatch(
      /^\+QISTATE: 1,"TCP LISTENER","10\.\d+\.\d+\.\d+",0,2020,3,1,1,0,"uart1"$/,
    );
    const first = await client(port);
    expect(await host.urc(/\+QIURC: /)).toBe(`+QIURC: "incoming",11,1,"127.0.0.1",${first.localPort}`);
    const second = await client(port);
    expect(await host.urc(/\+QIURC: /)).toBe(`+QIURC: "incoming",10,1,"127.0.0.1",${second.localPort}`);
    expect((await host.command("AT+QISTATE=1,10"))[0]).toBe(
      `+QISTATE: 10,"TCP INCOMING","127.0.0.1",${second.localPort},2020,2,1,1,0,"uart1"`,
    );
    first.write(ALL_BYTES);
    await host.urc(/\+QIURC: "recv",11/);
    expect(await read(host, 11)).toBe(ALL_BYTES.toString("latin1"));
    const answer = once(second, "data");
    expect(await send(host, 10, "answer")).toBe("SEND OK");
    expect(String((await answer)[0])).toBe("answer");
    first.end();
    expect(await host.urc(/\+QIURC: /)).toBe('+QIURC: "closed",11');
    const closed = once(second, "close");
    second.resume();
    expect(await host.command("AT+QICLOSE=10")).toEqual(["OK"]);
    await closed;
  });

  it("turns away whom it has no identity for", async () => {
    const { host, port } = await listen();
    for (let count = 0; count < 11; count++) {
      await client(port);
      await host.urc(/\+QIURC: "incoming"/);
    }
    const one = connect(port, "127.0.0.1");
    const turnedAway = new Promise((resolve) => one.once("close", resolve).on("error", () => undefined));
    expect(await host.urc(/\+QIURC: "incoming/)).toBe('+QIURC: "incoming full"');
    await turnedAway;
    expect(await host.command("AT+QICLOSE=5")).toEqual(["OK"]);
    await client(port);
    expect(await host.urc(/\+QIURC: "incoming/)).toContain('"incoming",5,1,');
  });

  it("takes no more clients when it is closed, and leaves those that it has", async () => {
    const { host, port } = await listen();
    const socket = await client(port);
    await host.urc(/\+QIURC: "incoming"/);
    expect(await host.command("AT+QICLOSE=1")).toEqual(["OK"]);
    const late = connect(port, "127.0.0.1");
    await expect(once(late, "connect")).rejects.toMatchObject({ code: "ECONNREFUSED" });
    const data = once(socket, "data");
    expect(await send(host, 11, "still here")).toBe("SEND OK");
    expect(String((await data)[0])).toBe("still here");
  });

  it("can't have a port that is taken", async () => {
    const { host } = await listen();
    await host.command('AT+QIOPEN=1,2,"TCP LISTENER","127.0.0.1",0,2020');
    expect(await host.urc(/\+QIOPEN: /)).toBe("+QIOPEN: 2,574");
  });

  it("ends with its context, clients and all", async () => {
    const { host, port } = await listen();
    const socket = await client(port);
    await host.urc(/\+QIURC: "incoming"/);
    const closed = once(socket.resume(), "close");
    host.fault("lost-context=1");
    await host.urc(/\+QIURC: "pdpdeact",1/);
    await closed;
    await host.command("AT+QIDEACT=1");
    await host.command("AT+QIACT=1");
    await host.command(LISTEN);
    expect(await host.urc(/\+QIOPEN: /)).toBe("+QIOPEN: 1,0");
  });
});

/** A UDP socket on loopback that ends with the test. */
async function datagrams(onMessage: (socket: UdpSocket, bytes: Buffer, from: RemoteInfo) => void): Promise<UdpSocket> {
  const socket = createSocket("udp4");
  socket.on("message", (bytes, from) => onMessage(socket, bytes, from));
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  onTestFinished(() => void socket.close());
  return socket;
}

const echo = () => datagrams((socket, bytes, from) => socket.send(bytes, from.port, from.address));

describe("a UDP socket", () => {
  it("keeps the borders of datagrams, whatever is in them", async () => {
    const sizes = [1, 1460, 256, 700];
    const come: Buffer[] = [];
    const server = await datagrams((socket, bytes, from) => {
      come.push(bytes);
      // The answers begin when all is sent: a line of them must not get lost in the result of a command.
      if (come.length === sizes.length) for (const each of come) socket.send(each, from.port, from.address);
    });
    const host = await onlineHost(server.address().port);
    await open(host, 0, 0, "UDP");
    for (const [index, size] of sizes.entries()) {
      expect(await send(host, 0, randomBytes(size, index + 1))).toBe("SEND OK");
    }
    const total = sizes.reduce((sum, size) => sum + size, 0);
    expect(await host.urc(/\+QIURC: /)).toBe('+QIURC: "recv",0');
    while ((await host.command("AT+QIRD=0,0"))[0] !== `+QIRD: ${total},0,${total}`);
    for (const [index, size] of sizes.entries()) {
      expect(await read(host)).toBe(randomBytes(size, index + 1).toString("latin1"));
    }
    expect(host.unread).toBe("");
    expect(await host.command("AT+QIRD=0")).toEqual(["+QIRD: 0", "OK"]);
    expect(await host.command("AT+QISEND=0,0")).toEqual([`+QISEND: ${total},${total},0`, "OK"]);
    expect(await host.command("AT+QICLOSE=0")).toEqual(["OK"]);
  });

  it("tells who sent a datagram, as the host knows him", async () => {
    const server = await echo();
    const host = await onlineHost(server.address().port);
    await open(host, 0, 0, "UDP");
    await send(host, 0, "hello");
    await host.urc(/\+QIURC: "recv",0/);
    expect(await host.command("AT+QIRD=0,3")).toEqual(['+QIRD: 3,"127.0.0.1",7', "hel", "OK"]);
    expect(await host.command("AT+QIRD=0")).toEqual(['+QIRD: 2,"127.0.0.1",7', "lo", "OK"]);
  });

  it("pushes each datagram with its sender", async () => {
    const server = await echo();
    const host = await onlineHost(server.address().port);
    await open(host, 0, 1, "UDP");
    await send(host, 0, "one");
    expect(await host.until(/one\r\n/)).toBe('\r\n+QIURC: "recv",0,3,"127.0.0.1",7\r\none\r\n');
  });

  it("as a service talks with everybody", async () => {
    const port = await closedPort();
    const host = await serving(port);
    await host.command("AT+QISDE=0");
    await host.command('AT+QIOPEN=1,2,"UDP SERVICE","127.0.0.1",0,2020,0');
    expect(await host.urc(/\+QIOPEN: /)).toBe("+QIOPEN: 2,0");
    expect((await host.command("AT+QISTATE=1,2"))[0]).toMatch(
      /^\+QISTATE: 2,"UDP SERVICE","10\.[\d.]+",0,2020,2,1,2,0/,
    );
    const answers: string[] = [];
    let heard: () => void = () => undefined;
    const all = new Promise<void>((resolve) => {
      heard = resolve;
    });
    const peers = [1, 2].map(() =>
      datagrams((_, bytes) => {
        answers.push(String(bytes));
        if (answers.length === 2) heard();
      }),
    );
    for (const [index, socket] of (await Promise.all(peers)).entries()) {
      socket.send(`from ${index}`, port, "127.0.0.1");
      await host.urc(/\+QIURC: "recv",2/);
      const own = socket.address().port;
      expect(await host.command("AT+QIRD=2")).toEqual([`+QIRD: 6,"127.0.0.1",${own}`, `from ${index}`, "OK"]);
      expect(await send(host, 2, `to ${index}`, `,"127.0.0.1",${own}`)).toBe("SEND OK");
    }
    await all;
    expect(answers.sort()).toEqual(["to 0", "to 1"]);
  });

  it("as a service needs an address to send to", async () => {
    const port = await closedPort();
    const host = await serving(port);
    await host.command('AT+QIOPEN=1,2,"UDP SERVICE","127.0.0.1",0,2020,0');
    await host.urc(/\+QIOPEN: /);
    for (const wrong of ["2,4", "2", '2,4,"a.test",9', '2,4,"127.0.0.1",0', '2,4,"127.0.0.1"']) {
      expect(await host.command(`AT+QISEND=${wrong}`)).toEqual(["ERROR"]);
    }
    expect(await host.command('AT+QISENDEX=2,"00"')).toEqual(["ERROR"]);
  });

  it("loses what its buffer has no room for", async () => {
    const server = await echo();
    const host = await onlineHost(server.address().port);
    await open(host, 0, 0, "UDP");
    for (let count = 0; count < 40; count++) await send(host, 0, Buffer.alloc(1400, count));
    const state = async () => (await host.command("AT+QIRD=0,0"))[0];
    const full = 23 * 1400;
    while ((await state()) !== `+QIRD: ${full},0,${full}`);
    expect(await readAll(host)).toHaveLength(full);
  });
});

describe("sockets side by side", () => {
  it("do not mix their data", async () => {
    const server = await peer((socket) => socket.on("data", (bytes: Buffer) => socket.write(bytes)));
    const host = await onlineHost(server.port);
    for (const id of [0, 5, 9]) await open(host, id);
    for (const id of [0, 5, 9]) await send(host, id, `for ${id}`);
    for (const id of [9, 0, 5]) {
      let got = "";
      while (got.length < 5) got += await readAll(host, id);
      expect(got).toBe(`for ${id}`);
    }
  });
});
