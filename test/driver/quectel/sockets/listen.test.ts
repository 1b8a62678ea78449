import { describe, expect, it, vi } from "vitest";
import { Priority } from "../../../../driver/at/command";
import { ModemError } from "../../../../driver/errors";
import type { ModemSocket } from "../../../../driver/services/sockets/sockets";
import { failure } from "../../../support/failure";
import { Owner, type SocketSession, startSockets } from "./socket-session";

async function listening(session: SocketSession) {
  const accepted: { socket: ModemSocket; owner: Owner }[] = [];
  const ends: (string | undefined)[] = [];
  const listener = await session.sockets.listen(
    { localPort: 8_080, timeout: 10_000 },
    (socket) => {
      const owner = new Owner();
      accepted.push({ socket, owner });
      return owner;
    },
    (error) => ends.push(error?.code),
  );
  return { listener, accepted, ends };
}

describe("a listening socket by BG96", () => {
  it("gives the connections that come in, on the modem's numbers, and what follows them at once", async () => {
    const session = await startSockets();
    const { fake, lines, numbers } = session;
    const { listener, accepted, ends } = await listening(session);
    expect(listener).toMatchObject({ number: 0, localPort: 8_080 });
    expect(lines()).toEqual(['AT+QIOPEN=1,0,"TCP LISTENER","127.0.0.1",0,8080,0']);
    fake.connectTo(0, 5, "GET /");
    await vi.waitFor(() => expect(accepted[0]?.owner.data.toString()).toBe("GET /"));
    const socket = accepted[0]?.socket;
    expect(socket).toMatchObject({ number: 5, remote: { ip: "198.51.100.9", port: 40_000 } });
    await socket?.send(Buffer.from("answer"));
    expect(fake.get(5).sent.map(String)).toEqual(["answer"]);
    expect(numbers.available).toBe(10);
    fake.hangUp(5);
    await vi.waitFor(() => expect(accepted[0]?.owner.ends).toEqual([undefined]));
    await listener.close();
    expect(ends).toEqual([]);
    expect(numbers.available).toBe(12);
    expect(fake.open.size).toBe(0);
  });

  it("leaves accepted connections alone when it is closed", async () => {
    const session = await startSockets();
    const { listener, accepted } = await listening(session);
    session.fake.connectTo(0, 1);
    await vi.waitFor(() => expect(accepted).toHaveLength(1));
    await listener.close();
    session.fake.deliver(1, "on");
    await vi.waitFor(() => expect(accepted[0]?.owner.data.toString()).toBe("on"));
    await accepted[0]?.socket.close();
    expect(session.numbers.available).toBe(12);
  });

  it("gets a number that another connection is just being opened on: that takes the next", async () => {
    const session = await startSockets();
    const { fake, peer, numbers, connect } = session;
    const { listener, accepted } = await listening(session);
    peer.on(/^AT\+QIOPEN=1,1,"TCP",/, (_match, print) => {
      fake.connectTo(0, 1, "hi");
      print.line("OK");
      print.line("+QIOPEN: 1,563");
    });
    const socket = await connect();
    expect(socket.number).toBe(2);
    await vi.waitFor(() => expect(accepted[0]?.owner.data.toString()).toBe("hi"));
    expect(numbers.available).toBe(9);
    for (const one of [socket, accepted[0]?.socket, listener]) await one?.close();
    expect(numbers.available).toBe(12);
  });

  it("keeps a connection on the number of another one that its caller gave up while it was being opened", async () => {
    const session = await startSockets();
    const { fake, peer, numbers, connect, lines, channel } = session;
    const { listener, accepted } = await listening(session);
    peer.on(/^AT\+QIOPEN=1,1,"TCP",/, ["OK"]);
    const giveUp = new AbortController();
    const opening = failure(connect({ signal: giveUp.signal }));
    await vi.waitFor(() => expect(lines()).toHaveLength(2));
    fake.connectTo(0, 1, "hi");
    await vi.waitFor(() => expect(accepted[0]?.owner.data.toString()).toBe("hi"));
    const reason = new ModemError("CONNECTION_CLOSED", "given up");
    giveUp.abort(reason);
    expect(await opening).toBe(reason);
    // Behind everything that giving up has sent.
    await channel.send({ line: "AT", label: "AT", timeout: 1_000, priority: Priority.Background });
    expect(lines().filter((line) => line.startsWith("AT+QICLOSE"))).toEqual([]);
    fake.deliver(1, "!");
    await vi.waitFor(() => expect(accepted[0]?.owner.data.toString()).toBe("hi!"));
    for (const one of [accepted[0]?.socket, listener]) await one?.close();
    expect(numbers.available).toBe(12);
  });

  it("tells its end when the context is deactivated", async () => {
    const session = await startSockets();
    const { ends } = await listening(session);
    session.peer.urc('+QIURC: "pdpdeact",1');
    await vi.waitFor(() => expect(ends).toEqual(["NO_CONNECTION"]));
    await vi.waitFor(() => expect(session.numbers.available).toBe(12));
  });

  it("notes that connections were refused, and ignores those of others", async () => {
    const session = await startSockets();
    const { accepted, listener } = await listening(session);
    const notes: string[] = [];
    session.channel.note = (text) => notes.push(text);
    session.peer.urc('+QIURC: "incoming full"');
    session.peer.urc('+QIURC: "incoming",3,9,"198.51.100.9",40000');
    await vi.waitFor(() => expect(notes).toHaveLength(1));
    await listener.close();
    expect(accepted).toEqual([]);
    expect(session.numbers.available).toBe(12);
  });

  it.each(["", "x", "12", "-1"])(
    "passes over a connection on number '%s', which a damaged line tells of",
    async (number) => {
      const session = await startSockets();
      const { connect, numbers, lines, channel, peer } = session;
      const { accepted, listener } = await listening(session);
      const notes: string[] = [];
      channel.note = (text) => notes.push(text);
      peer.urc(`+QIURC: "incoming",${number},0,"198.51.100.9",40000`);
      await vi.waitFor(() => expect(notes).toHaveLength(1));
      expect(accepted).toEqual([]);
      expect(lines()).toHaveLength(1);
      await listener.close();
      const all = Array.from({ length: 12 }, () => connect());
      const given = (await Promise.all(all)).map((socket) => socket.number);
      expect(given.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
      expect(numbers.available).toBe(0);
    },
  );

  it("closes a connection that its owner fails to take", async () => {
    const session = await startSockets();
    const fail = (): never => {
      throw new Error("no room");
    };
    const listener = await session.sockets.listen({ localPort: 1, timeout: 1_000 }, fail, () => undefined);
    session.fake.connectTo(0, 4);
    await vi.waitFor(() => expect(session.lines()).toContain("AT+QICLOSE=4,1"));
    await listener.close();
    expect(session.numbers.available).toBe(12);
  });

  it("can't listen on a port in use, or on none", async () => {
    const session = await startSockets();
    session.fake.outcomes.push(557);
    expect(await failure(listening(session))).toMatchObject({ code: "CONNECT_FAILED" });
    const none = session.sockets.listen(
      { localPort: 0, timeout: 1_000 },
      () => new Owner(),
      () => undefined,
    );
    expect(await failure(none)).toMatchObject({ code: "INVALID_INPUT" });
    expect(session.numbers.available).toBe(12);
  });
});
