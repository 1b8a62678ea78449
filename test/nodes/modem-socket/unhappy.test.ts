import "../../support/quick-time";
import { once } from "node:events";
import helper from "node-red-node-test-helper";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { freePort } from "../../support/node-red";
import { redeploy, useNodeRed } from "../support/flow";
import { badge, bytes, CAPACITY, deployNodes, deploySocket, MODELS, SERVER } from "../support/socket-flow";
import { TcpServer, UdpPeer } from "../support/socket-servers";

const server = new TcpServer();
useNodeRed();
beforeEach(() => server.start());
afterEach(() => server.stop());

describe.each(MODELS)("what goes wrong with modem-socket on %s", (model) => {
  const socket = (properties: Record<string, unknown> = {}, options = {}) =>
    deploySocket(properties, model, { port: server.port, ...options });

  it("reaches Catch nodes as a code and what the modem said, both plain", async () => {
    const node = await socket({}, { port: await freePort() });
    node.receive({ payload: "a", ...SERVER });
    const { error } = await node.errors.next();
    expect(Object.keys(error ?? {})).toEqual(expect.arrayContaining(["message", "source", "code", "cause"]));
    expect(error).toMatchObject({ code: "CONNECT_FAILED", message: expect.stringContaining("server.example") });
    expect(error?.cause).toMatchObject({ command: expect.stringMatching(/^AT\+/) });
    expect(JSON.parse(JSON.stringify(error?.cause))).toEqual(error?.cause);
  });

  it("is a name that nobody knows", async () => {
    const node = await socket();
    node.receive({ payload: "a", host: "nowhere.invalid", port: 7 });
    const { error } = await node.errors.next();
    expect(error).toMatchObject({ code: "DNS_FAILED", message: expect.stringContaining("nowhere.invalid") });
    await node.status.until((message) => /DNS_FAILED/.test(badge(message)));
  });

  it("is a peer that resets: the node says so, and connects again", async () => {
    const node = await socket(SERVER);
    const first = await server.next();
    await node.events.next();
    first.resetAndDestroy();
    expect(await node.events.next()).toMatchObject({ event: "closed", port: 7 });
    const second = await server.next();
    expect(await node.events.next()).toMatchObject({ event: "connected" });
    const arrived = bytes(second, 5);
    node.receive({ payload: "again" });
    expect((await arrived).toString()).toBe("again");
  });

  it("is a socket too many: it waits, fails as busy, and gets one that comes free", async () => {
    const peer = new UdpPeer(true);
    const capacity = CAPACITY[model] ?? 0;
    const ids = Array.from({ length: capacity }, (_, index) => `s${index}`);
    const { from, errors } = await deployNodes(
      [
        ...ids.map((id) => ({ id, type: "modem-socket", protocol: "udp", ...SERVER })),
        { id: "late", type: "modem-socket", protocol: "udp", ret: "utf8" },
      ],
      model,
      { port: await peer.start(), modem: { timeout: 2 } },
    );
    for (const id of ids) expect(await from(id).next()).toMatchObject({ event: "connected" });
    const send = () => helper.getNode("late").receive({ payload: "hello", ...SERVER });
    send();
    const { error } = await errors.next();
    expect(error).toMatchObject({ code: "MODEM_BUSY", source: { id: "late" } });
    expect(error?.message).toContain(`All ${capacity} sockets`);
    send();
    helper.getNode("s0").receive({ action: "close" });
    expect(await from("late").until(({ payload }) => payload === "hello")).toMatchObject({ port: 7 });
    await peer.stop();
  });

  it("leaves no socket behind when nodes are deployed again: each gets one as before", async () => {
    const ids = Array.from({ length: CAPACITY[model] ?? 0 }, (_, index) => `s${index}`);
    const { from, errors } = await deployNodes(
      ids.map((id) => ({ id, type: "modem-socket", ...SERVER })),
      model,
      { port: server.port },
    );
    const connected = () => Promise.all(ids.map((id) => from(id).until(({ event }) => event === "connected")));
    await connected();
    expect(server.sockets).toHaveLength(ids.length);
    for (const id of ids) await redeploy(id, { name: "changed" });
    await connected();
    for (const id of ids) helper.getNode(id).receive({ payload: id });
    await Promise.all(ids.map((id) => from(id).until(({ event }) => event === "sent")));
    expect(server.sockets).toHaveLength(ids.length);
    expect(errors.messages).toEqual([]);
  });

  it("leaves no connection behind when all flows are stopped, the modem with them", async () => {
    const node = await socket(SERVER);
    await node.events.next();
    const peer = await server.next();
    const closed = once(peer, "close");
    await helper.unload();
    await closed;
  });

  it.each([
    { protocol: "udp", ...SERVER },
    { role: "listen", localPort: 7000 },
    { protocol: "udp", role: "listen", localPort: 7000 },
  ])("is direct mode where there is no stream to a server: %j", async (properties) => {
    const node = await socket({ mode: "direct", ...properties });
    node.receive({ payload: "a", ...SERVER });
    expect((await node.errors.next()).error).toMatchObject({
      code: "INVALID_INPUT",
      message: "mode can be direct only for a TCP connection to a server: choose command",
    });
    await node.status.until((message) => /INVALID_INPUT/.test(badge(message)));
    expect(node.events.messages).toEqual([]);
  });
});
