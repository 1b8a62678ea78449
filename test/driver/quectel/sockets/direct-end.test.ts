import { describe, expect, it, vi } from "vitest";
import { ModemError } from "../../../../driver/errors";
import { pass, passUntil, useFakeTime } from "../../../support/clock";
import { failure } from "../../../support/failure";
import { profile } from "../security/tls-profile";
import { connected, ENTER, OPEN, OTHER, PACKETS, sent } from "./direct-session";
import { HOSTILE, Owner, startSockets } from "./socket-session";

useFakeTime();

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
      answer = () => print.enter({ take: () => undefined, escape: () => ["OK"] });
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

  it("and what still waits to be sent then fails, instead of going where nobody takes it", async () => {
    const { channel, fake, numbers, owner, peer, socket } = await connected();
    const outcomes: unknown[] = [];
    const lost: Buffer[] = [];
    peer.on(/^AT\+QIRD=0,1500$/, ["ERROR"]);
    peer.on(/^AT\+QISWTMD=0,2$/, (_match, print) => {
      print.enter({ take: (bytes) => lost.push(bytes), escape: () => ["OK"] });
      print.raw("the rest");
      setTimeout(() => {
        peer.endData();
        print.line("NO CARRIER");
        peer.on(/^AT\+QISWTMD=0,2$/, ["ERROR"]);
      }, 500);
    });
    peer.on(/^AT\+CGATT\?$/, (_match, print) => {
      socket.send(Buffer.from("too late")).then(
        () => outcomes.push("sent"),
        (error: unknown) => outcomes.push(error),
      );
      fake.deliver(0, "the rest");
      fake.hangUp(0);
      print.line("OK");
    });
    await pass(channel.send(OTHER));
    await passUntil(() => numbers.available === 12);
    expect(owner.data.toString()).toBe("the rest");
    expect(outcomes).toEqual([expect.objectContaining({ code: "CONNECTION_CLOSED" })]);
    expect(Buffer.concat(lost).toString()).toBe("");
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
