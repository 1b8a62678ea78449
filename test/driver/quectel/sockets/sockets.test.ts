import { describe, expect, it, vi } from "vitest";
import { ModemError } from "../../../../driver/errors";
import { fakeTime, pass } from "../../../support/clock";
import { failure } from "../../../support/failure";
import { Owner, startSockets } from "./socket-session";

describe("a TCP connection by BG96", () => {
  it("is opened, sends, is read and closed, and leaves nothing behind", async () => {
    const { connect, fake, lines, numbers } = await startSockets();
    const owner = new Owner();
    const socket = await connect({}, owner);
    expect(socket).toMatchObject({ number: 0, protocol: "tcp", way: "command: binary" });
    expect(socket.remote).toEqual({ ip: "203.0.113.5", port: 7 });
    await socket.send(Buffer.from("hello"));
    fake.deliver(0, "world");
    await vi.waitFor(() => expect(owner.data.toString()).toBe("world"));
    expect(owner.from).toEqual([{ ip: "203.0.113.5", port: 7 }]);
    expect(fake.get(0).sent.map(String)).toEqual(["hello"]);
    expect(numbers.available).toBe(11);
    await socket.close();
    expect(owner.ends).toEqual([undefined]);
    expect(numbers.available).toBe(12);
    expect(fake.open.size).toBe(0);
    expect(lines()[0]).toBe('AT+QIOPEN=1,0,"TCP","203.0.113.5",7,0,0');
    expect(lines()).toContain("AT+QISEND=0,5");
    expect(lines().at(-1)).toBe("AT+QICLOSE=0,1");
  });

  it("by name knows the address that the modem found", async () => {
    const { connect, fake } = await startSockets();
    fake.address = "198.51.100.1";
    const socket = await connect({ host: "echo.example", localPort: 4000 });
    expect(socket.remote).toEqual({ ip: "198.51.100.1", port: 7 });
    expect(fake.get(0)).toMatchObject({ host: "echo.example", localPort: 4000 });
    await socket.close();
  });

  it("tells its state as far as the modem does", async () => {
    const { connect, fake } = await startSockets();
    const owner = new Owner();
    const socket = await connect({}, owner);
    fake.unacknowledged.splice(0, 1, 12);
    expect(await socket.status()).toEqual({
      state: "established",
      remote: { ip: "203.0.113.5", port: 7 },
      unacknowledged: 12,
      unread: 0,
    });
    fake.unacknowledged.splice(0, 1, 0);
    await socket.close();
    expect(await socket.status()).toEqual({ state: "closed" });
  });

  it.each([
    [565, "DNS_FAILED"],
    [566, "CONNECT_FAILED"],
    [569, "MODEM_TIMEOUT"],
    [570, "NO_CONNECTION"],
    [561, "NO_CONNECTION"],
    [553, "MODEM_REJECTED"],
  ])("that fails with %d is %s, and is closed before its number is used again", async (number, code) => {
    const { connect, fake, numbers, lines } = await startSockets();
    fake.outcomes.push(number);
    const error = await failure(connect());
    expect(error).toMatchObject({ code, cause: { errorCode: number, result: `+QIOPEN: 0,${number}` } });
    expect(error.message).toContain("203.0.113.5, port 7");
    expect(numbers.available).toBe(12);
    expect(lines()).toEqual(['AT+QIOPEN=1,0,"TCP","203.0.113.5",7,0,0', "AT+QICLOSE=0,1"]);
  });

  it("that the modem refuses at once is not closed: it may be somebody else's", async () => {
    const { connect, fake, numbers, lines } = await startSockets();
    fake.outcomes.push("ERROR");
    expect(await failure(connect())).toMatchObject({ code: "MODEM_REJECTED" });
    expect(numbers.available).toBe(12);
    expect(lines()).toHaveLength(1);
  });

  it("takes another number when the modem says that one is in use", async () => {
    const { connect, fake, numbers, lines } = await startSockets();
    fake.outcomes.push(563, "+CME ERROR: 563");
    const socket = await connect();
    expect(socket.number).toBe(2);
    expect(numbers.available).toBe(11);
    expect(lines().filter((line) => line.startsWith("AT+QICLOSE"))).toEqual([]);
    await socket.close();
    expect(numbers.available).toBe(12);
  });

  it("fails when every number is in use by others", async () => {
    const { connect, fake, numbers } = await startSockets();
    fake.outcomes.push(...Array.from({ length: 12 }, () => 563));
    expect(await failure(connect())).toMatchObject({ code: "MODEM_BUSY" });
    expect(numbers.available).toBe(12);
  });

  it("waits for one of twelve, and gets the number that comes free", async () => {
    fakeTime();
    const { connect, numbers } = await startSockets();
    const open = await pass(Promise.all(Array.from({ length: 12 }, () => connect())));
    expect(new Set(open.map(({ number }) => number)).size).toBe(12);
    expect(await pass(failure(connect({ timeout: 1_200 })))).toMatchObject({
      code: "MODEM_BUSY",
      message: expect.stringContaining(
        "All 12 sockets of BG96 are in use after 1.1 s, by TCP connection to 203.0.113.5",
      ),
    });
    const waiting = connect();
    await pass(open[4]?.close() ?? Promise.reject(new Error("not open")));
    expect((await pass(waiting)).number).toBe(4);
    await pass(Promise.all([...open, await waiting].map((socket) => socket.close())));
    expect(numbers.available).toBe(12);
  });

  it.each([
    [{ keepAlive: 60 }, "NOT_SUPPORTED", "keepAlive"],
    [{ port: 0 }, "INVALID_INPUT", "port"],
    [{ localPort: 70_000 }, "INVALID_INPUT", "localPort"],
    [{ host: "" }, "INVALID_INPUT", "host"],
    [{ host: 'a",1\rAT+CFUN=0' }, "INVALID_INPUT", "host"],
    [{ host: "a".repeat(151) }, "INVALID_INPUT", "host"],
    [{ cid: 17 }, "INVALID_INPUT", "cid"],
    [{ cid: 5 }, "NO_CONNECTION", "5"],
  ] as const)("with %j is %s, and nothing is opened", async (options, code, word) => {
    const { connect, lines, numbers } = await startSockets();
    const error = await failure(connect(options));
    expect(error.code).toBe(code);
    expect(error.message).toContain(word);
    expect(lines()).toEqual([]);
    expect(numbers.available).toBe(12);
  });
});

