import { describe, expect, it } from "vitest";
import { ModemError } from "../../../../driver/errors";
import { until } from "../../../support/clock";
import { failure } from "../../../support/failure";
import { expectExplained } from "../bench";

import { Seen, socketBench } from "./fake-sockets";

const EVERY_BYTE = Buffer.from(Array.from({ length: 256 }, (_, value) => value));

describe("the end of a connection", () => {
  it("comes without an error when the peer closes", async () => {
    const { connect, module } = socketBench();
    const { socket, seen } = await connect();
    module.closeByPeer(0);
    await seen.over;
    expect(seen.closed).toEqual([undefined]);
    expect(await failure(socket.send(Buffer.from("late")))).toMatchObject({ code: "CONNECTION_CLOSED" });
    expect(await socket.status()).toEqual({ state: "closed" });
    await socket.close();
    expect(seen.closed).toHaveLength(1);
  });

  it("comes so also when the number is another's before it could be looked into", async () => {
    const { connect, module, peer } = socketBench();
    const { seen } = await connect();
    peer.on(/^AT\+USOCR=6$/, () => {
      module.sockets.delete(0);
      module.leaveBehind(1);
      return ["+UUSOCL: 0", "+USOCR: 0", "OK"];
    });
    const next = await connect();
    await seen.over;
    expect(next.socket.number).toBe(0);
    expect(seen.closed).toEqual([undefined]);
    expect(next.seen.closed).toEqual([]);
  });

  it("waits for what is being sent, and for the peer's acknowledgement", async () => {
    const { connect, module, peer } = socketBench();
    const { socket, seen } = await connect();
    const sent = socket.send(Buffer.alloc(3000, "x"));
    await socket.close();
    await sent;
    expect(module.sockets.size).toBe(0);
    expect(peer.commands.slice(-2)).toEqual(["AT+USOCTL=0,11", "AT+USOCL=0"]);
    expect(seen.closed).toEqual([undefined]);
    expect((await failure(socket.send(Buffer.from("x")))).code).toBe("CONNECTION_CLOSED");
  });

  it("may find the socket gone already", async () => {
    const { connect, module } = socketBench();
    const { socket, seen } = await connect();
    module.sockets.delete(0);
    await socket.close();
    expect(seen.closed).toEqual([undefined]);
  });

  it("is NO_CONNECTION when the data connection is lost, of the sockets on it", async () => {
    const { connect, lose, module } = socketBench();
    const first = await connect();
    const second = await connect({ cid: 2 });
    lose(1);
    await first.seen.over;
    expect(first.seen.closed).toMatchObject([{ code: "NO_CONNECTION" }]);
    expect(second.seen.closed).toEqual([]);
    expect([...module.sockets.keys()]).toEqual([1]);
  });

  it("is NO_CONNECTION also for who is about to get the connection", async () => {
    const { connect, lose, module, peer } = socketBench();
    peer.on(/^AT\+USOCTL=0,4$/, () => {
      lose(1);
      return ['+USOCTL: 0,4,"195.34.89.241",7', "OK"];
    });
    const seen = new Seen();
    expect((await failure(connect({ host: "known.example" }, seen))).code).toBe("NO_CONNECTION");
    expect(module.sockets.size).toBe(0);
    expect(seen.closed).toEqual([]);
  });

  it("is the session's error when that ends, without a word to the modem", async () => {
    const { connect, sockets, channel, peer } = socketBench();
    const { seen } = await connect();
    const busy = sockets.openUdp({ timeout: 5000 }, new Seen());
    const commands = peer.commands.length;
    const error = new ModemError("MODEM_OFFLINE", "unplugged");
    sockets.dispose(error);
    channel.close(error);
    await seen.over;
    expect(seen.closed).toEqual([error]);
    expect(await failure(busy)).toBe(error);
    expect(await failure(sockets.openUdp({ timeout: 5000 }, new Seen()))).toBe(error);
    expect(peer.commands.length - commands).toBeLessThanOrEqual(1);
  });
});

