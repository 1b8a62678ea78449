import "../../support/quick-time";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import helper from "node-red-node-test-helper";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { redeploy, useNodeRed } from "../support/flow";
import { TestServer } from "../support/http-server";
import { bytes, deployNodes, deploySocket, MODELS, SERVER } from "../support/socket-flow";
import { TcpServer } from "../support/socket-servers";

/** As each vendor calls it. */
const WAY = /^(direct link|transparent)/;
const SIZE = 100_000;
/** What ends data mode, or a command, anywhere else. */
const HOSTILE = Buffer.from(
  '+++\r\nAT+EVIL=1\r\n\r\nDISCONNECT\r\n\r\nOK\r\n\r\nNO CARRIER\r\n\u001a\u001b+++AT+CPWROFF\rATH\r"\u0000\u0003~\u00ff+',
  "latin1",
);

const server = new TcpServer();
useNodeRed();
beforeEach(() => server.start());
afterEach(() => server.stop());

describe.each(MODELS)("modem-socket in direct mode on %s", { timeout: 60_000 }, (model) => {
  const direct = { ...SERVER, mode: "direct" };
  const socket = (properties: Record<string, unknown> = {}) =>
    deploySocket({ ...direct, ...properties }, model, { port: server.port });
  /** A node, connected, and its peer. */
  const connected = async () => {
    const node = await socket();
    const peer = await server.next();
    return { node, peer, event: await node.events.next() };
  };

  it("says so, and carries every byte both ways", async () => {
    const { node, peer, event } = await connected();
    expect(event).toMatchObject({ event: "connected", port: 7, payload: { way: expect.stringMatching(WAY) } });
    const [up, down] = [randomBytes(SIZE), randomBytes(SIZE)];
    const arrived = bytes(peer, SIZE);
    node.receive({ payload: up.subarray(0, SIZE / 2) });
    node.receive({ payload: up.subarray(SIZE / 2), topic: "last" });
    peer.write(down);
    const received: Buffer[] = [];
    while (Buffer.concat(received).length < SIZE) received.push((await node.out.next()).payload as Buffer);
    expect(Buffer.concat(received).equals(down)).toBe(true);
    expect((await arrived).equals(up)).toBe(true);
    expect(await node.events.next()).toMatchObject({ event: "sent", payload: { bytes: SIZE / 2 } });
    expect(await node.events.next()).toMatchObject({ event: "sent", topic: "last" });
    expect(node.errors.messages).toEqual([]);
  });

  it("passes on what looks like the end of data mode and like commands, and nothing else", async () => {
    const { node, peer } = await connected();
    const sent = [HOSTILE, HOSTILE, Buffer.from("+++"), HOSTILE, HOSTILE, Buffer.from("+++")];
    const arrived = bytes(peer, Buffer.concat(sent).length);
    for (const payload of sent) node.receive({ payload });
    expect(await arrived).toEqual(Buffer.concat(sent));
    for (const _ of sent) await node.complete.next();
    peer.write(HOSTILE);
    const received: Buffer[] = [];
    while (Buffer.concat(received).length < HOSTILE.length) received.push((await node.out.next()).payload as Buffer);
    expect(Buffer.concat(received)).toEqual(HOSTILE);
    node.receive({ payload: "goes on" });
    expect((await bytes(peer, 7)).toString()).toBe("goes on");
    expect(node.errors.messages).toEqual([]);
  });

  it("says that the peer has closed, behind its last data, and connects again", async () => {
    const { node, peer } = await connected();
    peer.end("the last");
    expect(await node.out.next()).toMatchObject({ payload: Buffer.from("the last") });
    expect(await node.events.next()).toMatchObject({ event: "closed", payload: {} });
    const second = await server.next();
    expect(await node.events.next()).toMatchObject({ event: "connected" });
    node.receive({ payload: "again" });
    expect((await bytes(second, 5)).toString()).toBe("again");
  });

  it("tells its state, closes and connects as messages ask", async () => {
    const { node, peer } = await connected();
    const closed = once(peer, "close");
    node.receive({ action: "status" });
    expect(await node.events.next()).toMatchObject({
      event: "status",
      payload: { state: "established", way: expect.stringMatching(WAY) },
    });
    node.receive({ payload: "before" });
    expect((await bytes(peer, 6)).toString()).toBe("before");
    expect(await node.events.next()).toMatchObject({ event: "sent" });
    node.receive({ action: "close" });
    expect(await node.events.next()).toMatchObject({ event: "closed", action: "close" });
    await closed;
    node.receive({ action: "connect" });
    expect(await node.events.next()).toMatchObject({ event: "connected", action: "connect" });
    const second = await server.next();
    node.receive({ payload: "after" });
    expect((await bytes(second, 5)).toString()).toBe("after");
  });

  it("leaves neither socket nor data mode behind when it is deployed again in the middle of a stream", async () => {
    const { node, peer } = await connected();
    const first = bytes(peer, 20_000);
    node.receive({ payload: randomBytes(2_000_000), topic: "cut off" });
    await first;
    const closed = once(peer, "close");
    peer.resume();
    await redeploy("n", { name: "changed" });
    await closed;
    expect(await node.errors.next()).toMatchObject({ topic: "cut off", error: { code: "MODEM_OFFLINE" } });
    const second = await server.next();
    const arrived = bytes(second, 5);
    node.receive({ payload: "works" });
    expect((await arrived).toString()).toBe("works");
    expect(server.sockets).toHaveLength(1);
  });

  it("lets other nodes in while nothing flows, and while much does", async () => {
    const web = new TestServer((_request, response) => response.end("a page"));
    await web.start();
    const { from, errors } = await deployNodes(
      [
        { id: "stream", type: "modem-socket", ...direct },
        { id: "http", type: "modem-http", url: "http://web.example/" },
        { id: "at", type: "modem-at", command: "AT+CGMM" },
        { id: "pdp", type: "modem-pdp", action: "status" },
      ],
      model,
      { port: server.port, extra: `&baud=921600&route=web.example:80=127.0.0.1:${web.port}` },
    );
    const peer = await server.next();
    expect(await from("stream").next()).toMatchObject({ payload: { way: expect.stringMatching(WAY) } });
    const ask = (id: string) => {
      helper.getNode(id).receive({});
      return from(id).next();
    };
    expect(await ask("at")).toMatchObject({ payload: { result: "OK" } });
    expect(await ask("http")).toMatchObject({ payload: "a page" });
    expect(await ask("pdp")).toMatchObject({ payload: { active: true } });
    const up = randomBytes(1_000_000);
    let received = 0;
    const parts: Buffer[] = [];
    const all = new Promise<void>((resolve) => {
      peer.on("data", (part: Buffer) => {
        parts.push(part);
        received += part.length;
        if (received >= up.length) resolve();
      });
    });
    helper.getNode("stream").receive({ payload: up });
    expect(await ask("at")).toMatchObject({ payload: { result: "OK" } });
    expect(received).toBeLessThan(up.length);
    await all;
    expect(Buffer.concat(parts).equals(up)).toBe(true);
    expect(errors.messages).toEqual([]);
    await web.stop();
  });
});
