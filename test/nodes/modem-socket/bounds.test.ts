import "../../support/quick-time";
import helper from "node-red-node-test-helper";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ModemSocket } from "../../../driver/services/sockets/sockets";
import { Peer } from "../../../nodes/modem-socket/peer";
import { useNodeRed } from "../support/flow";
import { bytes, deploySocket, MODELS, SERVER } from "../support/socket-flow";
import { TcpServer } from "../support/socket-servers";

/** Requests that a node works on at a time. */
const RUNNING = 1000;
const TOO_MANY = 300;
const SIZE = 64;

const server = new TcpServer();
useNodeRed();
beforeEach(() => server.start());
afterEach(() => server.stop());

const texts = Array.from({ length: RUNNING + TOO_MANY }, (_, index) => `message ${index}`.padEnd(SIZE, "."));

describe("a flow that is much faster than the line", () => {
  it("has so many messages under way, and is told of each one that is too many", async () => {
    const node = await deploySocket(SERVER, "BG96", { port: server.port });
    const peer = await server.next();
    await node.events.next();
    const arrived = bytes(peer, RUNNING * SIZE);
    for (const payload of texts) node.receive({ payload });
    for (let refused = 0; refused < TOO_MANY; refused += 1) {
      expect(await node.errors.next()).toMatchObject({
        payload: texts[RUNNING + refused],
        error: { code: "MODEM_BUSY" },
      });
    }
    expect((await arrived).toString()).toBe(texts.slice(0, RUNNING).join(""));
    for (let sent = 0; sent < RUNNING; sent += 1) await node.complete.next();
    expect(node.events.messages.filter(({ event }) => event === "sent")).toHaveLength(RUNNING);
    expect(node.errors.messages).toHaveLength(TOO_MANY);
    const last = bytes(peer, 5);
    node.receive({ payload: "again" });
    expect((await last).toString()).toBe("again");
  });
});

describe.each(MODELS)("a flow that is faster than the line of a %s", (model) => {
  it("keeps no more than its queue while the modem is not ready", async () => {
    const node = await deploySocket(SERVER, model, { port: server.port, modem: { queue: 20 } });
    for (const payload of texts.slice(0, 50)) node.receive({ payload });
    for (let refused = 0; refused < 30; refused += 1) {
      expect(await node.errors.next()).toMatchObject({ payload: texts[20 + refused], error: { code: "MODEM_BUSY" } });
    }
    const peer = await server.next();
    expect((await bytes(peer, 20 * SIZE)).toString()).toBe(texts.slice(0, 20).join(""));
  });

  it("sends the next message when the one before is done, and then never has two under way", async () => {
    const node = await deploySocket(SERVER, model, { port: server.port });
    const peer = await server.next();
    await node.events.next();
    const arrived = bytes(peer, 40 * SIZE);
    let begun = 0;
    const next = () => node.receive({ payload: texts[begun++] ?? "" });
    helper.getNode("events").on("input", () => {
      if (begun < 40) next();
      expect(begun - node.complete.messages.length).toBeLessThanOrEqual(2);
    });
    next();
    expect((await arrived).toString()).toBe(texts.slice(0, 40).join(""));
  });
});

describe("a peer that is faster than the flow", () => {
  const from = { ip: "192.0.2.1", port: 7 };
  const socket = { number: 0, protocol: "tcp", remote: from, way: "command: text" } as ModemSocket;

  it("is read no further before the nodes behind had their turn with what came before", async () => {
    let unread = 0;
    let most = 0;
    const outputs = {
      data: () => {
        unread += 1;
        most = Math.max(most, unread);
        setImmediate(() => {
          unread -= 1;
        });
      },
      event: () => undefined,
    };
    const peer = new Peer({ delimiter: Buffer.alloc(0), isText: false }, outputs);
    peer.begin(socket, "connected");
    for (let chunk = 0; chunk < 100; chunk += 1) await peer.events.onData(Buffer.from("data"), from);
    expect(most).toBe(1);
  });

  it("is not read at all before the flow knows of the connection", async () => {
    const told: string[] = [];
    const peer = new Peer(
      { delimiter: Buffer.alloc(0), isText: true },
      { data: ({ payload }) => told.push(String(payload)), event: ({ event }) => told.push(event) },
    );
    const read = Promise.resolve(peer.events.onData(Buffer.from("early"), from)).then(() => told.push("read"));
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toEqual([]);
    peer.begin(socket, "connected");
    await read;
    expect(told).toEqual(["connected", "early", "read"]);
  });
});
