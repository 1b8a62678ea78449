import "../../support/quick-time";
import helper from "node-red-node-test-helper";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ModemNode } from "../../../nodes/common/types";
import { deploy, deployNode, Inbox, useNodeRed } from "../support/flow";
import { TestServer } from "../support/http-server";

const server = new TestServer();

useNodeRed();
beforeAll(() => server.start());
afterAll(() => server.stop());

let modems = 0;
const port = (model: string) =>
  `sim:${model}?name=requests-${++modems}&route=server.example:*=127.0.0.1:${server.port}`;
const http = (model: string, properties: Record<string, unknown> = {}) =>
  deployNode({ type: "modem-http", url: "http://server.example/", ...properties }, { port: port(model) });
const echo = () => server.answer(({ method, body }, response) => response.end(`${method} ${body}`));

describe.each(["LARA-R6", "BG96"])("a request of modem-http on %s", (model) => {
  it.each([
    ["close", { Connection: "close" }],
    ["keep-alive, which changes nothing", { connection: "keep-alive" }],
    ["an equal host", { Host: "server.example" }],
    ["an equal host in capitals", { HOST: "SERVER.example" }],
    ["an equal host with the usual port", { host: "server.example:80" }],
    ["the right length", { "Content-Length": "4" }],
    ["the right length as a number", { "content-length": 4 }],
    ["no transfer coding", { "Transfer-Encoding": "identity" }],
    ["all at once", { Connection: "close", Host: "server.example", "Content-Length": "4" }],
  ])("F14 may say what the modem does anyway: %s", async (_name, headers) => {
    echo();
    const node = await http(model, { method: "PUT" });
    node.receive({ payload: "body", headers });
    expect((await node.out.next()).payload).toBe("PUT body");
    expect(server.seen[0]?.headers).toMatchObject({ host: "server.example", "content-length": "4" });
  });

  it.each([
    ["another host", { Host: "other.example" }],
    ["another port", { Host: "server.example:81" }],
    ["chunks", { "Transfer-Encoding": "chunked" }],
  ])("F14 neighbour: may not say %s", async (_name, headers) => {
    echo();
    const node = await http(model);
    node.receive({ headers });
    expect((await node.errors.next()).error).toMatchObject({ code: "INVALID_INPUT" });
    expect(server.seen).toEqual([]);
  });

  it("F14 neighbour: goes with the right length where the flow states a wrong one", async () => {
    echo();
    const node = await http(model, { method: "POST" });
    node.receive({ payload: "body", headers: { "Content-Length": "999" } });
    expect((await node.out.next()).payload).toBe("POST body");
  });

  it("F15 by DELETE has its payload, or is an error", async () => {
    echo();
    const node = await http(model, { method: "DELETE" });
    for (const payload of ["body", { a: 1 }, Buffer.from([1]), 0, false]) {
      node.receive({ payload });
      const { error, payload: answer } = await Promise.race([node.out.next(), node.errors.next()]);
      if (model === "BG96") expect(answer).toMatch(/^DELETE ./s);
      else expect(error).toMatchObject({ code: "INVALID_INPUT", message: expect.stringContaining("DELETE") });
    }
    expect(server.seen).toHaveLength(model === "BG96" ? 5 : 0);
  });

  it.each([[undefined], [""], [Buffer.alloc(0)]])(
    "F15 neighbour: by DELETE may have no payload: %j",
    async (payload) => {
      echo();
      const node = await http(model, { method: "DELETE" });
      node.receive({ payload });
      expect((await node.out.next()).payload).toBe("DELETE ");
    },
  );

  it("F15 neighbour: by HEAD has the answer's head, and no body either way", async () => {
    server.answer(({ method }, response) =>
      response.writeHead(200, { "X-Method": method, "Content-Length": "5" }).end(),
    );
    const node = await http(model, { method: "HEAD" });
    node.receive({ payload: "not sent" });
    expect(await node.out.next()).toMatchObject({ payload: "", statusCode: 200, headers: { "x-method": "HEAD" } });
    expect(server.seen[0]?.body).toHaveLength(0);
  });

  it("F32 goes by the context of the node, or of the message", async () => {
    echo();
    await deploy([
      { id: "m", type: "modem", port: port(model), apn: "internet" },
      { id: "p", type: "modem-pdp", modem: "m", action: "activate", wires: [["out"]] },
      { id: "n", type: "modem-http", modem: "m", url: "server.example", cid: 2, wires: [["out"]] },
      { id: "catch", type: "catch", scope: null, wires: [["out"]] },
      { id: "out", type: "helper" },
    ]);
    const out = new Inbox("out");
    const ask = (id: string, message: object) => {
      helper.getNode(id).receive(message as never);
      return out.next();
    };
    const sent: string[] = [];
    (helper.getNode("m") as unknown as ModemNode).modem?.on("trace", ({ direction, text }) => {
      if (direction === "sent") sent.push(text);
    });
    for (const cid of [2, 3])
      expect(await ask("p", { cid, apn: "internet" })).toMatchObject({ payload: { active: true } });
    const context = model === "BG96" ? /\+QHTTPCFG="contextid",(\d+)/ : /\+UHTTP=\d,20,(\d+)/;
    for (const [cid, message] of [
      [2, {}],
      [3, { cid: 3 }],
    ] as const) {
      expect(await ask("n", message)).toMatchObject({ statusCode: 200 });
      expect(sent.flatMap((line) => context.exec(line)?.[1] ?? []).at(-1)).toBe(String(cid));
    }
    for (const cid of [0, 99, "1;AT", {}]) {
      expect(await ask("n", { cid })).toMatchObject({
        error: { code: "INVALID_INPUT", message: expect.stringMatching(/^msg\.cid /) },
      });
    }
  });
});
