import { describe, expect, it, vi } from "vitest";
import { ModemError } from "../../../../driver/errors";
import { pass, passUntil, useFakeTime } from "../../../support/clock";
import { failure } from "../../../support/failure";
import { expectExplained } from "../bench";
import { Seen, type SocketBench, socketBench } from "./fake-sockets";

const EVERY_BYTE = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
const ENTER = "AT+USODL=0";
/** Commands of others: they are answered between two turns of the link. */
const OTHER = { line: "AT+CSQ", label: "AT+CSQ", expects: [{ prefix: "+CSQ:" }], timeout: 5000 };

useFakeTime();

async function linked(made: SocketBench = socketBench(), seen = new Seen()) {
  made.peer.on(/^AT\+CSQ$/, ["+CSQ: 20,99", "OK"]);
  const { socket } = await pass(made.connect({ mode: "direct" }, seen));
  return { ...made, socket, seen };
}

const entries = ({ peer }: SocketBench): number => peer.commands.filter((line) => line === ENTER).length;

describe("the direct link", () => {
  it("is entered after the connection was made and its triggers were set", async () => {
    const { peer, socket } = await linked();
    expect(peer.commands).toEqual([
      "AT+USOCR=6",
      "AT+USOSO=0,6,1,1",
      'AT+USOCO=0,"195.34.89.241",7,1',
      "AT+USOCTL=0,10",
      "AT+UDCONF=5,0,100",
      "AT+UDCONF=6,0,2048",
      "AT+UDCONF=8,0,120000",
      ENTER,
    ]);
    expect(socket).toMatchObject({ number: 0, protocol: "tcp", way: "direct link" });
    expectExplained(peer.commands);
  });

  it("goes without triggers that the firmware refuses", async () => {
    const made = socketBench();
    made.peer.on(/^AT\+UDCONF=/, ["ERROR"]);
    const { socket, module } = await linked(made);
    await pass(socket.send(Buffer.from("x")));
    expect(module.sent(0).toString()).toBe("x");
  });

  it("sends no more at once than a secure socket's queue holds", async () => {
    const end = vi.fn(() => Promise.resolve());
    const secure = { profile: 2, explain: (error: ModemError) => Promise.resolve(error), end };
    const made = socketBench({}, { security: { connect: () => Promise.resolve(secure) } });
    const { socket } = await pass(made.connect({ mode: "direct", security: { id: "p" } as never }));
    expect(made.peer.commands).toContain("AT+USOSEC=0,1,2");
    expect(made.peer.commands).toContain("AT+UDCONF=6,0,1024");
    await pass(socket.close());
    expect(end).toHaveBeenCalledWith(true);
  });

  it("carries every byte both ways, and what looks like the modem's own words", async () => {
    const { module, socket, seen, peer } = await linked();
    const payloads = [
      EVERY_BYTE,
      Buffer.from("a+++b"),
      Buffer.from("\r\nDISCONNECT\r\nmore"),
      Buffer.from("\r\nOK\r\n"),
    ];
    for (const payload of payloads) {
      await pass(socket.send(payload));
      module.receive(0, payload);
    }
    const all = Buffer.concat(payloads);
    await passUntil(() => seen.data.length === all.length);
    expect(seen.data.equals(all)).toBe(true);
    expect(module.sent(0).equals(all)).toBe(true);
    expect(seen.from[0]).toEqual({ ip: "195.34.89.241", port: 7 });
    expect(peer.commands.at(-1)).toBe(ENTER);
    expect(seen.closed).toEqual([]);
  });

  it("delivers what came before it was entered, and nothing before the connection is handed over", async () => {
    const made = socketBench();
    made.peer.on(/^AT\+UDCONF=5/, () => {
      made.module.receive(0, "welcome");
      return ["OK"];
    });
    const { seen } = await linked(made);
    await passUntil(() => seen.data.toString() === "welcome");
  });

  it("lets commands of others in, and goes on", async () => {
    const made = await linked();
    const { module, channel, socket, seen } = made;
    await pass(socket.send(Buffer.from("one ")));
    expect((await pass(channel.send(OTHER))).lines[0]?.text).toBe("+CSQ: 20,99");
    await passUntil(() => entries(made) === 2);
    await pass(socket.send(Buffer.from("two")));
    expect(module.sent(0).toString()).toBe("one two");
    module.receive(0, "back");
    await passUntil(() => seen.data.toString() === "back");
  });

  it("delivers once, and in order, what arrives while others have the line", async () => {
    const made = await linked();
    const { module, channel, peer, seen } = made;
    module.receive(0, "one ");
    peer.on(/^AT\+CSQ$/, () => {
      module.receive(0, "two ");
      return ["+CSQ: 20,99", "OK"];
    });
    await pass(channel.send(OTHER));
    await passUntil(() => entries(made) === 2);
    module.receive(0, "three");
    await passUntil(() => seen.data.toString() === "one two three");
    expect(peer.commands.filter((line) => line.startsWith("AT+USORD"))).toEqual([]);
  });

  it("tells its status as any socket", async () => {
    const made = await linked();
    const status = await pass(made.socket.status());
    expect(status).toMatchObject({ state: "established", unacknowledged: 0, remote: { port: 7 } });
    await passUntil(() => entries(made) === 2);
  });

  it("is entered again when the module leaves it and the connection stands", async () => {
    const made = await linked();
    const { module, socket, seen } = made;
    module.endLink();
    await passUntil(() => entries(made) === 2);
    await pass(socket.send(Buffer.from("still here")));
    expect(module.sent(0).toString()).toBe("still here");
    expect(seen.closed).toEqual([]);
  });
});

