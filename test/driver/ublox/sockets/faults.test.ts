import { describe, expect, it } from "vitest";
import { isModemError } from "../../../../driver/errors";
import { query } from "../../../../driver/ublox/commands";
import { pass, passUntil, turns, until, useFakeTime } from "../../../support/clock";
import { failure } from "../../../support/failure";
import { Seen, socketBench } from "./fake-sockets";

describe("F24 a data connection that is lost", () => {
  it("F24 ends a socket without a context of its own where the modem's default one is 2", async () => {
    const { connect, lose, peer } = socketBench();
    peer.on(/^AT\+UDCONF=19$/, ["+UDCONF: 19,2,0", "OK"]);
    const { seen } = await connect();
    lose(2);
    await seen.over;
    expect(seen.closed).toMatchObject([{ code: "NO_CONNECTION" }]);
  });

  it.each([
    ["its own, on a modem whose default is another", { cid: 3 }, 3, true],
    ["the default one, for a socket on another", { cid: 3 }, 2, false],
    ["another than the default one", {}, 3, false],
    ["1, where the default is 2", {}, 1, false],
  ])("F24 neighbour: of %s", async (_words, options, lost, ends) => {
    const { connect, lose, sockets, peer } = socketBench();
    peer.on(/^AT\+UDCONF=19$/, ["+UDCONF: 19,2,0", "OK"]);
    sockets.useDefaultContext(2);
    const { seen } = await connect(options);
    lose(lost);
    await turns(20);
    expect(seen.closed.map((error) => isModemError(error, "NO_CONNECTION"))).toEqual(ends ? [true] : []);
  });

  it.each([
    [
      "that is not active is the reason of a refusal without one, as its loss may not have been told",
      false,
      "NO_CONNECTION",
    ],
    ["that is active is none", true, "MODEM_REJECTED"],
  ])("F24 neighbour: one %s", async (_words, active, code) => {
    const asked: number[] = [];
    const status = (cid: number) => {
      asked.push(cid);
      return Promise.resolve({ cid, active, apn: "", type: "IPV4V6" as const, addresses: [], dns: [] });
    };
    const { connect, peer } = socketBench({}, { packetData: { status, onLost: () => () => undefined } });
    peer.on(/^AT\+USOCR=/, ["+CME ERROR: operation not allowed"]);
    expect((await failure(connect({ cid: 3 }))).code).toBe(code);
    expect(asked).toEqual([3]);
  });

  it("F24 neighbour: ends a listening socket and a UDP socket too", async () => {
    const { lose, sockets, peer } = socketBench();
    peer.on(/^AT\+UDCONF=19$/, ["+UDCONF: 19,3,0", "OK"]);
    const seen = new Seen();
    await sockets.openUdp({ timeout: 5000 }, seen);
    let ended: unknown;
    const onClosed = (error: unknown): void => {
      ended = error;
    };
    await sockets.listen({ localPort: 1099, timeout: 5000 }, () => new Seen(), onClosed);
    lose(3);
    await until(() => ended !== undefined && seen.closed.length > 0);
    expect([ended, ...seen.closed]).toMatchObject([{ code: "NO_CONNECTION" }, { code: "NO_CONNECTION" }]);
  });
});