describe("UDP", () => {
  it("sends datagrams whole and receives them one by one, with their senders", async () => {
    const { sockets, module, peer } = socketBench();
    const seen = new Seen();
    const socket = await sockets.openUdp({ localPort: 12000, timeout: 5000 }, seen);
    const to = { host: "195.34.89.241", port: 7 };
    await socket.send(Buffer.from("Hello"), { to });
    await socket.send(EVERY_BYTE, { to });
    expect(module.sockets.get(0)?.sent).toEqual([Buffer.from("Hello"), EVERY_BYTE]);
    expect(peer.commands).toContain('AT+USOST=0,"195.34.89.241",7,5,"Hello"');
    module.receive(0, EVERY_BYTE);
    module.receive(0, "two");
    module.receive(0, Buffer.alloc(1024, '"\r\nOK\r\n'));
    await until(() => seen.chunks.length === 3);
    expect(seen.chunks).toEqual([EVERY_BYTE, Buffer.from("two"), Buffer.alloc(1024, '"\r\nOK\r\n')]);
    expect(seen.from[0]).toEqual({ ip: to.host, port: to.port });
    expect(peer.commands.some((line) => line.includes("USOCO"))).toBe(false);
    expect(await socket.status()).toMatchObject({ state: "open" });
    expectExplained(peer.commands);
  });

  it("resolves a name once for many datagrams", async () => {
    const { sockets, resolved } = socketBench();
    const socket = await sockets.openUdp({ timeout: 5000 }, new Seen());
    for (let count = 0; count < 3; count += 1) {
      await socket.send(Buffer.from("x"), { to: { host: "known.example", port: 9 } });
    }
    expect(resolved).toEqual(["known.example"]);
    const unknown = socket.send(Buffer.from("x"), { to: { host: "unknown.example", port: 9 } });
    expect((await failure(unknown)).code).toBe("DNS_FAILED");
  });

  it.each([
    [Buffer.alloc(1025), { host: "10.0.0.1", port: 9 }],
    [Buffer.alloc(0), { host: "10.0.0.1", port: 9 }],
    [Buffer.from("x"), { host: "10.0.0.1", port: 0 }],
    [Buffer.from("x"), undefined],
  ])("refuses a datagram that can't be", async (data, to) => {
    const { sockets } = socketBench();
    const socket = await sockets.openUdp({ timeout: 5000 }, new Seen());
    expect((await failure(socket.send(data, { to }))).code).toBe("INVALID_INPUT");
  });
});

