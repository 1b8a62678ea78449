import "../../support/quick-time";
import { once } from "node:events";
import { connect } from "node:net";
import helper from "node-red-node-test-helper";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { freePort } from "../../support/node-red";
import { redeploy, useNodeRed } from "../support/flow";
import { badge, bytes, deploySocket, MODELS, SERVER } from "../support/socket-flow";
import { TcpServer, UdpPeer } from "../support/socket-servers";

const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

const server = new TcpServer();
useNodeRed();
beforeEach(() => server.start());
afterEach(() => server.stop());

/** A modem of its own, for which server.example is on loopback. */
const socket = (properties: Record<string, unknown>, model: string, { port = server.port, extra = "" } = {}) =>
  deploySocket(properties, model, { port, extra });

describe.each(MODELS)("modem-socket on %s", (model) => {
  describe("as a TCP client", () => {
    it("connects at the start, carries every byte both ways, and says what it has sent", async () => {
      const node = await socket(SERVER, model);
      const peer = await server.next();
      const connected = await node.events.next();
      expect(connected).toMatchObject({ event: "connected", socket: expect.any(Number), port: 7 });
      expect(connected.payload).toEqual({ way: expect.stringMatching(/^command/) });
      const arrived = bytes(peer, 256);
      node.receive({ payload: ALL_BYTES, topic: "kept" });
      expect(await arrived).toEqual(ALL_BYTES);
      expect(await node.events.next()).toMatchObject({ event: "sent", payload: { bytes: 256 }, topic: "kept" });
      await node.complete.next();
      peer.write(ALL_BYTES);
      const received: Buffer[] = [];
      while (Buffer.concat(received).length < 256) received.push((await node.out.next()).payload as Buffer);
      expect(Buffer.concat(received)).toEqual(ALL_BYTES);
      expect(node.out.messages[0]).toMatchObject({ port: 7, socket: expect.any(Number), ip: expect.any(String) });
      expect(node.errors.messages).toEqual([]);
    });

    it("keeps the order of many messages", async () => {
      const node = await socket(SERVER, model);
      const peer = await server.next();
      const texts = Array.from({ length: 60 }, (_, index) => `message ${index};`);
      const arrived = bytes(peer, texts.join("").length);
      for (const payload of texts) node.receive({ payload });
      expect((await arrived).toString()).toBe(texts.join(""));
    });

    it("splits texts, passes the rest on when the server closes, and says so last", async () => {
      const node = await socket({ ...SERVER, ret: "utf8", delimiter: "\\r\\n" }, model);
      const peer = await server.next();
      await node.events.next();
      peer.end("eins\r\nzwei grüße\r\n\r\nno end");
      for (const payload of ["eins", "zwei grüße", "", "no end"]) {
        expect(await node.out.next()).toMatchObject({ payload });
      }
      expect(await node.events.next()).toMatchObject({ event: "closed", payload: {} });
    });

    it("connects again after a loss", async () => {
      const node = await socket(SERVER, model);
      const first = await server.next();
      await node.events.next();
      first.destroy();
      expect(await node.events.next()).toMatchObject({ event: "closed" });
      const second = await server.next();
      expect(await node.events.next()).toMatchObject({ event: "connected" });
      const arrived = bytes(second, 5);
      node.receive({ payload: "again" });
      expect((await arrived).toString()).toBe("again");
    });

    it("stays closed after close, until connect", async () => {
      const node = await socket(SERVER, model);
      const peer = await server.next();
      await node.events.next();
      const closed = once(peer, "close");
      node.receive({ action: "close", topic: "mine" });
      expect(await node.events.next()).toMatchObject({ event: "closed", topic: "mine", payload: {} });
      await closed;
      node.receive({ action: "status" });
      expect(await node.events.next()).toMatchObject({ event: "status", payload: { state: "closed" } });
      node.receive({ action: "connect", topic: "again" });
      expect(await node.events.next()).toMatchObject({ event: "connected", topic: "again" });
      await server.next();
      expect(node.events.messages.map(({ event }) => event)).toEqual(["connected", "closed", "status", "connected"]);
    });

    it("keeps a connection up that a message has opened after close", async () => {
      const node = await socket(SERVER, model);
      await server.next();
      await node.events.next();
      node.receive({ action: "close" });
      await node.events.next();
      node.receive({ payload: "one" });
      const peer = await server.next();
      await node.events.until(({ event }) => event === "sent");
      node.receive({ action: "connect" });
      await node.events.until(({ event }) => event === "connected");
      node.receive({ action: "status" });
      const { socket: number } = await node.events.until(({ event }) => event === "status");
      expect(server.sockets).toHaveLength(1);
      peer.destroy();
      expect(await node.events.next()).toMatchObject({ event: "closed", socket: number });
      expect(await node.events.next()).toMatchObject({ event: "connected" });
    });

    it("tells its state", async () => {
      const node = await socket(SERVER, model);
      await node.events.next();
      node.receive({ action: "status" });
      const status = await node.events.next();
      expect(status).toMatchObject({ event: "status", port: 7 });
      expect(status.payload).toMatchObject({ state: "established", remote: { port: 7 } });
    });

    it("reports a refused connection once, shows it, and fails messages with it", async () => {
      const port = await freePort();
      const node = await socket(SERVER, model, { port });
      expect((await node.errors.next()).error).toMatchObject({ code: "CONNECT_FAILED" });
      await node.status.until((message) => /CONNECT_FAILED/.test(badge(message)));
      node.receive({ payload: "lost", topic: "mine" });
      const failed = await node.errors.until(({ topic }) => topic === "mine");
      expect(failed).toMatchObject({ payload: "lost", error: { code: "CONNECT_FAILED" } });
      expect(node.errors.messages).toHaveLength(2);
      await server.stop();
      await server.start(port);
      expect(await node.events.next()).toMatchObject({ event: "connected" });
    });

    it("connects to whom the first message names, and to the next one's after a loss", async () => {
      const node = await socket({}, model);
      node.receive({ payload: "one", ...SERVER });
      const first = await server.next();
      expect(await node.events.next()).toMatchObject({ event: "connected" });
      expect(await node.events.next()).toMatchObject({ event: "sent" });
      first.destroy();
      expect(await node.events.next()).toMatchObject({ event: "closed" });
      node.receive({ payload: "two", ...SERVER, port: 8 });
      const second = await server.next();
      expect(await node.events.next()).toMatchObject({ event: "connected", port: 8 });
      expect((await bytes(second, 3)).toString()).toBe("two");
    });

    it.each([
      [{ payload: "a", port: 7 }, /^msg.host is missing/],
      [{ payload: "a", host: "server.example" }, /^msg.port is missing/],
      [{ payload: "a", host: "server.example", port: 65_536 }, /^msg.port must be/],
      [{ payload: "a", host: 'x",1\r\n', port: 1 }, /^msg.host must be/],
      [{ ...SERVER }, /^msg.payload is missing/],
      [{ payload: () => 0, ...SERVER }, /^msg.payload must be/],
      [{ action: "reset" }, /^msg.action must be/],
    ])("refuses %j", async (message, reason) => {
      const node = await socket({}, model);
      node.receive(message);
      expect((await node.errors.next()).error).toMatchObject({
        code: "INVALID_INPUT",
        message: expect.stringMatching(reason),
      });
      expect(node.events.messages).toEqual([]);
    });

    it("is closed on the modem when it is deployed again, and connects anew", async () => {
      const node = await socket(SERVER, model);
      const first = await server.next();
      await node.events.next();
      const closed = once(first, "close");
      const start = performance.now();
      await redeploy("n", { name: "changed" });
      await closed;
      expect(performance.now() - start).toBeLessThan(5000);
      await server.next();
      expect(server.sockets).toHaveLength(1);
    });
  });

  describe("by UDP", () => {
    let peer: UdpPeer;
    beforeEach(() => {
      peer = new UdpPeer(true);
    });
    afterEach(() => peer.stop());

    it("keeps the borders of datagrams", async () => {
      const node = await socket({ ...SERVER, protocol: "udp" }, model, { port: await peer.start() });
      expect(await node.events.next()).toMatchObject({ event: "connected" });
      for (const payload of [Buffer.from("a"), ALL_BYTES, Buffer.alloc(1024, 7)]) {
        node.receive({ payload });
        expect(await node.out.next()).toMatchObject({ payload, port: 7 });
      }
      expect(await node.events.next()).toMatchObject({ event: "sent", payload: { bytes: 1 }, port: 7 });
    });

    it("sends to whom each message names", async () => {
      const other = new UdpPeer(false);
      const extra = `&route=127.0.0.1:9=127.0.0.1:${await other.start()}`;
      const node = await socket({ protocol: "udp", ret: "utf8" }, model, { port: await peer.start(), extra });
      node.receive({ payload: "one", ...SERVER });
      expect(await node.out.next()).toMatchObject({ payload: "one" });
      const arrived = once(other.socket, "message");
      node.receive({ payload: "two", host: "127.0.0.1", port: 9 });
      expect(String((await arrived)[0])).toBe("two");
      await other.stop();
    });
  });

  describe("as a listener", () => {
    const open = async (outside: number) => {
      const client = connect(outside, "127.0.0.1");
      await once(client, "connect");
      return client;
    };

    const listening = async (properties: Record<string, unknown> = {}) => {
      const outside = await freePort();
      const extra = `&route=0.0.0.0:7000=127.0.0.1:${outside}`;
      const node = await socket({ role: "listen", localPort: 7000, ret: "utf8", ...properties }, model, { extra });
      await node.status.until((message) => /listening/.test(badge(message)));
      return { node, outside };
    };

    it("answers those who connect, each for itself, and all of them", async () => {
      const { node, outside } = await listening({ delimiter: "\\n" });
      const [one, two] = [await open(outside), await open(outside)];
      const numbers = [await node.events.next(), await node.events.next()].map(({ event, socket: id }) => {
        expect(event).toBe("accepted");
        return id;
      });
      expect(new Set(numbers).size).toBe(2);
      one.write("who am I\n");
      const question = await node.out.next();
      expect(question).toMatchObject({ payload: "who am I", ip: expect.any(String), port: expect.any(Number) });
      const answered = bytes(one, 3);
      node.receive({ ...question, payload: "one" });
      expect((await answered).toString()).toBe("one");
      const everyone = Promise.all([bytes(one, 3), bytes(two, 3)]);
      node.receive({ payload: "all" });
      expect((await everyone).map(String)).toEqual(["all", "all"]);
      one.destroy();
      expect(await node.events.until(({ event }) => event === "closed")).toMatchObject({ socket: question.socket });
      node.receive({ ...question, payload: "too late" });
      expect((await node.errors.next()).error).toMatchObject({ code: "CONNECTION_CLOSED" });
      two.destroy();
    });

    it("does not give an answer to who came after", async () => {
      const { node, outside } = await listening();
      const one = await open(outside);
      const { socket: id } = await node.events.next();
      one.write("question");
      const question = await node.out.next();
      one.destroy();
      await node.events.until(({ event }) => event === "closed");
      const two = await open(outside);
      expect(await node.events.next()).toMatchObject({ event: "accepted", socket: id });
      node.receive({ ...question, payload: "answer" });
      expect((await node.errors.next()).error).toMatchObject({ code: "CONNECTION_CLOSED" });
      two.destroy();
    });

    it("closes one, then everything", async () => {
      const { node, outside } = await listening();
      const [one, two] = [await open(outside), await open(outside)];
      const ends = [once(one, "close"), once(two, "close")];
      for (const client of [one, two]) client.resume();
      const { socket: id } = await node.events.next();
      await node.events.next();
      node.receive({ action: "status" });
      expect((await node.events.next()).payload).toMatchObject({ state: "listen", connections: [{}, {}] });
      node.receive({ action: "close", socket: id });
      expect(await node.events.next()).toMatchObject({ event: "closed", socket: id });
      node.receive({ action: "close" });
      await node.events.until(({ event, action }) => event === "closed" && action === "close");
      await Promise.all(ends);
      await expect(open(outside)).rejects.toThrow(/ECONNREFUSED/);
    });

    it("says that nobody is there", async () => {
      const { node } = await listening();
      node.receive({ payload: "hello" });
      expect((await node.errors.next()).error).toMatchObject({ code: "CONNECTION_CLOSED" });
    });
  });

  it("waits for nobody and leaves nothing when it is stopped while it connects", async () => {
    const port = await freePort();
    const node = await socket(SERVER, model, { port });
    await node.errors.next();
    const start = performance.now();
    node.receive({ payload: "waiting" });
    await helper.unload();
    expect(performance.now() - start).toBeLessThan(5000);
  });
});
