import { describe, expect, it, vi } from "vitest";
import { LARA_R6 } from "../../../../driver/ublox/lara-r6";
import { nextChunk } from "../../../../driver/ublox/sockets/write-encoding";
import { until, useFakeTime } from "../../../support/clock";
import { failure } from "../../../support/failure";

import { socketBench } from "./fake-sockets";

const text = (length: number): Buffer => Buffer.alloc(length, "printable text. ");
const binary = (length: number): Buffer => Buffer.alloc(length, Buffer.from([0, 255, 13, 10, 34]));
const writes = (commands: readonly string[]): string[] =>
  commands.filter((line) => line.startsWith("AT+USOWR")).map((line) => line.replace(/".*"/, "text"));

useFakeTime();

/** Lets pauses pass until `work` is done. */
async function passing<T>(work: Promise<T>, step = 50): Promise<T> {
  let done = false;
  const settled = work.finally(() => {
    done = true;
  });
  settled.catch(() => undefined);
  for (let turn = 0; turn < 100_000 && !done; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    if (turn % 20 === 19) await vi.advanceTimersByTimeAsync(step);
  }
  return settled;
}

describe("the way of bytes without hex mode", () => {
  const next = (data: Buffer, rate?: number) => nextChunk(data, { model: LARA_R6, rate, hex: undefined });

  it.each([undefined, 960, 11_520, 92_160])(
    "is the command for text, the prompt for anything else, at %s B/s",
    (rate) => {
      expect(next(text(10), rate)).toEqual({ length: 10, encoding: "text" });
      expect(next(text(5000), rate)).toEqual({ length: 1024, encoding: "text" });
      expect(next(binary(10), rate)).toEqual({ length: 10, encoding: "binary" });
      expect(next(binary(5000), rate)).toEqual({ length: 1024, encoding: "binary" });
      for (const byte of [0x00, 0x0a, 0x0d, 0x1f, 0x22, 0x7f, 0x80, 0xff]) {
        expect(next(Buffer.from([0x61, byte]), rate)).toEqual({ length: 2, encoding: "binary" });
      }
    },
  );

  it("takes text in front of binary data where that is faster than its share of full pieces", () => {
    expect(next(Buffer.concat([text(700), binary(5000)]), 11_520)).toEqual({ length: 700, encoding: "text" });
    expect(next(Buffer.concat([text(100), binary(5000)]), 11_520)).toEqual({ length: 1024, encoding: "binary" });
    // All of it fits one piece: a second command would cost more.
    expect(next(Buffer.concat([text(700), binary(100)]), 11_520)).toEqual({ length: 800, encoding: "binary" });
  });

  it("carries 256 values, quotation marks and line ends", async () => {
    const { connect, module, peer } = socketBench();
    const { socket } = await connect();
    const mixed = Buffer.concat([text(2000), binary(1500), Buffer.from('say "no"\r\nOK\r\n'), text(30)]);
    await socket.send(mixed);
    await socket.send(text(5));
    expect(module.sent(0)).toEqual(Buffer.concat([mixed, text(5)]));
    expect(writes(peer.commands)).toEqual([
      "AT+USOWR=0,1024,text",
      "AT+USOWR=0,976,text",
      "AT+USOWR=0,1024",
      "AT+USOWR=0,520",
      "AT+USOWR=0,5,text",
    ]);
  });

  it("shows nothing of the data in the trace", async () => {
    const { connect, trace } = socketBench();
    const { socket } = await connect();
    await socket.send(Buffer.from("the secret of the day"));
    expect(trace.join("\n")).not.toContain("secret");
    expect(trace).toContain("sent AT+USOWR=0,21,<21 bytes>");
  });

  it("lets small commands pass between two pieces", async () => {
    const { connect, channel, peer } = socketBench();
    const { socket } = await connect();
    peer.on(/^AT\+CSQ$/, ["+CSQ: 9,9", "OK"]);
    const sent = socket.send(text(20_000));
    await until(() => writes(peer.commands).length === 2);
    await channel.send({ line: "AT+CSQ", label: "AT+CSQ", timeout: 1000, expects: [{ prefix: "+CSQ:" }] });
    expect(writes(peer.commands).length).toBeLessThan(5);
    await sent;
  });
});

