import { describe, expect, it, vi } from "vitest";
import { ModemError } from "../../../../driver/errors";
import { failure } from "../../../support/failure";
import { HOSTILE, Owner, type SocketSession, startSockets } from "./socket-session";

const open = ({ sockets }: SocketSession, owner = new Owner(), localPort: number | undefined = 3_030) =>
  sockets.openUdp({ timeout: 10_000, ...(localPort === undefined ? {} : { localPort }) }, owner);

describe("a UDP socket by BG96", () => {
  it("keeps the borders of datagrams, both ways", async () => {
    const session = await startSockets({ pieces: 7 });
    const { fake, lines, numbers } = session;
    const owner = new Owner();
    const socket = await open(session, owner);
    expect(socket).toMatchObject({ protocol: "udp", remote: undefined });
    expect(lines()[0]).toBe('AT+QIOPEN=1,0,"UDP SERVICE","127.0.0.1",0,3030,0');
    await socket.send(HOSTILE, { to: { host: "192.0.2.1", port: 9 } });
    await socket.send(Buffer.alloc(1_460), { to: { host: "192.0.2.2", port: 10 } });
    expect(fake.get(0).sent.map(({ length }) => length)).toEqual([HOSTILE.length, 1_460]);
    expect(fake.get(0).sent[0]?.equals(HOSTILE)).toBe(true);
    expect(fake.get(0).to).toEqual(['"192.0.2.1",9', '"192.0.2.2",10']);
    fake.deliver(0, HOSTILE, '"192.0.2.3",11');
    fake.deliver(0, "", '"192.0.2.3",12');
    fake.deliver(0, "two", '"192.0.2.4",13');
    await vi.waitFor(() => expect(owner.parts).toHaveLength(3));
    expect(owner.parts[0]?.equals(HOSTILE)).toBe(true);
    expect(owner.parts.slice(1).map(String)).toEqual(["", "two"]);
    expect(owner.from).toEqual([
      { ip: "192.0.2.3", port: 11 },
      { ip: "192.0.2.3", port: 12 },
      { ip: "192.0.2.4", port: 13 },
    ]);
    expect(await socket.status()).toEqual({ state: "open" });
    await socket.close();
    expect(numbers.available).toBe(12);
    expect(owner.ends).toEqual([undefined]);
  });

  it("looks a name up once for a while", async () => {
    const session = await startSockets();
    const { fake, peer } = session;
    peer.on(/^AT\+QIDNSGIP=1,"collector.example"$/, (_match, print) => {
      print.line("OK");
      print.line('+QIURC: "dnsgip",0,1,600');
      print.line('+QIURC: "dnsgip","192.0.2.50"');
    });
    const socket = await open(session);
    for (const text of ["one", "two"])
      await socket.send(Buffer.from(text), { to: { host: "collector.example", port: 5 } });
    expect(fake.get(0).to).toEqual(['"192.0.2.50",5', '"192.0.2.50",5']);
    expect(peer.commands.filter((line) => line.startsWith("AT+QIDNSGIP"))).toHaveLength(1);
    peer.on(/^AT\+QIDNSGIP=/, (_match, print) => {
      print.line("OK");
      print.line('+QIURC: "dnsgip",565');
    });
    const unknown = socket.send(Buffer.from("x"), { to: { host: "nobody.example", port: 5 } });
    expect(await failure(unknown)).toMatchObject({ code: "DNS_FAILED" });
    await socket.close();
  });

  it.each([
    [undefined, 10, "host and port"],
    [{ host: "192.0.2.1", port: 0 }, 10, "port"],
    [{ host: "192.0.2.1", port: 9 }, 0, "empty"],
    [{ host: "192.0.2.1", port: 9 }, 1_461, "1460"],
  ])("refuses a datagram to %j of %d bytes", async (to, length, word) => {
    const session = await startSockets();
    const socket = await open(session);
    const error = await failure(socket.send(Buffer.alloc(length), to === undefined ? {} : { to }));
    expect(error.code).toBe("INVALID_INPUT");
    expect(error.message).toContain(word);
    expect(session.peer.uploads).toEqual([]);
    await socket.close();
  });

  it("gets another port where none was asked for and the first is in use", async () => {
    const session = await startSockets();
    const { fake, numbers, lines } = session;
    fake.outcomes.push(574, 556);
    const socket = await session.sockets.openUdp({ timeout: 10_000 }, new Owner());
    const port = fake.get(socket.number).localPort;
    expect(port).toBeGreaterThanOrEqual(49_152);
    expect(lines().filter((line) => line.startsWith("AT+QICLOSE"))).toHaveLength(2);
    await socket.close();
    fake.outcomes.push(574);
    expect(await failure(open(session))).toMatchObject({ code: "MODEM_BUSY" });
    expect(numbers.available).toBe(12);
  });

  it("waits for a full buffer till its caller gives up, and then tells the caller's reason", async () => {
    const session = await startSockets();
    const { fake } = session;
    const socket = await open(session);
    fake.sendResults.push(...Array.from({ length: 20 }, () => "SEND FAIL"));
    const giveUp = new AbortController();
    const sending = socket.send(Buffer.from("x"), { to: { host: "192.0.2.1", port: 9 }, signal: giveUp.signal });
    const failed = failure(sending);
    await vi.waitFor(() => expect(fake.sendResults.length).toBeLessThan(20));
    const reason = new ModemError("MODEM_TIMEOUT", "the caller's own time is over");
    giveUp.abort(reason);
    expect(await failed).toBe(reason);
    fake.sendResults.length = 0;
    await socket.close();
  });

  it("goes on when the modem refuses a datagram for whom it is for, and has ended when it is gone", async () => {
    const session = await startSockets();
    const { fake, peer } = session;
    const owner = new Owner();
    const socket = await open(session, owner);
    peer.on(/^AT\+QISEND=0,1,"2001:db8::1",9$/, ["ERROR"]);
    const refused = await failure(socket.send(Buffer.from("x"), { to: { host: "2001:db8::1", port: 9 } }));
    expect(refused).toMatchObject({ code: "MODEM_REJECTED", cause: { result: "ERROR" } });
    expect(refused.message).toContain("2001:db8::1, port 9");
    await socket.send(Buffer.from("y"), { to: { host: "192.0.2.1", port: 9 } });
    expect(fake.get(0).sent.map(String)).toEqual(["y"]);
    expect(owner.ends).toEqual([]);
    fake.open.delete(0);
    const gone = await failure(socket.send(Buffer.from("z"), { to: { host: "192.0.2.1", port: 9 } }));
    expect(gone.code).toBe("CONNECTION_CLOSED");
    await vi.waitFor(() => expect(owner.ends).toEqual(["CONNECTION_CLOSED"]));
  });

  it("drops a datagram that the line damaged, and goes on", async () => {
    const session = await startSockets();
    const { fake, peer } = session;
    const owner = new Owner();
    const socket = await open(session, owner);
    let reads = 0;
    peer.on(/^AT\+QIRD=0$/, (_match, print) => {
      reads += 1;
      if (reads === 1) print.raw('\r\n+QIRD: 4,"192.0.2.3",11\r\nabc\r\n\r\nOK\r\n');
      else if (reads === 2) print.raw('\r\n+QIRD: 4,"192.0.2.3",11\r\ngood\r\n\r\nOK\r\n');
      else print.raw("\r\n+QIRD: 0\r\n\r\nOK\r\n");
    });
    fake.deliver(0, "abcd", '"192.0.2.3",11');
    await vi.waitFor(() => expect(owner.parts.map(String)).toEqual(["good"]));
    await socket.close();
  });

  it("has no DTLS", async () => {
    const { sockets } = await startSockets();
    const opening = sockets.openUdp({ timeout: 1_000, security: {} as never }, new Owner());
    expect(await failure(opening)).toMatchObject({ code: "NOT_SUPPORTED" });
  });
});
