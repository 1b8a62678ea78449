import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { useNodeRed } from "../../nodes/support/flow";
import { bytes, SERVER } from "../../nodes/support/socket-flow";
import { TcpServer, UdpPeer } from "../../nodes/support/socket-servers";
import { freePort } from "../../support/node-red";
import type { Wire } from "../wire";
import { CARRIED_ALONG, flow, foreign, type Properties, useWires, wired as wiredTo } from "./flow";
import { carriable, payloads, SEED, uncarriable } from "./texts";

const TYPE = { type: "modem-socket" };
const UDP = { ...TYPE, protocol: "udp" };
/** Where the modem listens. */
const LISTENING = { ...TYPE, role: "listen", localPort: 7000 };
const DATAGRAMS = { ...LISTENING, protocol: "udp", localPort: 7001 };

const tcp = new TcpServer();
const udp = new UdpPeer(false);
let udpPort = 0;
/** Where the modem's port 7000 is. */
let outside = 0;

useNodeRed();
useWires();
beforeAll(async () => {
  await tcp.start();
  udpPort = await udp.start();
  outside = await freePort();
});
afterAll(async () => {
  await tcp.stop();
  await udp.stop();
});

async function wired(model: string): Promise<Wire> {
  const routes = [
    `server.example:7=127.0.0.1:${tcp.port}`,
    `udp.example:7=127.0.0.1:${udpPort}`,
    `127.0.0.1:7=127.0.0.1:${udpPort}`,
    `0.0.0.0:7000=127.0.0.1:${outside}`,
    `0.0.0.0:7001=127.0.0.1:${await freePort()}`,
  ];
  return wiredTo(model, routes.join("&route="));
}

/** Fields of a message, each with the node that takes it. */
const FIELDS: readonly [field: string, node: Properties, message: (text: string) => Properties][] = [
  ["host", TYPE, (host) => ({ host, port: 7, payload: "a" })],
  ["host to connect to", TYPE, (host) => ({ action: "connect", host, port: 7 })],
  ["host-template", { ...TYPE, host: "{{{text}}}", port: "7" }, (text) => ({ text, payload: "a" })],
  ["port", TYPE, (port) => ({ host: "server.example", port, payload: "a" })],
  ["port-template", { ...TYPE, host: "server.example", port: "{{{text}}}" }, (text) => ({ text, payload: "a" })],
  ["action", { ...TYPE, role: "connect" }, (action) => ({ action, ...SERVER, payload: "a" })],
  ["datagram-host", UDP, (host) => ({ host, port: 7, payload: "a" })],
  ["datagram-port", UDP, (port) => ({ host: "udp.example", port, payload: "a" })],
  ["socket", LISTENING, (socket) => ({ socket, payload: "a" })],
  ["answer-ip", DATAGRAMS, (ip) => ({ ip, port: 7, payload: "a" })],
];
/** A name's own rules refuse what a string could carry; looking for the others takes its time. */
const LOOKED_UP = new Set(["host", "host to connect to", "host-template", "datagram-host", "answer-ip"]);

/** What only the dialog says, in a node for each text. */
const DIALOG: readonly [field: string, node: (text: string) => Properties][] = [
  ["host", (host) => ({ ...TYPE, host, port: "7" })],
  ["port", (port) => ({ ...TYPE, host: "server.example", port })],
  ["localPort", (localPort) => ({ ...TYPE, ...SERVER, localPort })],
  ["port to listen on", (localPort) => ({ ...LISTENING, localPort })],
  ["keepAlive", (keepAlive) => ({ ...TYPE, ...SERVER, keepAlive })],
  ["cid", (cid) => ({ ...TYPE, ...SERVER, cid })],
  ["protocol", (protocol) => ({ ...TYPE, ...SERVER, protocol })],
  ["role", (role) => ({ ...TYPE, ...SERVER, role })],
  ["mode", (mode) => ({ ...TYPE, ...SERVER, mode })],
  ["ret", (ret) => ({ ...TYPE, ...SERVER, ret })],
];

