import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ModemError } from "../../../driver/errors";
import { pass, passUntil } from "./advance";
import { unknownCommands } from "./known-commands";
import { failure, HOSTILE, Owner, type SocketSession, startSockets } from "./socket-session";
import { profile } from "./tls-profile";

const OPEN = 'AT+QIOPEN=1,0,"TCP","203.0.113.5",7,0,2';
const PACKETS = ['AT+QICFG="transpktsize",1460', 'AT+QICFG="transwaittm",1'];
const ENTER = "AT+QISWTMD=0,2";
/** A command of somebody else's. */
const OTHER = { line: "AT+CGATT?", label: "AT+CGATT?", expects: [{ prefix: "+CGATT:" }], timeout: 5_000 };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance", "Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

async function connected(session?: SocketSession) {
  const made = session ?? (await startSockets());
  const owner = new Owner();
  const socket = await pass(made.connect({ mode: "direct" }, owner));
  return { ...made, owner, socket };
}

const sent = ({ fake }: SocketSession): Buffer => Buffer.concat(fake.get(0).sent);

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

describe("a direct connection by BG96 that fails to open", () => {
  it.each([
    [565, "DNS_FAILED"],
    [566, "CONNECT_FAILED"],
    [569, "MODEM_TIMEOUT"],
    [561, "NO_CONNECTION"],
  ])("with %i is %s, and its number is closed and free", async (number, code) => {
    const { connect, fake, lines, numbers } = await startSockets();
    fake.outcomes.push(number);
    const owner = new Owner();
    const error = await pass(failure(connect({ mode: "direct" }, owner)));
    expect(error.code).toBe(code);
    expect(error.cause?.errorCode).toBe(number);
    expect(lines()).toEqual([...PACKETS, OPEN, "AT+QIGETERROR", "AT+QICLOSE=0,1"]);
    expect(fake.open.size).toBe(0);
    expect(numbers.available).toBe(12);
    expect(owner.ends).toEqual([]);
    await pass(connect({ mode: "direct" }));
  });

  it("opens with firmware that refuses to set packets", async () => {
    const { connect, peer } = await startSockets();
    peer.on(/^AT\+QICFG=/, ["ERROR"]);
    await pass(connect({ mode: "direct" }));
    expect(peer.isInDataMode).toBe(true);
  });

  it("says why when the modem does so at once", async () => {
    const { connect, fake, lines } = await startSockets();
    fake.outcomes.push("+CME ERROR: 566");
    expect(await pass(failure(connect({ mode: "direct" })))).toMatchObject({ code: "CONNECT_FAILED" });
    expect(lines()).not.toContain("AT+QIGETERROR");
  });

  it("takes another number when the modem says that one is in use, and leaves that alone", async () => {
    const { connect, fake, lines, numbers } = await startSockets();
    fake.outcomes.push(563);
    const socket = await pass(connect({ mode: "direct" }));
    expect(socket.number).toBe(1);
    expect(lines()).not.toContain("AT+QICLOSE=0,1");
    await pass(socket.close());
    expect(numbers.available).toBe(12);
  });

  it("over TLS says so, and gives its SSL context back", async () => {
    const { connect, fake, numbers } = await startSockets();
    fake.outcomes.push(566, 0);
    const error = await pass(failure(connect({ mode: "direct", security: profile() })));
    expect(error).toMatchObject({ code: "TLS_FAILED" });
    expect(numbers.available).toBe(12);
  });

  it("and is given up while the modem still tries: what comes about late is left and closed", async () => {
    const { connect, fake, lines, numbers, peer } = await startSockets();
    let answer = (): void => undefined;
    peer.on(/^AT\+QIOPEN=1,0,.*,2$/, (_match, print) => {
      answer = () => print.enter({ take: () => undefined, escape: (printer) => printer.line("OK") });
    });
    const owner = new Owner();
    const error = await pass(failure(connect({ mode: "direct", timeout: 3_000 }, owner)));
    expect(error.code).toBe("MODEM_TIMEOUT");
    expect(numbers.available).toBe(11);
    answer();
    await passUntil(() => numbers.available === 12);
    expect(lines().at(-1)).toBe("AT+QICLOSE=0,1");
    expect(peer.isInDataMode).toBe(false);
    expect(owner.ends).toEqual([]);
    expect(owner.parts).toEqual([]);
    expect(fake.open.size).toBe(0);
  });
});

