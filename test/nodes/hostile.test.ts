import fc from "fast-check";
import helper from "node-red-node-test-helper";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ModemNode } from "../../nodes/common/types";
import { seed } from "../support/random";
import { deployNode, type UnderTest, useNodeRed } from "./support/flow";
import { TestServer } from "./support/http-server";
import { UdpPeer } from "./support/socket-servers";

const server = new TestServer((_request, response) => response.end("ok"));
useNodeRed();
beforeAll(() => server.start());
afterAll(() => server.stop());

/** Pieces that end a line, a string, a command or data mode, around a command that no node ever sends. */
const PIECES = [
  "\r",
  "\n",
  "\r\n",
  '"',
  '",1',
  ";",
  "\u001a",
  "\u001b",
  "+++",
  "\u0000",
  "ü",
  "\u2028",
  "A/",
  "a",
  "{{",
  "%0d%0a",
  ",",
];
const hostileText = fc
  .array(fc.constantFrom(...PIECES, "AT+EVIL=1", ";+EVIL"), { minLength: 1, maxLength: 12 })
  .map((pieces) => `${pieces.join("")}\r\nAT+EVIL=2`);

/** What the modem has been sent as a command: outside quotation marks, in no line, stands the foreign one. */
function watch(): { readonly foreign: string[]; readonly sent: string[]; readonly modem: ModemNode["modem"] } {
  const foreign: string[] = [];
  const sent: string[] = [];
  const { modem } = helper.getNode("m") as unknown as ModemNode;
  modem?.on("trace", ({ direction, text }) => {
    if (direction !== "sent") return;
    sent.push(text);
    if (/EVIL/.test(text.replace(/"[^"]*"/g, ""))) foreign.push(text);
  });
  return { foreign, sent, modem };
}

/** Gives every message to the node and waits until it has ended, one way or the other. */
async function feed(node: UnderTest, message: (text: string) => Record<string, unknown>, runs: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(hostileText, async (text) => {
      const before = node.errors.messages.length + node.complete.messages.length;
      const ended = Promise.race([node.errors.next(), node.complete.next()]);
      node.receive(message(text));
      await ended;
      expect(node.errors.messages.length + node.complete.messages.length).toBe(before + 1);
      for (const { error } of node.errors.messages.slice(-1)) expect(error?.code).toBe("INVALID_INPUT");
    }),
    { numRuns: runs, seed },
  );
}

describe(`hostile texts (seed ${seed}) never become a command`, () => {
  it.each([
    ["modem-http", "the URL", { type: "modem-http" }, (text: string) => ({ url: `http://server.example/${text}` })],
    ["modem-http", "the server's name", { type: "modem-http" }, (text: string) => ({ url: text })],
    [
      "modem-http",
      "a header",
      { type: "modem-http", url: "server.example" },
      (text: string) => ({ headers: { "X-A": text } }),
    ],
    [
      "modem-http",
      "a header's name",
      { type: "modem-http", url: "server.example" },
      (text: string) => ({ headers: { [text]: "a" } }),
    ],
    [
      "modem-http",
      "a template",
      { type: "modem-http", url: "http://server.example/{{payload}}" },
      (payload: string) => ({ payload }),
    ],
    ["modem-pdp", "a host", { type: "modem-pdp", action: "ping" }, (host: string) => ({ host })],
    ["modem-pdp", "an action", { type: "modem-pdp" }, (action: string) => ({ action })],
    ["modem-pdp", "a count", { type: "modem-pdp", action: "ping", host: "a" }, (count: string) => ({ count })],
    [
      "modem-tls-profile",
      "a certificate's name",
      { type: "modem-tls-profile", action: "hash" },
      (certificateName: string) => ({ kind: "ca", certificateName }),
    ],
    [
      "modem-tls-profile",
      "a file's name",
      { type: "modem-tls-profile", action: "import" },
      (filename: string) => ({ kind: "key", certificateName: "a", filename }),
    ],
    [
      "modem-tls-profile",
      "a certificate",
      { type: "modem-tls-profile", action: "import" },
      (payload: string) => ({ kind: "ca", certificateName: "a", payload }),
    ],
    [
      "modem-tls-profile",
      "an action",
      { type: "modem-tls-profile" },
      (action: string) => ({ action, kind: "ca", certificateName: "a" }),
    ],
    ["modem-socket", "a host", { type: "modem-socket" }, (host: string) => ({ host, port: 7, payload: "a" })],
    [
      "modem-socket",
      "a template",
      { type: "modem-socket", host: "{{payload}}", port: "7" },
      (payload: string) => ({ payload }),
    ],
    ["modem-socket", "a port", { type: "modem-socket" }, (port: string) => ({ host: "a", port, payload: "a" })],
    [
      "modem-socket",
      "the receiver of a datagram",
      { type: "modem-socket", protocol: "udp" },
      (host: string) => ({ host, port: 7, payload: "a" }),
    ],
    ["modem-socket", "an action", { type: "modem-socket" }, (action: string) => ({ action, host: "a", port: 7 })],
    ["modem-at", "a command", { type: "modem-at" }, (command: string) => ({ command })],
    [
      "modem-at",
      "a template",
      { type: "modem-at", command: 'AT+CGDCONT=1,"IP","{{payload}}"' },
      (payload: string) => ({ payload }),
    ],
  ])("%s: %s", async (_type, _field, properties, message) => {
    const node = await deployNode(properties, { port: `sim:LARA-R6?route=server.example:80=127.0.0.1:${server.port}` });
    const { foreign, sent, modem } = watch();
    await feed(node, message, 300);
    expect(foreign).toEqual([]);
    // What is watched is the line: a command of our own shows there.
    await modem?.lineReady({ timeout: 20_000 });
    await modem?.execute("AT", { timeout: 20_000 });
    expect(sent).toContain("AT");
  });

  it.each(["LARA-R6", "BG96"])("a datagram that a %s sends arrives as it is", async (model) => {
    const peer = new UdpPeer(true);
    const node = await deployNode(
      { type: "modem-socket", protocol: "udp", host: "server.example", port: "7", ret: "utf8" },
      {
        port: `sim:${model}?route=server.example:7=127.0.0.1:${await peer.start()}&route=127.0.0.1:7=127.0.0.1:${peer.port}`,
      },
    );
    const { foreign } = watch();
    await fc.assert(
      fc.asyncProperty(hostileText, async (payload) => {
        node.receive({ payload });
        expect(await node.out.next()).toMatchObject({ payload });
      }),
      { numRuns: 30, seed },
    );
    expect(foreign).toEqual([]);
    await peer.stop();
  });

  it.each(["LARA-R6", "BG96"])("a body that a %s sends arrives as it is", async (model) => {
    const node = await deployNode(
      { type: "modem-http", method: "POST", url: "http://server.example/" },
      { port: `sim:${model}?route=server.example:80=127.0.0.1:${server.port}` },
    );
    const { foreign } = watch();
    await fc.assert(
      fc.asyncProperty(hostileText, async (payload) => {
        node.receive({ payload });
        await node.out.next();
        expect(server.seen.at(-1)?.body.toString()).toBe(payload);
      }),
      { numRuns: 15, seed },
    );
    expect(foreign).toEqual([]);
  });
});