describe.each(["LARA-R6", "BG96"])(`hostile texts (seed ${SEED}) to the sockets of a %s`, (model) => {
  const nodes = FIELDS.map(([id, node]) => ({ ...node, id }));

  it("in a message are refused before anything is sent", async () => {
    const wire = await wired(model);
    const { give } = await flow([{ port: wire.port }], [...nodes, { ...UDP, id: "probe" }]);
    udp.received.length = 0;
    const probe = { host: "udp.example", port: 7, payload: "a" };
    expect(await give("probe", probe)).toBeUndefined();
    for (const text of uncarriable(300)) {
      const codes = await Promise.all(
        FIELDS.map(async ([id, , message]) => `${id}: ${(await give(id, message(text)))?.code}`),
      );
      expect(codes, JSON.stringify(text)).toEqual(FIELDS.map(([id]) => `${id}: INVALID_INPUT`));
    }
    expect(foreign(model, wire)).toEqual([]);
    expect(await give("probe", probe)).toBeUndefined();
    await datagrams(2);
    expect(udp.received).toHaveLength(2);
  }, 120_000);

  it("that a string can carry stay within it, or are no names", async () => {
    const wire = await wired(model);
    const { give } = await flow([{ port: wire.port }], [...nodes, { ...UDP, id: "probe" }]);
    expect(await give("probe", { host: "udp.example", port: 7, payload: "a" })).toBeUndefined();
    const texts = carriable(6);
    await Promise.all(
      FIELDS.flatMap(([id, , message]) =>
        (LOOKED_UP.has(id) ? ["ATZ", texts[0] ?? ""] : texts).map((text) => give(id, message(text))),
      ),
    );
    expect(foreign(model, wire)).toEqual([]);
    // Names are looked up in small letters.
    expect(wire.conversation.commands.join()).toMatch(new RegExp(CARRIED_ALONG, "i"));
  }, 120_000);

  it("in a dialog are refused, or stay within their string", async () => {
    const wire = await wired(model);
    const texts = [...uncarriable(40), ...carriable(3)];
    const all = DIALOG.flatMap(([field, node]) =>
      texts.map((text, index) => ({ field, text, id: `${field}-${index}`, node: node(text) })),
    );
    const { give } = await flow(
      [{ port: wire.port }],
      [{ ...UDP, id: "probe" }, ...all.map(({ id, node }) => ({ ...node, id }))],
    );
    const codes = await Promise.all(
      all.map(async ({ id, text, field }) => ({ field, text, code: (await give(id, { payload: "a" }))?.code })),
    );
    expect(codes.filter(({ text, code }) => /[\r\n]/.test(text) && code !== "INVALID_INPUT")).toEqual([]);
    expect(await give("probe", { host: "udp.example", port: 7, payload: "a" })).toBeUndefined();
    expect(foreign(model, wire)).toEqual([]);
  }, 120_000);

  it("as payloads arrive as they are, and nothing else goes out", async () => {
    const wire = await wired(model);
    const { give } = await flow(
      [{ port: wire.port }],
      [
        { ...TYPE, ...SERVER, id: "stream" },
        { ...UDP, id: "datagrams" },
        { ...LISTENING, id: "listening" },
      ],
    );
    const data = payloads(30);
    const whole = Buffer.concat(data);
    const server = await tcp.next();
    const client = await connected();
    const hello = bytes(client, 1);
    while ((await give("listening", { payload: "a" })) !== undefined);
    await hello;
    const arrived = Promise.all([bytes(server, whole.length), bytes(client, whole.length)]);
    udp.received.length = 0;
    const errors = await Promise.all(
      data.flatMap((payload) => [
        give("stream", { payload }),
        give("datagrams", { payload, host: "udp.example", port: 7 }),
        give("listening", { payload }),
      ]),
    );
    expect(new Set(errors)).toEqual(new Set([undefined]));
    expect(await arrived).toEqual([whole, whole]);
    await datagrams(data.length);
    expect(udp.received).toEqual(data);
    expect(foreign(model, wire)).toEqual([]);
    client.destroy();
  }, 120_000);

  it("as payloads in direct mode arrive as they are, and end in no command", async () => {
    const wire = await wired(model);
    const { give } = await flow(
      [{ port: wire.port }],
      [
        { ...TYPE, ...SERVER, mode: "direct", id: "stream" },
        { id: "at", type: "modem-at", command: "AT+CGMM", timeout: 60 },
      ],
    );
    const data = payloads(60);
    const whole = Buffer.concat(data);
    const arrived = bytes(await tcp.next(), whole.length);
    const errors = await Promise.all(data.map((payload) => give("stream", { payload })));
    expect(new Set(errors)).toEqual(new Set([undefined]));
    expect(await arrived).toEqual(whole);
    expect(await give("at", {})).toBeUndefined();
    expect(await give("stream", { action: "close" })).toBeUndefined();
    expect(foreign(model, wire)).toEqual([]);
    const sent = Buffer.concat(wire.conversation.stream);
    expect(sent.subarray(0, whole.length)).toEqual(whole);
    expect(sent.subarray(whole.length).toString("latin1")).toMatch(/^(\+\+\+)*$/);
  }, 120_000);
});

async function datagrams(count: number): Promise<void> {
  while (udp.received.length < count) await once(udp.socket, "message");
}

/** As soon as the modem listens. */
async function connected(): Promise<Socket> {
  for (;;) {
    const client = connect(outside, "127.0.0.1");
    const stands = await Promise.race([
      once(client, "connect").then(() => true),
      once(client, "error").then(() => false),
    ]).catch(() => false);
    if (stands) return client;
  }
}
