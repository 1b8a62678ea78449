import { createHash } from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import type { ModemError } from "../../../../driver/errors";
import { advance, fakeTime } from "../../../support/clock";
import { failure } from "../../../support/failure";
import { randomBytes, randomWords, seed } from "../../../support/random";
import { HOSTILE, Owner, startSockets } from "./socket-session";

const hash = (data: Buffer): string => createHash("sha256").update(data).digest("hex");

function sizes(): () => number {
  const word = randomWords();
  return () => (word() % 40) + 1;
}

describe("data of a TCP connection by BG96", () => {
  it.each([
    ["whole", {}],
    ["byte by byte", { pieces: 1 }],
    ["cut anywhere", { pieces: sizes() }],
    ["with a URC before every line", { between: '+QIURC: "recv",0' }],
    ["cut anywhere, with URCs of others", { pieces: sizes(), between: '+QIURC: "closed",7' }],
    ["without echo", { echo: false, pieces: sizes() }],
  ])("arrive as they are, both ways, %s", async (_name, options) => {
    const { connect, fake } = await startSockets(options);
    const owner = new Owner();
    const socket = await connect({}, owner);
    const up = Buffer.concat([HOSTILE, randomBytes(3_000), HOSTILE]);
    const down = Buffer.concat([HOSTILE, randomBytes(4_000), HOSTILE]);
    fake.deliver(0, down.subarray(0, 1_000));
    const sending = socket.send(up);
    fake.deliver(0, down.subarray(1_000));
    await sending;
    await vi.waitFor(() => expect(owner.data.length).toBe(down.length), { timeout: 5_000 });
    expect(hash(owner.data), `seed ${seed}`).toBe(hash(down));
    expect(hash(Buffer.concat(fake.get(0).sent)), `seed ${seed}`).toBe(hash(up));
    await socket.close();
    expect(owner.ends).toEqual([undefined]);
  });

  it("go in chunks that the modem takes, across the borders of the calls and in their order", async () => {
    const { connect, fake, lines } = await startSockets();
    const socket = await connect();
    await Promise.all([
      socket.send(Buffer.alloc(3_000, "a")),
      socket.send(Buffer.from("b")),
      socket.send(Buffer.alloc(0)),
    ]);
    expect(lines().filter((line) => line.startsWith("AT+QISEND"))).toEqual([
      "AT+QISEND=0,1460",
      "AT+QISEND=0,1460",
      "AT+QISEND=0,81",
    ]);
    expect(Buffer.concat(fake.get(0).sent).toString()).toBe(`${"a".repeat(3_000)}b`);
    await socket.close();
  });

  it("let other commands through between two chunks", async () => {
    const { connect, channel, peer } = await startSockets();
    const socket = await connect();
    peer.on(/^AT\+CSQ$/, ["OK"]);
    const sending = socket.send(Buffer.alloc(14_600));
    while (peer.uploads.length < 2) await new Promise((resolve) => setImmediate(resolve));
    await channel.send({ line: "AT+CSQ", label: "AT+CSQ", timeout: 1_000 });
    const { commands } = peer;
    expect(commands.indexOf("AT+CSQ")).toBeLessThan(commands.lastIndexOf("AT+QISEND=0,1460"));
    await sending;
    await socket.close();
  });

  it("are not read further before their owner has taken them", async () => {
    const { connect, fake, lines } = await startSockets();
    const owner = new Owner();
    let letGo = (): void => undefined;
    owner.hold = new Promise((resolve) => {
      letGo = resolve;
    });
    const socket = await connect({}, owner);
    fake.deliver(0, Buffer.alloc(4_000, "x"));
    await vi.waitFor(() => expect(owner.data.length).toBe(1_500));
    const asked = lines().length;
    await socket.send(Buffer.from("meanwhile"));
    expect(lines().length).toBe(asked + 1);
    expect(owner.data.length).toBe(1_500);
    letGo();
    await vi.waitFor(() => expect(owner.data.length).toBe(4_000));
    await socket.close();
  });

  it("go on when their owner fails to take some", async () => {
    const { connect, fake } = await startSockets();
    const taken: string[] = [];
    const onData = (data: Buffer): void => {
      taken.push(data.toString());
      if (taken.length === 1) throw new Error("not now");
    };
    const socket = await connect({}, { onData, onClosed: () => undefined });
    fake.deliver(0, "one");
    await vi.waitFor(() => expect(taken).toEqual(["one"]));
    fake.deliver(0, "two");
    await vi.waitFor(() => expect(taken).toEqual(["one", "two"]));
    await socket.close();
  });

  it("are found although no URC says so", async () => {
    fakeTime();
    const { connect, fake } = await startSockets();
    const owner = new Owner();
    const socket = await connect({}, owner);
    await advance(1_000);
    fake.get(0).arrived.push({ data: Buffer.from("unannounced"), from: "" });
    await advance(20_000);
    expect(owner.data.toString()).toBe("unannounced");
    const closing = socket.close();
    await advance(1_000);
    await closing;
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("sending by BG96", () => {
  it("keeps what a full buffer refuses, and sends it when there is room, once", async () => {
    fakeTime();
    const { connect, fake, lines } = await startSockets();
    const socket = await connect();
    fake.sendResults.push("SEND OK", "SEND FAIL", "SEND FAIL");
    fake.unacknowledged.splice(0, 1, 1460, 1460, 1460, 700, 0);
    const data = randomBytes(4_000);
    const sending = socket.send(data);
    await advance(5_000);
    await sending;
    expect(Buffer.concat(fake.get(0).sent).equals(data)).toBe(true);
    const asked = lines().filter((line) => line === "AT+QISEND=0,0").length;
    expect(asked).toBeGreaterThanOrEqual(4);
    // While nothing was acknowledged the bytes were not tried again.
    expect(lines().filter((line) => line === "AT+QISEND=0,1460")).toHaveLength(4);
    const closing = socket.close();
    await advance(1_000);
    await closing;
    expect(vi.getTimerCount()).toBe(0);
  });

  it("gives up when the buffer stays full for a minute", async () => {
    fakeTime();
    const { connect, fake } = await startSockets();
    const socket = await connect();
    fake.sendResults.push(...Array.from({ length: 200 }, () => "SEND FAIL"));
    fake.unacknowledged.splice(0, 1, 1460);
    const sending = failure(socket.send(Buffer.from("never")));
    await advance(61_000);
    const error: ModemError = await sending;
    expect(error.code).toBe("MODEM_TIMEOUT");
    expect(error.message).toContain("buffer is full: it has taken nothing for 60 s");
    // What follows is sent all the same.
    fake.sendResults.length = 0;
    await socket.send(Buffer.from("later"));
    expect(fake.get(0).sent.map(String)).toEqual(["later"]);
    const closing = socket.close();
    await advance(7_000);
    await closing;
    expect(vi.getTimerCount()).toBe(0);
  });

  it("ends with the abort reason, and a later call is not held up", async () => {
    const { connect, fake } = await startSockets();
    const socket = await connect();
    fake.sendResults.push("SEND FAIL");
    fake.unacknowledged.splice(0, 1, 1460);
    const giveUp = new AbortController();
    const sending = socket.send(Buffer.from("never"), { signal: giveUp.signal });
    const reason = new Error("given up");
    // By then it has tried once and waits for room.
    await vi.waitFor(() => expect(fake.sendResults).toEqual([]));
    giveUp.abort(reason);
    await expect(sending).rejects.toBe(reason);
    fake.unacknowledged.splice(0, 1, 0);
    await socket.send(Buffer.from("later"));
    expect(fake.get(0).sent.map(String)).toEqual(["later"]);
    await socket.close();
  });

  it("to a connection that is gone is CONNECTION_CLOSED, in the modem's words where it has some", async () => {
    const { connect, fake, peer } = await startSockets();
    const owner = new Owner();
    const socket = await connect({}, owner);
    fake.get(0).state = 0;
    expect(await failure(socket.send(Buffer.from("x")))).toMatchObject({
      code: "CONNECTION_CLOSED",
      cause: { command: "AT+QISEND=0,1", result: "ERROR" },
    });
    await vi.waitFor(() => expect(owner.ends).toEqual(["CONNECTION_CLOSED"]));
    const second = await connect();
    peer.on(/^AT\+QISEND=/, ["+CME ERROR: 570"]);
    expect(await failure(second.send(Buffer.from("x")))).toMatchObject({ code: "NO_CONNECTION" });
    await second.close();
  });

  it("without an answer ends the connection: nobody knows what was sent", async () => {
    fakeTime();
    const { connect, peer, numbers } = await startSockets();
    const owner = new Owner();
    const socket = await connect({}, owner);
    peer.on(/^AT$/, ["OK"]);
    peer.on(/^AT\+QISEND=/, async (_match, print) => {
      await print.prompt(1);
    });
    const sending = failure(socket.send(Buffer.from("x")));
    await advance(70_000);
    expect(await sending).toMatchObject({ code: "MODEM_TIMEOUT" });
    expect(owner.ends).toEqual(["MODEM_TIMEOUT"]);
    expect(numbers.available).toBe(12);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("host and port belong to datagrams", async () => {
    const { connect } = await startSockets();
    const socket = await connect();
    const sending = socket.send(Buffer.from("x"), { to: { host: "a", port: 1 } });
    expect(await failure(sending)).toMatchObject({ code: "INVALID_INPUT" });
    await socket.close();
  });
});