describe("F25 a connect that takes long", () => {
  useFakeTime();

  function slow() {
    const bench = socketBench();
    bench.peer.on(/^AT\+USOCO=(\d),"[^"]+",\d+,1$/, ["OK"]);
    bench.peer.on(/^AT\+CSQ$/, ["+CSQ: 20,99", "OK"]);
    return bench;
  }

  it("F25 leaves the line to others, and connects when the modem says so", async () => {
    const { connect, channel, peer, module } = slow();
    const work = connect({ timeout: 60_000 });
    await until(() => peer.commands.some((line) => line.endsWith(",7,1")));
    const answer = await channel.send(query("+CSQ", []));
    expect(answer.lines[0]?.text).toBe("+CSQ: 20,99");
    await passUntil(() => peer.commands.filter((line) => line === "AT+USOCTL=0,10").length >= 2);
    (module.sockets.get(0) as { state: number }).state = 4;
    peer.urc("+UUSOCO: 0,0");
    const { socket } = await work;
    expect(socket.number).toBe(0);
  });

  it("F25 neighbour: keeps the commands of other sockets back, and nothing else", async () => {
    const { connect, peer, module, channel } = slow();
    const first = connect();
    await until(() => peer.commands.some((line) => line.endsWith(",7,1")));
    const second = connect({ host: "198.51.100.2" });
    await turns(20);
    expect(peer.commands.filter((line) => line.startsWith("AT+USOCR"))).toHaveLength(1);
    await channel.send(query("+CSQ", []));
    (module.sockets.get(0) as { state: number }).state = 4;
    peer.urc("+UUSOCO: 0,0");
    await first;
    await until(() => peer.commands.some((line) => line.includes("198.51.100.2")));
    (module.sockets.get(1) as { state: number }).state = 4;
    peer.urc("+UUSOCO: 1,0");
    expect((await second).socket.number).toBe(1);
  });

  it("F25 neighbour: is closed on the modem when its caller's time is over", async () => {
    const { connect, peer, module } = slow();
    const error = await pass(failure(connect({ timeout: 5000 })));
    expect(error.code).toBe("MODEM_TIMEOUT");
    await passUntil(() => module.sockets.size === 0);
    expect(peer.commands.filter((line) => line.startsWith("AT+USOCL"))).toEqual(["AT+USOCL=0"]);
  });

  it.each([
    ["is gone", true],
    ["can't be closed yet", false],
  ])("F25 neighbour: that nobody waits for and that %s does not keep others waiting", async (_words, isGone) => {
    const { connect, peer, module } = slow();
    let refusals = 0;
    peer.on(/^AT\+USOCL=0$/, () => {
      refusals += 1;
      if (isGone || refusals > 2) module.sockets.delete(0);
      return refusals > 2 ? ["OK"] : ["+CME ERROR: operation not allowed"];
    });
    const first = failure(connect({ timeout: 5000 }));
    const second = connect({ host: "198.51.100.2", timeout: 40_000 });
    expect((await pass(first)).code).toBe("MODEM_TIMEOUT");
    await passUntil(() => peer.commands.some((line) => line.includes("198.51.100.2")));
    const number = Number(/=(\d)/.exec(peer.commands.find((line) => line.includes("198.51.100.2")) ?? "")?.[1]);
    (module.sockets.get(number) as { state: number }).state = 4;
    peer.urc(`+UUSOCO: ${number},0`);
    expect((await pass(second)).socket.number).toBe(number);
  });

  it("F25 neighbour: tells why it failed", async () => {
    const { connect, peer } = slow();
    const work = failure(connect());
    await until(() => peer.commands.some((line) => line.endsWith(",7,1")));
    peer.urc("+UUSOCO: 0,111");
    expect(await pass(work)).toMatchObject({ code: "CONNECT_FAILED", cause: { errorCode: 111 } });
  });

  it("F25 neighbour: is found to be open where the URC was lost", async () => {
    const { connect, peer, module } = slow();
    const work = connect({ timeout: 60_000 });
    await until(() => peer.commands.some((line) => line.endsWith(",7,1")));
    (module.sockets.get(0) as { state: number }).state = 4;
    expect((await pass(work)).socket.number).toBe(0);
  });

  it("F25 neighbour: goes by the form that holds the line where the other one is refused, and stays with it", async () => {
    const { connect, module, peer } = socketBench();
    module.hasAsync = false;
    await connect();
    await connect();
    expect(peer.commands.filter((line) => line.startsWith("AT+USOCO"))).toEqual([
      'AT+USOCO=0,"195.34.89.241",7,1',
      'AT+USOCO=0,"195.34.89.241",7',
      'AT+USOCO=1,"195.34.89.241",7',
    ]);
  });
});

describe("F40 a write that was counted as taken and then refused", () => {
  it("F40 is not sent again", async () => {
    const { connect, module, peer } = socketBench();
    const { socket } = await connect();
    let writes = 0;
    peer.on(/^AT\+USOWR=0,(\d+),"([^"]*)"$/, ([, length, text]) => {
      writes += 1;
      module.sockets.get(0)?.sent.push(Buffer.from(text ?? ""));
      const taken = `+USOWR: 0,${length}`;
      return writes === 1 ? [taken, "+CME ERROR: operation not allowed"] : [taken, "OK"];
    });
    await socket.send(Buffer.from("once"));
    await socket.send(Buffer.from("then"));
    expect(module.sent(0).toString()).toBe("oncethen");
    expect(writes).toBe(2);
  });

  it("F40 neighbour: a datagram goes out once", async () => {
    const { sockets, module, peer } = socketBench();
    const socket = await sockets.openUdp({ timeout: 5000 }, new Seen());
    let writes = 0;
    peer.on(/^AT\+USOST=0,"[^"]+",7,(\d+),"([^"]*)"$/, ([, length]) => {
      writes += 1;
      return [`+USOST: 0,${length}`, "ERROR"];
    });
    module.lastError = 11;
    await socket.send(Buffer.from("once"), { to: { host: "192.0.2.1", port: 7 } });
    expect(writes).toBe(1);
  });

  it.each([
    ["a digit of the count is lost", "+USOWR: 0,1"],
    ["the count is 0, and the connection is open", "+USOWR: 0,0"],
    ["the count is another socket's", "+USOWR: 1,11"],
  ])("F40 neighbour: nothing is repeated where %s", async (_words, line) => {
    const { connect, module, peer } = socketBench();
    const { socket } = await connect();
    peer.on(/^AT\+USOWR=0,(\d+),"([^"]*)"$/, ([, , text]) => {
      module.sockets.get(0)?.sent.push(Buffer.from(text ?? ""));
      return [line, "OK"];
    });
    await socket.send(Buffer.from("hello world"));
    expect(module.sent(0).toString()).toBe("hello world");
  });
});

