import "../../support/quick-time";
import { isIP } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { useNodeRed } from "../support/flow";
import { badge, bytes, deploySocket, MODELS, SERVER } from "../support/socket-flow";
import { TcpServer, UdpPeer } from "../support/socket-servers";

const server = new TcpServer();
useNodeRed();
beforeEach(() => server.start());
afterEach(() => server.stop());

const socket = (properties: Record<string, unknown>, model: string) =>
  deploySocket(properties, model, { port: server.port });

describe.each(MODELS)("modem-socket on %s", (model) => {
  it.each([
    ["an object", { a: [1, null, "x"] }, '{"a":[1,null,"x"]}'],
    ["an array", [1, 2], "[1,2]"],
    ["a date", new Date(0), '"1970-01-01T00:00:00.000Z"'],
  ])("F22 sends %s as JSON", async (_words, payload, expected) => {
    const node = await socket(SERVER, model);
    const peer = await server.next();
    const arrived = bytes(peer, expected.length);
    node.receive({ payload });
    expect((await arrived).toString()).toBe(expected);
  });

  it("F22 appends the delimiter to what it sends where that is wanted", async () => {
    const node = await socket({ ...SERVER, delimiter: "\\r\\n", appendDelimiter: true }, model);
    const peer = await server.next();
    const arrived = bytes(peer, 15);
    node.receive({ payload: "line" });
    node.receive({ payload: { a: 1 } });
    expect((await arrived).toString()).toBe('line\r\n{"a":1}\r\n');
    expect(await node.events.next()).toMatchObject({ event: "connected" });
    expect(await node.events.next()).toMatchObject({ event: "sent", payload: { bytes: 6 } });
  });

  it("F22 neighbour: appends nothing where that is not wanted", async () => {
    const node = await socket({ ...SERVER, delimiter: "\\n" }, model);
    const peer = await server.next();
    const arrived = bytes(peer, 6);
    node.receive({ payload: "one" });
    node.receive({ payload: "two" });
    expect((await arrived).toString()).toBe("onetwo");
  });

  it("F22 tells an address in every event, and in the badge to whom", async () => {
    const node = await socket(SERVER, model);
    await server.next();
    const connected = await node.events.next();
    expect(isIP(String(connected.ip))).toBe(4);
    node.receive({ payload: "x" });
    const sent = await node.events.next();
    expect(isIP(String(sent.ip))).toBe(4);
    await expect
      .poll(() => node.status.messages.map(badge))
      .toContainEqual(expect.stringContaining("status.connectedTo"));
  });

  it("F22 neighbour: tells the address that a datagram has gone to", async () => {
    const peer = new UdpPeer(false);
    const port = await peer.start();
    const node = await deploySocket({ protocol: "udp", ...SERVER }, model, { port });
    node.receive({ payload: "x" });
    for (;;) {
      const event = await node.events.next();
      if (event.event !== "sent") continue;
      expect(isIP(String(event.ip))).toBe(4);
      break;
    }
    await peer.stop();
  });

  it("F32 takes linger, ttl and tos where the modem has them", async () => {
    const node = await socket({ ...SERVER, linger: 3, ttl: "32", tos: 16 }, model);
    if (model === "LARA-R6") expect(await node.events.next()).toMatchObject({ event: "connected" });
    else expect((await node.errors.next()).error).toMatchObject({ code: "NOT_SUPPORTED" });
  });
});
