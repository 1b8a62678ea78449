import { describe, expect, it, vi } from "vitest";
import { ModemError } from "../../../../driver/errors";
import { failure } from "../../../support/failure";
import { Owner, type SocketSession, startSockets } from "./socket-session";

async function connected(): Promise<
  SocketSession & { owner: Owner; socket: Awaited<ReturnType<SocketSession["connect"]>> }
> {
  const session = await startSockets();
  const owner = new Owner();
  return { ...session, owner, socket: await session.connect({}, owner) };
}

describe("a connection by BG96 ends", () => {
  it("when the peer closes it, after all that it has sent is read", async () => {
    const { fake, owner, socket, numbers, lines } = await connected();
    fake.deliver(0, Buffer.alloc(5_000, "x"));
    fake.hangUp(0);
    await vi.waitFor(() => expect(owner.ends).toEqual([undefined]));
    expect(owner.data.length).toBe(5_000);
    await vi.waitFor(() => expect(numbers.available).toBe(12));
    expect(lines().at(-1)).toBe("AT+QICLOSE=0,1");
    expect(await failure(socket.send(Buffer.from("x")))).toMatchObject({ code: "CONNECTION_CLOSED" });
    await socket.close();
    expect(owner.ends).toHaveLength(1);
  });

  it("without an error when a read is refused before the URC, but the state says that the peer closed", async () => {
    const { fake, owner, peer } = await connected();
    fake.get(0).state = 4;
    peer.on(/^AT\+QIRD=0,1500$/, ["ERROR"]);
    peer.urc('+QIURC: "recv",0');
    await vi.waitFor(() => expect(owner.ends).toEqual([undefined]));
  });

  it("without an error when the read after the URC is refused", async () => {
    const { fake, owner, peer } = await connected();
    peer.on(/^AT\+QIRD=0,1500$/, ["ERROR"]);
    fake.hangUp(0);
    await vi.waitFor(() => expect(owner.ends).toEqual([undefined]));
  });

  it("with an error when the modem does not know it any more", async () => {
    const { fake, owner, numbers, peer } = await connected();
    fake.open.delete(0);
    peer.urc('+QIURC: "recv",0');
    await vi.waitFor(() => expect(owner.ends).toEqual(["CONNECTION_CLOSED"]));
    await vi.waitFor(() => expect(numbers.available).toBe(12));
  });

  it("with NO_CONNECTION when its context is deactivated, and only then", async () => {
    const { fake, owner, peer, numbers } = await connected();
    peer.urc('+QIURC: "pdpdeact",2');
    fake.deliver(0, "still here");
    await vi.waitFor(() => expect(owner.data.toString()).toBe("still here"));
    expect(owner.ends).toEqual([]);
    peer.urc('+QIURC: "pdpdeact",1');
    await vi.waitFor(() => expect(owner.ends).toEqual(["NO_CONNECTION"]));
    await vi.waitFor(() => expect(numbers.available).toBe(12));
  });

  it("with MODEM_RESTARTED at a boot, and nothing is closed that is not there", async () => {
    const { owner, peer, numbers, lines, socket } = await connected();
    peer.urc("RDY");
    await vi.waitFor(() => expect(owner.ends).toEqual(["MODEM_RESTARTED"]));
    await vi.waitFor(() => expect(numbers.available).toBe(12));
    expect(lines().filter((line) => line.startsWith("AT+QICLOSE"))).toEqual([]);
    await socket.close();
  });

  it("when the modem was set up anew or the port is gone, at once", async () => {
    const { owner, sockets, connect, numbers } = await connected();
    sockets.reset();
    await vi.waitFor(() => expect(owner.ends).toEqual(["MODEM_RESTARTED"]));
    const second = new Owner();
    await connect({}, second);
    sockets.dispose(new ModemError("MODEM_OFFLINE", "unplugged"));
    await vi.waitFor(() => expect(second.ends).toEqual(["MODEM_OFFLINE"]));
    expect(numbers.available).toBe(12);
    expect(await failure(connect())).toMatchObject({ code: "MODEM_OFFLINE" });
  });

  it("with what keeps it from being read: bytes that the line lost are never passed over", async () => {
    const { owner, peer, fake } = await connected();
    peer.on(/^AT\+QIRD=0,1500$/, (_match, print) => {
      print.raw("\r\n+QIRD: 5\r\nabcd\r\n\r\nOK\r\n");
    });
    fake.deliver(0, "abcde");
    await vi.waitFor(() => expect(owner.ends).toEqual(["MODEM_REJECTED"]));
    expect(owner.data.length).toBe(0);
  });

  it("for a sender that waits as well", async () => {
    const { fake, owner, socket } = await connected();
    fake.sendResults.push("SEND FAIL");
    fake.unacknowledged.splice(0, 1, 1460);
    const first = failure(socket.send(Buffer.from("a")));
    const second = failure(socket.send(Buffer.from("b")));
    fake.hangUp(0);
    expect((await first).code).toBe("CONNECTION_CLOSED");
    expect((await second).code).toBe("CONNECTION_CLOSED");
    await vi.waitFor(() => expect(owner.ends).toEqual([undefined]));
  });
});

