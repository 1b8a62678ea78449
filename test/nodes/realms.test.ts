import "../support/quick-time";
import { readFileSync } from "node:fs";
import helper from "node-red-node-test-helper";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TLS_FIXTURES } from "../support/paths";
import { deploy, Inbox, type Received, useNodeRed } from "./support/flow";
import { TestServer } from "./support/http-server";
import { bytes, SERVER } from "./support/socket-flow";
import { TcpServer } from "./support/socket-servers";

const web = new TestServer(({ body }, response) => response.end(body));
const peer = new TcpServer();

useNodeRed();
beforeAll(async () => {
  await web.start();
  await peer.start();
});
afterAll(async () => {
  await peer.stop();
  await web.stop();
});

/** What a Function node, whose code runs in a realm of its own, may take for bytes; each is 1, 2, 255. */
const BYTES: readonly (readonly [name: string, code: string])[] = [
  ["Uint8Array", "new Uint8Array([1, 2, 255])"],
  ["part of a Uint8Array", "new Uint8Array([9, 1, 2, 255, 9]).subarray(1, 4)"],
  ["Uint8ClampedArray", "new Uint8ClampedArray([1, 2, 255])"],
  ["Int8Array", "new Int8Array([1, 2, -1])"],
  ["DataView", "new DataView(new Uint8Array([0, 1, 2, 255]).buffer, 1)"],
  ["ArrayBuffer", "new Uint8Array([1, 2, 255]).buffer"],
  [
    "SharedArrayBuffer",
    "(() => { const b = new SharedArrayBuffer(3); new Uint8Array(b).set([1, 2, 255]); return b; })()",
  ],
  [
    "view of shared memory",
    "(() => { const v = new Uint8Array(new SharedArrayBuffer(3)); v.set([1, 2, 255]); return v; })()",
  ],
  ["Buffer", "Buffer.from([1, 2, 255])"],
  ["Buffer that went through JSON", "JSON.parse(JSON.stringify(Buffer.from([1, 2, 255])))"],
];
const EXPECTED = Buffer.from([1, 2, 255]);

let modems = 0;

/** A Function node `f` in front of the node, which hands on what its code makes of the message. */
async function behindFunction(node: Readonly<Record<string, unknown>> & { type: string }, code: string) {
  const routes = [`80=127.0.0.1:${web.port}`, `7=127.0.0.1:${peer.port}`].map(
    (route) => `&route=server.example:${route}`,
  );
  await deploy([
    { id: "m", type: "modem", port: `sim:LARA-R6?name=realms-${++modems}${routes.join("")}` },
    { id: "f", type: "function", func: `${code}; return msg;`, outputs: 1, wires: [["n"]] },
    { id: "n", modem: "m", ...node, wires: [["out"], ["events"]] },
    { id: "catch", type: "catch", scope: null, wires: [["out"]] },
    { id: "out", type: "helper" },
    { id: "events", type: "helper" },
  ]);
  const [out, events] = [new Inbox("out"), new Inbox("events")];
  const send = (message: object = {}) => helper.getNode("f").receive(message as Received);
  return { out, events, send };
}

describe("F04 bytes from a Function node", () => {
  it.each(BYTES)("are sent as they are by modem-http: %s", async (_name, code) => {
    const { out, send } = await behindFunction(
      { type: "modem-http", method: "POST", url: "server.example", ret: "bin" },
      `msg.payload = ${code}`,
    );
    send();
    expect((await out.next()).payload).toEqual(EXPECTED);
  });

  it.each(BYTES)("are sent as they are by modem-socket: %s", async (_name, code) => {
    const { events, send } = await behindFunction({ type: "modem-socket", ...SERVER }, `msg.payload = ${code}`);
    const connection = await peer.next();
    const arrived = bytes(connection, 3);
    send();
    expect(await arrived).toEqual(EXPECTED);
    expect(await events.until(({ event }: Received & { event?: string }) => event === "sent")).toMatchObject({
      payload: { bytes: 3 },
    });
  });

  it.each(BYTES)("are data at the prompt for modem-at: %s", async (_name, code) => {
    const { out, send } = await behindFunction(
      { type: "modem-at" },
      `if (msg.upload) { msg.command = 'AT+UDWNFILE="realm",3'; msg.data = ${code} } else msg.command = 'AT+URDFILE="realm"'`,
    );
    send({ upload: true });
    expect((await out.next()).payload).toMatchObject({ result: "OK" });
    send();
    const [line] = ((await out.next()).payload as { lines: string[] }).lines;
    expect(line).toContain(',3,"\u0001\u0002');
  });

  const views = BYTES.filter(([name]) => ["Uint8Array", "DataView", "ArrayBuffer"].includes(name));
  it.each(views)("are a certificate for modem-tls-profile: %s", async (name) => {
    const pem = readFileSync(`${TLS_FIXTURES}/ca.cert.pem`, "utf8");
    const wrap: Record<string, string> = { DataView: "new DataView(a.buffer)", ArrayBuffer: "a.buffer" };
    const { out, send } = await behindFunction(
      { type: "modem-tls-profile", action: "import" },
      `const a = Uint8Array.from(Buffer.from(${JSON.stringify(pem)})); msg.payload = ${wrap[name] ?? "a"};
       msg.kind = "ca"; msg.certificateName = "realm"`,
    );
    send();
    expect(await out.next()).toMatchObject({ payload: { kind: "ca", name: "realm", md5: expect.any(String) } });
  });

  it.each([
    ["texts", '{ type: "Buffer", data: ["1"] }'],
    ["more than a byte", '{ type: "Buffer", data: [256] }'],
    ["another type", '{ type: "Bytes", data: [1] }'],
    ["more than a Buffer has", '{ type: "Buffer", data: [1], unit: "V" }'],
  ])("F04 neighbour: an object with %s stays an object", async (_name, code) => {
    const { out, send } = await behindFunction(
      { type: "modem-http", method: "POST", url: "server.example", ret: "obj" },
      `msg.payload = ${code}; msg.copy = JSON.stringify(msg.payload)`,
    );
    send();
    const answer = (await out.next()) as Received & { copy: string };
    expect(JSON.stringify(answer.payload)).toBe(answer.copy);
  });
});
