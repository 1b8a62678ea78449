import { describe, expect, it } from "vitest";
import { passUntil, useFakeTime } from "../../../support/clock";
import { Owner, startSockets } from "./socket-session";

useFakeTime();

/** One answer in place of the next to that command. */
function once(session: Awaited<ReturnType<typeof startSockets>>, command: RegExp, answer: string): void {
  let isUsed = false;
  const rule = Object.assign(new RegExp(command), {
    exec: (text: string) => (isUsed ? null : RegExp.prototype.exec.call(new RegExp(command), text)),
  });
  session.peer.on(rule, (_match, print) => {
    isUsed = true;
    print.raw(answer);
  });
}

describe("F33 a read of BG96 that is not whole", () => {
  it.each([
    ["has lost its line", "\r\nOK\r\n"],
    ["has lost a digit of its count", "\r\n+QIRD: 0\r\nfirst data!\r\n\r\nOK\r\n"],
    ["has lost two bytes of the data", "\r\n+QIRD: 11\r\nfirst dat\r\n\r\nOK\r\n"],
    ["has lost its prefix", "\r\n+QRD: 11\r\nfirst data!\r\n\r\nOK\r\n"],
    ["has a count of another form", "\r\n+QIRD: 1x\r\nfirst data!\r\n\r\nOK\r\n"],
  ])("ends the connection with an error when it %s", async (_words, answer) => {
    const session = await startSockets();
    const owner = new Owner();
    await session.connect({}, owner);
    // The modem has given what it counts as read.
    session.peer.on(/^AT\+QIRD=0,0$/, ["+QIRD: 11,11,0", "OK"]);
    once(session, /^AT\+QIRD=0,1500$/, answer);
    session.fake.deliver(0, "first data!");
    await passUntil(() => owner.ends.length > 0);
    expect(owner.ends).toEqual(["MODEM_REJECTED"]);
    expect("first data!").toContain(owner.data.toString());
  });

  it("F33 neighbour: is read again where the modem's counts show that nothing was taken", async () => {
    const session = await startSockets();
    const owner = new Owner();
    await session.connect({}, owner);
    session.peer.on(/^AT\+QIRD=0,0$/, ["+QIRD: 11,0,11", "OK"]);
    once(session, /^AT\+QIRD=0,1500$/, "\r\nOK\r\n");
    session.fake.deliver(0, "first data!");
    await passUntil(() => owner.data.length > 0);
    expect(owner.data.toString()).toBe("first data!");
    expect(owner.ends).toEqual([]);
  });

  it("F33 neighbour: of a datagram loses that datagram alone", async () => {
    const session = await startSockets();
    const owner = new Owner();
    await session.sockets.openUdp({ timeout: 10_000, localPort: 5000 }, owner);
    once(session, /^AT\+QIRD=0$/, '\r\n+QIRD: 5,"192.0.2.7",70\r\nfir\r\n\r\nOK\r\n');
    session.fake.deliver(0, "second", '"192.0.2.7",7000');
    await passUntil(() => owner.parts.length > 0);
    expect(owner.parts.map(String)).toEqual(["second"]);
  });
});

describe("F33 neighbour: what BG96 tells of a socket", () => {
  it("ends no connection by a closed URC that is another's", async () => {
    const session = await startSockets();
    const owner = new Owner();
    await session.connect({}, owner);
    session.peer.urc('+QIURC: "closed",0');
    session.fake.deliver(0, "more");
    await passUntil(() => owner.data.length === 4);
    expect(owner.ends).toEqual([]);
    session.fake.hangUp(0);
    await passUntil(() => owner.ends.length > 0);
    expect(owner.ends).toEqual([undefined]);
  });

  it("is asked again where it can't be read, and not taken for a socket that is gone", async () => {
    const session = await startSockets();
    const socket = await session.connect();
    once(session, /^AT\+QISTATE=1,0$/, '\r\n+QISTAE: 0,"TCP","192.0.2.7",7,0,2,1,0,0,"uart1"\r\n\r\nOK\r\n');
    expect(await socket.status()).toMatchObject({ state: "established" });
    once(session, /^AT\+QISEND=0,0$/, "\r\n+QISEND: 0,\r\n\r\nOK\r\n");
    expect(await socket.status()).toMatchObject({ state: "established", unacknowledged: 0 });
  });

  it("shows a connection whose end nobody has told", async () => {
    const session = await startSockets();
    const owner = new Owner();
    await session.connect({}, owner);
    session.fake.get(0).state = 4;
    await passUntil(() => owner.ends.length > 0);
    expect(owner.ends).toEqual([undefined]);
  });
});