describe("sending", () => {
  it("keeps the order of calls", async () => {
    const { connect, module } = socketBench();
    const { socket } = await connect();
    const parts = Array.from({ length: 20 }, (_, index) =>
      Buffer.alloc(index * 100 + 1, String.fromCharCode(65 + index)),
    );
    await Promise.all(parts.map((part) => socket.send(part)));
    expect(module.sent(0)).toEqual(Buffer.concat(parts));
  });

  it("goes on behind a short write", async () => {
    const { connect, module, peer } = socketBench();
    const { socket } = await connect();
    peer.on(/^AT\+USOWR=0,(\d+),"(.*)"$/, ([, , content = ""]) => {
      const taken = content.slice(0, 7);
      module.sockets.get(0)?.sent.push(Buffer.from(taken));
      return [`+USOWR: 0,${taken.length}`, "OK"];
    });
    await socket.send(Buffer.from("twenty-five characters.. "));
    expect(module.sent(0).toString()).toBe("twenty-five characters.. ");
  });

  it.each([0, 100, 1000])("asks what went out when OK comes alone: %i of 1000 bytes", async (taken) => {
    const { connect, module, peer } = socketBench();
    const { socket } = await connect();
    await socket.send(text(300));
    const data = Buffer.concat([binary(500), text(500)]);
    let lost = true;
    peer.on(/^AT\+USOWR=0,1000$/, () => ({
      prompt: "@",
      bytes: 1000,
      finish: (written) => {
        const all = lost ? written.subarray(0, taken) : written;
        module.sockets.get(0)?.sent.push(Buffer.from(all));
        if (!lost) return ["+USOWR: 0,1000", "OK"];
        lost = false;
        return ["OK"];
      },
    }));
    await passing(socket.send(data));
    expect(module.sent(0)).toEqual(Buffer.concat([text(300), data]));
    expect(peer.commands).toContain("AT+USOCTL=0,2");
  });

  it("asks only when the queue is empty: before, the count may lag behind", async () => {
    const { connect, module, peer } = socketBench();
    const { socket } = await connect();
    const fake = module.sockets.get(0);
    peer.on(/^AT\+USOWR=0,100,"(.*)"$/, ([, data = ""]) => {
      fake?.sent.push(Buffer.from(data));
      if (fake !== undefined) fake.unacknowledged = 100;
      return ["OK"];
    });
    const sent = socket.send(text(100));
    await until(() => peer.commands.at(-1) === "AT+USOCTL=0,11");
    for (let looks = 0; looks < 10; looks += 1) await vi.advanceTimersByTimeAsync(1000);
    expect(peer.commands).not.toContain("AT+USOCTL=0,2");
    if (fake !== undefined) fake.unacknowledged = 0;
    await passing(sent);
    expect(module.sent(0)).toEqual(text(100));
  });

  it("ends a connection of which nobody can say what went out", async () => {
    const { connect, module, peer } = socketBench();
    const { socket, seen } = await connect();
    peer.on(/^AT\+USOWR=/, ["OK"]);
    peer.on(/^AT\+USOCTL=0,2$/, ["ERROR"]);
    expect((await failure(socket.send(text(100)))).code).toBe("CONNECTION_CLOSED");
    await seen.over;
    expect(seen.closed).toMatchObject([{ code: "CONNECTION_CLOSED" }]);
    expect(module.sockets.size).toBe(0);
  });

  it("fails with CONNECTION_CLOSED when the module writes nothing", async () => {
    const { connect, module } = socketBench();
    const { socket, seen } = await connect();
    const fake = module.sockets.get(0);
    if (fake !== undefined) Object.assign(fake, { closedByPeer: true, state: 7 });
    expect((await failure(socket.send(text(10)))).code).toBe("CONNECTION_CLOSED");
    await seen.over;
    expect(seen.closed).toEqual([undefined]);
    expect(module.sockets.size).toBe(0);
  });

  it("does not take a socket that is gone without a word, as after a restart, for one that the peer has closed", async () => {
    const { connect, module } = socketBench();
    const { socket, seen } = await connect();
    module.sockets.clear();
    expect((await failure(socket.send(text(10)))).code).toBe("CONNECTION_CLOSED");
    await seen.over;
    expect(seen.closed).toMatchObject([{ code: "CONNECTION_CLOSED" }]);
  });

  it("stops between two pieces when its caller gives up, and the next call goes on behind them", async () => {
    const { connect, module, peer } = socketBench();
    const { socket } = await connect();
    const stop = new AbortController();
    const sent = socket.send(text(100_000), { signal: stop.signal });
    const next = socket.send(Buffer.from("[next]"));
    await until(() => writes(peer.commands).length === 3);
    stop.abort(new Error("enough"));
    await expect(sent).rejects.toThrow("enough");
    await next;
    const all = module.sent(0).toString();
    expect(all).toHaveLength(writes(peer.commands).slice(0, -1).length * 1024 + 6);
    expect(all.endsWith("[next]")).toBe(true);
  });
});