describe("a direct connection by BG96 ends", () => {
  it("when the peer closes it, after all that it has sent", async () => {
    const { fake, lines, numbers, owner, socket } = await connected();
    fake.deliver(0, HOSTILE);
    fake.hangUp(0);
    await passUntil(() => owner.ends.length > 0);
    expect(owner.ends).toEqual([undefined]);
    expect(owner.data.equals(HOSTILE)).toBe(true);
    await passUntil(() => numbers.available === 12);
    expect(lines().at(-1)).toBe("AT+QICLOSE=0,1");
    expect(await failure(socket.send(Buffer.from("x")))).toMatchObject({ code: "CONNECTION_CLOSED" });
    await socket.close();
    expect(owner.ends).toHaveLength(1);
  });

  it("when the peer closes it while others have the line, after what it had sent is read", async () => {
    const { channel, fake, numbers, owner, peer } = await connected();
    peer.on(/^AT\+CGATT\?$/, (_match, print) => {
      fake.deliver(0, Buffer.alloc(4_000, "x"));
      fake.hangUp(0);
      print.line("OK");
    });
    await pass(channel.send(OTHER));
    await passUntil(() => numbers.available === 12);
    expect(owner.data.length).toBe(4_000);
    expect(owner.ends).toEqual([undefined]);
  });

  it("after the rest that firmware keeps for data mode, when the peer closes while others have the line", async () => {
    const { channel, fake, lines, numbers, owner, peer } = await connected();
    peer.on(/^AT\+QIRD=0,1500$/, ["ERROR"]);
    peer.on(/^AT\+QISWTMD=0,2$/, (_match, print) => {
      print.enter({ take: () => undefined, escape: () => undefined });
      print.raw("the rest");
      peer.endData();
      print.line("NO CARRIER");
      peer.on(/^AT\+QISWTMD=0,2$/, ["ERROR"]);
    });
    peer.on(/^AT\+CGATT\?$/, (_match, print) => {
      fake.deliver(0, "the rest");
      fake.hangUp(0);
      print.line("OK");
    });
    await pass(channel.send(OTHER));
    await passUntil(() => numbers.available === 12);
    expect(owner.data.toString()).toBe("the rest");
    expect(owner.ends).toEqual([undefined]);
    expect(lines().filter((line) => line === ENTER)).toHaveLength(1);
  });

  it("without the bytes that the line loses, as an error", async () => {
    const { channel, fake, numbers, owner, peer } = await connected();
    peer.on(/^AT\+QIRD=0,1500$/, (_match, print) => print.raw("\r\n+QIRD: 5\r\nabcd\r\n\r\nOK\r\n"));
    peer.on(/^AT\+CGATT\?$/, (_match, print) => {
      fake.deliver(0, "abcde");
      print.line("OK");
    });
    await pass(channel.send(OTHER));
    await passUntil(() => numbers.available === 12);
    expect(owner.ends).toEqual(["MODEM_REJECTED"]);
    expect(owner.data.length).toBe(0);
  });

  it("not when the modem leaves data mode by itself while it stands", async () => {
    const made = await connected();
    const { fake, lines, owner, peer, socket } = made;
    fake.endTransparent(0);
    await passUntil(() => lines().includes(ENTER) && peer.isInDataMode);
    await pass(socket.send(Buffer.from("still here")));
    expect(sent(made).toString()).toBe("still here");
    expect(owner.ends).toEqual([]);
  });

  it("with NO_CONNECTION when its context is deactivated", async () => {
    const { channel, fake, numbers, owner, peer } = await connected();
    peer.on(/^AT\+CGATT\?$/, (_match, print) => {
      fake.deliver(0, "last");
      peer.urc('+QIURC: "pdpdeact",1');
      print.line("OK");
    });
    await pass(channel.send(OTHER));
    await passUntil(() => numbers.available === 12);
    expect(owner.data.toString()).toBe("last");
    expect(owner.ends).toEqual(["NO_CONNECTION"]);
  });

  it("with an error when the modem does not know it any more", async () => {
    const { fake, numbers, owner } = await connected();
    fake.endTransparent(0);
    fake.open.clear();
    await passUntil(() => numbers.available === 12);
    expect(owner.ends).toEqual(["CONNECTION_CLOSED"]);
  });

  it("with MODEM_RESTARTED at a boot, and nothing is closed that is not there", async () => {
    const { channel, lines, numbers, owner, peer } = await connected();
    peer.on(/^AT\+CGATT\?$/, () => peer.urc("RDY"));
    expect(await pass(failure(channel.send(OTHER)))).toMatchObject({ code: "MODEM_RESTARTED" });
    await passUntil(() => numbers.available === 12);
    expect(owner.ends).toEqual(["MODEM_RESTARTED"]);
    expect(lines()).toEqual([...PACKETS, OPEN]);
  });

  it("with MODEM_OFFLINE when the port is gone", async () => {
    const { channel, numbers, owner, sockets, socket } = await connected();
    const gone = new ModemError("MODEM_OFFLINE", "unplugged");
    channel.close(gone);
    sockets.dispose(gone);
    await passUntil(() => numbers.available === 12);
    expect(owner.ends).toEqual(["MODEM_OFFLINE"]);
    expect(await failure(socket.send(Buffer.from("x")))).toMatchObject({ code: "MODEM_OFFLINE" });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("once, in many rounds, and leaves no number, socket or timer behind", async () => {
    const session = await startSockets();
    for (let round = 0; round < 10; round += 1) {
      const { fake, owner, peer, socket } = await connected(session);
      fake.deliver(socket.number, "x");
      await passUntil(() => owner.data.length === 1);
      if (round % 2 === 0) fake.hangUp(socket.number);
      else await pass(socket.close());
      await passUntil(() => session.numbers.available === 12);
      expect(owner.ends).toEqual([undefined]);
      expect(fake.open.size).toBe(0);
      expect(peer.isInDataMode).toBe(false);
    }
    await passUntil(() => vi.getTimerCount() === 0);
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