describe("closing a connection by BG96", () => {
  it("comes after what is being sent, and waits until that is acknowledged", async () => {
    const { fake, socket, lines } = await connected();
    fake.unacknowledged.splice(0, 1, 3_000, 0);
    const sent: Buffer[] = fake.get(0).sent;
    const sending = socket.send(Buffer.alloc(3_000));
    await Promise.all([sending, socket.close()]);
    expect(Buffer.concat(sent).length).toBe(3_000);
    expect(lines().slice(-3)).toEqual(["AT+QISEND=0,0", "AT+QISEND=0,0", "AT+QICLOSE=0,1"]);
    expect(await failure(socket.send(Buffer.from("x")))).toMatchObject({ code: "CONNECTION_CLOSED" });
  });

  it("never fails, and is told once", async () => {
    const { socket, owner, peer, numbers } = await connected();
    peer.on(/^AT\+QICLOSE=/, ["ERROR"]);
    await Promise.all([socket.close(), socket.close()]);
    await socket.close();
    expect(owner.ends).toEqual([undefined]);
    expect(numbers.available).toBe(12);
  });

  it("does not wait for an owner who does not take what came, and works from within", async () => {
    const { fake, socket, owner, numbers } = await connected();
    owner.hold = new Promise(() => undefined);
    fake.deliver(0, "never taken");
    await vi.waitFor(() => expect(owner.data.length).toBeGreaterThan(0));
    await socket.close();
    expect(owner.ends).toEqual([undefined]);
    expect(numbers.available).toBe(12);
  });

  it("leaves nothing behind in many rounds: no number, listener or wait", async () => {
    const session = await startSockets();
    const { channel, connect, fake, numbers } = session;
    let waits = 0;
    const { waitForUrc } = channel;
    channel.waitForUrc = (match, options) => {
      waits += 1;
      const waiter = waitForUrc.call(channel, match, options);
      const done = (): void => {
        waits -= 1;
      };
      waiter.promise.then(done, done);
      return waiter as never;
    };
    for (let round = 0; round < 30; round += 1) {
      const owner = new Owner();
      const socket = await connect({}, owner);
      fake.deliver(socket.number, "x");
      await vi.waitFor(() => expect(owner.data.length).toBe(1));
      if (round % 2 === 0) fake.hangUp(socket.number);
      else await socket.close();
      await vi.waitFor(() => expect(owner.ends).toEqual([undefined]));
    }
    await vi.waitFor(() => expect(numbers.available).toBe(12));
    expect(waits).toBe(0);
    expect(fake.open.size).toBe(0);
  });
});

describe("sockets that an earlier session left open on BG96", () => {
  it("are closed, TLS included", async () => {
    const { connect, fake, sockets, lines } = await startSockets();
    await connect();
    await connect();
    await sockets.closeOrphanedSockets();
    expect(fake.open.size).toBe(0);
    expect(lines().slice(-4)).toEqual(["AT+QISTATE", "AT+QICLOSE=0,1", "AT+QICLOSE=1,1", "AT+QSSLSTATE"]);
  });

  it("are let be by firmware that does not tell of them", async () => {
    const { peer, sockets } = await startSockets();
    peer.on(/^AT\+Q(I|SSL)STATE$/, ["ERROR"]);
    await expect(sockets.closeOrphanedSockets()).resolves.toBeUndefined();
  });
});