describe("F29 the kind of address of a socket", () => {
  const made = (lines: readonly string[]) => lines.filter((line) => line.startsWith("AT+USOCR"));

  it("F29 is the context's for a name", async () => {
    const { connect, addresses, peer } = socketBench();
    addresses.splice(0, 1, "2001:db8::2");
    await connect({ host: "known.example", cid: 2 });
    expect(made(peer.commands)).toEqual(["AT+USOCR=6,,1,2"]);
  });

  it.each([
    [
      "a name on a context with both",
      ["10.0.0.2", "2001:db8::2"],
      { host: "known.example", cid: 2 },
      "AT+USOCR=6,,0,2",
    ],
    ["a name on a context with none yet", [], { host: "known.example", cid: 2 }, "AT+USOCR=6,,0,2"],
    ["an address, whatever the context has", ["10.0.0.2"], { host: "2001:db8::7", cid: 2 }, "AT+USOCR=6,,1,2"],
  ])("F29 neighbour: of %s", async (_words, held, options, expected) => {
    const { connect, addresses, peer } = socketBench();
    addresses.splice(0, 1, ...held);
    await connect(options);
    expect(made(peer.commands)).toEqual([expected]);
  });

  it("F29 is the receiver's for datagrams", async () => {
    const { sockets, peer } = socketBench();
    await sockets.openUdp({ timeout: 5000, host: "2001:db8::7" }, new Seen());
    await sockets.openUdp({ timeout: 5000, host: "[2001:db8::7]", cid: 3 }, new Seen());
    await sockets.openUdp({ timeout: 5000, host: "192.0.2.1" }, new Seen());
    expect(made(peer.commands)).toEqual(["AT+USOCR=17,,1", "AT+USOCR=17,,1,3", "AT+USOCR=17"]);
  });
});

describe("F32 options of a socket", () => {
  const set = (lines: readonly string[]) => lines.filter((line) => line.startsWith("AT+USOSO"));

  it("F32 are set on a connection before it connects", async () => {
    const { connect, peer } = socketBench();
    await connect({ linger: 5, ttl: 32, tos: 184 });
    const before = peer.commands.slice(
      0,
      peer.commands.findIndex((line) => line.startsWith("AT+USOCO")),
    );
    expect(set(before)).toEqual([
      "AT+USOSO=0,6,1,1",
      "AT+USOSO=0,65535,128,1,5000",
      "AT+USOSO=0,0,2,32",
      "AT+USOSO=0,0,1,184",
    ]);
  });

  it("F32 neighbour: are set on a UDP socket and on accepted connections", async () => {
    const { sockets, module, peer } = socketBench();
    await sockets.openUdp({ timeout: 5000, ttl: 1 }, new Seen());
    await sockets.listen(
      { localPort: 1099, timeout: 5000, linger: 0 },
      () => new Seen(),
      () => undefined,
    );
    module.accept(1);
    await until(() => set(peer.commands).length === 3);
    expect(set(peer.commands)).toEqual(["AT+USOSO=0,0,2,1", "AT+USOSO=2,6,1,1", "AT+USOSO=2,65535,128,1,0"]);
  });

  it.each([
    ["linger", { linger: 33 }],
    ["ttl", { ttl: 0 }],
    ["tos", { tos: 256 }],
  ])("F32 neighbour: %s out of its range is refused, and nothing is sent", async (name, options) => {
    const { connect, peer } = socketBench();
    expect(await failure(connect(options))).toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining(name),
    });
    expect(peer.commands).toEqual([]);
  });

  it("F32 neighbour: one that the modem refuses fails the socket, which is closed", async () => {
    const { sockets, module, peer } = socketBench();
    peer.on(/^AT\+USOSO=0,0,2/, ["ERROR"]);
    expect((await failure(sockets.openUdp({ timeout: 5000, ttl: 9 }, new Seen()))).code).toBe("MODEM_REJECTED");
    expect(module.sockets.size).toBe(0);
  });
});

describe("F33 neighbour: a close that the modem has not carried out", () => {
  it("goes once more", async () => {
    const { connect, peer, module } = socketBench();
    const { socket } = await connect();
    let closes = 0;
    peer.on(/^AT\+USOCL=0$/, () => {
      closes += 1;
      if (closes === 1) return ["+CME ERROR: operation not allowed"];
      module.sockets.delete(0);
      return ["OK"];
    });
    await socket.close();
    expect(closes).toBe(2);
    expect(module.sockets.size).toBe(0);
  });
});
