import { randomBytes } from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import { ModemError } from "../../../../driver/errors";
import { pass, until, useFakeTime } from "../../../support/clock";
import { failure } from "../../../support/failure";
import { expectExplained } from "../bench";
import { Seen, socketBench } from "./fake-sockets";
import { binary, connected, count, modeOf, steps, text } from "./hex-mode";

useFakeTime();

describe("a binary upload in hex mode", () => {
  it("carries every byte, turns the mode on once, and off before anybody hears of the end", async () => {
    const { socket, module, peer, channel, trace } = await connected();
    const data = Buffer.concat([Buffer.from(Array.from({ length: 256 }, (_, value) => value)), randomBytes(20_000)]);
    await socket.send(data);
    expect(await modeOf(channel)).toBe("+UDCONF: 1,0");
    expect(module.sent(0).equals(data)).toBe(true);
    const all = steps(peer.commands);
    expect(all).toEqual(["to hex", ...Array.from({ length: 39 }, () => "hex 512"), "hex 288", "to base"]);
    expect(socket.way).toBe("command: text, hex, binary");
    expectExplained(peer.commands);
    expect(trace).toContain("sent AT+USOWR=0,512,<512 bytes>");
    expect(trace.join("\n")).not.toContain(data.subarray(512, 600).toString("hex").toUpperCase());
  });

  it("takes in the sends that wait behind it, across their borders", async () => {
    const { socket, module, peer } = await connected();
    const parts = Array.from({ length: 12 }, () => binary(200));
    await Promise.all(parts.map((part) => socket.send(part)));
    await until(() => !module.hex);
    expect(module.sent(0).equals(Buffer.concat(parts))).toBe(true);
    const full = Array.from({ length: 4 }, () => "hex 512");
    expect(steps(peer.commands)).toEqual(["to hex", ...full, "hex 352", "to base"]);
  });

  it("is left when the one behind it was given up", async () => {
    const { socket, module } = await connected();
    const stop = new AbortController();
    const first = socket.send(binary(20_000));
    const second = expect(socket.send(binary(20_000), { signal: stop.signal })).rejects.toThrow("enough");
    await until(() => module.hex);
    stop.abort(new Error("enough"));
    await first;
    await second;
    await until(() => !module.hex);
    expect(module.sent(0)).toEqual(binary(20_000));
  });

  it("is shared by sockets that write at the same time", async () => {
    const made = socketBench();
    const both = [await made.connect(), await made.connect()];
    const data = randomBytes(20_000);
    await Promise.all(both.map(({ socket }) => socket.send(data)));
    await until(() => !made.module.hex);
    expect(made.module.sent(0).equals(data)).toBe(true);
    expect(made.module.sent(1).equals(data)).toBe(true);
    expect(count(steps(made.peer.commands), "to hex")).toBe(1);
  });

  it("is not tried again where the firmware refuses it", async () => {
    const { socket, module, peer } = await connected();
    module.hasHex = false;
    const data = randomBytes(20_000);
    await socket.send(data);
    await socket.send(data);
    expect(module.sent(0).equals(Buffer.concat([data, data]))).toBe(true);
    const all = steps(peer.commands);
    expect(count(all, "to")).toBe(1);
    expect(count(all, "binary")).toBe(40);
    expect(socket.way).toBe("command: text, binary");
  });
});

