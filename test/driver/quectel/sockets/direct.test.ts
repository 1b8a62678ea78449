import { describe, expect, it, vi } from "vitest";
import { ModemError } from "../../../../driver/errors";
import { advance, pass, passUntil, useFakeTime } from "../../../support/clock";
import { failure, rejection } from "../../../support/failure";
import { unknownCommands } from "../known-commands";
import { profile } from "../security/tls-profile";
import { connected, ENTER, OPEN, OTHER, PACKETS, sent } from "./direct-session";
import { HOSTILE, Owner, startSockets } from "./socket-session";

useFakeTime();

describe("a direct connection by BG96", () => {
  it("is opened in transparent mode, sends and receives, and is closed when all is acknowledged", async () => {
    const made = await connected();
    const { fake, lines, numbers, owner, peer, socket } = made;
    expect(socket).toMatchObject({ number: 0, protocol: "tcp", way: "transparent" });
    expect(socket.remote).toEqual({ ip: "203.0.113.5", port: 7 });
    await pass(socket.send(Buffer.from("up")));
    expect(sent(made).toString()).toBe("up");
    fake.deliver(0, "down");
    await passUntil(() => owner.data.toString() === "down");
    expect(owner.from[0]).toEqual({ ip: "203.0.113.5", port: 7 });
    await pass(socket.close());
    expect(lines()).toEqual([...PACKETS, OPEN, "AT+QISEND=0,0", "AT+QICLOSE=0,1"]);
    expect(owner.ends).toEqual([undefined]);
    expect(fake.open.size).toBe(0);
    expect(numbers.available).toBe(12);
    expect(await failure(socket.send(Buffer.from("x")))).toMatchObject({ code: "CONNECTION_CLOSED" });
    expect(await socket.status()).toEqual({ state: "closed" });
    expect(vi.getTimerCount()).toBe(0);
    expect(unknownCommands(peer.commands)).toEqual([]);
  });

  it("carries what looks like the modem's own words, both ways", async () => {
    const made = await connected();
    const { fake, owner, socket } = made;
    const payloads = [HOSTILE, Buffer.from("a+++b"), Buffer.from("\r\nNO CARRIER\r\nmore"), Buffer.from("\r\nOK\r\n")];
    for (const payload of payloads) {
      await pass(socket.send(payload));
      fake.deliver(0, payload);
    }
    const all = Buffer.concat(payloads);
    await passUntil(() => owner.data.length === all.length);
    expect(owner.data.equals(all)).toBe(true);
    expect(sent(made).equals(all)).toBe(true);
    expect(owner.ends).toEqual([]);
  });

  it("lets commands of others in, and goes on", async () => {
    const made = await connected();
    const { channel, fake, lines, owner, peer, socket } = made;
    await pass(socket.send(Buffer.from("one ")));
    expect((await pass(channel.send(OTHER))).lines[0]?.text).toBe("+CGATT: 1");
    await passUntil(() => peer.isInDataMode);
    await pass(socket.send(Buffer.from("two")));
    expect(sent(made).toString()).toBe("one two");
    fake.deliver(0, "back");
    await passUntil(() => owner.data.toString() === "back");
    expect(lines()).toEqual([...PACKETS, OPEN, ENTER]);
  });

  it("delivers once, and in order, what arrives while others have the line", async () => {
    const { channel, fake, lines, owner, peer } = await connected();
    fake.deliver(0, "one ");
    peer.on(/^AT\+CGATT\?$/, (_match, print) => {
      fake.deliver(0, "two ");
      fake.deliver(0, "three ");
      print.line("+CGATT: 1");
      print.line("OK");
    });
    await pass(channel.send(OTHER));
    await passUntil(() => peer.isInDataMode);
    fake.deliver(0, "four");
    await passUntil(() => owner.data.toString() === "one two three four");
    expect(lines()).toContain("AT+QIRD=0,1500");
  });

  it("goes on with firmware that keeps what arrives meanwhile for data mode", async () => {
    const { channel, fake, owner, peer } = await connected();
    peer.on(/^AT\+QIRD=0,1500$/, ["ERROR"]);
    peer.on(/^AT\+CGATT\?$/, (_match, print) => {
      fake.deliver(0, "meanwhile");
      print.line("OK");
    });
    await pass(channel.send(OTHER));
    await passUntil(() => owner.data.toString() === "meanwhile");
    expect(owner.ends).toEqual([]);
  });

  it("tells its state", async () => {
    const { peer, socket } = await connected();
    const status = await pass(socket.status());
    expect(status).toMatchObject({ state: "established", unread: 0, unacknowledged: 0, remote: { port: 7 } });
    await passUntil(() => peer.isInDataMode);
  });

  it("over TLS is opened by +QSSLOPEN, and entered again by ATO", async () => {
    const made = await startSockets();
    const owner = new Owner();
    const socket = await pass(made.connect({ mode: "direct", security: profile() }, owner));
    expect(made.lines()).toEqual([...PACKETS, 'AT+QSSLOPEN=1,1,0,"203.0.113.5",7,2']);
    await pass(made.channel.send(OTHER));
    await passUntil(() => made.peer.isInDataMode);
    expect(made.peer.commands.at(-1)).toBe("ATO");
    expect(unknownCommands(made.lines())).toEqual([]);
    await pass(socket.send(HOSTILE));
    expect(sent(made).equals(HOSTILE)).toBe(true);
    await pass(socket.close());
    expect(made.lines().at(-1)).toBe("AT+QSSLCLOSE=0,1");
    expect(made.numbers.available).toBe(12);
  });

  it("is a plain command's number, and takes no destination", async () => {
    const { socket } = await connected();
    const to = { host: "203.0.113.6", port: 9 };
    expect(await failure(socket.send(Buffer.from("x"), { to }))).toMatchObject({ code: "INVALID_INPUT" });
  });
});

