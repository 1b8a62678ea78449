import { describe, expect, it, vi } from "vitest";
import { fakeTime, until } from "../../../support/clock";
import { randomBytes, seed } from "../../../support/random";
import { type FakeSockets, Seen, socketBench } from "./fake-sockets";

const TRAP = Buffer.concat([
  Buffer.from('\r\nOK\r\n+UUSOCL: 0\r\n"\r\nERROR\r\n>@\r\nCONNECT\r\n+USORD: 0,5,"12345"\r\n'),
  Buffer.from(Array.from({ length: 256 }, (_, value) => value)),
]);

/** Puts data into the module's buffer without a URC. */
function addQuietly(module: FakeSockets, number: number, data: Uint8Array | string): void {
  module.sockets.get(number)?.unread.push(Buffer.from(data as string));
}

describe("reading", () => {
  it("takes what a URC announces (guide 5.5, first scenario)", async () => {
    const { connect, module } = socketBench();
    const { seen } = await connect();
    module.receive(0, "ar");
    await until(() => seen.chunks.length === 1);
    expect(seen.data.toString()).toBe("ar");
    expect(seen.from).toEqual([{ ip: "195.34.89.241", port: 7 }]);
  });

  it("reads on when a URC tells what a read has left (second scenario)", async () => {
    const { connect, module } = socketBench();
    const { seen } = await connect();
    module.receive(0, Buffer.alloc(2500, TRAP));
    await until(() => seen.data.length === 2500);
    expect(seen.data).toEqual(Buffer.alloc(2500, TRAP));
    expect(seen.log).toEqual(["data 1024", "data 1024", "data 452"]);
  });

  it("takes what came without a URC behind what was announced (third scenario)", async () => {
    const { connect, module, peer } = socketBench();
    const { seen } = await connect();
    let reads = 0;
    peer.on(/^AT\+USORD=0,1024$/, () => {
      reads += 1;
      // More arrives while the answer is on its way, and no URC tells.
      const [data = Buffer.alloc(0)] = module.sockets.get(0)?.unread.splice(0, 1) ?? [];
      if (reads < 4) addQuietly(module, 0, `more ${reads};`);
      return [`+USORD: 0,${data.length}${data.length > 0 ? `,"${data.toString("latin1")}"` : ""}`, "OK"];
    });
    module.receive(0, "first;");
    await until(() => seen.data.toString() === "first;more 1;more 2;more 3;");
    expect(seen.closed).toEqual([]);
  });

  it("delivers what is unread before the end (fourth scenario)", async () => {
    const { connect, module } = socketBench();
    const seen = new Seen();
    let release = (): void => undefined;
    seen.hold = new Promise((resolve) => {
      release = resolve;
    });
    const { socket } = await connect({}, seen);
    module.receive(0, "hfgyrhgfty");
    await until(() => seen.chunks.length === 1);
    module.receive(0, "23dfgt5uhj89ikdftevlpazwe");
    module.closeByPeer(0);
    await expect(socket.send(Buffer.from("123"))).rejects.toMatchObject({ code: "CONNECTION_CLOSED" });
    expect(seen.log).toEqual(["data 10"]);
    release();
    await seen.over;
    expect(seen.log).toEqual(["data 10", "data 25", "closed"]);
    expect(seen.closed).toEqual([undefined]);
    expect(module.sockets.size).toBe(0);
  });

  it("finds the end of a peer that closed before its data were read, when that is told too early", async () => {
    const { connect, module, peer } = socketBench();
    const { seen } = await connect();
    const socket = module.sockets.get(0);
    addQuietly(module, 0, "unread");
    if (socket !== undefined) socket.state = 7;
    peer.urc("+UUSOCL: 0");
    await seen.over;
    expect(seen.log).toEqual(["data 6", "closed"]);
    expect(module.sockets.size).toBe(0);
  });

  it("reads no further before the owner has taken what it got", async () => {
    const { connect, module, peer } = socketBench();
    const seen = new Seen();
    let release = (): void => undefined;
    seen.hold = new Promise((resolve) => {
      release = resolve;
    });
    await connect({}, seen);
    module.receive(0, Buffer.alloc(5000, "x"));
    await until(() => seen.chunks.length === 1);
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(peer.commands.filter((line) => line.startsWith("AT+USORD"))).toHaveLength(1);
    seen.hold = undefined;
    release();
    await until(() => seen.data.length === 5000);
  });

  it("goes on when its owner fails", async () => {
    const { connect, module, trace } = socketBench();
    const seen = new Seen();
    seen.hold = Promise.reject(new Error("no disk"));
    seen.hold.catch(() => undefined);
    await connect({}, seen);
    module.receive(0, "one");
    await until(() => seen.chunks.length === 1);
    seen.hold = undefined;
    module.receive(0, "two");
    await until(() => seen.data.toString() === "onetwo");
    expect(trace.some((line) => line.includes("no disk"))).toBe(true);
  });

  it("finds data whose URC was lost, and a socket that is gone without a word", async () => {
    fakeTime();
    const { connect, module } = socketBench();
    const { seen } = await connect();
    addQuietly(module, 0, "stalled");
    await vi.advanceTimersByTimeAsync(30_000);
    await until(() => seen.data.toString() === "stalled");
    module.sockets.delete(0);
    await vi.advanceTimersByTimeAsync(30_000);
    await seen.over;
    expect(seen.closed).toMatchObject([{ code: "CONNECTION_CLOSED" }]);
  });

  it.each([["+USORD: 0,0"], ['+USORD: 0,""'], ['+USORD: 0,0,""']])("understands %s as nothing", async (shape) => {
    const { connect, module, peer } = socketBench();
    const { seen } = await connect();
    let reads = 0;
    peer.on(/^AT\+USORD=0,1024$/, () => {
      reads += 1;
      return reads === 1 ? [shape, "OK"] : reads === 2 ? ['+USORD: 0,4,"late"', "OK"] : [shape, "OK"];
    });
    peer.urc("+UUSORD: 0,4");
    await until(() => reads === 1);
    peer.urc("+UUSORD: 0,4");
    await until(() => seen.data.toString() === "late" && reads === 3);
    expect(seen.closed).toEqual([]);
    expect(module.sockets.size).toBe(1);
  });

  it.each([
    ['+USORD: 0,9,"12345678"'],
    ['+USORD: 0,3,"12345678"'],
    ["+USORD: 0,5"],
    ['+USORD: 1,5,"12345"'],
    ['+USORD: 0,x,"12345"'],
  ])("ends a connection of whose data bytes were lost: %s", async (line) => {
    const { connect, module, peer } = socketBench();
    const { seen } = await connect();
    peer.on(/^AT\+USORD=0,1024$/, [line, "OK"]);
    peer.urc("+UUSORD: 0,5");
    await seen.over;
    expect(seen.closed).toMatchObject([{ code: "CONNECTION_CLOSED", message: expect.stringContaining("lost") }]);
    expect(module.sockets.size).toBe(0);
  });

  it("ends a connection when a read's answer got lost as a whole", async () => {
    const { connect, peer } = socketBench();
    const { seen } = await connect();
    peer.on(/^AT\+USORD=0,1024$/, ["OK"]);
    peer.urc("+UUSORD: 0,5");
    await seen.over;
    expect(seen.closed).toMatchObject([{ code: "CONNECTION_CLOSED" }]);
  });

  it("forgives UDP a damaged datagram", async () => {
    fakeTime();
    const { sockets, module, peer, trace } = socketBench();
    const seen = new Seen();
    await sockets.openUdp({ timeout: 5000 }, seen);
    let damaged = 1;
    const read = /^AT\+USORF=0,1024$/;
    peer.on(read, () => {
      damaged -= 1;
      if (damaged === 0) return ['+USORF: 0,"1.2.3.4",7,9,"12345"', "OK"];
      const [next] = module.sockets.get(0)?.unread.splice(0, 1) ?? [];
      return next === undefined ? ["+USORF: 0,0", "OK"] : [`+USORF: 0,"1.2.3.4",7,${next.length},"${next}"`, "OK"];
    });
    damaged = 1;
    module.receive(0, "good");
    await until(() => trace.some((line) => line.includes("bytes were lost")));
    await vi.advanceTimersByTimeAsync(500);
    await until(() => seen.chunks.length === 1);
    expect(seen.data.toString()).toBe("good");
    expect(seen.closed).toEqual([]);
  });

  it("gives an empty datagram, and reads on behind it", async () => {
    const { sockets, peer } = socketBench();
    const seen = new Seen();
    const answers: [answer: string, urc?: string][] = [
      ["+USORF: 0,0"],
      ['+USORF: 0,"1.2.3.4",7,0,""', "+UUSORD: 0,2"],
      ['+USORF: 0,"1.2.3.4",7,2,"me"'],
      ["+USORF: 0,0"],
    ];
    peer.on(/^AT\+USORF=0,1024$/, () => {
      const [answer = "+USORF: 0,0", urc] = answers.shift() ?? [];
      if (urc !== undefined) setImmediate(() => peer.urc(urc));
      return [answer, "OK"];
    });
    await sockets.openUdp({ timeout: 5000 }, seen);
    await until(() => answers.length === 3);
    peer.urc("+UUSORD: 0,0");
    await until(() => answers.length === 0);
    expect(seen.chunks.map(String)).toEqual(["", "me"]);
    expect(seen.closed).toEqual([]);
  });

  it("takes a sender without data for no datagram where none was announced", async () => {
    const { sockets, peer } = socketBench();
    const seen = new Seen();
    let reads = 0;
    peer.on(/^AT\+USORF=0,1024$/, () => {
      reads += 1;
      if (reads === 1) return ["+USORF: 0,0", "OK"];
      return [reads === 2 ? '+USORF: 0,"1.2.3.4",7,2,"me"' : '+USORF: 0,"1.2.3.4",7,0,""', "OK"];
    });
    await sockets.openUdp({ timeout: 5000 }, seen);
    await until(() => reads === 1);
    peer.urc("+UUSORD: 0,2");
    await until(() => reads === 3);
    expect(seen.chunks.map(String)).toEqual(["me"]);
  });

  it("gives a number's next life none of the last one's URCs", async () => {
    const { connect, module, peer } = socketBench();
    const first = await connect();
    // The peer closes; the module's word of it comes when the number is another's.
    module.sockets.delete(0);
    const second = await connect();
    expect(second.socket.number).toBe(0);
    await first.seen.over;
    peer.urc("+UUSOCL: 0");
    module.receive(0, "for the second");
    await until(() => second.seen.data.toString() === "for the second");
    expect(first.seen.data).toHaveLength(0);
    expect(second.seen.closed).toEqual([]);
    expect(first.seen.closed).toMatchObject([{ code: "CONNECTION_CLOSED" }]);
  });
});

describe.each([0, 1, 2, 3, 7, 64])("a line that delivers %i bytes at once", (pieces) => {
  it.each([false, true])("carries any bytes both ways, with URCs at every place: %s", async (urcs) => {
    const between = urcs ? { between: () => "+UUSORD: 5,1" } : {};
    const { connect, module } = socketBench({ pieces, ...between });
    const { socket, seen } = await connect();
    const up = Buffer.concat([TRAP, randomBytes(64), Buffer.alloc(1500, "text ")]);
    const down = Buffer.concat([TRAP, Buffer.alloc(1200, TRAP), randomBytes(64)]);
    module.receive(0, down);
    await socket.send(up);
    await until(() => seen.data.length >= down.length, 100_000);
    expect(seen.data.equals(down), `seed ${seed}`).toBe(true);
    expect(module.sent(0).equals(up), `seed ${seed}`).toBe(true);
  });
});