describe("a read during an upload in hex mode", () => {
  it("gets its turn behind the piece that is under way, in the base syntax", async () => {
    const made = socketBench();
    const up = await made.connect();
    const down = await made.connect();
    const sent = randomBytes(50_000);
    const received = randomBytes(5000);
    const work = up.socket.send(sent);
    await until(() => count(steps(made.peer.commands), "hex") === 3);
    made.module.receive(1, received);
    await until(() => down.seen.data.length === received.length);
    const all = steps(made.peer.commands);
    expect(count(all.slice(0, all.indexOf("read")), "hex")).toBeLessThanOrEqual(5);
    await work;
    expect(down.seen.data.equals(received)).toBe(true);
    expect(made.module.sent(0).equals(sent)).toBe(true);
    // The clock stands still: the need of a moment ago is never over.
    expect(count(steps(made.peer.commands), "to hex")).toBe(1);
    expect(made.module.hex).toBe(false);
  });

  it("makes way for hex mode again when no other has come for a while", async () => {
    const { socket, module, peer, seen } = await connected();
    const work = socket.send(binary(100_000));
    await until(() => module.hex);
    module.receive(0, "once");
    await until(() => seen.data.toString() === "once");
    await until(() => count(steps(peer.commands), "binary") > 3);
    expect(module.hex).toBe(false);
    await vi.advanceTimersByTimeAsync(500);
    await until(() => module.hex);
    await work;
    expect(module.sent(0)).toEqual(binary(100_000));
  });

  it("keeps a transfer both ways at the prompt", async () => {
    const { socket, module, peer, seen } = await connected();
    const data = randomBytes(60_000);
    let returned = 0;
    const work = socket.send(data).then(() => returned);
    while (returned < data.length) {
      const fresh = module.sent(0).subarray(returned);
      if (fresh.length > 0) module.receive(0, fresh);
      returned += fresh.length;
      await vi.advanceTimersByTimeAsync(1);
    }
    await work;
    await until(() => seen.data.length === data.length);
    expect(seen.data.equals(data)).toBe(true);
    const all = steps(peer.commands);
    expect(count(all, "to hex")).toBeLessThanOrEqual(1);
    expect(count(all, "read")).toBeGreaterThan(50);
  });

  it("is not kept waiting by writers that never end", async () => {
    const made = socketBench();
    const writers = await Promise.all([0, 1, 2].map(() => made.connect()));
    const work = writers.map(({ socket }) => socket.send(binary(30_000)));
    await until(() => made.module.hex);
    made.module.receive(2, "read me");
    await until(() => writers[2]?.seen.data.toString() === "read me", 60);
    await Promise.all(work);
    for (const { socket } of writers) expect(made.module.sent(socket.number)).toEqual(binary(30_000));
  });
});