describe("sending on a direct connection by BG96", () => {
  it("keeps the order of the calls, and ends with the abort reason without holding others up", async () => {
    const made = await connected();
    const { socket } = made;
    const big = Buffer.alloc(150_000, "a");
    const aborted = rejection(socket.send(Buffer.from("never"), { signal: AbortSignal.abort(new Error("enough")) }));
    await pass(Promise.all([socket.send(big), socket.send(Buffer.from("b")), socket.send(Buffer.from("c"))]));
    expect(sent(made).toString()).toBe(`${big}bc`);
    expect(await aborted).toMatchObject({ message: "enough" });
  });

  it("to a modem that stops the line for minutes is MODEM_TIMEOUT, and close ends it all the same", async () => {
    const { numbers, owner, peer, socket } = await connected();
    let isStopped = true;
    const write = peer.write.bind(peer);
    peer.write = (bytes) => (isStopped ? new Promise<void>(() => undefined) : write(bytes));
    const sending = failure(socket.send(Buffer.alloc(1_000)));
    await advance(185_000);
    expect(await sending).toMatchObject({ code: "MODEM_TIMEOUT", message: expect.stringContaining("for 180 s") });
    isStopped = false;
    const closing = socket.close();
    await advance(200_000);
    await closing;
    expect(owner.ends).toHaveLength(1);
    expect(numbers.available).toBe(12);
  });
});

describe("a second direct connection by BG96", () => {
  it("is refused, and does not take the line from the first", async () => {
    const { connect, fake, lines, owner } = await connected();
    const error = await pass(failure(connect({ mode: "direct", host: "203.0.113.9" })));
    expect(error.code).toBe("MODEM_BUSY");
    expect(error.message).toContain("TCP connection to 203.0.113.5, port 7 is");
    expect(lines()).toEqual([...PACKETS, OPEN]);
    fake.deliver(0, "still here");
    await passUntil(() => owner.data.toString() === "still here");
  });

  it("waits for one that is being closed", async () => {
    const { connect, numbers, socket } = await connected();
    const waiting = connect({ mode: "direct", host: "203.0.113.9" });
    const closing = socket.close();
    const second = await pass(waiting);
    await closing;
    await pass(second.close());
    expect(numbers.available).toBe(12);
  });

  it("does not wait for a modem that is gone", async () => {
    const { connect, sockets } = await connected();
    const waiting = failure(connect({ mode: "direct", host: "203.0.113.9" }));
    sockets.dispose(new ModemError("MODEM_OFFLINE", "unplugged"));
    expect((await pass(waiting)).code).toBe("MODEM_OFFLINE");
  });

  it("goes beside sockets in command mode, which carry on", async () => {
    const session = await startSockets();
    const owner = new Owner();
    const buffered = await pass(session.connect({}, owner));
    const direct = await pass(session.connect({ mode: "direct" }, new Owner()));
    expect([buffered.number, direct.number]).toEqual([0, 1]);
    await pass(buffered.send(Buffer.from("by command")));
    expect(Buffer.concat(session.fake.get(0).sent).toString()).toBe("by command");
    await passUntil(() => session.peer.isInDataMode);
    await pass(direct.send(Buffer.from("directly")));
    expect(Buffer.concat(session.fake.get(1).sent).toString()).toBe("directly");
  });
});