describe("a connection in direct link ends", () => {
  it("by close: after what is being sent and its acknowledgement", async () => {
    const { socket, module, peer, seen } = await linked();
    const sent = socket.send(EVERY_BYTE);
    await pass(socket.close());
    await sent;
    expect(peer.commands.slice(-3)).toEqual([ENTER, "AT+USOCTL=0,11", "AT+USOCL=0"]);
    expect(module.sockets.size).toBe(0);
    expect(seen.closed).toEqual([undefined]);
    expect((await failure(socket.send(EVERY_BYTE))).code).toBe("CONNECTION_CLOSED");
    await pass(socket.close());
    expect(seen.closed).toHaveLength(1);
    expectExplained(peer.commands);
  });

  it("waits at close until the peer has acknowledged", async () => {
    const { socket, module, peer } = await linked();
    await pass(socket.send(EVERY_BYTE));
    const { unacknowledged: before } = Object.assign(module.sockets.get(0) ?? {}, { unacknowledged: 5 });
    expect(before).toBe(5);
    const closing = socket.close();
    await passUntil(() => peer.commands.filter((line) => line === "AT+USOCTL=0,11").length > 2);
    expect(peer.commands).not.toContain("AT+USOCL=0");
    Object.assign(module.sockets.get(0) ?? {}, { unacknowledged: 0 });
    await pass(closing);
    expect(module.sockets.size).toBe(0);
  });

  it("when the peer closes: without an error, after all data", async () => {
    const made = await linked();
    const { module, seen, socket } = made;
    module.receive(0, "last words");
    module.closeByPeer(0);
    await pass(seen.over);
    expect(seen.data.toString()).toBe("last words");
    expect(seen.closed).toEqual([undefined]);
    expect((await failure(socket.send(EVERY_BYTE))).code).toBe("CONNECTION_CLOSED");
    expect(await socket.status()).toEqual({ state: "closed" });
    expect(entries(made)).toBe(1);
  });

  it("when the peer closes and the module still holds data, which are read by commands", async () => {
    const { module, seen, peer } = await linked();
    const rest = "left \r\nOK\r\n".repeat(300);
    module.receive(0, "first ");
    module.closeByPeer(0, rest);
    await pass(seen.over);
    expect(seen.data.toString()).toBe(`first ${rest}`);
    expect(seen.closed).toEqual([undefined]);
    expect(module.sockets.size).toBe(0);
    expectExplained(peer.commands);
  });

  it("although its owner waits, for the first data, until an answer is sent", async () => {
    const made = await linked();
    const { module, socket, seen } = made;
    const answers: string[] = [];
    seen.onData = async (data) => {
      answers.push(
        await socket.send(data).then(
          () => "sent",
          (error: ModemError) => error.code,
        ),
      );
    };
    module.receive(0, "ping");
    await passUntil(() => answers.length === 1);
    module.closeByPeer(0, "rest that nobody can answer");
    await pass(seen.over);
    expect(answers).toEqual(["sent", "CONNECTION_CLOSED"]);
    expect(module.sockets.size).toBe(0);
  });

  it("by close of an owner who answers the last data and closes", async () => {
    const { module, socket, seen } = await linked();
    const events: string[] = [];
    const answer = async (data: Buffer): Promise<void> => {
      void socket.send(data).catch((error: ModemError) => events.push(error.code));
      await socket.close();
      events.push("closed");
    };
    seen.onData = answer;
    module.closeByPeer(0, "rest");
    await pass(seen.over);
    await passUntil(() => events.length === 2);
    expect(events).toEqual(["CONNECTION_CLOSED", "closed"]);
    expect(seen.closed).toEqual([undefined]);
    expect(module.sockets.size).toBe(0);
  });

  it.each([true, false])("when the peer has closed before the link stood (+USODL refused: %s)", async (refuses) => {
    const made = socketBench();
    made.module.refusesLink = refuses;
    made.peer.on(/^AT\+UDCONF=8/, () => {
      made.module.receive(0, "sorry, no room");
      made.module.closeByPeer(0);
      return ["OK"];
    });
    const { seen, module } = await linked(made);
    if (!refuses) module.endLink(["+UUSOCL: 0"]);
    await pass(seen.over);
    expect(seen.log).toEqual(["data 14", "closed"]);
    expect(seen.closed).toEqual([undefined]);
  });

  it("when the peer closes while others have the line", async () => {
    const made = await linked();
    const { module, channel, peer, seen } = made;
    peer.on(/^AT\+CSQ$/, () => {
      module.receive(0, "bye");
      module.closeByPeer(0);
      return ["+CSQ: 20,99", "OK"];
    });
    await pass(channel.send(OTHER));
    await pass(seen.over);
    expect(seen.log).toEqual(["data 3", "closed"]);
    expect(module.sockets.size).toBe(0);
  });

  it("when the module has closed the socket while others had the line", async () => {
    const made = await linked();
    const { module, channel, peer, seen } = made;
    peer.on(/^AT\+CSQ$/, () => {
      module.closeByPeer(0);
      return ["+CSQ: 20,99", "OK"];
    });
    await pass(channel.send(OTHER));
    await pass(seen.over);
    expect(seen.closed).toEqual([undefined]);
    expect(entries(made)).toBe(1);
  });

  it("by NO_CONNECTION when its data connection is lost", async () => {
    const { lose, module, seen } = await linked();
    lose(1);
    await pass(seen.over);
    expect(seen.closed).toMatchObject([{ code: "NO_CONNECTION" }]);
    expect(module.sockets.size).toBe(0);
  });

  it("with the session, whose error it gets", async () => {
    const { sockets, channel, socket, seen, peer } = await linked();
    const error = new ModemError("MODEM_OFFLINE", "unplugged");
    sockets.dispose(error);
    channel.close(error);
    await pass(seen.over);
    expect(seen.closed).toEqual([error]);
    expect(await failure(socket.send(EVERY_BYTE))).toBe(error);
    expect(peer.commands.at(-1)).toBe(ENTER);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("no direct link", () => {
  it("fails to connect when the module refuses it for a connection that stands, and leaves no socket", async () => {
    const made = socketBench();
    made.peer.on(/^AT\+USODL/, ["ERROR"]);
    const seen = new Seen();
    const error = await pass(failure(made.connect({ mode: "direct" }, seen)));
    expect(error.code).toBe("MODEM_REJECTED");
    expect(made.module.sockets.size).toBe(0);
    expect(seen.log).toEqual([]);
  });

  it("is left of a caller who has given up while it was entered", async () => {
    const made = socketBench();
    const stop = new AbortController();
    made.peer.on(/^AT\+USODL/, () => {
      stop.abort(new Error("enough"));
      made.module.linked = 0;
      return { first: Buffer.from("hello"), take: () => undefined, escape: () => ["DISCONNECT", "OK"] };
    });
    const seen = new Seen();
    const reason = await pass(made.connect({ mode: "direct", signal: stop.signal }, seen).catch((error) => error));
    expect(reason).toMatchObject({ message: "enough" });
    await passUntil(() => made.module.sockets.size === 0);
    expect(seen.log).toEqual([]);
  });

  it("gives its number to the next connection", async () => {
    const made = await linked();
    await pass(made.socket.close());
    for (let count = 0; count < 7; count += 1) await pass(made.connect());
    expect(made.module.sockets.size).toBe(7);
  });
});