describe("a full queue", () => {
  it("is waited for, and every byte goes once", async () => {
    const { connect, module, peer } = socketBench();
    const { socket } = await connect();
    module.slow = true;
    const data = Buffer.concat([text(9000), binary(15_000)]);
    const drain = setInterval(() => {
      const fake = module.sockets.get(0);
      if (fake !== undefined) fake.unacknowledged = Math.max(0, fake.unacknowledged - 700);
    }, 1);
    await passing(socket.send(data));
    clearInterval(drain);
    expect(module.sent(0).equals(data)).toBe(true);
    const at = peer.commands.indexOf("AT+USOCTL=0,11") - 1;
    expect(peer.commands.slice(at, at + 2)).toEqual(["AT+USOCTL=0,10", "AT+USOCTL=0,11"]);
  });

  it("may stay full for a minute and more", async () => {
    const { connect, module, peer } = socketBench();
    const { socket } = await connect();
    module.slow = true;
    const sent = socket.send(text(20_000));
    const began = Date.now();
    await until(() => peer.commands.includes("AT+USOCTL=0,11"));
    while (Date.now() - began < 90_000) await vi.advanceTimersByTimeAsync(500);
    const looks = peer.commands.length;
    expect(looks).toBeLessThan(500);
    module.slow = false;
    Object.assign(module.sockets.get(0) ?? {}, { unacknowledged: 0 });
    await passing(sent, 500);
    expect(module.sent(0)).toEqual(text(20_000));
  });

  it("that never moves is MODEM_TIMEOUT, and the connection can be closed", async () => {
    const { connect, module, seen, socket } = await withConnection();
    module.slow = true;
    expect((await failure(passing(socket.send(text(20_000)), 2000))).code).toBe("MODEM_TIMEOUT");
    expect(module.sent(0).length).toBe(8192);
    await passing(socket.close(), 2000);
    await seen.over;
    expect(module.sockets.size).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
    await connect();
  });

  it("that never moves is MODEM_TIMEOUT for all who wait for it, and who comes later is waited for anew", async () => {
    const { module, seen, socket } = await withConnection();
    module.slow = true;
    const began = Date.now();
    const all = [text(20_000), text(10), binary(10)].map((data) => failure(socket.send(data)));
    const codes = (await passing(Promise.all(all), 2000)).map(({ code }) => code);
    expect(codes).toEqual(["MODEM_TIMEOUT", "MODEM_TIMEOUT", "MODEM_TIMEOUT"]);
    expect(Date.now() - began).toBeLessThan(200_000);
    module.slow = false;
    Object.assign(module.sockets.get(0) ?? {}, { unacknowledged: 0 });
    await passing(socket.send(text(10)));
    await passing(socket.close(), 2000);
    await seen.over;
    expect(vi.getTimerCount()).toBe(0);
  });

  it("turns out to be a connection that the peer has closed", async () => {
    const { module, peer, seen, socket } = await withConnection();
    module.slow = true;
    const sent = failure(socket.send(text(20_000)));
    await until(() => peer.commands.includes("AT+USOCTL=0,11"));
    module.closeByPeer(0);
    expect((await passing(sent)).code).toBe("CONNECTION_CLOSED");
    await passing(seen.over);
    expect(seen.closed).toEqual([undefined]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("ends its wait when the socket is closed under it", async () => {
    const { module, peer, lose, seen, socket } = await withConnection();
    module.slow = true;
    const sent = failure(socket.send(text(20_000)));
    await until(() => peer.commands.includes("AT+USOCTL=0,11"));
    lose(1);
    expect((await sent).code).toBe("NO_CONNECTION");
    await seen.over;
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is not what refuses an empty queue's every write", async () => {
    const { peer, socket } = await withConnection();
    peer.on(/^AT\+USOWR=/, ["ERROR"]);
    expect((await failure(passing(socket.send(text(10)), 1000))).code).toBe("MODEM_REJECTED");
    expect(writes(peer.commands)).toHaveLength(10);
  });
});

async function withConnection() {
  const made = socketBench();
  return { ...made, ...(await made.connect()) };
}