describe("a TCP connection by BG96 that its caller gives up", () => {
  it("while it is being opened is closed, and its number free", async () => {
    const { connect, peer, numbers, lines } = await startSockets();
    peer.on(/^AT\+QIOPEN=/, ["OK"]);
    const giveUp = new AbortController();
    const opening = connect({ signal: giveUp.signal });
    await vi.waitFor(() => expect(lines()).toHaveLength(1));
    giveUp.abort(new ModemError("CONNECTION_CLOSED", "given up"));
    expect((await failure(opening)).message).toBe("given up");
    await vi.waitFor(() => expect(numbers.available).toBe(12));
    expect(lines().at(-1)).toBe("AT+QICLOSE=0,1");
  });

  it("is closed once it has opened, when the modem does not close what is opening", async () => {
    const { connect, peer, numbers, lines } = await startSockets();
    let closings = 0;
    peer.on(/^AT\+QIOPEN=/, ["OK"]);
    peer.on(/^AT\+QICLOSE=/, (_match, print) => print.line(closings++ === 0 ? "ERROR" : "OK"));
    fakeTime();
    expect(await pass(failure(connect({ timeout: 1000 })))).toMatchObject({ code: "MODEM_TIMEOUT" });
    await vi.waitFor(() => expect(closings).toBe(1));
    expect(numbers.available).toBe(11);
    peer.urc("+QIOPEN: 0,0");
    await vi.waitFor(() => expect(numbers.available).toBe(12));
    expect(closings).toBe(2);
    expect(lines().filter((line) => !line.startsWith("AT+QISTATE"))).toHaveLength(3);
  });
});