describe("an upload in hex mode that goes wrong", () => {
  it("goes on by the prompt when the change to hex mode is not answered, whether it came about or not", async () => {
    for (const happened of [false, true]) {
      const { socket, module, peer, seen } = await connected();
      peer.on(/^AT\+UDCONF=1,1$/, () => {
        module.hex = happened;
        return undefined;
      });
      const data = randomBytes(10_000);
      module.receive(0, "abc");
      await pass(socket.send(data));
      await until(() => seen.data.toString() === "abc");
      expect(module.sent(0).equals(data)).toBe(true);
      const all = steps(peer.commands);
      expect(count(all, "to hex")).toBe(1);
      expect(all.slice(all.indexOf("to hex"))).toContain("to base");
      expect(count(all, "hex")).toBe(0);
    }
  });

  it("says so twice when the change back is not answered", async () => {
    const { socket, module, peer, seen } = await connected();
    let silent = 1;
    peer.on(/^AT\+UDCONF=1,0$/, () => {
      silent -= 1;
      if (silent >= 0) return undefined;
      module.hex = false;
      return ["OK"];
    });
    await socket.send(binary(10_000));
    module.receive(0, "abc");
    await pass(until(() => seen.data.toString() === "abc"));
    expect(count(steps(peer.commands), "to base")).toBe(2);
    expect(seen.closed).toEqual([]);
  });

  it("ends the connections that can't be read any more when the base syntax does not come back", async () => {
    const { socket, module, peer, seen } = await connected();
    peer.on(/^AT\+UDCONF=1,0$/, ["ERROR"]);
    await socket.send(binary(10_000));
    module.receive(0, "not to be taken for digits");
    await pass(seen.over);
    expect(seen.closed).toMatchObject([{ code: "MODEM_REJECTED" }]);
    expect(seen.data).toHaveLength(0);
    expect(steps(peer.commands)).not.toContain("read");
  });

  it.each([0, 100, 512])("asks what went out when a write is not answered: %i of 512 bytes", async (taken) => {
    const { socket, module, peer } = await connected();
    await socket.send(text(300));
    await vi.advanceTimersByTimeAsync(1000);
    const data = randomBytes(10_000);
    let writes = 0;
    peer.on(/^AT\+USOWR=0,512,"([0-9A-F]{1024})"$/, ([, digits = ""]) => {
      writes += 1;
      const bytes = Buffer.from(digits, "hex");
      module.sockets.get(0)?.sent.push(writes === 5 ? bytes.subarray(0, taken) : bytes);
      return writes === 5 ? undefined : ["+USOWR: 0,512", "OK"];
    });
    await pass(socket.send(data));
    expect(module.sent(0).equals(Buffer.concat([text(300), data]))).toBe(true);
    expect(peer.commands).toContain("AT+USOCTL=0,2");
    await until(() => !module.hex);
  });

  it("goes on behind a short write", async () => {
    const { socket, module, peer } = await connected();
    const data = randomBytes(10_000);
    peer.on(/^AT\+USOWR=0,\d+,"([0-9A-F]+)"$/, ([, digits = ""]) => {
      const bytes = Buffer.from(digits, "hex");
      const taken = bytes.subarray(0, Math.ceil(bytes.length / 3));
      module.sockets.get(0)?.sent.push(Buffer.from(taken));
      return [`+USOWR: 0,${taken.length}`, "OK"];
    });
    await socket.send(data);
    expect(module.sent(0).equals(data)).toBe(true);
    await until(() => !module.hex);
  });

  it("is over when the peer has closed, and leaves the base syntax behind", async () => {
    const { socket, module, seen } = await connected();
    const work = failure(socket.send(binary(100_000)));
    await until(() => module.hex && module.sent(0).length > 3000);
    module.closeByPeer(0);
    expect((await work).code).toBe("CONNECTION_CLOSED");
    await seen.over;
    await until(() => !module.hex);
  });

  it("waits for a full queue in the base syntax, and every byte goes once", async () => {
    const { socket, module, peer } = await connected();
    module.slow = true;
    const data = randomBytes(40_000);
    const work = socket.send(data);
    await until(() => peer.commands.includes("AT+USOCTL=0,11"));
    await until(() => !module.hex);
    const drain = setInterval(() => {
      const fake = module.sockets.get(0);
      if (fake !== undefined) fake.unacknowledged = Math.max(0, fake.unacknowledged - 700);
    }, 1);
    await pass(work);
    clearInterval(drain);
    expect(module.sent(0).equals(data)).toBe(true);
  });

  it("never sends digits as text when the module has lost the mode", async () => {
    const { socket, module, peer } = await connected();
    const data = randomBytes(60_000);
    const work = socket.send(data);
    for (let losses = 0; losses < 3; losses += 1) {
      const before = peer.commands.length;
      await until(() => module.hex && peer.commands.length > before + 5);
      module.hex = false;
      for (let turn = 0; turn < 30; turn += 1) await vi.advanceTimersByTimeAsync(20);
    }
    await pass(work);
    expect(module.sent(0).equals(data)).toBe(true);
    expect(count(steps(peer.commands), "to hex")).toBeGreaterThan(1);
  });

  it("fails with its session, and sends nothing more", async () => {
    const { socket, module, sockets, channel, peer } = await connected();
    const work = failure(socket.send(binary(100_000)));
    await until(() => module.hex);
    const error = new ModemError("MODEM_OFFLINE", "unplugged");
    sockets.dispose(error);
    channel.close(error);
    const commands = peer.commands.length;
    expect(await work).toBe(error);
    for (let turn = 0; turn < 20; turn += 1) await vi.advanceTimersByTimeAsync(10);
    expect(peer.commands.length).toBe(commands);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("datagrams", () => {
  const to = { host: "195.34.89.241", port: 7 };

  it("go in hex mode when many wait, each whole, and by the prompt when they are too long for it", async () => {
    const { sockets, module, peer } = socketBench();
    const socket = await sockets.openUdp({ timeout: 5000 }, new Seen());
    const sizes = [100, 512, 1, 300, 513, 1024, 20, 20, 20, 20, 20, 20];
    await vi.advanceTimersByTimeAsync(1000);
    const datagrams = sizes.map((size) => binary(size));
    await Promise.all(datagrams.map((datagram) => socket.send(datagram, { to })));
    expect(module.sockets.get(0)?.sent).toEqual(datagrams);
    await until(() => !module.hex);
    const all = steps(peer.commands);
    expect(all.filter((step) => step.startsWith("binary"))).toEqual(
      expect.arrayContaining(["binary 513", "binary 1024"]),
    );
    expect(count(all, "hex")).toBeGreaterThanOrEqual(6);
    expectExplained(peer.commands);
  });

  it("go by the prompt one by one", async () => {
    const { sockets, peer } = socketBench();
    const socket = await sockets.openUdp({ timeout: 5000 }, new Seen());
    for (let sent = 0; sent < 10; sent += 1) await socket.send(binary(100), { to });
    expect(count(steps(peer.commands), "to")).toBe(0);
  });
});