describe("listening", () => {
  const listening = async () => {
    const made = socketBench();
    const accepted: Seen[] = [];
    const ended: unknown[] = [];
    const listener = await made.sockets.listen(
      { localPort: 1099, timeout: 5000 },
      () => {
        accepted.push(new Seen());
        return accepted.at(-1) ?? new Seen();
      },
      (error) => ended.push(error),
    );
    return { ...made, accepted, ended, listener };
  };

  it("hands over connections, which send and receive", async () => {
    const { peer, module, accepted } = await listening();
    expect(peer.commands).toEqual(["AT+USOCR=6", "AT+USOLI=0,1099"]);
    const number = module.accept(0);
    module.receive(number, "hello");
    await until(() => accepted[0]?.data.toString() === "hello");
    expect(accepted[0]?.from[0]).toEqual({ ip: "151.9.34.66", port: 39912 });
    module.closeByPeer(number);
    await accepted[0]?.over;
    expect(accepted[0]?.closed).toEqual([undefined]);
    expectExplained(peer.commands);
  });

  it("counts accepted connections among the seven", async () => {
    const { module, connect, accepted } = await listening();
    for (let count = 0; count < 6; count += 1) module.accept(0, 40_000 + count);
    await until(() => accepted.length === 6);
    expect((await failure(connect({ timeout: 20 }))).code).toBe("MODEM_BUSY");
    module.closeByPeer(4);
    expect((await connect()).socket.number).toBe(4);
  });

  it("refuses who comes when it has ended", async () => {
    const { module, listener, accepted, ended } = await listening();
    await listener.close();
    expect(module.sockets.size).toBe(0);
    module.accept(0);
    await until(() => module.sockets.size === 0);
    expect(accepted).toEqual([]);
    expect(ended).toEqual([]);
  });

  it("gives a connection that is refused so none of the owner of its number before", async () => {
    const { module, connect, peer, listener, accepted } = await listening();
    const { seen } = await connect();
    peer.on(/^AT\+USOCL=0$/, () => undefined);
    const closed = listener.close();
    await until(() => peer.commands.at(-1) === "AT+USOCL=0");
    module.closeByPeer(1);
    expect(module.accept(0)).toBe(1);
    module.receive(1, "for nobody");
    await seen.over;
    peer.urc("OK");
    await closed;
    await until(() => !module.sockets.has(1));
    expect(seen.data.toString()).toBe("");
    expect(seen.closed).toEqual([undefined]);
    expect(accepted).toEqual([]);
  });

  it("takes nothing from the owner of a number by a damaged line", async () => {
    const { module, connect, peer } = await listening();
    const { socket, seen } = await connect();
    for (const line of ["+UUSOLI: 1", '+UUSOLI: 1,"151.9.34.66",39912', "+UUSOLI: 9,", "+UUSOLI:"]) peer.urc(line);
    await socket.status();
    module.receive(1, "still here");
    await until(() => seen.data.toString() === "still here");
    expect(seen.closed).toEqual([]);
  });

  it("lets others wait on when a connection takes the socket that had become free", async () => {
    const { module, connect, peer, accepted } = await listening();
    const six = await Promise.all(Array.from({ length: 6 }, () => connect()));
    const waiting = [connect(), connect()];
    peer.on(/^AT\+USOCL=3$/, () => {
      module.sockets.delete(3);
      expect(module.accept(0)).toBe(3);
      return ["OK"];
    });
    await six.find(({ socket }) => socket.number === 3)?.socket.close();
    await until(() => accepted.length === 1);
    // Whoever were let in would have been refused by then.
    for (let turns = 0; turns < 3; turns += 1) await six[0]?.socket.status();
    module.closeByPeer(3);
    expect((await waiting[0])?.socket.number).toBe(3);
    module.closeByPeer(3);
    expect((await waiting[1])?.socket.number).toBe(3);
    expect(peer.commands.filter((line) => line === "AT+USOCR=6")).toHaveLength(9);
  });

  it("takes a connection also when nobody else may wait for a socket any more", async () => {
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
    process.on("unhandledRejection", onUnhandled);
    const { module, peer, connect, accepted, sockets } = await listening();
    for (let count = 0; count < 5; count += 1) await connect();
    let isSlow = true;
    peer.on(/^AT\+USOCR=6$/, () => (isSlow ? undefined : ["ERROR"]));
    const waiting = Array.from({ length: 1001 }, () => failure(connect()));
    await until(() => peer.commands.at(-1) === "AT+USOCR=6");
    module.accept(0);
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", onUnhandled);
    expect(unhandled).toEqual([]);
    module.receive(6, "hello");
    isSlow = false;
    peer.urc("ERROR");
    await until(() => accepted.length === 1);
    await until(() => accepted[0]?.data.toString() === "hello");
    sockets.dispose(new ModemError("MODEM_OFFLINE", "unplugged"));
    await Promise.all(waiting);
  });

  it("tells that the module listens no more", async () => {
    const { module, ended } = await listening();
    module.closeByPeer(0);
    await until(() => ended.length === 1);
    expect(ended).toMatchObject([{ code: "CONNECTION_CLOSED" }]);
  });

  it("fails with NO_CONNECTION when the data connection is lost before the modem listens", async () => {
    const { sockets, module, peer, lose } = socketBench();
    peer.on(/^AT\+USOLI/, () => {
      lose(1);
      return ["OK"];
    });
    const ended: unknown[] = [];
    const work = sockets.listen(
      { localPort: 1099, timeout: 5000 },
      () => new Seen(),
      (error) => ended.push(error),
    );
    expect((await failure(work)).code).toBe("NO_CONNECTION");
    expect(module.sockets.size).toBe(0);
    expect(ended).toEqual([]);
  });

  it("fails with +USOER's words when the port is taken, and leaves no socket", async () => {
    const { sockets, module, peer } = socketBench();
    peer.on(/^AT\+USOLI/, ["ERROR"]);
    module.lastError = 98;
    const work = sockets.listen(
      { localPort: 1099, timeout: 5000 },
      () => new Seen(),
      () => undefined,
    );
    expect(await failure(work)).toMatchObject({ code: "MODEM_BUSY", message: expect.stringContaining("in use") });
    expect(module.sockets.size).toBe(0);
  });
});
