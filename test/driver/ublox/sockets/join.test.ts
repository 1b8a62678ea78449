import { describe, expect, it } from "vitest";
import { pass, passUntil, until, useFakeTime } from "../../../support/clock";
import { failure } from "../../../support/failure";
import { Seen, type SocketBench, socketBench } from "./fake-sockets";
import { binary, connected, steps, text } from "./hex-mode";

useFakeTime();

/** Writes that stand in their commands and are answered when the test says so. */
class Gate {
  readonly #made: SocketBench;
  readonly writes: string[] = [];
  #answered = 0;

  constructor(made: SocketBench) {
    this.#made = made;
    made.peer.on(/^AT\+USOWR=0,\d+,"([^"]*)"$/, ([, content = ""]) => {
      this.writes.push(content);
      return undefined;
    });
  }

  /** Resolves to the write that is not answered yet. */
  async next(): Promise<string> {
    await until(() => this.writes.length > this.#answered);
    return this.writes[this.#answered] ?? "";
  }

  /** The module takes the first bytes of the write, and says so. */
  async take(length?: number, says = true): Promise<void> {
    const write = await this.next();
    const taken = write.slice(0, length);
    this.#answered += 1;
    this.#made.module.sockets.get(0)?.sent.push(Buffer.from(taken));
    this.#made.peer.raw(Buffer.from(says ? `\r\n+USOWR: 0,${taken.length}\r\n\r\nOK\r\n` : "\r\nOK\r\n"));
  }

  async refuse(): Promise<void> {
    await this.next();
    this.#answered += 1;
    this.#made.peer.raw(Buffer.from("\r\nERROR\r\n"));
  }
}

async function gated() {
  const made = await connected();
  return { ...made, gate: new Gate(made) };
}

/** What has become of a call, and in which order calls were done. */
function follow(log: string[], name: string, work: Promise<void>): void {
  work.then(
    () => log.push(name),
    (error: Error) => log.push(`${name}: ${error.message}`),
  );
}

describe("small sends of one connection", () => {
  it("go at once while nothing is under way", async () => {
    // The clock stands still.
    const { socket, gate } = await gated();
    void socket.send(Buffer.from("first"));
    expect(await gate.next()).toBe("first");
    await gate.take();
    void socket.send(Buffer.from("second"));
    expect(await gate.next()).toBe("second");
    await gate.take();
  });

  it("go together when they waited for the same write, and are done when their own last byte was taken", async () => {
    const { socket, gate, module } = await gated();
    const log: string[] = [];
    follow(log, "A", socket.send(Buffer.from("aaaaa")));
    await gate.next();
    for (const name of ["B", "C", "D"]) follow(log, name, socket.send(Buffer.from(name.repeat(10))));
    await gate.take();
    expect(await gate.next()).toBe(`${"B".repeat(10)}${"C".repeat(10)}${"D".repeat(10)}`);
    expect(log).toEqual(["A"]);
    follow(log, "E", socket.send(Buffer.from("e")));
    await gate.take(23);
    expect(await gate.next()).toBe(`${"D".repeat(7)}e`);
    expect(log).toEqual(["A", "B", "C"]);
    await gate.take();
    await until(() => log.length === 5);
    expect(log).toEqual(["A", "B", "C", "D", "E"]);
    expect(module.sent(0).toString()).toBe(`aaaaa${"B".repeat(10)}${"C".repeat(10)}${"D".repeat(10)}e`);
  });

  it("fill writes across their borders, and those of one turn go together from the first on", async () => {
    const { socket, module, peer } = await connected();
    const parts = Array.from({ length: 40 }, (_, index) => Buffer.alloc(100, 0x41 + index));
    await Promise.all(parts.map((part) => socket.send(part)));
    // 0x22, a quotation mark, is not among them; 0x68 is the last.
    expect(steps(peer.commands)).toEqual(["text 1024", "text 1024", "text 1024", "text 928"]);
    expect(module.sent(0)).toEqual(Buffer.concat(parts));
  });

  it("fill the prompt's writes where hex mode does not pay", async () => {
    const made = socketBench({ bytesPerSecond: 11_520 });
    const { socket } = await made.connect();
    const parts = Array.from({ length: 1000 }, () => binary(64));
    await Promise.all(parts.map((part) => socket.send(part)));
    expect(made.module.sent(0)).toEqual(Buffer.concat(parts));
    expect(steps(made.peer.commands)).toEqual([...Array.from({ length: 62 }, () => "binary 1024"), "binary 512"]);
  });

  it("have their turn among empty ones and large ones", async () => {
    const { socket, module } = await connected();
    const log: string[] = [];
    const parts = [0, 10, 0, 0, 5000, 3, 0].map((length) => text(length));
    for (const [index, part] of parts.entries()) follow(log, String(index), socket.send(part));
    await until(() => log.length === parts.length);
    expect(log).toEqual(["0", "1", "2", "3", "4", "5", "6"]);
    expect(module.sent(0)).toEqual(Buffer.concat(parts));
  });

  it("are counted anew together when the module does not say what it took", async () => {
    const { socket, gate, module } = await gated();
    const log: string[] = [];
    for (const name of ["A", "B", "C"]) follow(log, name, socket.send(Buffer.from(name.repeat(10))));
    await gate.take(15, false);
    expect(await gate.next()).toBe(`${"B".repeat(5)}${"C".repeat(10)}`);
    expect(log).toEqual(["A"]);
    await gate.take();
    await until(() => log.length === 3);
    expect(module.sent(0).toString()).toBe(`${"A".repeat(10)}${"B".repeat(10)}${"C".repeat(10)}`);
  });

  it("are repeated together when the queue was full, with what has come since and without what was given up", async () => {
    const { socket, gate, module } = await gated();
    const log: string[] = [];
    const stop = new AbortController();
    follow(log, "A", socket.send(Buffer.from("aaaa")));
    follow(log, "B", socket.send(Buffer.from("bbbb"), { signal: stop.signal }));
    expect(await gate.next()).toBe("aaaabbbb");
    await gate.refuse();
    follow(log, "C", socket.send(Buffer.from("cccc")));
    stop.abort(new Error("enough"));
    await pass(until(() => gate.writes.length === 2));
    expect(gate.writes[1]).toBe("aaaacccc");
    await gate.take();
    await until(() => log.length === 3);
    expect(log).toEqual(["B: enough", "A", "C"]);
    expect(module.sent(0).toString()).toBe("aaaacccc");
  });
});

describe("a send that is given up", () => {
  it("leaves the run while none of its bytes are in a write", async () => {
    const { socket, gate } = await gated();
    const stop = new AbortController();
    const log: string[] = [];
    follow(log, "A", socket.send(Buffer.from("a")));
    await gate.next();
    follow(log, "B", socket.send(Buffer.from("bbb"), { signal: stop.signal }));
    follow(log, "C", socket.send(Buffer.from("ccc")));
    stop.abort(new Error("enough"));
    await until(() => log.length === 1);
    await gate.take();
    expect(await gate.next()).toBe("ccc");
    await gate.take();
    await until(() => log.length === 3);
    expect(log).toEqual(["B: enough", "A", "C"]);
  });

  it("never begins when it is given up before", async () => {
    const { socket, peer } = await connected();
    const signal = AbortSignal.abort(new Error("never"));
    await expect(socket.send(Buffer.from("x"), { signal })).rejects.toThrow("never");
    expect(steps(peer.commands)).toEqual([]);
  });

  it("is waited for while its bytes are in a write: what was not taken of it stays back", async () => {
    const { socket, gate, module } = await gated();
    const stop = new AbortController();
    const log: string[] = [];
    follow(log, "A", socket.send(Buffer.from("aaaa")));
    follow(log, "B", socket.send(Buffer.from("bbbb"), { signal: stop.signal }));
    follow(log, "C", socket.send(Buffer.from("cccc")));
    expect(await gate.next()).toBe("aaaabbbbcccc");
    stop.abort(new Error("enough"));
    await until(() => log.length === 1);
    expect(gate.writes).toHaveLength(1);
    await gate.take(6);
    expect(await gate.next()).toBe("cccc");
    await gate.take();
    await until(() => log.length === 3);
    expect(log).toEqual(["B: enough", "A", "C"]);
    expect(module.sent(0).toString()).toBe("aaaabbcccc");
  });

  it("holds the close of the connection back until it is known what was taken of it", async () => {
    const { socket, gate, module, peer, seen } = await gated();
    const stop = new AbortController();
    const sent = expect(socket.send(Buffer.from("x"), { signal: stop.signal })).rejects.toThrow("enough");
    await gate.next();
    stop.abort(new Error("enough"));
    await sent;
    const fake = module.sockets.get(0);
    Object.assign(fake ?? {}, { unacknowledged: 1 });
    const closed = socket.close();
    await gate.take(1, false);
    const began = Date.now();
    await passUntil(() => Date.now() - began > 15_000);
    expect(peer.commands).not.toContain("AT+USOCL=0");
    Object.assign(fake ?? {}, { unacknowledged: 0 });
    await pass(closed);
    expect(peer.commands.at(-1)).toBe("AT+USOCL=0");
    expect(seen.closed).toEqual([undefined]);
  });
});

describe("sends that wait together for what goes wrong", () => {
  it("arrive without those that the module does not take, of which each is tried as often", async () => {
    const { socket, module, peer } = await connected();
    peer.on(/^AT\+USOWR=.*bad/, ["ERROR"]);
    const bad = ["bad", "bad too"].map((words) => failure(socket.send(Buffer.from(words))));
    const good = ["good", "news"].map((words) => socket.send(Buffer.from(words)));
    await pass(Promise.all(good));
    expect((await Promise.all(bad)).map(({ code }) => code)).toEqual(["MODEM_REJECTED", "MODEM_REJECTED"]);
    expect(module.sent(0).toString()).toBe("goodnews");
    const ten = (step: string): string[] => Array.from({ length: 10 }, () => step);
    expect(steps(peer.commands)).toEqual([...ten("text 18"), ...ten("text 15"), "text 8"]);
  });

  it("may be refused for a while again and again, as long as they move", async () => {
    const { socket, module, peer } = await connected();
    let refusals = 0;
    peer.on(/^AT\+USOWR=0,\d+,"([^"]*)"$/, ([, content = ""]) => {
      refusals = (refusals + 1) % 8;
      if (refusals !== 0) return ["ERROR"];
      module.sockets.get(0)?.sent.push(Buffer.from(content));
      return [`+USOWR: 0,${content.length}`, "OK"];
    });
    await pass(Promise.all([socket.send(text(5000)), socket.send(text(100))]));
    expect(module.sent(0)).toEqual(Buffer.concat([text(5000), text(100)]));
  });

  it("all fail when the peer has closed", async () => {
    const { socket, module, seen } = await connected();
    Object.assign(module.sockets.get(0) ?? {}, { closedByPeer: true, state: 7 });
    const failures = await Promise.all([1, 2, 3].map((length) => failure(socket.send(text(length)))));
    expect(failures.map(({ code }) => code)).toEqual(Array.from({ length: 3 }, () => "CONNECTION_CLOSED"));
    await seen.over;
    expect(seen.closed).toEqual([undefined]);
  });

  it("all fail with the connection, and none of them is written", async () => {
    const { socket, gate, lose, seen } = await gated();
    const first = failure(socket.send(text(5)));
    await gate.next();
    const behind = [1, 2, 3].map((length) => failure(socket.send(text(length))));
    lose(1);
    await gate.take();
    expect((await Promise.all(behind)).map(({ code }) => code)).toEqual([
      "NO_CONNECTION",
      "NO_CONNECTION",
      "NO_CONNECTION",
    ]);
    await first.catch(() => undefined);
    await seen.over;
    expect(gate.writes).toHaveLength(1);
  });

  it("all fail when nobody can say what went out", async () => {
    const { socket, peer, seen } = await connected();
    peer.on(/^AT\+USOWR=/, ["OK"]);
    peer.on(/^AT\+USOCTL=0,2$/, ["ERROR"]);
    const failures = await Promise.all([1, 2, 3].map((length) => failure(socket.send(text(length)))));
    expect(failures.map(({ code }) => code)).toEqual(Array.from({ length: 3 }, () => "CONNECTION_CLOSED"));
    await seen.over;
    expect(steps(peer.commands)).toEqual(["text 6"]);
  });

  it("all fail when the modem does not even answer what went out", async () => {
    const { socket, peer, seen, module } = await connected();
    const kept = module.sockets.get(0)?.sent ?? [];
    let isSilent = true;
    peer.on(/^AT\+USOWR=0,\d+,"([^"]*)"$/, ([, content = ""]) => {
      kept.push(Buffer.from(content));
      return isSilent ? undefined : [`+USOWR: 0,${content.length}`, "OK"];
    });
    peer.on(/^AT\+USOCTL=0,10$/, () => {
      const answer = isSilent ? undefined : ["+USOCTL: 0,10,4", "OK"];
      isSilent = false;
      return answer;
    });
    const failures = await pass(Promise.all(["A", "B", "C"].map((data) => failure(socket.send(Buffer.from(data))))));
    expect(Buffer.concat(kept).toString()).toBe("ABC");
    expect(failures.map(({ code }) => code)).toEqual(Array.from({ length: 3 }, () => "CONNECTION_CLOSED"));
    await pass(seen.over);
    expect(seen.closed).toMatchObject([{ code: "CONNECTION_CLOSED" }]);
    expect(module.sockets.size).toBe(0);
  });

  it("are sent before the connection is closed", async () => {
    const { socket, module, peer } = await connected();
    const kept = module.sockets.get(0)?.sent ?? [];
    const work = [100, 2000, 30].map((length) => socket.send(text(length)));
    await pass(socket.close());
    await Promise.all(work);
    expect(Buffer.concat(kept)).toEqual(Buffer.concat([text(100), text(2000), text(30)]));
    expect(peer.commands.at(-1)).toBe("AT+USOCL=0");
  });
});

describe("datagrams", () => {
  it("are never joined", async () => {
    const { sockets, module } = socketBench();
    const socket = await sockets.openUdp({ timeout: 5000 }, new Seen());
    const to = { host: "195.34.89.241", port: 7 };
    const datagrams = Array.from({ length: 30 }, (_, index) => text(1 + index));
    await Promise.all(datagrams.map((datagram) => socket.send(datagram, { to })));
    expect(module.sockets.get(0)?.sent).toEqual(datagrams);
  });
});
